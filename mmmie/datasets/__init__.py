"""Where corpora come from: one file a format, one function to open any of them."""

from __future__ import annotations

from pathlib import Path

from mmmie.corpus import Corpus
from mmmie.corpus_folder import open_corpus_folder

__all__ = ["load_corpus"]


def load_corpus(data: str | Path) -> Corpus:
    """Open a corpus: ``demo``, or a corpus folder.

    Args:
        data: ``demo`` for the generated corpus with known answers, else a path.

    Raises:
        InputError: it is missing or has a fault.

    Example:
        >>> corpus = load_corpus("demo")
        >>> sorted(corpus.modalities)
        ['audio', 'text', 'vision']
    """
    if str(data) == "demo":
        from mmmie.datasets.demo import generate_demo

        return generate_demo()
    return open_corpus_folder(data)
