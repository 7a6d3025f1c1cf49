"""What a model says of an utterance that was different, and of the turns that read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.question import Question
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint

STRENGTHS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
SEEDS = 8


class EditableUtterance:
    """One utterance whose features can be changed, with all predictions that depend on them.

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
        >>> before, after = utterance.predict([Question(), Question(missing=("audio",))])
        >>> before.shape == (len(utterance.turns), 1) and bool(before[utterance.own] != 0)
        True
    """

    turns: pd.DataFrame
    own: int

    def __init__(self, checkpoint: Checkpoint, corpus: Corpus, row: int) -> None:
        self._asker, self._row = Asker(checkpoint, corpus), row
        self._readers = self._asker.readers(row)
        self.own = int(np.flatnonzero(self._readers == row)[0])
        table = self._asker.corpus.utterances.iloc[self._readers].reset_index(drop=True)
        self.turns = table.reindex(columns=["id", "speaker", "transcript"])
        position = table["position"].to_numpy()
        self.turns.insert(0, "offset", position - position[self.own])

    def features(self, question: Question) -> dict[str, np.ndarray]:
        """The features as a question has them, modality → (d,) or (L, d)."""
        return self._asker.features(self._row, question)

    def predict(self, questions: Sequence[Question]) -> np.ndarray:
        """The predictions of all its readers under every question.

        Returns:
            (Q, T, 1) in label units or (Q, T, classes) probabilities, T as in `turns`; NaN where
            a question leaves the readout nothing to read.

        Raises:
            InputError: a question does not fit the corpus.
        """
        answers = self._asker.answer(self._readers, questions, about=self._row)
        return np.stack([np.where(a.readable[:, None], a.values, np.nan) for a in answers])


def noise_effect(
    utterance: EditableUtterance,
    modalities: Sequence[str],
    place: int = 0,
    strengths: Sequence[float] = STRENGTHS,
    seeds: int = SEEDS,
) -> pd.DataFrame:
    """How the prediction of an utterance changes with noise on one modality at a time.

    Args:
        place: of the class whose probability is followed; 0 for regression.
        strengths: of the noise, in standard deviations; 0 comes first by itself.

    Returns:
        One row per modality, strength and seed: `modality`, `noise`, `seed`, `prediction` and
        `change` against the utterance as it is.
    """
    tried = [
        (name, strength, seed)
        for name in modalities
        for strength in (0.0, *strengths)
        for seed in range(seeds)
    ]
    asked = [Question(noise=((name, strength),), seed=seed) for name, strength, seed in tried]
    values = utterance.predict([Question(), *asked])[:, utterance.own, place]
    table = pd.DataFrame(tried, columns=["modality", "noise", "seed"])
    return table.assign(prediction=values[1:], change=values[1:] - values[0])
