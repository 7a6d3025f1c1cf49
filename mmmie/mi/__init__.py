"""Mutual information, on its own: estimators, and one function that runs them on two arrays.

All values are in nats. `estimate` is for data; the pure functions that an objective is made of
are in the file of their estimator (`from mmmie.mi.estimators.club import club`), and `Estimator` is
what each of the classes offers. torch is loaded at the first use of any of these names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie.mi.estimation import estimate
    from mmmie.mi.estimator import Estimator
    from mmmie.mi.estimators.ba import BA
    from mmmie.mi.estimators.cca import CCA
    from mmmie.mi.estimators.club import CLUB
    from mmmie.mi.estimators.doe import DoE
    from mmmie.mi.estimators.dv import DV
    from mmmie.mi.estimators.infonce import InfoNCE
    from mmmie.mi.estimators.js import JS
    from mmmie.mi.estimators.ksg import KSG
    from mmmie.mi.estimators.l1out import L1Out
    from mmmie.mi.estimators.nwj import NWJ
    from mmmie.mi.estimators.smile import SMILE
    from mmmie.mi.estimators.vclub_s import VCLUBS
    from mmmie.mi.estimators.vub import VUB
    from mmmie.mi.registry import ESTIMATORS, estimator_class
    from mmmie.mi.result import Estimate

__all__ = [
    "BA",
    "CCA",
    "CLUB",
    "DV",
    "ESTIMATORS",
    "JS",
    "KSG",
    "NWJ",
    "SMILE",
    "VCLUBS",
    "VUB",
    "DoE",
    "Estimate",
    "Estimator",
    "InfoNCE",
    "L1Out",
    "estimate",
    "estimator_class",
]

_HOMES = {
    "BA": "estimators.ba",
    "CCA": "estimators.cca",
    "CLUB": "estimators.club",
    "DV": "estimators.dv",
    "DoE": "estimators.doe",
    "ESTIMATORS": "registry",
    "Estimate": "result",
    "Estimator": "estimator",
    "InfoNCE": "estimators.infonce",
    "JS": "estimators.js",
    "KSG": "estimators.ksg",
    "L1Out": "estimators.l1out",
    "NWJ": "estimators.nwj",
    "SMILE": "estimators.smile",
    "VCLUBS": "estimators.vclub_s",
    "VUB": "estimators.vub",
    "estimate": "estimation",
    "estimator_class": "registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
