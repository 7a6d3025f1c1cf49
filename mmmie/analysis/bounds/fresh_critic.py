"""An independent check of the bounds: critics trained from scratch on the codes as they are.

The critic of a run was trained with the codes, and the codes with it. A fresh one has no part in
that, is larger, and sees codes that do not move. It runs in a process of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pandas as pd

from mmmie.analysis.bounds.history import beyond_slack, shared_by_pair
from mmmie.analysis.bounds.side_by_side import conversations, frozen_codes
from mmmie.analysis.bounds.split_of_checkpoint import SplitWork, opened_split
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.corpus import Corpus
from mmmie.jobs.background_work import serve
from mmmie.mi.thresholds import near_ceiling
from mmmie.mi.verdict import decide_within

STEPS = 300
BATCH = 128
HIDDEN = 128
_VERSION = 2
_COLUMNS = ["family", "name", "nats", "std", "ceiling", "n", "seconds"]


class FreshCritic(SplitWork):
    """The check of a checkpoint on a split."""

    module = "mmmie.analysis.bounds.fresh_critic"
    version = _VERSION

    @property
    def effort(self) -> list[Any]:
        """How long the critics are trained."""
        return [STEPS]

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


def fresh_estimates(
    checkpoint: Checkpoint, corpus: Corpus, split: str, *, steps: int = STEPS, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """The rows of `FreshCritic.table`, computed here; takes seconds and needs torch.

    The input of a modality is represented by its standardised features pooled over time: as a
    function of the input they share no more with z than it does, so the bound stays one. Whole
    conversations are held out, and errors are over them.
    """
    from mmmie.mi import estimate

    names = list(checkpoint.model.modalities)
    codes = frozen_codes(checkpoint, corpus, split)
    z, present = codes.invariant.sample.numpy(), codes.present.numpy()

    of = conversations(corpus, split)

    def row(family: str, name: str, x: Any, y: Any, groups: Any) -> dict[str, Any]:
        found = estimate(
            x,
            y,
            "infonce",
            steps=steps,
            batch_size=BATCH,
            hidden=HIDDEN,
            seed=seed,
            groups=groups,
        )
        return {"family": family, "name": name, **{k: getattr(found, k) for k in _COLUMNS[2:]}}

    for m, n in combinations(range(len(names)), 2):
        both = present[:, m] & present[:, n]
        yield row("pair", f"{names[m]}-{names[n]}", z[both, m], z[both, n], of[both])
    for m, name in enumerate(names):
        here = present[:, m]
        yield row("invariant", name, codes.summaries[m].numpy()[here], z[here, m], of[here])


def check_table(bounds: pd.DataFrame, check: pd.DataFrame) -> pd.DataFrame:
    """One row per estimate of the check, with the bound of the run beside it.

    Args:
        bounds: from `mmmie.analysis.bounds.history.bounds_table`; may be empty. If it has a
            bracket, its upper end is the bound of the run.
        check: from `mmmie.analysis.bounds.fresh_critic.cached_check`.

    Returns:
        `family`, `name`, `in_training` and `bound` (NaN and empty where the run recorded none),
        `fresh`, `std`, `ceiling`, `n` and `verdict`, in nats.
    """
    rows = []
    recorded = {(row["family"], row["name"]): row for row in bounds.to_dict("records")}
    for row in check.to_dict("records"):
        trained = recorded.get((str(row["family"]), str(row["name"])))
        value = math.nan if trained is None else float(trained["nats"])
        bound = "" if trained is None else str(trained["bound"])
        if trained is not None and bound == "upper":
            value = decide_within(value, float(trained.get("std", math.nan))).high
        low, high = _bracket(trained)
        if math.isfinite(high):
            value = high
        fresh, std, ceiling = float(row["nats"]), float(row["std"]), float(row["ceiling"])
        said = verdict(value, bound, fresh, std, ceiling, low)
        rows.append(
            (row["family"], row["name"], value, bound, fresh, std, ceiling, int(row["n"]), said)
        )
    columns = ["family", "name", "in_training", "bound", "fresh", "std", "ceiling", "n", "verdict"]
    return pd.DataFrame(rows, columns=columns)


def _bracket(trained: dict[Any, Any] | None) -> tuple[float, float]:
    """The ends of the bracket of a row of `bounds`; 0 and NaN where there is none."""
    low, high = ((trained or {}).get(end, math.nan) for end in ("low", "high"))
    return (low, high) if math.isfinite(low) else (0.0, math.nan)


def verdict(
    in_training: float, bound: str, fresh: float, std: float, ceiling: float, low: float = 0.0
) -> str:
    """What a lower bound by a fresh critic says beside the value of the run.

    Args:
        in_training: the value of the run in nats, NaN where there is none.
        std: its standard error.
    """
    found = shared_by_pair(fresh, std)
    if found.verdict == "not known":
        return "Nothing: the check has no error."
    if bound == "upper" and math.isfinite(in_training):
        if beyond_slack(fresh, in_training, std):
            return "Contradiction: the lower bound exceeds the upper one, so one of them is wrong."
        least = max(found.low, low, 0)
        if least > in_training:
            return f"About {in_training:.2f} nats: both bounds meet within their errors."
        return f"The truth lies between {least:.2f} and {in_training:.2f} nats."
    if not found.above:
        return "The fresh critic shows no shared information."
    if near_ceiling(fresh, ceiling):
        return (
            f"At least {found.low:.2f} nats; the fresh critic is near its ceiling of "
            f"{ceiling:.2f}, so the truth may be far more."
        )
    if bound != "lower":
        return f"At least {found.low:.2f} nats."
    if beyond_slack(fresh, in_training, std):
        return f"The fresh critic shows more: at least {found.low:.2f} nats."
    if not beyond_slack(in_training, fresh, std):
        return "Confirmed: a critic that had no part in the training finds the same in its error."
    return (
        f"The fresh critic finds {in_training - fresh:.2f} nats less; it learns from these "
        f"utterances alone. Both are lower bounds, so the larger one stands."
    )


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    yield from fresh_estimates(*opened_split(given))


if __name__ == "__main__":
    serve(_compute)
