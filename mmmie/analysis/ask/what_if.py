"""What a model says of an utterance that has been edited, and of those that read it.

Nothing is trained or kept: copies of the utterance take its place in every window that holds it,
and the model answers for all of them at once.

A modality that is hidden is *missing*: its tokens take no part in attention and readout, as under
the modality dropout of training. It is not fed as zeros, which would be features like any other.
The discount of seldom shown modalities (``keep`` of `mmmie.model.mmmie`) stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from scipy.special import softmax

from mmmie.analysis.ask.edits import Edit, edited_features
from mmmie.analysis.ask.word_encoder import word_encoder
from mmmie.corpus import Corpus, Features
from mmmie.model.features import FeatureStore
from mmmie.model.inference import Windows, encode_rows, predict_windows, windows_of
from mmmie.model.mmmie import Codes

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint

STRENGTHS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
SEEDS = 8


class EditableUtterance:
    """One utterance whose features can be changed, with all predictions that depend on them.

    Args:
        checkpoint: the model.
        corpus: one that fits it.
        row: of the utterance in the corpus.

    Attributes:
        turns: the T utterances whose window holds it, in order of time: `offset` (0 is the
            utterance itself), `id`, `speaker`, `transcript`.
        own: the place of the utterance among them.

    Raises:
        InputError: the corpus does not fit the checkpoint.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> utterance = EditableUtterance(checkpoint, checkpoint.corpus(), row=3)
        >>> before, after = utterance.predict([Edit(), Edit(hidden=("audio",))])
        >>> before.shape == (len(utterance.turns), 1) and bool(before[utterance.own] != 0)
        True
    """

    turns: pd.DataFrame
    own: int

    def __init__(self, checkpoint: Checkpoint, corpus: Corpus, row: int) -> None:
        corpus = checkpoint.fitted(corpus)
        self._words = word_encoder(checkpoint, corpus, row)
        self._model, self._device = checkpoint.model, checkpoint.device
        past, future = self._model.settings.context.span
        # Whoever reads this utterance is at most so far away, and reads as far again.
        around = corpus.window(past + future, past + future)[row]
        around = around[around >= 0]
        self._small = corpus.select(around)
        self._row = int(np.flatnonzero(around == row)[0])
        every = windows_of(self._small, np.arange(len(around)), self._model.settings)
        readers = np.flatnonzero((every.window == self._row).any(1))
        self._windows = Windows(readers, every.window[readers], every.relation[readers])
        self.own = int(np.flatnonzero(readers == self._row)[0])
        table = self._small.utterances.iloc[readers].reset_index(drop=True)
        self.turns = table.reindex(columns=["id", "speaker", "transcript"])
        position = table["position"].to_numpy()
        self.turns.insert(0, "offset", position - position[self.own])
        self._deviation = {
            name: self._model.encoder_of(name).encoder.standardise.deviation.cpu().numpy()
            for name in self._model.modalities
        }

    def features(self, edit: Edit) -> dict[str, np.ndarray]:
        """The features after an edit, modality → (d,) or (L, d); see `edited_features`."""
        return edited_features(self._small, self._row, edit, self._deviation, self._words)

    def predict(self, edits: Sequence[Edit]) -> np.ndarray:
        """The predictions of all its readers under every edit.

        Args:
            edits: E of them; an empty one leaves the utterance as it is.

        Returns:
            (E, T, 1) in label units or (E, T, classes) probabilities, T as in `turns`; NaN where
            an edit leaves the readout nothing to read.

        Raises:
            InputError: an edit does not fit the corpus.
        """
        codes = self._codes([self.features(edit) for edit in edits])
        window = np.repeat(self._windows.window[None], len(edits), 0)  # (E, T, W)
        is_it = window == self._row
        copies = len(self._small) + np.arange(len(edits))
        window = np.where(is_it, copies[:, None, None], window)
        shown = codes.present.cpu().numpy()[window] & (window >= 0)[..., None]  # (E, T, W, M)
        for e, edit in enumerate(edits):
            for name in edit.hidden:
                m = list(self._model.modalities).index(name)
                shown[e, :, :, m] &= ~(is_it[e] | edit.everywhere)
        output = self._outputs(codes, window, shown)
        output[~self._readable(shown)] = np.nan
        return output

    def _codes(self, variants: list[dict[str, np.ndarray]]) -> Codes:
        """Codes of the utterances around it, then of its variants."""
        count = len(self._small) + len(variants)
        features = {
            name: _appended(self._small.features[name], [v[name] for v in variants])
            for name in self._model.modalities
        }
        rows = [*range(len(self._small)), *[self._row] * len(variants)]
        extended = replace(
            self._small,
            modalities={name: self._small.modalities[name] for name in features},
            features=features,
            utterances=self._small.utterances.iloc[rows].reset_index(drop=True),
        )
        store = FeatureStore(extended, list(self._model.modalities), self._device)
        return encode_rows(self._model, store, np.arange(count))

    def _outputs(self, codes: Codes, window: np.ndarray, shown: np.ndarray) -> np.ndarray:
        edits, turns, width = window.shape
        windows = Windows(
            np.tile(self._windows.rows, edits),
            window.reshape(-1, width),
            np.tile(self._windows.relation, (edits, 1)),
        )
        presence = torch.from_numpy(shown.reshape(-1, *shown.shape[2:])).to(codes.present.device)
        output = predict_windows(self._model, codes, windows, presence=presence.float()).output
        output = output[:, None] if output.ndim == 1 else softmax(output.astype(float), axis=1)
        return output.astype(float).reshape(edits, turns, -1)

    def _readable(self, shown: np.ndarray) -> np.ndarray:
        """Whether the readout has a token to read, (E, T)."""
        if self._model.settings.readout == "target":
            shown = shown[:, :, [self._model.settings.context.span[0]]]
        return np.asarray(shown.any((2, 3)))


def noise_effect(
    utterance: EditableUtterance,
    modalities: Sequence[str],
    place: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    seeds: int = SEEDS,
) -> pd.DataFrame:
    """How the prediction of an utterance changes with noise on one modality at a time.

    Args:
        utterance: whose.
        modalities: to disturb, one after the other.
        place: of the class whose probability is followed; 0 for regression.
        strengths: of the noise, in standard deviations; 0 comes first by itself.
        seeds: draws of noise per strength.

    Returns:
        One row a modality, strength and seed: `modality`, `noise`, `seed`, `prediction` and
        `change` against the utterance as it is.
    """
    tried = [
        (name, strength, seed)
        for name in modalities
        for strength in (0.0, *strengths)
        for seed in range(seeds)
    ]
    edits = [Edit(noise=((name, strength),), seed=seed) for name, strength, seed in tried]
    values = utterance.predict([Edit(), *edits])[:, utterance.own, place]
    table = pd.DataFrame(tried, columns=["modality", "noise", "seed"])
    return table.assign(prediction=values[1:], change=values[1:] - values[0])


def _appended(features: Features, more: list[np.ndarray]) -> Features:
    """The features of a corpus and of further utterances behind them."""
    if features.offsets is None:
        return Features(np.concatenate([features.values, np.stack(more)]))
    ends = features.offsets[-1] + np.cumsum([len(values) for values in more])
    return Features(
        np.concatenate([features.values, *more]), np.concatenate([features.offsets, ends])
    )
