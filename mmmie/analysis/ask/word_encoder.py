"""Which encoder makes features from words, so that words nobody said can be tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mmmie.analysis.ask.askable import Askable
from mmmie.corpus import Corpus, Features
from mmmie.datasets.demo.language import TEXT_CHANNELS, encode_text

_FEATURE_TOLERANCE = 5e-3  # of stored text features: those of a corpus may be float16


@dataclass(frozen=True)
class WordEncoder:
    """Makes the features of one modality from words, as those of the corpus were made.

    Attributes:
        modality: whose features they are.
        encode: transcripts → their features, in that order.
    """

    modality: str
    encode: Callable[[Sequence[str]], Features]


def word_encoder(checkpoint: Askable, corpus: Corpus, row: int = 0) -> WordEncoder | None:
    """The encoder that follows the words of an utterance.

    That is the text encoder of the model, or the demo's where the features of the utterance are
    what it makes of its transcript. None where the features come from elsewhere, since new words
    could not be encoded alike, or the model does not read them.
    """
    name = checkpoint.info.config.model.text_modality
    if name is not None:
        return WordEncoder(name, lambda words: checkpoint.text_encoder.features(words))
    follows = transcript_modality(corpus, row)
    return None if follows is None else WordEncoder(follows, _of_demo)


def transcript_modality(corpus: Corpus, row: int) -> str | None:
    """The modality whose features are what the demo's encoder makes of the transcript, if any."""
    if "transcript" not in corpus.utterances:
        return None
    transcript = corpus.utterances["transcript"].iloc[row]
    if not isinstance(transcript, str):
        return None
    for name, modality in corpus.modalities.items():
        if modality.level != "sequence" or modality.channels != TEXT_CHANNELS:
            continue
        stored, again = corpus.features[name].of(row), encode_text(transcript)
        if stored.shape == again.shape and np.allclose(stored, again, atol=_FEATURE_TOLERANCE):
            return name
    return None


def _of_demo(transcripts: Sequence[str]) -> Features:
    encoded = [encode_text(transcript) for transcript in transcripts]
    offsets = np.cumsum([0, *(len(steps) for steps in encoded)]).astype(np.int64)
    return Features(np.concatenate(encoded), offsets)
