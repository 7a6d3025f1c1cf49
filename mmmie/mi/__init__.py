"""Mutual information, on its own: estimators, and one function that runs them on two arrays.

All values are in nats. `estimate` is for data; the pure functions that an objective is made of
are in the file of their estimator (`from mmmie.mi.club import club`), and `Estimator` is what
each of the classes offers. torch is loaded at the first use of any of these names.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie.mi.ba import BA
    from mmmie.mi.cca import CCA
    from mmmie.mi.club import CLUB
    from mmmie.mi.doe import DoE
    from mmmie.mi.dv import DV
    from mmmie.mi.estimation import estimate
    from mmmie.mi.estimator import Estimator
    from mmmie.mi.infonce import InfoNCE
    from mmmie.mi.js import JS
    from mmmie.mi.ksg import KSG
    from mmmie.mi.l1out import L1Out
    from mmmie.mi.nwj import NWJ
    from mmmie.mi.registry import ESTIMATORS, estimator_class
    from mmmie.mi.result import Estimate
    from mmmie.mi.smile import SMILE
    from mmmie.mi.vclub_s import VCLUBS
    from mmmie.mi.vub import VUB

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
    "BA": "ba",
    "CCA": "cca",
    "CLUB": "club",
    "DV": "dv",
    "DoE": "doe",
    "ESTIMATORS": "registry",
    "Estimate": "result",
    "Estimator": "estimator",
    "InfoNCE": "infonce",
    "JS": "js",
    "KSG": "ksg",
    "L1Out": "l1out",
    "NWJ": "nwj",
    "SMILE": "smile",
    "VCLUBS": "vclub_s",
    "VUB": "vub",
    "estimate": "estimation",
    "estimator_class": "registry",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
