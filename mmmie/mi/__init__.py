"""Mutual information, on its own: estimators, and one function that runs them on two arrays.

All values are in nats. `estimate` is for data; the pure functions that an objective is made of
are in the file of their estimator (`from mmmie.mi.club import club`), and `Estimator` is what
each of the classes offers. torch is loaded at the first use of any of these names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie.mi.club import CLUB
    from mmmie.mi.estimation import Estimate, estimate
    from mmmie.mi.estimator import Estimator
    from mmmie.mi.infonce import InfoNCE
    from mmmie.mi.l1out import L1Out
    from mmmie.mi.registry import ESTIMATORS, estimator_class
    from mmmie.mi.vub import VUB

__all__ = [
    "CLUB",
    "ESTIMATORS",
    "VUB",
    "Estimate",
    "Estimator",
    "InfoNCE",
    "L1Out",
    "estimate",
    "estimator_class",
]

_HOMES = {
    "CLUB": "club",
    "ESTIMATORS": "registry",
    "VUB": "vub",
    "Estimate": "estimation",
    "Estimator": "estimator",
    "InfoNCE": "infonce",
    "L1Out": "l1out",
    "estimate": "estimation",
    "estimator_class": "registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
