"""What a run recorded of its bounds, ready to be drawn: every value with its error and side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from app.parts.names import figure_text, plain
from app.parts.style import LOWER_LINE, NEITHER_LINE, UPPER_LINE, three_digits
from mmmie.analysis.bounds.history import Measured, quantity
from mmmie.mi.thresholds import SURE


@dataclass(frozen=True)
class Side:
    """How estimates of one side are written and drawn."""

    words: str
    before: str
    sign: str
    dash: str
    symbol: str


SIDES = {
    "lower": Side("lower bound", "at least", "≥", LOWER_LINE, "triangle-right"),
    "neither": Side("no bound", "about", "≈", NEITHER_LINE, "circle"),
    "upper": Side("upper bound", "at most", "≤", UPPER_LINE, "triangle-left"),
}
"""By bound, in the order of rows."""


NONE = "–"
_LETTERS = 90  # of a quantity, where it is pointed at
_FRESH = Measured("InfoNCE, a critic trained from nothing on fixed codes", "lower")
# Families that are bounds on the same quantity: objective, bracket from below and from above.
BRACKETS = {
    "z": ("invariant", "lower", "upper"),
    "s": ("specific", "lower_specific", "upper_specific"),
}


@dataclass(frozen=True)
class Unit:
    """A unit of information: its name, and how many of it a nat is."""

    name: str
    per_nat: float


UNITS = {"nats": Unit("nats", 1.0), "bits": Unit("bits", 1 / math.log(2))}


@dataclass(frozen=True)
class Series:
    """What one estimator said of one quantity over the epochs.

    Attributes:
        quantity: ``I(z text; z audio)``.
        how: estimator and side.
        unit: of the values.
        epoch: (E,).
        value: (E,) in the unit.
        error: (E,) two standard errors in the unit, NaN where unknown.
        ceiling: the most that the estimator could have said, NaN where there is none.
    """

    quantity: str
    how: Measured
    unit: Unit
    epoch: np.ndarray
    value: np.ndarray
    error: np.ndarray
    ceiling: float = math.nan

    def __len__(self) -> int:
        return len(self.epoch)

    @property
    def extremes(self) -> list[float]:
        """The least and the most that is drawn of it."""
        error = np.nan_to_num(self.error)
        return [*(self.value - error), *(self.value + error)]

    @property
    def hover(self) -> list[str]:
        """What it is and says, one text per epoch."""
        side = SIDES[self.how.bound]
        limit = (
            f", ceiling {self.ceiling:.3g} {self.unit.name}" if math.isfinite(self.ceiling) else ""
        )
        how = self.how.estimator.replace(", ", ",<br>", 1)  # a box as narrow as a panel
        if self.how.caveat:
            limit += f"<br>{self.how.caveat}"
        return [
            f"<b>{figure_text(self.quantity, _LETTERS)}</b><br>epoch {epoch}: {side.before} "
            f"{valued(value, error)} {self.unit.name}<br>{how}<br>{side.words}{limit}"
            for epoch, value, error in zip(self.epoch, self.value, self.error, strict=True)
        ]


def series(
    rows: pd.DataFrame, quantity: str, how: Measured, unit: Unit, ceiling: float | None = None
) -> Series:
    """The rows of one family and name (`epoch`, `nats`, `std`) in a unit."""
    return Series(
        quantity,
        how,
        unit,
        rows["epoch"].to_numpy(int),
        rows["nats"].to_numpy(float) * unit.per_nat,
        rows["std"].to_numpy(float) * unit.per_nat * SURE,
        math.nan if ceiling is None else ceiling * unit.per_nat,
    )


def valued(value: float, error: float) -> str:
    """A value with its error where there is one, both as far as the error leaves digits.

    Example:
        >>> valued(3.0702, 0.0513), valued(3.0702, 0.131), valued(3.0702, float("nan"))
        ('3.07 ± 0.05', '3.07 ± 0.13', '3.07')
    """
    if not (math.isfinite(error) and error > 0):
        return f"{value:.3g}".replace("-", "−")
    exponent = math.floor(math.log10(error))
    digits = max(int(error < 2 * 10**exponent) - exponent, 0)  # two where the first one is a 1
    return f"{value:.{digits}f} ± {error:.{digits}f}".replace("-", "−")


@dataclass(frozen=True)
class Recorded:
    """The bounds of one run over its epochs.

    Attributes:
        history: `epoch`, `family`, `name`, `nats` and, where recorded, `std`.
        how: family → how it was measured.
        modalities: in the order of the model.
        chosen: the epoch of the checkpoint, 0 where none was chosen.
        ceilings: family → the most its values could have been, in nats.
    """

    history: pd.DataFrame
    how: Mapping[str, Measured]
    modalities: list[str]
    chosen: int
    ceilings: Mapping[str, float] = field(default_factory=dict)

    def names(self, family: str) -> list[str]:
        """The pairs or modalities that a family was recorded of."""
        return list(dict.fromkeys(self.history.loc[self.history["family"] == family, "name"]))

    def series(self, family: str, name: str, unit: Unit) -> Series | None:
        """One family of one pair or modality; None where nothing was recorded."""
        held = self.history
        rows = held[(held["family"] == family) & (held["name"] == name)]
        if rows.empty:
            return None
        return series(
            rows if "std" in rows else rows.assign(std=math.nan),
            quantity(family, name, self.modalities),
            self.how[family],
            unit,
            self.ceilings.get(family),
        )

    def on_demand(
        self, family: str, name: str, unit: Unit, check: pd.DataFrame | None
    ) -> Series | None:
        """The check made on demand, at the epoch of the checkpoint.

        Args:
            check: `name`, `fresh`, `std` and `ceiling` in nats.
        """
        rows = check[check["name"] == name] if check is not None else None
        if rows is None or rows.empty:
            return None
        return series(
            rows.assign(epoch=self.chosen, nats=rows["fresh"]),
            quantity(family, name, self.modalities),
            _FRESH,
            unit,
            float(rows["ceiling"].iloc[0]),
        )

    @property
    def sample(self) -> str:
        """What the bounds were measured on, in a sentence."""
        ceiling = self.ceilings.get("pair", self.ceilings.get("lower"))
        count = "a fixed sample" if ceiling is None else f"{math.exp(ceiling):,.0f} utterances"
        chosen = f"; epoch {self.chosen}, the vertical line, was chosen" if self.chosen else ""
        return f"Measured after every epoch on {count} of the valid split{chosen}."

    def rows(self, families: tuple[str, ...]) -> pd.DataFrame:
        """The values of some families with their estimator, side and ceiling, to take away."""
        kept = self.history[self.history["family"].isin(families)]
        how = [self.how[family] for family in kept["family"]]
        return kept.assign(
            estimator=[h.estimator for h in how],
            bound=[h.bound for h in how],
            ceiling=kept["family"].map(dict(self.ceilings)),
        )


@dataclass(frozen=True)
class Beside:
    """Another run that is drawn pale beside this one.

    Attributes:
        how: it differs, in words.
        name: of its checkpoint.
        recorded: its bounds.
    """

    how: str
    name: str
    recorded: Recorded


def beside_words(beside: Beside | None) -> str:
    """What the pale line is, to follow a caption."""
    return "" if beside is None else f" Pale: {plain(beside.name)}, {plain(beside.how)}."


def bounded(bound: str, nats: float, std: float, unit: Unit) -> str:
    """``≥ 3.02 ± 0.051``: value and two standard errors with the side that the truth is on."""
    if not math.isfinite(nats):
        return NONE
    return f"{SIDES[bound].sign} {valued(nats * unit.per_nat, SURE * std * unit.per_nat)}"


def number(nats: float, unit: Unit) -> str:
    """A value with three digits in a unit."""
    return three_digits(nats * unit.per_nat)
