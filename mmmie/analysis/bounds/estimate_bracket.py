"""What several estimates of one mutual information allow to say together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from mmmie.mi.thresholds import NOTHING, SURE, near_ceiling

Verdict = Literal["bracket", "equal", "contradiction", "lower", "upper", "nothing"]


@dataclass(frozen=True)
class Bracket:
    """The best bounds from both sides.

    Attributes:
        verdict: `bracket`: there are both. `equal`: the lower one is above the upper one, but by no
            more than their errors. `contradiction`: by more. `lower`, `upper`, `nothing`: there
            is only one, or none.
        lower: the row of the largest believable lower bound, None where there is none.
        upper: the row of the smallest believable upper bound, None where there is none.
    """

    verdict: Verdict
    lower: dict[str, Any] | None
    upper: dict[str, Any] | None

    @property
    def near_ceiling(self) -> bool:
        """Whether its batch size may be all that keeps the lower bound down."""
        return self.lower is not None and near_ceiling(self.lower["nats"], self.lower["ceiling"])


def bracket_of(estimates: pd.DataFrame) -> Bracket:
    """Reconcile estimates of the same quantity.

    An estimate is believable where its quality on held-out pairs gives no reason for doubt. Lower
    bounds that need no assumption go before those that do.

    Args:
        estimates: `nats`, `std`, `bound`, `ceiling`, `assumes` and `doubt`, see
            `mmmie.analysis.bounds.side_by_side.SideBySide.results`.
    """
    believable = estimates[estimates["doubt"].isna() & estimates["nats"].notna()]
    lower = believable[believable["bound"] == "lower"].sort_values("nats")
    free = lower[lower["assumes"].isna()]
    upper = believable[believable["bound"] == "upper"].sort_values("nats")
    best = (free if len(free) else lower).to_dict("records")[-1:]
    least = upper.to_dict("records")[:1]
    if not best or not least:
        verdict: Verdict = "lower" if best else "upper" if least else "nothing"
        return Bracket(verdict, *(best or [None]), *(least or [None]))
    return Bracket(_compare(best[0], least[0]), best[0], least[0])


def _compare(lower: dict[Any, Any], upper: dict[Any, Any]) -> Verdict:
    over = lower["nats"] - upper["nats"]
    if over <= 0:
        return "bracket"
    noise = SURE * math.hypot(lower["std"], upper["std"]) + NOTHING
    return "equal" if over <= noise else "contradiction"
