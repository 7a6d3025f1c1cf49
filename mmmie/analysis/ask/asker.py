"""Ask a model questions: what it says of utterances when it is told something else.

Every answer that is not training's goes through here, so one question has one answer everywhere.
A missing modality takes no part in attention and readout, as under the modality dropout of
training; the discount of seldom shown modalities (``keep`` of `mmmie.model.mmmie`) stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import torch

from mmmie.analysis.ask.askable import Askable
from mmmie.analysis.ask.edited_features import check_question, edited_features
from mmmie.analysis.ask.edited_window import (
    lost_at_random,
    shown_places,
    told_relation,
    told_roles,
)
from mmmie.analysis.ask.question import TERMS, Question
from mmmie.analysis.ask.word_encoder import word_encoder
from mmmie.corpus import Corpus, Features
from mmmie.model.batch import Codes
from mmmie.model.features import FeatureStore
from mmmie.model.identity import Identity, speaker_relations
from mmmie.model.inference import Windows, encode_rows, predict_windows

_FEW = 64  # of fewer targets than this several questions are answered at once
_AT_ONCE = 2048
_TAKEN_OUT = 1024  # so few utterances are taken out of a corpus before they are encoded

TRUTH = Question()


@dataclass(frozen=True)
class Answer:
    """What the model says of n targets when it is asked one question.

    Attributes:
        logits: (n,) in label units for regression, (n, classes) scores otherwise.
        readable: (n,) bool, whether the readout had a token to read. Where it had none, the
            number is what no training step ever saw.
        attention: (n, W, M) weight of the readout on every token.
        representation: (n, d) the fused code that the head reads.
    """

    logits: np.ndarray
    readable: np.ndarray
    attention: np.ndarray
    representation: np.ndarray

    @property
    def output(self) -> np.ndarray:
        """(n,) in label units, or (n, classes) probabilities."""
        if self.logits.ndim == 1:
            return self.logits
        exponent = np.exp(self.logits - self.logits.max(1, keepdims=True))
        shares: np.ndarray = exponent / exponent.sum(1, keepdims=True)
        return shares

    @property
    def values(self) -> np.ndarray:
        """`output` as float64 with one column per class, (n, 1) for regression."""
        output = self.output.astype(np.float64)
        return output[:, None] if output.ndim == 1 else output


class Asker:
    """Asks one model about the utterances of one corpus.

    Attributes:
        corpus: the same with the features of the model's text encoder, if it has one.
        modalities: those that the model reads, in its order.

    Raises:
        InputError: the corpus does not fit the checkpoint.

    Example:
        >>> from mmmie import load_checkpoint
        >>> checkpoint = load_checkpoint("checkpoints/demo")
        >>> asker = Asker(checkpoint, checkpoint.corpus())
        >>> trained, told = asker.answer([9], [Question(), Question(terms_off=("speaker",))])
        >>> told.output.shape, told.attention.shape
        ((1,), (1, 10, 3))
    """

    def __init__(self, checkpoint: Askable, corpus: Corpus) -> None:
        self.corpus = checkpoint.fitted(corpus)
        self._checkpoint, self._model = checkpoint, checkpoint.model
        self.modalities = list(self._model.modalities)
        self._known: tuple[bytes, Codes] | None = None

    @property
    def past(self) -> int:
        """The place of the target in a window."""
        return self._model.settings.context.span[0]

    @cached_property
    def _every_window(self) -> np.ndarray:
        return self.corpus.window(*self._model.settings.context.span)

    def window(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The windows of the utterances `rows` (n,).

        Returns:
            (n, W) row numbers in the corpus, -1 where there is no utterance, and (n, W) how their
            speakers relate to the target's, see `mmmie.model.identity`.
        """
        window = self._every_window[rows]
        return window, speaker_relations(self.corpus.speaker_codes, rows, window)

    def readers(self, row: int) -> np.ndarray:
        """The utterances whose window holds an utterance, itself included, in order of time."""
        past, future = self._model.settings.context.span
        around = self.corpus.window(future, past)[row]
        return around[around >= 0]

    def codes(self, rows: np.ndarray) -> Codes:
        """The codes of the utterances `rows` (n,); the last that were asked for are kept."""
        key = rows.tobytes()
        if self._known is None or self._known[0] != key:
            self._known = key, self._encoded(rows)
        return self._known[1]

    def features(self, row: int, question: Question) -> dict[str, np.ndarray]:
        """The features of an utterance as a question has them; see `edited_features`."""
        words = None
        if question.transcript is not None:
            words = word_encoder(self._checkpoint, self.corpus, row)
        return edited_features(self.corpus, row, question, self._deviation, words)

    @cached_property
    def _deviation(self) -> dict[str, np.ndarray]:
        return {
            name: self._model.encoder_of(name).encoder.standardise.deviation.cpu().numpy()
            for name in self.modalities
        }

    def answer(
        self,
        rows: Sequence[int] | np.ndarray,
        questions: Sequence[Question] = (TRUTH,),
        *,
        about: int | None = None,
    ) -> list[Answer]:
        """What the model says of utterances, once per question.

        Args:
            rows: (n,) the targets.
            about: the row whose features and modalities the questions change, wherever it stands
                in a window; of every target its own if left out.

        Raises:
            InputError: a question does not fit the corpus.
        """
        for question in questions:
            check_question(question, self.corpus)
        rows = np.asarray(rows, np.int64)
        window, relation = self.window(rows)
        subjects = rows if about is None else np.array([about])
        copied = [q for q, question in enumerate(questions) if question.edits_features]
        changed = [self.features(int(row), questions[q]) for q in copied for row in subjects]
        needed = np.unique(window[window >= 0])
        codes = (
            self._encoded(needed, np.tile(subjects, len(copied)), changed)
            if changed
            else self.codes(needed)
        )
        targets = _Targets(
            names=self.corpus.utterances["id"].iloc[rows].tolist(),
            past=self.past,
            index=np.where(window >= 0, np.searchsorted(needed, window), -1),
            relation=relation,
            is_subject=window == (rows[:, None] if about is None else about),
            utterances=self.corpus.utterances["id"].iloc[needed].tolist(),
            present=codes.present.cpu().numpy(),
            modalities=self.modalities,
        )
        copies = {
            q: len(needed) + place * len(subjects) + np.arange(len(subjects))
            for place, q in enumerate(copied)
        }
        answers: dict[int, Answer] = {}
        for group in _groups(questions, len(rows)):
            told = [targets.told(questions[q], copies.get(q)) for q in group]
            together = self._predicted(codes, questions[group[0]].terms_off, told)
            answers.update(zip(group, together, strict=True))
        return [answers[q] for q in range(len(questions))]

    def _predicted(
        self, codes: Codes, terms_off: tuple[str, ...], told: list[_Told]
    ) -> Iterator[Answer]:
        """The answers to several questions that switch off the same terms."""
        device = codes.present.device
        window, roles, relation, shown = (
            np.concatenate([getattr(one, name) for one in told])
            for name in ("window", "roles", "relation", "shown")
        )
        role, speaker, modality = (term not in terms_off for term in TERMS)
        found = predict_windows(
            self._model,
            codes,
            Windows(np.arange(len(window)), window, relation),
            identity=Identity(
                torch.from_numpy(roles).to(device) if role else None,
                torch.from_numpy(relation).to(device) if speaker else None,
                modality,
            ),
            presence=torch.from_numpy(shown).to(device).float(),
            attention=True,
        )
        assert found.attention is not None
        read = shown[:, [self.past]] if self._model.settings.readout == "target" else shown
        everything = (found.output, read.any((1, 2)), found.attention, found.representation)
        for parts in zip(*(np.split(part, len(told)) for part in everything), strict=True):
            yield Answer(*parts)

    def _encoded(
        self,
        rows: np.ndarray,
        copied: np.ndarray | None = None,
        changed: Sequence[Mapping[str, np.ndarray]] = (),
    ) -> Codes:
        """Codes of utterances, then of copies of some (k,) with other features."""
        corpus = self.corpus
        if copied is not None or len(rows) <= _TAKEN_OUT:
            corpus, rows = corpus.select(rows), np.arange(len(rows))
        if copied is not None:
            table = pd.concat([corpus.utterances, self.corpus.utterances.iloc[copied]])
            features = {
                name: _appended(corpus.features[name], [one[name] for one in changed])
                for name in self.modalities
            }
            corpus = replace(
                corpus,
                modalities={name: corpus.modalities[name] for name in self.modalities},
                utterances=table.reset_index(drop=True),
                features=features,
            )
            rows = np.arange(len(corpus))
        return encode_rows(
            self._model, FeatureStore(corpus, self.modalities, self._model.device), rows
        )


