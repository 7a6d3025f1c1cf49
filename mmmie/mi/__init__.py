"""Mutual information, on its own: estimators, and one function that runs them on two arrays.

All values are in nats. `estimate` is for data; the pure functions that an objective is made of
are in the file of their estimator (`from mmmie.mi.estimators.club import club`), and `Estimator` is
what each of the classes offers. What is known of each, and its class, is in `mmmie.mi.catalogue`.
torch is loaded at the first use of any of these names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmmie.mi.catalogue import CATALOGUE

if TYPE_CHECKING:
    from mmmie.mi.decomposition.decompose import Decomposition as Decomposition
    from mmmie.mi.decomposition.decompose import decompose as decompose
    from mmmie.mi.estimation import estimate as estimate
    from mmmie.mi.estimator import Estimator as Estimator
    from mmmie.mi.estimator import estimator_class as estimator_class
    from mmmie.mi.result import Estimate as Estimate

    ESTIMATORS: dict[str, type[Estimator]]

_HOMES = {
    "Decomposition": "decomposition.decompose",
    "Estimate": "result",
    "Estimator": "estimator",
    "decompose": "decomposition.decompose",
    "estimate": "estimation",
    "estimator_class": "estimator",
}
__all__ = ["ESTIMATORS", *_HOMES, *(facts.class_name for facts in CATALOGUE.values())]


def __getattr__(name: str) -> Any:
    if name == "ESTIMATORS":
        return {facts.name: facts.load() for facts in CATALOGUE.values()}
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    for facts in CATALOGUE.values():
        if facts.class_name == name:
            return facts.load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
