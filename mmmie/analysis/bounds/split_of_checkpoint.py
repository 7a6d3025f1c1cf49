"""A checkpoint and a split of a corpus, handed to a process that computes on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
from mmmie.corpus import Corpus
from mmmie.jobs.background_work import Work


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


@dataclass(frozen=True)
class SplitWork:
    """Something computed for a checkpoint and a split in a process of its own.

    Attributes:
        checkpoint: whose model.
        corpus: that it is run on.
        split: of the corpus.
        cache: the folder where the result is kept.
        module: what the process runs.
        version: of what it says.
    """

    checkpoint: Checkpoint
    corpus: Corpus
    split: str
    cache: Path
    module: ClassVar[str]
    version: ClassVar[int]

    @cached_property
    def work(self) -> Work:
        """The process; its lines are the results."""
        what = [self.checkpoint.fingerprint, self.corpus.fingerprint, self.split]
        return Work.on(self.cache / "work", self.module, [self.version, *what, *self.effort])

    @property
    def effort(self) -> list[Any]:
        """What else the result follows from."""
        return []

    def start(self) -> None:
        """Compute in a process of its own.

        Raises:
            InputError: the cache cannot be written.
        """
        self.work.start(given_split(self.checkpoint, self.corpus, self.split))
