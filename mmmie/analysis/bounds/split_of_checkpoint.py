"""A checkpoint and a split of a corpus, handed to a process that computes on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
from mmmie.corpus import Corpus


def given_split(checkpoint: Checkpoint, corpus: Corpus, split: str) -> dict[str, Any]:
    """What `Work.start` is given, so that `opened_split` finds the same there."""
    return {
        "checkpoint": str(checkpoint.info.folder),
        "data": str(corpus.path) if corpus.path else corpus.name,
        "label": corpus.label_said,
        "split": split,
    }


def opened_split(given: Mapping[str, Any]) -> tuple[Checkpoint, Corpus, str]:
    """The checkpoint, the corpus and the split of `given_split`; torch then keeps to one thread."""
    import torch

    torch.set_num_threads(1)
    checkpoint = load_checkpoint(given["checkpoint"])
    corpus = checkpoint.corpus(given["data"], label=given["label"] or None)
    return checkpoint, corpus, given["split"]
