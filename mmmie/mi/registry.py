"""The estimators by name. A new one is a class in a file of its own and an entry here."""

from __future__ import annotations

from mmmie.errors import InputError
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

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator
    for estimator in (InfoNCE, NWJ, DV, SMILE, JS, BA, CLUB, VCLUBS, L1Out, VUB, DoE, KSG, CCA)
}
"""Lower bounds first, then upper bounds, then those that are neither."""

_OTHER_NAMES = {"mine": "dv", "gaussian": "cca", "vclubs": "vclub-s"}


def estimator_class(name: str) -> type[Estimator]:
    """The class of an estimator; capitals, `mine` for dv and `gaussian` for cca are understood.

    Raises:
        InputError: no estimator has this name; the message lists those there are.
    """
    plain = name.lower().replace("_", "-")
    known = plain if plain in ESTIMATORS else _OTHER_NAMES.get(plain.replace("-", ""), "")
    if known not in ESTIMATORS:
        raise InputError(f"estimator `{name}` is unknown; use one of {', '.join(ESTIMATORS)}")
    return ESTIMATORS[known]
