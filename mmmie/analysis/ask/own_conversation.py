"""Predictions for a conversation of the reader's own: pasted words, or one of any corpus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.ask.word_encoder import WordEncoder, word_encoder
from mmmie.analysis.checkpoint import predict_rows
from mmmie.corpus import Corpus, Label, Modality, absent_features
from mmmie.datasets.demo.language import split_words
from mmmie.errors import InputError

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint

MOST_TURNS = 200
MOST_WORDS = 100
"""In one turn."""
MOST_LETTERS = 1000
"""In one turn, for words without an end."""
MOST_OF_NAME = 40
"""Letters in the name of a speaker: a longer one is a sentence with a colon in it."""

_WHERE = "pasted conversation"


@dataclass(frozen=True)
class Turn:
    """What somebody says; `speaker` is None where nobody knows who."""

    speaker: str | None
    words: str


def read_turns(text: str) -> list[Turn]:
    """A conversation from lines ``Speaker: words``, one turn per line; empty lines are left out.

    Raises:
        InputError: a line cannot be used, or there are too many or none; it names the line.

    Example:
        >>> read_turns("Ann: It was lovely.")
        [Turn(speaker='Ann', words='It was lovely.')]
    """
    turns = [
        _turn(line.strip(), number)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip()
    ]
    if not turns:
        raise InputError(f"{_WHERE}: line 1 is empty; write one turn per line, as `Speaker: words`")
    if len(turns) > MOST_TURNS:
        at = [n for n, line in enumerate(text.splitlines(), start=1) if line.strip()][MOST_TURNS]
        raise InputError(
            f"{_WHERE}: line {at} begins turn {MOST_TURNS + 1}, and {MOST_TURNS} are the most; "
            f"remove {len(turns) - MOST_TURNS} turns"
        )
    return turns


def _turn(line: str, number: int) -> Turn:
    where = f"{_WHERE}: line {number}"
    name, colon, words = (part.strip() for part in line.partition(":"))
    if not colon:
        raise InputError(f"{where} has no speaker; write `Speaker: words`, or `: words` if unknown")
    if len(name) > MOST_OF_NAME:
        raise InputError(
            f"{where} has {len(name)} letters before its colon; name a speaker in at most "
            f"{MOST_OF_NAME}"
        )
    if len(words) > MOST_LETTERS:
        raise InputError(f"{where} has {len(words):,} letters; use at most {MOST_LETTERS:,}")
    count = len(split_words(words))
    if not count:
        raise InputError(f"{where} has no word after its colon; add one or remove the line")
    if count > MOST_WORDS:
        raise InputError(
            f"{where} has {count} words; use at most {MOST_WORDS}, or make it several turns"
        )
    return Turn(name or None, words)


def written_turns(utterances: pd.DataFrame) -> str:
    """Utterances in order as the lines that `read_turns` reads.

    Args:
        utterances: with `transcript` and, where known, `speaker`.
    """
    speakers = utterances.get("speaker", pd.Series(None, index=utterances.index, dtype=object))
    said = zip(_known(speakers), _known(utterances["transcript"]), strict=True)
    return "\n".join(f"{speaker}: {' '.join(words.split())}" for speaker, words in said)


def _known(column: pd.Series) -> list[str]:
    return [cell if isinstance(cell, str) else "" for cell in column]


def pasted_words(checkpoint: Checkpoint, corpus: Corpus) -> WordEncoder | None:
    """What encodes words for a model as it was trained on them; None where nothing does.

    Args:
        corpus: what it was trained on, whose stored features say who encoded them.
    """
    words = word_encoder(checkpoint, corpus)
    return words if words is not None and words.modality in checkpoint.info.modalities else None


def corpus_of_turns(
    turns: Sequence[Turn], words: WordEncoder, modalities: dict[str, Modality], label: Label
) -> Corpus:
    """Turns as a corpus of one conversation without labels; all modalities but one are absent.

    Raises:
        InputError: the encoder cannot be opened.
    """
    count = len(turns)
    table = pd.DataFrame(
        {
            "id": [f"turn_{place + 1}" for place in range(count)],
            "conversation": "pasted",
            "position": np.arange(count),
            "split": "test",
            "speaker": [turn.speaker for turn in turns],
            "transcript": [turn.words for turn in turns],
        }
    )
    features = {name: absent_features(one, count) for name, one in modalities.items()}
    features[words.modality] = words.encode([turn.words for turn in turns])
    return Corpus("pasted", label, modalities, table, features)


def conversation_of(corpus: Corpus, name: str, most: int | None = None) -> Corpus:
    """One conversation of a corpus, its turns in order.

    Args:
        most: how many turns from its start; all of them if left out.
    """
    rows = np.flatnonzero((corpus.utterances["conversation"] == name).to_numpy())
    order = corpus.utterances["position"].to_numpy()[rows].argsort()
    return corpus.select(rows[order][:most])


def predicted_turns(
    checkpoint: Checkpoint, corpus: Corpus, missing: Sequence[str] = ()
) -> tuple[pd.DataFrame, np.ndarray]:
    """What a model says of every utterance of a corpus whose conversations are whole.

    Args:
        corpus: with the modalities that it takes; labels are not looked at.
        missing: modalities that the model is told are missing in every utterance.

    Returns:
        The table of the corpus with `prediction`, a number or a class, and `label` only if the
        truth is known of any turn; and the output it is from:
        (n,) in label units or (n, classes) probabilities.

    Raises:
        InputError: the corpus does not fit the checkpoint.
    """
    corpus = checkpoint.fitted(corpus)
    said, answer = predict_rows(checkpoint, corpus, missing)
    table = corpus.utterances.assign(prediction=said)
    if not corpus.labelled.any():
        table = table.drop(columns="label", errors="ignore")
    return table, answer.output.astype(float)
