from __future__ import annotations

import dataclasses
import math

import pytest

from mmmie.mi import Estimate


def found(**fields):
    plain = {
        "estimator": "infonce",
        "nats": 1.0,
        "std": 0.1,
        "bound": "lower",
        "ceiling": None,
        "seconds": 1.0,
        "seed": 0,
        "n": 100,
        "dim_x": 2,
        "dim_y": 3,
        "batch_size": 64,
        "title": "InfoNCE",
    }
    return Estimate(**{**plain, **fields})


def test_a_lower_bound_says_at_least():
    assert found().sentence == "InfoNCE gives 1.00 ± 0.10 nats: x and y share at least 0.80."
    assert found(assumes="y is Gaussian").sentence.endswith(
        "at least 0.80, provided that y is Gaussian."
    )


@pytest.mark.parametrize("nats", [-3.0, 0.0, 0.1, 0.2])
def test_a_lower_bound_near_zero_shows_nothing_either_way(nats):
    sentence = found(nats=nats).sentence
    assert "no dependence of x and y is shown, which does not show that there is none" in sentence


def test_zero_without_uncertainty_shows_nothing():
    assert "no dependence" in found(nats=0.0, std=0.0).sentence


def test_near_the_ceiling_it_may_be_far_more():
    ceiling = math.log(64)
    assert "maybe far more" in found(nats=4.0, ceiling=ceiling).sentence
    assert (
        "ceiling of 4.16 nats that the batch size sets" in found(nats=4.0, ceiling=ceiling).sentence
    )
    assert "ceiling" not in found(nats=1.0, ceiling=ceiling).sentence


def test_an_upper_bound_says_at_most():
    sentence = found(bound="upper", title="CLUB", assumes="q fits").sentence
    assert sentence == (
        "CLUB gives 1.00 ± 0.10 nats: x and y share at most 1.20, provided that q fits."
    )


def test_what_is_neither_says_so():
    sentence = found(bound="neither", title="KSG", assumes="it is smooth").sentence
    assert "on neither side of the truth, provided that it is smooth." in sentence


@pytest.mark.parametrize("bound", ["lower", "upper", "neither"])
def test_a_doubt_comes_before_all_else(bound):
    sentence = found(bound=bound, doubt="q does not fit", assumes="q fits").sentence
    assert sentence.endswith("nats, but q does not fit: nothing should be concluded.")
    assert "at least" not in sentence and "at most" not in sentence


def test_without_a_title_the_name_will_do():
    assert found(title="").sentence.startswith("infonce gives")


def test_an_estimate_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        found().nats = 2.0
