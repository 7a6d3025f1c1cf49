"""What the model says of one utterance when it is told something else about its window.

The weights stay; only what the identity embedding is told changes, and which neighbours are
there. One window on the CPU takes some milliseconds, so a page can follow every click.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmmie.analysis.ask.window_edit import WindowEdit, shuffled_roles, told_relation
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint


@dataclass(frozen=True)
class EditedPrediction:
    """One prediction.

    Attributes:
        output: () in label units, or (classes,) probabilities.
        attention: (W, M) weight of the readout on every token of the window.
    """

    output: np.ndarray
    attention: np.ndarray


def edited_prediction(
    checkpoint: Checkpoint, corpus: Corpus, row: int, edit: WindowEdit
) -> EditedPrediction:
    """Predict one utterance, told what an edit says.

    Args:
        checkpoint: the model.
        corpus: one that fits it.
        row: of the utterance in the corpus.
        edit: what is told instead of the truth.

    Raises:
        InputError: the corpus does not fit the checkpoint.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> corpus = checkpoint.corpus()
        >>> found = edited_prediction(checkpoint, corpus, 9, WindowEdit(terms_off=("speaker",)))
        >>> found.attention.shape
        (10, 3)
    """
    import torch
    from scipy.special import softmax

    from mmmie.analysis.ask.target_window import target_window
    from mmmie.model.features import FeatureStore
    from mmmie.model.identity import Identity
    from mmmie.model.inference import encode_rows, predict_windows

    model = checkpoint.model
    corpus = checkpoint.fitted(corpus)
    small, windows = target_window(corpus, row, model.settings)
    store = FeatureStore(small, list(model.modalities), checkpoint.device)
    codes = encode_rows(model, store, np.arange(len(small)))
    past, there = model.settings.context.span[0], windows.window[0] >= 0
    device = codes.present.device

    def told(values: np.ndarray, term: str) -> torch.Tensor | None:
        if term in edit.terms_off:
            return None
        return torch.from_numpy(values[None]).to(device)

    identity = Identity(
        told(shuffled_roles(edit, there, past), "role"),
        told(told_relation(edit, windows.relation[0], past), "speaker"),
        modality="modality" not in edit.terms_off,
    )
    shown = ~np.isin(np.arange(len(there)) - past, edit.hidden) & there
    shown[past] = True
    presence = codes.present.cpu().numpy()[windows.window] & shown[None, :, None]
    found = predict_windows(
        model,
        codes,
        windows,
        identity=identity,
        presence=torch.from_numpy(presence).to(device).float(),
        attention=True,
    )
    assert found.attention is not None
    output = found.output if found.output.ndim == 1 else softmax(found.output, axis=1)
    return EditedPrediction(output[0], found.attention[0])
