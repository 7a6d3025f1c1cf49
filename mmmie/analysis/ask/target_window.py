"""One utterance with its window, taken out of a corpus so that little needs to be encoded."""

from __future__ import annotations

import numpy as np

from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.model.config import ModelSettings
from mmmie.model.inference import Windows, windows_of


def row_of(corpus: Corpus, utterance: str) -> int:
    """The row number of an utterance in its corpus.

    Raises:
        InputError: the corpus has no such utterance.
    """
    ids = corpus.utterances["id"]
    found = np.flatnonzero((ids == utterance).to_numpy())
    if not len(found):
        raise InputError(
            f"{corpus.where}: no utterance has `id` {utterance!r}; name one that it holds, such "
            f"as {ids.iloc[0]!r}"
        )
    return int(found[0])


def target_window(corpus: Corpus, row: int, settings: ModelSettings) -> tuple[Corpus, Windows]:
    """The utterances of one target's window as a corpus of their own.

    Args:
        corpus: the whole corpus.
        row: of the target in it.
        settings: of the model, for the window.

    Returns:
        The corpus of at most W utterances, in order of time, and the target's window in it:
        ``window`` and ``relation`` are (1, W).
    """
    there = corpus.window(*settings.context.span)[row]
    there = there[there >= 0]
    small = corpus.select(there)
    every = windows_of(small, np.arange(len(small)), settings)
    target = np.flatnonzero(there == row)
    return small, Windows(every.rows, every.window[target], every.relation[target])