@dataclass(frozen=True)
class _Told:
    """What a prediction of n targets is told, each (n, W) but `shown` (n, W, M)."""

    window: np.ndarray
    roles: np.ndarray
    relation: np.ndarray
    shown: np.ndarray


@dataclass(frozen=True)
class _Targets:
    """n targets with the truth about their windows (n, W).

    `index` is -1 where there is no utterance, `is_subject` says where the changed one stands,
    `utterances` (U,) are the ids of the encoded utterances, and `present` (U, M) which modalities
    they have.
    """

    names: list[str]
    utterances: list[str]
    past: int
    index: np.ndarray
    relation: np.ndarray
    is_subject: np.ndarray
    present: np.ndarray
    modalities: list[str]

    def told(self, question: Question, copies: np.ndarray | None) -> _Told:
        """What a question tells; `copies` (n,) or (1,) are the codes of changed subjects."""
        there, index = self.index >= 0, self.index
        if copies is not None:
            index = np.where(self.is_subject, copies[:, None], index)
        present = self.present
        if question.missing_rate:
            has = present[: len(self.utterances)]  # the rest are copies
            present = present.copy()
            present[: len(has)] &= ~lost_at_random(question, self.utterances, has)
        shown = present[index] & shown_places(question, there, self.past)[..., None]
        for m, name in enumerate(self.modalities):
            if name in question.missing:
                shown[..., m] &= ~(self.is_subject | question.everywhere)
        return _Told(
            index,
            told_roles(question, self.names, there, self.past),
            told_relation(question, self.relation, self.past),
            shown,
        )


def _groups(questions: Sequence[Question], targets: int) -> Iterator[list[int]]:
    """Questions answered together: few targets, and the same terms switched off."""
    most = max(_AT_ONCE // max(targets, 1), 1) if targets < _FEW else 1
    alike: dict[tuple[str, ...], list[int]] = {}
    for q, question in enumerate(questions):
        alike.setdefault(question.terms_off, []).append(q)
    for group in alike.values():
        for start in range(0, len(group), most):
            yield group[start : start + most]


def _appended(features: Features, more: list[np.ndarray]) -> Features:
    """The features of a corpus and of further utterances behind them."""
    if features.offsets is None:
        return Features(np.concatenate([features.values, np.stack(more)]))
    ends = features.offsets[-1] + np.cumsum([len(values) for values in more])
    return Features(
        np.concatenate([features.values, *more]), np.concatenate([features.offsets, ends])
    )
