"""Where a search looks and how it chooses: a space of settings, and two ways to draw from it."""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from pydantic import Field

from mmmie.errors import InputError
from mmmie.model.config import Settings

Kind = Literal["choice", "uniform", "log_uniform", "int"]
Values = dict[str, Any]
"""Setting → value, by dotted key."""

_DIGITS = 4


class SearchSettings(Settings):
    """Settings that are searched for, beside the configurations that the file names."""

    trials: int = Field(20, ge=1, le=10_000, description="How many settings are tried.")
    sampler: Literal["random", "optuna"] = Field(
        "random",
        description="`random` draws each without regard to the others; `optuna` learns from those "
        "that have finished (TPE; extra `search`).",
    )
    metric: str = Field(
        "",
        description="What is judged, on valid or over all parts of --folds; the first metric of "
        "the corpus if left out.",
    )
    seed: int = Field(0, ge=0, lt=2**31, description="Of what is drawn, not of the trainings.")
    space: dict[str, Any] = Field(
        description="Setting → `{ choice = [a, b, …] }`, `{ uniform = [low, high] }`, "
        "`{ log_uniform = [low, high] }` or `{ int = [low, high] }`, both ends included."
    )


@dataclass(frozen=True)
class Dimension:
    """One setting that is searched for.

    Attributes:
        values: the choices, or the lowest and the highest value.
    """

    kind: Kind
    values: tuple[Any, ...]

    def at(self, place: float) -> Any:
        """The value at a place in [0, 1): the same share of values lies below it.

        Example:
            >>> Dimension("int", (1, 4)).at(0.99), Dimension("log_uniform", (1e-4, 1e-2)).at(0.5)
            (4, 0.001)
        """
        if self.kind == "choice":
            return self.values[int(place * len(self.values))]
        low, high = self.values
        if self.kind == "int":
            return low + int(place * (high - low + 1))
        if self.kind == "uniform":
            return self.rounded(low + place * (high - low))
        return self.rounded(math.exp(math.log(low) + place * (math.log(high) - math.log(low))))

    def rounded(self, value: float) -> float:
        """A number with few digits, inside the ends."""
        low, high = self.values
        return min(max(float(f"{value:.{_DIGITS}g}"), low), high)


def dimensions(flat: Values, where: str) -> dict[str, Dimension]:
    """Setting → dimension, from the flattened `space` of a file.

    Args:
        flat: ``model.dim.choice`` → [32, 64].
        where: for messages.

    Raises:
        InputError: a setting is not one of the four kinds, or its values do not fit the kind.
    """
    found: dict[str, Dimension] = {}
    for key, values in flat.items():
        setting, _, kind = key.rpartition(".")
        if not setting or kind not in get_args(Kind):
            raise InputError(
                f"{where}: `{key}` is {values!r}; give a setting one of "
                f"{', '.join(get_args(Kind))}, such as model.dim = {{ choice = [32, 64] }}"
            )
        if setting in found:
            raise InputError(f"{where}: `{setting}` has two kinds; leave one out")
        _check_values(kind, values, f"{where}: `{setting}`")
        found[setting] = Dimension(kind, tuple(values))  # type: ignore[arg-type]
    if not found:
        raise InputError(f"{where}: is empty; name at least one setting")
    return found


def _check_values(kind: str, values: Any, where: str) -> None:
    if not isinstance(values, list) or not values:
        raise InputError(f"{where} is {values!r}; give a list")
    if kind == "choice":
        return
    number = int if kind == "int" else (int, float)
    if len(values) != 2 or not all(
        isinstance(v, number) and not isinstance(v, bool) and math.isfinite(v) for v in values
    ):
        words = "whole numbers" if kind == "int" else "numbers"
        raise InputError(f"{where} is {values!r}; give two {words}, the lowest and the highest")
    if not values[0] < values[1]:
        raise InputError(f"{where} is {values!r}; give the lower value first")
    if kind == "log_uniform" and values[0] <= 0:
        raise InputError(f"{where} is {values!r}; a log_uniform value is above 0")


def propose(
    settings: SearchSettings,
    space: dict[str, Dimension],
    higher_is_better: bool,
    told: Sequence[tuple[Values, float | None]],
) -> Values:
    """The next settings to try.

    They depend on the seed and on `told` alone, so a search that was stopped goes the way that it
    would have gone.

    Args:
        told: what was proposed so far and its score; None where it has none yet, or failed.

    Raises:
        InputError: Optuna is asked for and not installed.
    """
    if settings.sampler == "optuna":
        return _by_optuna(settings.seed, space, higher_is_better, told)
    random = np.random.default_rng([settings.seed, len(told)])
    return {key: one.at(random.random()) for key, one in space.items()}


def _by_optuna(
    seed: int,
    space: dict[str, Dimension],
    higher_is_better: bool,
    told: Sequence[tuple[Values, float | None]],
) -> Values:
    optuna = import_optuna()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ranges = {key: _range(optuna.distributions, one) for key, one in space.items()}
    [own_seed] = np.random.SeedSequence([seed, len(told)]).generate_state(1)
    study = optuna.create_study(
        direction="maximize" if higher_is_better else "minimize",
        sampler=optuna.samplers.TPESampler(seed=int(own_seed)),
    )
    state = optuna.trial.TrialState
    for values, score in told:
        known = score is not None and math.isfinite(score)
        study.add_trial(
            optuna.trial.create_trial(
                params={key: _place(one, values[key]) for key, one in space.items()},
                distributions=ranges,
                value=score if known else None,
                state=state.COMPLETE if known else state.FAIL,
            )
        )
    drawn = study.ask(ranges).params
    return {key: _value(one, drawn[key]) for key, one in space.items()}


def import_optuna() -> Any:
    """The package.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module("optuna")
    except ImportError:
        raise InputError(
            "search: the package `optuna` is not installed; run pip install optuna, or take "
            'sampler = "random"'
        ) from None


def _range(kinds: Any, one: Dimension) -> Any:
    if one.kind == "choice":  # by number: a value may be a list or a table
        return kinds.CategoricalDistribution(range(len(one.values)))
    if one.kind == "int":
        return kinds.IntDistribution(*one.values)
    return kinds.FloatDistribution(*one.values, log=one.kind == "log_uniform")


def _place(one: Dimension, value: Any) -> Any:
    return one.values.index(value) if one.kind == "choice" else value


def _value(one: Dimension, drawn: Any) -> Any:
    if one.kind == "choice":
        return one.values[drawn]
    return drawn if one.kind == "int" else one.rounded(drawn)
