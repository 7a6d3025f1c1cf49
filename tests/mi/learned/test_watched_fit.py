"""Estimators that learn from fresh pairs, against what they should come to."""

import math

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS
from mmmie.mi.learned.watched_fit import LOOKS, watch
from mmmie.mi.tasks import gaussian, transformed
from mmmie.mi.tasks.closed_forms import expected_value

pytestmark = pytest.mark.slow


def last(points, share=1 / 3):
    """The mean and its standard error over the last part of the points."""
    values = np.array([point.nats for point in points])[-round(len(points) * share) :]
    return values.mean(), values.std() / math.sqrt(len(values))


@pytest.mark.parametrize(("name", "steps"), [("infonce", 400), ("doe", 250)])
def test_an_estimator_comes_to_what_it_should_say(name, steps):
    points = list(watch(name, [gaussian(5, 2.0)], steps, learning_rate=1e-2, hidden=32))
    value, error = last(points)
    assert abs(value - expected_value(name, 5, 2.0, 64)) < 4 * error + 0.08
    assert points[0].nats < value - 0.4  # it started from nothing


def test_values_are_on_pairs_that_it_has_not_learned_from():
    # a critic that is judged on the batch it has just learned shows what is not there
    points = list(watch("infonce", [gaussian(20, 0.0)], 150, 16, learning_rate=3e-3, hidden=32))
    value, error = last(points, share=1.0)
    assert value < 2 * error


def test_points_tell_step_level_and_truth():
    tasks = [gaussian(2, 0.5), gaussian(2, 1.5)]
    points = list(watch("vub", tasks, 20, hidden=8))
    assert [p.step for p in points] == list(range(40))
    assert [p.level for p in points] == [0] * 20 + [1] * 20
    assert {(p.level, p.truth) for p in points} == {(0, 0.5), (1, 1.5)}


@pytest.mark.parametrize("name", ["ksg", "cca"])
def test_what_takes_no_steps_is_fitted_anew_on_every_level(name):
    points = list(watch(name, [gaussian(1, 0.5), gaussian(1, 1.5)], 100, 64))
    assert [p.step for p in points] == [10 * look for look in range(1, 2 * LOOKS + 1)]
    for level, truth in ((0, 0.5), (1, 1.5)):
        own = [p.nats for p in points if p.level == level]
        assert np.mean(own[3:]) == pytest.approx(truth, abs=0.1)


def test_what_was_learned_is_kept_on_the_next_level():
    one, two = (
        list(watch("infonce", [gaussian(5, 2.0)] * levels, 60, learning_rate=1e-2, hidden=32))
        for levels in (1, 2)
    )
    assert [p.nats for p in one] == [p.nats for p in two[:60]]
    assert two[60].nats > np.mean([p.nats for p in one[-20:]]) - 0.6 > one[0].nats


def test_a_seed_gives_the_same_and_leaves_the_global_one_alone():
    before = torch.get_rng_state()
    first, again, other = (
        [p.nats for p in watch("club", [gaussian(3, 1.0)], 20, seed=seed)] for seed in (4, 4, 5)
    )
    assert first == again != other
    assert torch.equal(torch.get_rng_state(), before)


def test_ranks_undo_a_transform_of_columns():
    task = transformed(gaussian(5, 2.0), "cubic")
    bent, ranked = (
        np.mean([p.nats for p in watch("cca", [task], transform=how)][3:])
        for how in ("none", "copula")
    )
    assert ranked == pytest.approx(2.0, abs=0.1)
    assert bent < 1.5


def test_ranks_of_values_beyond_the_first_sample_are_finite():
    task = transformed(gaussian(2, 3.0), "cubic")
    points = list(watch("club", [task], 300, 64, transform="copula", hidden=16))
    assert np.isfinite([p.nats for p in points]).all()


def test_a_closed_form_start_needs_no_learning():
    from_nothing, at_once = (
        next(watch("club", [gaussian(20, 4.0)], 50, 256, from_closed_form=how)).nats
        for how in (False, True)
    )
    assert at_once == pytest.approx(expected_value("club", 20, 4.0, 256), abs=1.5)
    assert abs(from_nothing) < 2


@pytest.mark.parametrize("name", ESTIMATORS)
def test_everything_stays_finite_where_exponentials_are_large(name):
    tasks = [gaussian(4, 3.0), gaussian(4, 12.0)]
    points = list(watch(name, tasks, 60, 8, hidden=16, learning_rate=1e-2))
    assert np.isfinite([p.nats for p in points]).all()


@pytest.mark.parametrize("critic", ["separable", "joint"])
def test_both_critics_learn(critic):
    task = gaussian(1, 1.0)
    points = list(watch("infonce", [task], 300, 32, 16, learning_rate=1e-2, critic=critic))
    assert last(points)[0] == pytest.approx(expected_value("infonce", 1, 1.0, 32), abs=0.15)


TASK = gaussian(2, 1.0)


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: watch("mist", [TASK]), "estimator `mist` is unknown"),
        (lambda: watch("infonce", []), "tasks are empty"),
        (lambda: watch("infonce", [TASK, gaussian(3, 1.0)]), "same ones"),
        (lambda: watch("infonce", [TASK], 0), "steps_per_level is 0; use 1 or more"),
        (lambda: watch("infonce", [TASK], 5, 1), "batch_size is 1; use 2 or more"),
        (lambda: watch("infonce", [TASK], hidden=0), "hidden is 0"),
        (lambda: watch("infonce", [TASK], seed=-1), "seed is -1"),
        (lambda: watch("infonce", [TASK], learning_rate=math.nan), "learning_rate is nan"),
        (lambda: watch("infonce", [TASK], transform="log"), "transform is `log`; use none or"),
        (lambda: watch("infonce", [TASK], critic="deep"), "critic is `deep`; use separable or"),
        (lambda: watch("club", [TASK], critic="joint"), "club learns no critic"),
    ],
)
def test_bad_input_is_named_before_anything_starts(ask, message):
    with pytest.raises(InputError, match=message):
        ask()
