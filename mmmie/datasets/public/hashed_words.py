"""Text features that need no download: hashed words, reduced on the train split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmmie.datasets.streamed_corpus import Stream

_BUCKETS = 2**16
_MOST_DIM = 128


def hashed_words(transcripts: Sequence[str], train: np.ndarray) -> Stream:
    """A vector per transcript: its words and pairs of words, hashed, weighted and reduced.

    An utterance without a word has none.

    Args:
        transcripts: (N,).
        train: (N,) bool, the utterances that weights and directions are fitted on.

    Returns:
        Vectors of at most 128 channels, of length 1.

    Raises:
        ValueError: fewer than two utterances of `train` have a word.
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    hashing = HashingVectorizer(n_features=_BUCKETS, ngram_range=(1, 2), alternate_sign=False)
    counts = hashing.transform(transcripts)
    spoken = np.diff(counts.indptr) > 0
    fitted = train & spoken
    if fitted.sum() < 2:
        raise ValueError("fewer than two utterances of train have a word")
    weights = TfidfTransformer().fit(counts[fitted])
    dim = min(_MOST_DIM, int(fitted.sum()) - 1)
    reduction = TruncatedSVD(dim, random_state=0).fit(weights.transform(counts[fitted]))
    vectors = reduction.transform(weights.transform(counts)).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    source = (
        f"words and pairs of words hashed into {_BUCKETS:,} buckets, weighted by tf-idf and "
        f"reduced to {dim} directions, both fitted on the train split without its labels"
    )
    if spoken.all():
        return Stream(dim, vectors.__getitem__, source=source)
    lengths = spoken.astype(np.int64)
    return Stream(dim, lambda row: vectors[row][None][: lengths[row]], lengths, source=source)
