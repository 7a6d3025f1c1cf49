from __future__ import annotations

import pytest

from mmmie.errors import InputError
from mmmie.mi.registry import ESTIMATORS, estimator_class

BOUNDS = {
    "lower": ["infonce", "nwj", "dv", "smile", "js", "ba"],
    "upper": ["club", "vclub-s", "l1out", "vub"],
    "neither": ["doe", "ksg", "cca"],
}


def test_lower_bounds_come_first_then_upper_ones_then_the_rest():
    assert list(ESTIMATORS) == [name for names in BOUNDS.values() for name in names]
    for bound, names in BOUNDS.items():
        assert all(ESTIMATORS[name].bound == bound for name in names)


def test_only_infonce_has_a_ceiling():
    assert [n for n, kind in ESTIMATORS.items() if kind.ceiling(64) is not None] == ["infonce"]


def test_each_is_found_by_its_name_and_has_words_for_it():
    for name, kind in ESTIMATORS.items():
        assert estimator_class(name) is kind and kind.name == name
        assert kind.title and kind.__doc__
    assert len({kind.title for kind in ESTIMATORS.values()}) == len(ESTIMATORS)


@pytest.mark.parametrize(
    ("said", "meant"),
    [("InfoNCE", "infonce"), ("MINE", "dv"), ("mine", "dv"), ("gaussian", "cca"),
     ("vCLUB-S", "vclub-s"), ("vclub_s", "vclub-s"), ("vclubs", "vclub-s"), ("L1Out", "l1out"),
     ("KSG", "ksg")],
)  # fmt: skip
def test_other_ways_to_say_it_are_understood(said, meant):
    assert estimator_class(said).name == meant


@pytest.mark.parametrize("name", ["", "mutual", "info nce", "club2"])
def test_an_unknown_name_is_answered_with_those_there_are(name):
    with pytest.raises(InputError, match=f"`{name}` is unknown; use one of infonce, nwj, dv, smi"):
        estimator_class(name)
