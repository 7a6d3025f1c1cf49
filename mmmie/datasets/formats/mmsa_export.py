"""Corpora as the pickles that MMSA reads (Mao et al., M-SENA, ACL 2022; MMSA 2.2.1 on PyPI)."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.corpus import SPLITS, Corpus, Features
from mmmie.datasets.formats.mmsa_extra_fields import EXTRA, extra_of
from mmmie.errors import InputError

MODALITIES = ("text", "audio", "vision")
"""The modalities that MMSA knows, all of which it needs."""

_ID_SEPARATOR = "$_$"
_PROTOCOL = 4  # the newest that Python 3.7, the oldest that MMSA ran on, can read


def save_mmsa(corpus: Corpus, file: Path | str) -> None:
    """Write a corpus as a pickle for MMSA's ``custom_feature`` (see `to_mmsa`).

    Args:
        corpus: with numbers as labels and the modalities text, audio and vision.

    Raises:
        InputError: the file exists, its folder does not, or `to_mmsa` refuses the corpus.
    """
    file = Path(file)
    if file.exists():
        raise InputError(f"{file}: exists; name a new file")
    if not file.parent.is_dir():
        raise InputError(f"{file}: there is no folder {file.parent}; make it first")
    content = to_mmsa(corpus)
    unfinished = file.with_name(f".{file.name}.new")
    try:
        with unfinished.open("wb") as stream:
            pickle.dump(content, stream, protocol=_PROTOCOL)
        os.replace(unfinished, file)
    finally:
        unfinished.unlink(missing_ok=True)


def to_mmsa(corpus: Corpus) -> dict[str, dict[str, Any]]:
    """A corpus in the layout of MMSA's unaligned feature files.

    What the layout has no place for (names, speakers, times, further columns, other modalities)
    is kept under the key ``mmmie`` of each split, which MMSA does not look at, so that
    `load_corpus` gives the same corpus back. There is no ``text_bert``, since that needs a
    tokeniser: models run with ``use_bert`` off, on ``text``. A split that the corpus lacks has no
    utterance here either; MMSA's loader, which shuffles all three, then fails.

    Args:
        corpus: with numbers as labels and the modalities text, audio and vision.

    Returns:
        split → n utterances in the row order of the corpus: ``raw_text`` and ``id``, lists of n,
        an id being ``conversation$_$position``; ``text``, ``audio``, ``vision``, (n, L, d)
        float32, sequences followed by zeros up to the longest of the corpus and L = 1 at utterance
        level; ``text_lengths``, ``audio_lengths``, ``vision_lengths``, lists of n steps (MMSA
        itself writes no ``text_lengths``); ``regression_labels`` (n,) float32 in label units;
        ``classification_labels`` (n,) int64 and ``annotations``, list of n: 0 Negative, 1 Neutral
        or 2 Positive, below, at or above the middle of the range.

    Raises:
        InputError: the labels are classes, or text, audio or vision is missing.

    Example:
        >>> from mmmie import load_corpus
        >>> layout = to_mmsa(load_corpus("demo"))
        >>> layout["valid"]["text"].shape, layout["valid"]["id"][0]
        ((967, 16, 32), 'c007$_$0')
    """
    if corpus.label.kind != "regression":
        raise InputError(
            f"{corpus.where}: `label.kind` is {corpus.label.kind}; MMSA takes regression only"
        )
    for name in MODALITIES:
        if name not in corpus.modalities:
            raise InputError(
                f"{corpus.where}: no modality `{name}`, which MMSA needs; it holds "
                f"{', '.join(corpus.modalities)}"
            )
    return {split: _split(corpus, split) for split in SPLITS}


def _split(corpus: Corpus, split: str) -> dict[str, Any]:
    table = corpus.utterances
    rows = np.flatnonzero((table["split"] == split).to_numpy())
    labels = corpus.targets[rows]
    names = zip(table["conversation"].iloc[rows], table["position"].iloc[rows], strict=True)
    words = table["transcript"].iloc[rows] if "transcript" in table else [""] * len(rows)
    signs = (1 + np.sign(labels - corpus.label.centre)).astype(np.int64)
    content: dict[str, Any] = {
        "raw_text": [str(text) for text in words],
        "id": [f"{conversation}{_ID_SEPARATOR}{position}" for conversation, position in names],
        "annotations": [("Negative", "Neutral", "Positive")[sign] for sign in signs],
        "classification_labels": signs,
        "regression_labels": labels,
    }
    for name in MODALITIES:
        content[name], content[f"{name}_lengths"] = _padded(corpus.features[name], rows)
    others = {
        name: _padded(corpus.features[name], rows)
        for name in corpus.modalities
        if name not in MODALITIES
    }
    content[EXTRA] = extra_of(corpus, rows, others)
    return content


def _padded(features: Features, rows: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """(n, L, d) with zeros after the last step, and the steps of each."""
    lengths = features.lengths
    if lengths is None:
        return features.values[rows].astype(np.float32)[:, None], [1] * len(rows)
    longest = int(lengths.max(initial=1))
    padded = np.zeros((len(rows), longest, features.values.shape[1]), np.float32)
    inside = np.arange(longest) < lengths[rows][:, None]
    padded[inside] = features.take(rows).values
    return padded, lengths[rows].tolist()
