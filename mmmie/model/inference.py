"""The model in evaluation: encode every utterance once, then predict any targets from that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings
from mmmie.model.features import FeatureStore
from mmmie.model.identity import Identity, identity_of, speaker_relations
from mmmie.model.mmmie import MMMIE, Code, Codes
from mmmie.model.prepared import PreparedStore

_ENCODE_ROWS = 1024
_PREDICT_ROWS = 2048


@dataclass
class Windows:
    """The windows of some utterances, in terms of these utterances.

    Attributes:
        rows: (n,) row numbers in the corpus; conversations are whole, so windows stay inside.
        window: (n, W) indices into `rows`, -1 where there is no utterance.
        relation: (n, W) speaker relations, see `mmmie.model.identity`.
    """

    rows: np.ndarray
    window: np.ndarray
    relation: np.ndarray


def windows_of(corpus: Corpus, rows: np.ndarray, settings: ModelSettings) -> Windows:
    """The windows of `rows` (n,) as the model's settings define them."""
    window = corpus.window(*settings.context.span)[rows]
    relation = speaker_relations(corpus.speaker_codes, rows, window)
    place = np.full(len(corpus) + 1, -1, np.int64)
    place[rows] = np.arange(len(rows))
    return Windows(rows, place[window], relation)


@torch.inference_mode()
def encode_rows(model: MMMIE, store: FeatureStore | PreparedStore, rows: np.ndarray) -> Codes:
    """The codes of the utterances `rows` (n,), in evaluation mode, on the model's device."""
    training = model.training
    model.eval()
    parts = [
        model.encode(store.gather(rows[start : start + _ENCODE_ROWS]))
        for start in range(0, len(rows), _ENCODE_ROWS)
    ]
    model.train(training)
    codes = [
        Code(
            *(
                torch.cat([getattr(getattr(p, kind), field) for p in parts])
                for field in ("mean", "log_variance", "sample")
            )
        )
        for kind in ("invariant", "specific")
    ]
    summaries = [torch.cat(s) for s in zip(*(p.summaries for p in parts), strict=True)]
    return Codes(codes[0], codes[1], summaries, torch.cat([p.present for p in parts]))


@dataclass
class Outputs:
    """Predictions for n utterances, on the CPU.

    Attributes:
        output: (n,) in label units, or (n, classes) logits.
        representation: (n, d), the fused code that the head reads.
        attention: (n, W, M), None unless asked for.
    """

    output: np.ndarray
    representation: np.ndarray
    attention: np.ndarray | None


@torch.inference_mode()
def predict_windows(
    model: MMMIE,
    codes: Codes,
    windows: Windows,
    *,
    identity: Identity | None = None,
    presence: Tensor | None = None,
    attention: bool = False,
) -> Outputs:
    """Predict every utterance of `windows` from codes of the same utterances.

    Args:
        model: the model.
        codes: from `encode_rows` for ``windows.rows``.
        windows: which utterances each prediction sees.
        identity: what the identity terms are told; the truth if left out.
        presence: (n, W, M) or (n, M) in [0, 1]; what the corpus holds if left out.
        attention: whether to keep the attention weights.
    """
    training = model.training
    model.eval()
    device = codes.present.device
    content = model.content(codes)
    identity = identity or identity_of(windows.relation, device)
    if presence is None:
        presence = codes.present.to(content.dtype)
    presence = presence * model.keep
    window = torch.from_numpy(windows.window).to(device)
    outputs, representations, weights = [], [], []
    for start in range(0, len(window), _PREDICT_ROWS):
        part = slice(start, start + _PREDICT_ROWS)
        here = Identity(
            role=None if identity.role is None else identity.role[part],
            relation=None if identity.relation is None else identity.relation[part],
            modality=identity.modality,
        )
        seen = presence if presence.dim() == 2 else presence[part]
        prediction = model.fuse(content, window[part], seen, here)
        outputs.append(prediction.output.float().cpu())
        representations.append(prediction.fused.representation.float().cpu())
        if attention:
            weights.append(prediction.fused.attention.float().cpu())
    model.train(training)
    return Outputs(
        torch.cat(outputs).numpy(),
        torch.cat(representations).numpy(),
        torch.cat(weights).numpy() if attention else None,
    )
