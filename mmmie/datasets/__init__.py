"""Where corpora come from: `load_corpus` opens them all; `formats` has one file per format.

A new format is a file in `formats` with a `FORMAT`, and its name in `formats/registry.py`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from pathlib import Path

from mmmie.corpus import Corpus
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets.label_guess import relabelled
from mmmie.datasets.label_option import LabelSaid, read_label_said
from mmmie.reading import refuse_closed

__all__ = ["DESCRIBED", "convert_corpus", "is_described", "load_corpus", "recognise_corpus"]

DESCRIBED = "corpus folder"
"""The format whose label is described, not guessed."""


def load_corpus(
    data: str | Path, *, label: str | None = None, unlabelled: bool = False, checked: bool = False
) -> Corpus:
    """Open a corpus: ``demo``, a corpus folder, or a file or folder of another format.

    The format is recognised by content: pickles of MMSA, MulT, MISA, MMIM, MAG-BERT and
    conv-emotion, ``.csd`` sets, tables with ``.npy`` files, and Hugging Face datasets. No code
    that a file holds is run. Features of a corpus folder stay memory-mapped; those of other
    formats are copied, into a temporary file where they are large.

    Args:
        data: ``demo`` for the generated corpus with known answers, else a path.
        label: what the label is, in place of what the file says or the values suggest:
            ``kind=…,range=LOW:HIGH,classes=A:B:…,name=…``, see `read_label_said`.
        unlabelled: take utterances without a label or a split, for a model to predict; only
            corpus folders and tables can lack them.
        checked: the features of a corpus folder were all found finite before.

    Raises:
        InputError: it is missing, of no known format, or has a fault, or `label` does not fit.

    Example:
        >>> corpus = load_corpus("demo")
        >>> sorted(corpus.modalities)
        ['audio', 'text', 'vision']
    """
    return recognise_corpus(data, label=label, unlabelled=unlabelled, checked=checked)[1]


def recognise_corpus(
    data: str | Path, *, label: str | None = None, unlabelled: bool = False, checked: bool = False
) -> tuple[str, Corpus]:
    """The name of the format of a corpus, and the corpus (see `load_corpus`)."""
    name, corpus = _recognised(data, read_label_said(label), unlabelled, checked)
    corpus.label_said = label or ""
    return name, corpus


def _recognised(
    data: str | Path, said: LabelSaid, unlabelled: bool, checked: bool
) -> tuple[str, Corpus]:
    relabel = partial(relabelled, said=said) if said else None
    if str(data) == "demo":
        from mmmie.datasets.demo.generate import generate_demo

        corpus = generate_demo()
        if relabel:
            found = relabel(corpus.utterances["label"], corpus.label, "demo")
            table = corpus.utterances.assign(label=found[1])
            corpus = replace(corpus, label=found[0], utterances=table, notes=tuple(found[2]))
        return "demo", corpus
    path = Path(data)
    if is_described(path):
        return DESCRIBED, open_corpus_folder(
            path, unlabelled=unlabelled, relabel=relabel, checked=checked
        )
    from mmmie.datasets.formats.registry import open_reading

    name, reading = open_reading(path, said)
    return name, reading.corpus(unlabelled)


def convert_corpus(data: str | Path, folder: str | Path, *, label: str | None = None) -> int:
    """Write a corpus of any format as a corpus folder; large features are streamed.

    Args:
        data: what `load_corpus` opens.
        label: what the label is, as for `load_corpus`.

    Returns:
        How many utterances were written; labels that are missing stay so.

    Raises:
        InputError: `data` cannot be opened, or `folder` holds something; nothing is written.
    """
    folder = Path(folder)
    if str(data) == "demo" or is_described(Path(data)):
        corpus = load_corpus(data, label=label, unlabelled=True)
        save_corpus_folder(corpus, folder)
        return len(corpus)
    from mmmie.datasets.formats.registry import open_reading

    reading = open_reading(Path(data), read_label_said(label))[1]
    reading.save(folder)
    return len(reading.utterances)


def is_described(path: Path) -> bool:
    """Whether a path is the business of `open_corpus_folder`, its message included.

    Raises:
        InputError: it may not be read, or is a pipe or a device.
    """
    refuse_closed(path)
    known = os.path.exists(path)
    return not known or os.path.exists(path / "corpus.json") or _is_empty(path)


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
