"""An independent check of the bounds: critics trained from scratch on the codes as they are.

The critic of a run was trained with the codes, and the codes with it. A fresh one has no part in
that, is larger, and sees codes that do not move. It runs in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from mmmie.analysis.bounds.side_by_side import frozen_codes
from mmmie.analysis.checkpoints import Checkpoint, load_checkpoint
from mmmie.corpus import Corpus
from mmmie.jobs.work import Work, serve

STEPS = 300
BATCH = 128
HIDDEN = 128
_COLUMNS = ["family", "name", "nats", "std", "ceiling", "n", "seconds"]


@dataclass(frozen=True)
class FreshCritic:
    """The check of a checkpoint on a split.

    Attributes:
        checkpoint: whose codes.
        corpus: that it is run on.
        split: of the corpus.
        cache: the folder where the result is kept.
    """

    checkpoint: Checkpoint
    corpus: Corpus
    split: str
    cache: Path

    @cached_property
    def work(self) -> Work:
        """The process; its lines are the rows of `table`."""
        content = [self.checkpoint.fingerprint, self.corpus.fingerprint, self.split, STEPS]
        return Work.on(self.cache / "work", "mmmie.analysis.bounds.fresh_critic", content)

    @property
    def count(self) -> int:
        """How many rows there will be: one per pair of modalities and one per modality."""
        modalities = len(self.checkpoint.info.modalities)
        return modalities * (modalities + 1) // 2

    def table(self) -> pd.DataFrame | None:
        """The whole check if it has been made, else None.

        Returns:
            `family` (``pair``: between the invariant codes of two modalities; ``invariant``:
            between the input of a modality and its z), `name`, `nats`, `std`, `ceiling`, `n`. All
            are lower bounds by InfoNCE, so for ``invariant`` they stand below the upper bound of
            the run.
        """
        done = self.work.state == "done"
        return pd.DataFrame(self.work.lines(), columns=_COLUMNS) if done else None

    def start(self) -> None:
        """Make the check in a process of its own.

        Raises:
            InputError: the cache cannot be written.
        """
        given = {
            "checkpoint": str(self.checkpoint.info.folder),
            "data": str(self.corpus.path) if self.corpus.path else self.corpus.name,
            "split": self.split,
        }
        self.work.start(given)


def fresh_estimates(
    checkpoint: Checkpoint, corpus: Corpus, split: str, *, steps: int = STEPS, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """The rows of `FreshCritic.table`, computed here; takes seconds and needs torch.

    The input of a modality is represented by its standardised features pooled over time: as a
    function of the input they share no more with z than it does, so the bound stays one.
    """
    from mmmie.mi import estimate

    names = list(checkpoint.model.modalities)
    codes = frozen_codes(checkpoint, corpus, split)
    z, present = codes.invariant.sample.numpy(), codes.present.numpy()

    def row(family: str, name: str, x: Any, y: Any) -> dict[str, Any]:
        found = estimate(x, y, "infonce", steps=steps, batch_size=BATCH, hidden=HIDDEN, seed=seed)
        return {"family": family, "name": name, **{k: getattr(found, k) for k in _COLUMNS[2:]}}

    for m, n in combinations(range(len(names)), 2):
        both = present[:, m] & present[:, n]
        yield row("pair", f"{names[m]}-{names[n]}", z[both, m], z[both, n])
    for m, name in enumerate(names):
        here = present[:, m]
        yield row("invariant", name, codes.summaries[m].numpy()[here], z[here, m])


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    import torch

    torch.set_num_threads(1)
    checkpoint = load_checkpoint(given["checkpoint"])
    yield from fresh_estimates(checkpoint, checkpoint.corpus(given["data"]), given["split"])


if __name__ == "__main__":
    serve(_compute)
