"""Everything that the model says about one split, computed once and kept on disk.

Analyses and pages read this; only computing it needs torch.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.preset_questions import PRESETS
from mmmie.analysis.ask.preset_questions import TRAINED as TRAINED
from mmmie.corpus import Corpus
from mmmie.files import keep_latest, replacing
from mmmie.hosting import read_only
from mmmie.reading import open_plain

if TYPE_CHECKING:
    from mmmie.analysis.ask.askable import Askable

_VERSION = 3
_MOST_KEPT = 12


@dataclass
class SplitOutputs:
    """What a model says about the n utterances of a split.

    Attributes:
        rows: (n,) row numbers in the corpus.
        output: variant → (n,) in label units or (n, classes) probabilities; the variants are
            ``trained`` and the interventions on identity.
        attention: variant → (n, W, M) weight of the readout on every token.
        window: (n, W) indices into `rows`, -1 where there is no utterance; the target stands
            at place `past`.
        relation: (n, W) 0 same speaker, 1 other, 2 unknown.
        past: the place of the target in a window.
        spaces: ``invariant.<modality>``, ``specific.<modality>`` and ``fused`` → (n, d); of
            the codes the means.
        modalities: in the order of the model.
        deviations: ``invariant.<modality>`` and ``specific.<modality>`` → (n, d) standard
            deviations of the codes; empty where the encoders are deterministic.
    """

    rows: np.ndarray
    output: dict[str, np.ndarray]
    attention: dict[str, np.ndarray]
    window: np.ndarray
    relation: np.ndarray
    past: int
    spaces: dict[str, np.ndarray]
    modalities: list[str]
    deviations: dict[str, np.ndarray] = field(default_factory=dict)

    def frame(self, corpus: Corpus, variant: str = TRAINED) -> pd.DataFrame:
        """The utterances of the split with `prediction` and `error`, one row each.

        For regression `error` is prediction minus label. For classes it is 1 minus the
        probability of the true class, and `correct` says whether the prediction is right.
        """
        table = corpus.utterances.iloc[self.rows].reset_index(drop=True)
        output = self.output[variant]
        if corpus.label.classes is None:
            table["prediction"] = output.astype(float)
            table["error"] = table["prediction"] - table["label"]
            table["absolute_error"] = table["error"].abs()
            return table
        targets = corpus.targets[self.rows]
        table["prediction"] = [corpus.label.classes[i] for i in output.argmax(1)]
        table["error"] = 1 - output[np.arange(len(targets)), targets].astype(float)
        table["absolute_error"] = table["error"]
        table["correct"] = table["prediction"] == table["label"]
        return table


def compute_outputs(checkpoint: Askable, corpus: Corpus, split: str) -> SplitOutputs:
    """Run a model over a split, as trained and under every intervention.

    Raises:
        InputError: the split is empty or the corpus does not fit.
    """
    from mmmie.analysis.ask.asker import Asker

    model = checkpoint.model
    asker = Asker(checkpoint, corpus)
    rows = asker.corpus.rows(split)
    found = asker.answer(rows, [preset.question for preset in PRESETS.values()])
    answers = dict(zip(PRESETS, found, strict=True))
    codes = asker.codes(rows)
    window, relation = asker.window(rows)
    names = list(model.modalities)
    spaces = {
        f"{kind}.{name}": getattr(codes, kind).mean[:, m].float().cpu().numpy()
        for kind in ("invariant", "specific")
        for m, name in enumerate(names)
    }
    deviations = {
        f"{kind}.{name}": getattr(codes, kind).log_variance[:, m].div(2).exp().float().cpu().numpy()
        for kind in ("invariant", "specific")
        for m, name in enumerate(names)
        if model.settings.stochastic
    }
    return SplitOutputs(
        rows=rows,
        output={variant: answer.output for variant, answer in answers.items()},
        attention={variant: answer.attention for variant, answer in answers.items()},
        window=np.where(window >= 0, np.searchsorted(rows, window), -1),
        relation=relation,
        past=asker.past,
        spaces={**spaces, "fused": answers[TRAINED].representation},
        modalities=names,
        deviations=deviations,
    )


def kept_outputs(checkpoint: Path, key: str, compute: Callable[[], SplitOutputs]) -> SplitOutputs:
    """Outputs from the cache of a checkpoint folder, computed where they are not there yet."""
    file = cache_folder(checkpoint) / f"outputs-{key}-{_VERSION}.safetensors"
    from safetensors import SafetensorError

    try:
        return _read(file)
    except (OSError, ValueError, KeyError, SafetensorError):
        outputs = compute()  # there is none yet, or it is torn or of somebody else
    if not read_only():
        with contextlib.suppress(OSError):  # on a full disk they are computed again the next time
            _write(file, outputs)
    return outputs


def cache_folder(checkpoint: Path) -> Path:
    """Where projections and outputs of a checkpoint are kept.

    The ``cache/`` of the run or checkpoint folder, or one in the home of this user where that
    cannot be written. A read-only server makes none and only looks into it.
    """
    home = checkpoint.parent if os.path.exists(checkpoint.parent / "config.toml") else checkpoint
    folders = home / "cache", Path.home() / ".cache" / "mmmie"
    if read_only():
        return next(filter(Path.is_dir, folders), folders[0])
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    raise PermissionError(f"{home}: neither it nor the home folder can be written")


def _write(file: Path, outputs: SplitOutputs) -> None:
    from safetensors.numpy import save

    tensors = {
        "rows": outputs.rows,
        "window": outputs.window,
        "relation": outputs.relation,
        **{f"output/{k}": v for k, v in outputs.output.items()},
        **{f"attention/{k}": v.astype(np.float16) for k, v in outputs.attention.items()},
        **{f"spaces/{k}": v for k, v in outputs.spaces.items()},
        **{f"deviations/{k}": v for k, v in outputs.deviations.items()},
    }
    metadata = {"past": str(outputs.past), "modalities": "\n".join(outputs.modalities)}
    with replacing(file) as scratch:
        whole = {k: np.ascontiguousarray(v) for k, v in tensors.items()}
        scratch.write_bytes(save(whole, metadata))
    # A run in training makes new weights every epoch; what was said of old ones goes.
    keep_latest(file.parent, "outputs-*.safetensors", _MOST_KEPT)


def _read(file: Path) -> SplitOutputs:
    from safetensors import safe_open

    open_plain(file).close()
    with safe_open(str(file), framework="np") as stream:
        metadata = stream.metadata() or {}
        tensors = {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118

    def group(prefix: str) -> dict[str, np.ndarray]:
        return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}

    return SplitOutputs(
        rows=tensors["rows"],
        output=group("output/"),
        attention={k: v.astype(np.float32) for k, v in group("attention/").items()},
        window=tensors["window"],
        relation=tensors["relation"],
        past=int(metadata["past"]),
        spaces=group("spaces/"),
        modalities=metadata["modalities"].split("\n"),
        deviations=group("deviations/"),
    )
