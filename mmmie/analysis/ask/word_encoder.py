"""Which encoder makes features from words, so that words nobody said can be tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmmie.analysis.ask.edits import transcript_modality
from mmmie.corpus import Corpus, Features
from mmmie.datasets.demo.language import encode_text

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint


@dataclass(frozen=True)
class WordEncoder:
    """Makes the features of one modality from words, as those of the corpus were made.

    Attributes:
        modality: whose features they are.
        encode: transcripts → their features, in that order.
    """

    modality: str
    encode: Callable[[Sequence[str]], Features]


def word_encoder(checkpoint: Checkpoint, corpus: Corpus, row: int = 0) -> WordEncoder | None:
    """The encoder that follows the words of an utterance.

    That is the text encoder of the model, or the demo's where the features of the utterance are
    what it makes of its transcript. None where the features come from elsewhere, since new words
    could not be encoded alike, or the model does not read them.
    """
    name = checkpoint.info.config.model.text_modality
    if name is not None:
        return WordEncoder(name, lambda words: checkpoint.text_encoder.features(words))
    return demo_words(corpus, row)


def demo_words(corpus: Corpus, row: int) -> WordEncoder | None:
    """The demo's encoder, where it made the features of an utterance; see `word_encoder`."""
    follows = transcript_modality(corpus, row)
    return None if follows is None else WordEncoder(follows, _of_demo)


def _of_demo(transcripts: Sequence[str]) -> Features:
    encoded = [encode_text(transcript) for transcript in transcripts]
    offsets = np.cumsum([0, *(len(steps) for steps in encoded)]).astype(np.int64)
    return Features(np.concatenate(encoded), offsets)
