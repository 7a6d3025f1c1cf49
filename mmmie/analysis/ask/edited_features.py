"""The features of an utterance after a question has changed them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.analysis.ask.word_encoder import WordEncoder
from mmmie.corpus import Corpus
from mmmie.datasets.demo.language import GRADED
from mmmie.errors import InputError

MOST_NOISE = 10.0
"""Standard deviations; beyond eight the model clips what it is given."""


def edited_features(
    corpus: Corpus,
    row: int,
    question: Question,
    deviation: Mapping[str, np.ndarray],
    words: WordEncoder | None = None,
) -> dict[str, np.ndarray]:
    """The features of an utterance as a question has them; missing modalities keep theirs.

    Words are changed first, then channels, then noise is added.

    Args:
        deviation: modality → (d,) standard deviations that the noise is measured in.

    Returns:
        modality → (d,) or (L, d); what is stored where nothing was changed.

    Raises:
        InputError: the question names what the corpus does not have, or a transcript that no
            encoder follows.
    """
    check_question(question, corpus)
    features = {name: stored.of(row) for name, stored in corpus.features.items()}
    if question.transcript is not None:
        if words is None:
            raise InputError(
                f"{corpus.where}: no modality of utterance {corpus.utterances['id'].iloc[row]!r} "
                f"is encoded from its transcript by this program; leave `transcript` out"
            )
        features[words.modality] = words.encode([question.transcript]).of(0)
    for one in question.channels:
        features[one.modality] = _with_channel(features[one.modality], one)
    order = list(corpus.modalities)
    for name, strength in question.noise:
        random = np.random.default_rng([question.seed, order.index(name)])
        draw = random.standard_normal(features[name].shape)
        features[name] = (features[name] + strength * deviation[name] * draw).astype(np.float32)
    return features


def _with_channel(features: np.ndarray, edit: ChannelEdit) -> np.ndarray:
    changed = np.array(features, np.float32)
    if not changed.size:
        return changed
    x = changed[..., edit.channel]
    mean = x.mean()
    changed[..., edit.channel] = mean + edit.stretch * (x - mean) + edit.shift
    return changed


def check_question(question: Question, corpus: Corpus) -> None:
    """Check that a corpus has what a question changes in an utterance.

    Raises:
        InputError: it has no such modality or channel, or a number is out of range.
    """
    named = [
        *question.missing,
        *(name for name, _ in question.noise),
        *(c.modality for c in question.channels),
    ]
    for name in named:
        if name not in corpus.modalities:
            known = ", ".join(corpus.modalities)
            raise InputError(f"{corpus.where}: no modality `{name}` to edit; it holds {known}")
    if not 0 <= question.missing_rate <= 1:
        raise InputError(f"edit: `missing_rate` is {question.missing_rate:g}; give 0 to 1")
    for name, strength in question.noise:
        if not 0 <= strength <= MOST_NOISE:
            raise InputError(
                f"edit: `noise` on {name} is {strength:g}; give 0 to {MOST_NOISE:g} deviations"
            )
    for one in question.channels:
        dim = corpus.modalities[one.modality].dim
        if not 0 <= one.channel < dim:
            raise InputError(
                f"edit: `channel` {one.channel} of {one.modality} is unknown; give 0 to {dim - 1}"
            )
        if not (math.isfinite(one.shift) and math.isfinite(one.stretch)):
            raise InputError(f"edit: channel {one.channel} of {one.modality} needs finite numbers")


def fitting_question(question: Question, corpus: Corpus) -> Question:
    """As much of a question as a corpus has modalities and channels for."""
    known = corpus.modalities
    return replace(
        question,
        missing=tuple(name for name in question.missing if name in known),
        noise=tuple((name, strength) for name, strength in question.noise if name in known),
        channels=tuple(
            c
            for c in question.channels
            if c.modality in known and c.channel < known[c.modality].dim
        ),
    )


def opposite_words(transcript: str) -> str:
    """A sentence of the demo corpus with its sentiment turned around.

    Every word of the demo's graded valence gives way to the one as far on the other side.

    Example:
        >>> opposite_words("The film was lovely, my friend.")
        'The film was awful, my friend.'
    """
    levels = [phrases.split("|") for phrases in GRADED["valence"]]
    mirrored = {
        word: levels[len(levels) - 1 - level][0]
        for level, words in enumerate(levels)
        for word in words
    }
    return re.sub(r"\w+", lambda found: mirrored.get(found[0].lower(), found[0]), transcript)
