"""The estimators by name. A new one is a class in a file of its own and an entry here."""

from __future__ import annotations

from mmmie.errors import InputError
from mmmie.mi.club import CLUB
from mmmie.mi.estimator import Estimator
from mmmie.mi.infonce import InfoNCE
from mmmie.mi.l1out import L1Out
from mmmie.mi.vub import VUB

ESTIMATORS: dict[str, type[Estimator]] = {
    estimator.name: estimator for estimator in (InfoNCE, CLUB, L1Out, VUB)
}


def estimator_class(name: str) -> type[Estimator]:
    """The class of an estimator.

    Raises:
        InputError: no estimator has this name; the message lists those there are.
    """
    if name not in ESTIMATORS:
        raise InputError(f"estimator `{name}` is unknown; use one of {', '.join(ESTIMATORS)}")
    return ESTIMATORS[name]
