"""What the bounds on mutual information did in training, and what may be concluded from them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from mmmie.mi.catalogue import CATALOGUE, Bound
from mmmie.mi.thresholds import NOTHING, near_ceiling, slack
from mmmie.mi.verdict import Decision, decide, decide_within
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import MaximiseSettings

Held = dict[tuple[str, str], dict[Any, Any]]

# prefix in the metric history → what it is called here
FAMILIES = {
    "mi/max/": "pair",
    "mi/min/": "invariant",
    "mi/min_specific/": "specific",
    "mi/separation/": "separation",
    "mi/lower/": "lower",
    "mi/upper/": "upper",
    "mi/lower_specific/": "lower_specific",
    "mi/upper_specific/": "upper_specific",
    "mi/check/": "check",
}
_COLUMNS = ["epoch", "family", "name", "nats", "std"]
_TABLE = [
    "family",
    "name",
    "quantity",
    "nats",
    "std",
    "estimator",
    "bound",
    "ceiling",
    "truth",
    "low",
    "high",
    "check",
    "check_std",
    "conclusion",
]
_ROWS = ("pair", "invariant", "specific", "separation")
_PAIRS = ("pair", "check")
_BRACKETS = {"invariant": ("lower", "upper"), "specific": ("lower_specific", "upper_specific")}
_SPECIFIC = ("specific", "lower_specific", "upper_specific")


@dataclass(frozen=True)
class Measured:
    """How the values of one family were obtained.

    Attributes:
        estimator: in words.
        bound: what the values are of the mutual information.
        believable: whether they say anything; not so where a learned conditional was never
            trained.
        caveat: when the bound does not hold, None where it does.
    """

    estimator: str
    bound: Bound
    believable: bool = True
    caveat: str | None = None


def measured(info: CheckpointInfo, family: str) -> Measured:
    """How a family of `FAMILIES` was measured in the training of a checkpoint."""
    objective, stochastic = info.config.objective, info.config.model.stochastic
    if family == "pair":
        return _measured_pair(objective.maximise)
    if family == "check":
        return Measured("InfoNCE, a fresh critic fitted to the train split", "lower")
    if family == "separation":
        return Measured("CCA of the means", "neither")
    if family.startswith("lower"):
        return Measured("InfoNCE, exact conditional of the encoder as the critic", "lower")
    if family.startswith("upper"):
        return Measured("L1Out or VUB if that is less, exact conditional of the encoder", "upper")
    name = CATALOGUE[objective.minimise.estimator].title
    if stochastic:
        return Measured(f"{name}, exact conditional of the encoder", "upper")
    return Measured(f"{name}, learned conditional", "neither", objective.minimise.enabled)


def _measured_pair(maximise: MaximiseSettings) -> Measured:
    facts = CATALOGUE[maximise.estimator]
    caveat = f"{facts.title} is a bound only while {facts.assumes}" if facts.assumes else None
    critic = {"gaussian": "Gaussian", "cosine": "cosine"}[maximise.critic]
    words = f"{facts.title}, {critic} critic trained with the model"
    return Measured(words, facts.bound, caveat=caveat)


def bounds_history(history: list[dict[str, Any]]) -> pd.DataFrame:
    """The bounds of a metric history, one row per value.

    Entries that are null or missing are left out.

    Returns:
        `epoch`, `family` of `FAMILIES`, `name` of the pair or modality, `nats`, and `std`, the
        standard error, NaN where none was recorded.
    """
    rows = [
        {
            "epoch": entry["epoch"],
            "family": family,
            "name": key.removeprefix(prefix),
            "nats": value,
            "std": _number(entry.get(_std_key(key))),
        }
        for entry in history
        for prefix, family in FAMILIES.items()
        for key, value in entry.items()
        if key.startswith(prefix) and math.isfinite(_number(value))
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def _std_key(key: str) -> str:
    if key.startswith("mi/check/"):
        return key.replace("mi/check/", "mi/check_std/", 1)
    return key.replace("mi/", "mi/std/", 1)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def ceilings(history: list[dict[str, Any]]) -> dict[str, float]:
    """Family → the most in nats that its values could have been; others have no limit."""
    own, checked = _last(history, "mi/ceiling"), _last(history, "mi/check_ceiling")
    of_brackets = checked if own is None else own  # ln of the same utterances
    found = {"pair": own, "check": checked, "lower": of_brackets, "lower_specific": of_brackets}
    return {family: nats for family, nats in found.items() if nats is not None}


def _last(history: list[dict[str, Any]], key: str) -> float | None:
    values = [entry[key] for entry in history if isinstance(entry.get(key), (int, float))]
    return float(values[-1]) if values else None


def bounds_at(history: list[dict[str, Any]], epoch: int) -> pd.DataFrame:
    """The rows of `bounds_history` at an epoch, or at the nearest one that was recorded.

    A check is not made after every epoch: its rows are those of the nearest epoch with one.
    """
    frame = bounds_history(history)
    checks = frame["family"] == "check"
    parts = [_nearest(part, epoch) for part in (frame[~checks], frame[checks]) if len(part)]
    return pd.concat(parts).reset_index(drop=True) if parts else frame


def _nearest(frame: pd.DataFrame, epoch: int) -> pd.DataFrame:
    nearest = min(frame["epoch"].unique(), key=lambda e: abs(e - epoch))
    return frame[frame["epoch"] == nearest]


def bounds_table(info: CheckpointInfo, history: list[dict[str, Any]]) -> pd.DataFrame:
    """The values at the chosen epoch and what may be concluded from each.

    What brackets or checks a value stands beside it and has no row of its own.

    Returns:
        `family`, `name`, `quantity` (``I(z text; z audio)``), `nats`, `std`, `estimator`, `bound`,
        `ceiling`, `truth`, `low` and `high` of the bracket, `check` and `check_std`, in nats (NaN
        where there is none), `conclusion`: one or two sentences.
    """
    rows = bounds_at(history, info.epoch).to_dict("records")
    held: Held = {(str(row["family"]), str(row["name"])): row for row in rows}
    about = [key for key in held if key[0] in _ROWS]
    return pd.DataFrame([_row(info, history, held, *key) for key in about], columns=_TABLE)


def _row(
    info: CheckpointInfo, history: list[dict[str, Any]], held: Held, family: str, name: str
) -> dict[str, Any]:
    """One row of `bounds_table`."""
    modalities, how, own = list(info.modalities), measured(info, family), held[family, name]
    pair, bracket = family == "pair", _bracket(held, family, name)
    check = held.get(("check", name)) if pair else None
    ceiling = ceilings(history).get("pair" if pair else "lower")
    truth = info.facts.get(f"true_mi/{name}") if pair else None
    said = conclusion(
        family, name, own["nats"], own["std"], how, modalities, ceiling, truth, bracket=bracket
    )
    low, high = bracket or (math.nan, math.nan)
    return {
        "family": family,
        "name": name,
        "quantity": quantity(family, name, modalities),
        "nats": own["nats"],
        "std": own["std"],
        "estimator": how.estimator,
        "bound": how.bound,
        "ceiling": _number(ceiling) if pair else math.nan,
        "truth": _number(truth),
        "low": low,
        "high": high,
        "check": math.nan if check is None else check["nats"],
        "check_std": math.nan if check is None else check["std"],
        "conclusion": said if check is None else f"{said} {_checked(own, check)}",
    }


def _bracket(held: Held, family: str, name: str) -> tuple[float, float] | None:
    """The lower end of the lower bound and the upper end of the upper one, errors included."""
    ends = [held.get((end, name)) for end in _BRACKETS.get(family, ())]
    found = [decide_within(float(end["nats"]), _number(end["std"])) for end in ends if end]
    if len(found) < 2 or not all(math.isfinite(one.low) for one in found):
        return None
    return found[0].low, found[1].high


def pair_of(name: str, modalities: list[str]) -> tuple[str, str]:
    """The two modalities of a pair such as ``text-audio``, whose names may contain hyphens."""
    for pair in combinations(modalities, 2):
        if "-".join(pair) == name:
            return pair
    raise ValueError(f"{name!r} is no pair of {', '.join(modalities)}")


def quantity(family: str, name: str, modalities: list[str]) -> str:
    """The mutual information that a value is about, such as ``I(z text; z audio)``."""
    if family in _PAIRS:
        first, second = pair_of(name, modalities)
        return f"I(z {first}; z {second})"
    if family == "separation":
        return f"I(z {name}; s {name})"
    return f"I(input {name}; {_code(family)} {name})"


def conclusion(
    family: str,
    name: str,
    nats: float,
    std: float,
    how: Measured,
    modalities: list[str],
    ceiling: float | None = None,
    truth: float | None = None,
    *,
    bracket: tuple[float, float] | None = None,
) -> str:
    """One sentence: what the value allows to say, and what not.

    Args:
        family: of `FAMILIES`.
        std: the standard error of `nats`, NaN where it is not known.
        ceiling: the most that a lower bound, or the lower end of a bracket, could have said.
        truth: the mutual information of the inputs of a pair, where it is known.
        bracket: the same from below and from above, in nats, for the families of an input.
    """
    if not how.believable:
        return "Nothing: its learned conditional was not trained in this run."
    if family in _PAIRS:
        found = shared_by_pair(nats, std)
        said = _about_pair(pair_of(name, modalities), found, ceiling, truth)
        return f"{said} But {how.caveat}." if how.caveat else said
    if family == "separation":
        return (
            f"About {nats:.2g} nats, on neither side of the truth: as much as two Gaussians of "
            f"the same correlations would share."
        )
    code = "The own code" if family in _SPECIFIC else "The shared code"
    if bracket is not None:
        return _about_bracket(code, name, *bracket, ceiling)
    found = decide_within(nats, std)
    if how.bound != "neither" and found.verdict == "not known":
        return "Nothing: the error of this bound was not recorded."
    if how.bound == "lower":
        return f"{code} of {name} keeps at least {max(found.low, 0):.3g} nats of its input."
    if how.bound == "upper":
        most = max(found.high, 0)
        return f"{code} of {name} keeps at most {most:.3g} nats of its input, maybe far fewer."
    return (
        "Little: without noise in the encoder the true value is infinite, and this only says "
        "what a Gaussian can read."
    )


def shared_by_pair(nats: float, std: float, looks: int = 1) -> Decision:
    """Whether a lower bound shows that a pair shares more nats than count as none."""
    return decide_within(nats, std, limit=NOTHING, looks=looks)


def _code(family: str) -> str:
    return "s" if family in _SPECIFIC else "z"


def _about_bracket(code: str, name: str, low: float, high: float, ceiling: float | None) -> str:
    said = f"{code} of {name} keeps between {max(low, 0):.3g} and {high:.3g} nats of its input"
    if ceiling is not None and near_ceiling(low, ceiling):
        return f"{said}; the ceiling of the lower end is {ceiling:.3g}."
    return f"{said}."


def _checked(own: dict[Any, Any], check: dict[Any, Any]) -> str:
    nats, epoch = float(check["nats"]), int(check["epoch"])
    found = shared_by_pair(nats, _number(check["std"]))
    if not found.above:
        return f"A fresh critic after epoch {epoch} shows no shared information."
    more = (
        "more, at least"
        if beyond_slack(nats, own["nats"], own["std"], check["std"])
        else "at least"
    )
    return f"A fresh critic after epoch {epoch} shows {more} {found.low:.3g} nats."


def beyond_slack(nats: float, other: float, *errors: float) -> bool:
    """Whether one bound is shown to be above another, given the standard errors of both."""
    within = slack(*map(_number, errors))
    more = nats - other
    return decide(more, more - within, more + within).above


def _about_pair(
    pair: tuple[str, str], found: Decision, ceiling: float | None, truth: float | None
) -> str:
    first, second = pair
    if found.verdict == "not known":
        return "Nothing: the error of this bound was not recorded."
    if not found.above:
        return (
            "No shared information could be shown; a lower bound near zero does not show "
            "independence."
        )
    least = found.low
    said = f"The shared codes of {first} and {second} share at least {least:.3g} nats"
    if truth is not None and least > truth:
        return f"{said}; the inputs share {truth:.3g}, so one of the two is wrong."
    if truth is not None:
        return f"{said}, so {least / truth:.0%} or more of the {truth:.3g} that their inputs share."
    if ceiling is not None and near_ceiling(found.value, ceiling):
        return f"{said}, and maybe far more: the ceiling of {ceiling:.3g} is near."
    return f"{said}, maybe more."
