from __future__ import annotations

import dataclasses
import functools
import math

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, estimate
from mmmie.mi.estimator import Estimator
from mmmie.mi.tasks import gaussian, task_named, transformed
from mmmie.mi.tasks.closed_forms import club_value

pytestmark = pytest.mark.slow

each_estimator = pytest.mark.parametrize("name", ESTIMATORS)
SYMMETRIC = ["infonce", "nwj", "dv", "smile", "js", "ksg", "cca"]
REPORTED = {"seconds": 0.0}


def quick(x, y, name="club", **options):
    return estimate(x, y, name, **{"steps": 20, "hidden": 16, **options})


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


@pytest.mark.parametrize(
    ("name", "mi"), [("infonce", 2), ("infonce", 6), ("ba", 6), ("doe", 2), ("club", 6)]
)
def test_what_is_learned_comes_near_what_is_exact(name, mi):
    sample = gaussian(20, mi).sample(12_000, seed=1)
    found = estimate(*sample, name, steps=200, hidden=32, batch_size=64)
    assert found.doubt is None and found.n == 12_000
    if name == "infonce":
        best = {2: 1.817, 6: 3.739}[mi]  # `infonce_value`, which takes seconds
        assert 0.97 * best < found.nats < best + 3 * found.std
        assert found.ceiling == math.log(64)
    elif name == "club":
        assert abs(found.nats - club_value(20, mi)) < 0.02 * club_value(20, mi) + 3 * found.std
    else:
        assert abs(found.nats - mi) < 0.03 * mi + 3 * found.std
    assert 0 < found.std < 0.05 * found.nats


@pytest.mark.parametrize("name", ["ba", "doe"])
def test_ranks_undo_a_cube(name):
    x, y = transformed(gaussian(20, 6), "cubic").sample(8000, seed=2)
    found = estimate(x, y, name, steps=100, hidden=16, transform="copula")
    assert found.nats == pytest.approx(6, rel=0.05)
    assert found.doubt is None
    bent = estimate(x, y, name, steps=20, hidden=16)
    assert abs(bent.nats - 6) > 0.3
    assert bent.doubt is not None


def test_what_no_line_can_fit_is_learned():
    x = np.random.default_rng(0).uniform(-1, 1, 4000)
    y = np.cos(6 * x) + 0.2 * normal(4000)
    # I = h(y) - h(y | x), with h(y) of the samples from a histogram
    density, edges = np.histogram(y, 60, density=True)
    kept = density > 0
    entropy = -(density * np.log(np.where(kept, density, 1)) * np.diff(edges)).sum()
    truth = entropy - 0.5 * math.log(2 * math.pi * math.e * 0.04)
    found = estimate(x, y, "vub", steps=600, hidden=64)
    assert truth - 0.15 < found.nats < truth + 0.4


@each_estimator
def test_independent_pairs_share_nothing(name):
    x, y = gaussian(5, 0).sample(1500, seed=3)
    found = quick(x, y, name, steps=10)
    assert abs(found.nats) < 3 * found.std + 0.02


@each_estimator
def test_independent_pairs_share_nothing_even_where_they_are_few(name):
    found = quick(normal(300, 20), normal(300, 20, seed=1), name)
    assert abs(found.nats) < 3 * found.std + 0.1


@pytest.mark.parametrize("name", SYMMETRIC)
def test_x_and_y_can_change_places(name):
    x, y = gaussian(3, 1.0).sample(800, seed=0)
    there, back = (quick(*pair, name) for pair in ((x, y), (y, x)))
    if ESTIMATORS[name].fitted == "steps":
        assert abs(there.nats - back.nats) < 3 * math.hypot(there.std, back.std)
    else:
        assert there.nats == pytest.approx(back.nats, abs=1e-6)


@functools.cache
def plain(name):
    return quick(*gaussian(3, 2.0).sample(200, seed=0), name, steps=3)


@each_estimator
@pytest.mark.parametrize("move", ["scaled", "shifted", "column by column"])
def test_rescaling_and_shifting_change_nothing(name, move):
    x, y = gaussian(3, 2.0).sample(200, seed=0)
    moved = {
        "scaled": (1e-6 * x, 1e6 * y),
        "shifted": (x + 7, y - 1000),
        "column by column": (x * [1e-6, 1, 1e6] + [1, 0, 1e6], y * [1, 3, 5]),
    }[move]
    found = quick(*moved, name, steps=3)
    assert found.nats == pytest.approx(plain(name).nats, abs=1e-3, rel=1e-3)
    assert found.std == pytest.approx(plain(name).std, abs=1e-3, rel=1e-2)


@each_estimator
def test_rescaling_whole_numbers_changes_nothing(name):
    random = np.random.default_rng(0)
    x = random.integers(0, 5, (400, 2))
    y = x[:, :1] + random.integers(0, 3, (400, 1))
    whole, found = (quick(*pair, name, steps=5) for pair in ((x, y), (0.1 * x, y - 0.5)))
    assert found.nats == pytest.approx(whole.nats, abs=1e-3, rel=1e-3)


@pytest.mark.parametrize("name", ["infonce", "ksg"])
def test_classes_that_name_each_other_share_their_entropy(name):
    # their pairs recur, and are draws all the same
    x = np.random.default_rng(0).integers(0, 10, 1000)
    for y in (x, x / 3 - 1):
        found = quick(x, y, name)
        assert 1.2 < found.nats < math.log(10) + 3 * found.std + 0.05


@pytest.mark.parametrize("name", ["club", "ba", "doe", "infonce", "cca", "ksg"])
def test_constant_columns_add_nothing(name):
    x, y = gaussian(3, 1.0).sample(2000, seed=0)
    plain = quick(x, y, name)
    more = quick(np.c_[x, np.full(2000, 0.1)], np.c_[np.zeros((2000, 2)), y], name)
    assert (more.dim_x, more.dim_y) == (4, 5)
    assert abs(more.nats - plain.nats) < 3 * math.hypot(plain.std, more.std)
    assert more.note is not None and "2 of 5 columns of y" in more.note
    if name != "ksg":  # which is doubted in six dimensions
        assert more.doubt is None


@each_estimator
@pytest.mark.parametrize("side", ["x", "y", "both"])
def test_a_constant_shares_nothing(name, side):
    constant, other = np.full((50, 2), 0.1), normal(50)
    pair = {"x": (constant, other), "y": (other, constant), "both": (constant, constant)}[side]
    found = quick(*pair, name, steps=2)
    assert (found.nats, found.std) == (0, 0)
    assert found.sentence


def spied(monkeypatch):
    """The rows that estimators are fitted to and valued on, by what x holds."""
    fitted, valued = set(), set()
    fit, judged = Estimator.fit, Estimator.judged

    def noting_fit(self, x, y, **options):
        fitted.update(x[:, 0].tolist())
        return fit(self, x, y, **options)

    def noting_judged(self, x, y, batch, group=None):
        found = set(x[:, 0].tolist())
        assert not found & fitted
        valued.update(found)
        fitted.clear()
        return judged(self, x, y, batch, group)

    monkeypatch.setattr(Estimator, "fit", noting_fit)
    monkeypatch.setattr(Estimator, "judged", noting_judged)
    return valued


FITTED = [name for name, kind in ESTIMATORS.items() if kind.fitted != "never"]


@pytest.mark.parametrize("name", FITTED)
@pytest.mark.parametrize("copies", ["none", "of all", "of some", "of whole numbers"])
def test_no_pair_is_both_fitted_and_valued(name, copies, monkeypatch):
    valued = spied(monkeypatch)
    x, y = normal(100, 4), normal(100, 3, seed=1)
    if copies == "of all":
        x, y = np.tile(x, (4, 1)), np.tile(y, (4, 1))
    elif copies == "of some":
        x, y = np.r_[x, x[:20]], np.r_[y, y[:20]]
    elif copies == "of whole numbers":
        x, y = (np.round(1e6 * np.tile(side, (4, 1))) for side in (x, y))
    quick(x, y, name, steps=2)
    distinct = len(np.unique(x[:, 0]))
    assert len(valued) == distinct if ESTIMATORS[name].fitted == "once" else len(valued) > 20


@each_estimator
def test_copies_of_independent_pairs_share_nothing(name):
    x, y = (np.tile(normal(60, 6, seed=seed), (8, 1)) for seed in (0, 1))
    found = quick(x, y, name, steps=30)
    assert found.doubt is not None or found.nats < 3 * found.std + 0.1


@each_estimator
def test_the_same_seed_gives_the_same_and_another_seed_not(name):
    x, y = normal(200, 3), normal(200, 2, seed=1)
    first, again, other = (quick(x, y, name, steps=5, seed=seed) for seed in (1, 1, 2))
    assert dataclasses.replace(first, **REPORTED) == dataclasses.replace(again, **REPORTED)
    # KSG draws nothing
    assert (first.nats != other.nats) == (name != "ksg")


def test_the_global_state_stays_as_it_was():
    torch.manual_seed(5)
    np.random.seed(5)
    threads, expected = torch.get_num_threads(), (torch.rand(1), np.random.rand())
    for name in ESTIMATORS:
        torch.manual_seed(5)
        np.random.seed(5)
        quick(normal(50), normal(50, seed=1), name, steps=2)
        assert (torch.rand(1), np.random.rand()) == expected
        assert torch.get_num_threads() == threads
        assert torch.is_grad_enabled() and not torch.is_inference_mode_enabled()


@each_estimator
def test_the_context_it_is_called_in_does_not_matter(name):
    x, y = (torch.from_numpy(normal(80, 2, seed=seed)) for seed in (0, 1))
    expected = quick(x, y, name, steps=3).nats
    with torch.no_grad():
        assert quick(x, y, name, steps=3).nats == expected
        assert not torch.is_grad_enabled()
    with torch.inference_mode():
        assert quick(x + 0, y + 0, name, steps=3).nats == expected
        assert torch.is_inference_mode_enabled()


def test_tensors_of_any_kind_will_do():
    x, y = torch.from_numpy(normal(60, 2)), torch.from_numpy(normal(60, 2, seed=1))
    expected = quick(x.numpy(), y.numpy()).nats
    assert quick(x.requires_grad_(), y).nats == expected
    half = x.detach().bfloat16()
    assert quick(half, y).nats == quick(half.float(), y).nats
    assert quick(x.tolist(), y.tolist()).nats == expected


def test_what_is_given_is_not_changed():
    x, y = normal(60, 2), normal(60, 2, seed=1)
    before = x.copy(), y.copy()
    for transform in ("none", "copula"):
        quick(x, y, transform=transform)
    assert (x == before[0]).all() and (y == before[1]).all()


def test_few_pairs_lower_the_ceiling_with_the_batch():
    found = quick(normal(100), normal(100, seed=1), "infonce")
    assert (found.batch_size, found.ceiling) == (12, math.log(12))
    found = quick(normal(8000), normal(8000, seed=1), "infonce", steps=2)
    assert (found.batch_size, found.ceiling) == (250, math.log(250))
    found = quick(normal(600), normal(600, seed=1), "infonce", batch_size=32)
    assert (found.batch_size, found.ceiling) == (32, math.log(32))


@pytest.mark.parametrize("name", ["club", "infonce", "cca"])
def test_ranks_make_every_increasing_map_alike(name):
    x, y = gaussian(2, 1.0).sample(300, seed=0)
    plain = quick(x, y, name, transform="copula").nats
    assert quick(np.exp(x), y**3, name, transform="copula").nats == plain


@pytest.mark.parametrize(
    "name", ["1v1-bimodal-0.75", "student-identity-2-2-2", "multinormal-sparse-3-3-2-2.0"]
)
def test_lower_bounds_stay_below_the_truth_of_other_tasks(name):
    task = task_named(name)
    for lower in ("infonce", "nwj"):
        found = quick(*task.sample(2000, seed=0), lower, steps=40)
        assert found.nats < task.mi + 3 * found.std


@pytest.mark.parametrize("name", ["ksg", "cca", "infonce"])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps is 0; use 1 or more"),
        ({"batch_size": 1}, "batch_size is 1; use 2 or more"),
        ({"batch_size": -64}, "batch_size is -64; use 2 or more"),
        ({"hidden": 0}, "hidden is 0; use 1 or more"),
        ({"seed": -1}, "seed is -1; use 0 or more"),
        ({"learning_rate": np.nan}, "learning_rate is nan; use a positive"),
        ({"learning_rate": 0}, "learning_rate is 0; use a positive"),
        ({"transform": "ranks"}, "transform is `ranks`; use none or copula"),
        ({"critic": "bilinear"}, "critic is `bilinear`; use separable or joint"),
        ({"conditional": "mixture"}, "conditional is `mixture`; use gaussian or flow"),
        ({"conditional": "gaussian"}, "learns no conditional; leave the option out"),
        ({"entropy_y": 1.0}, "uses no entropy of y; leave the option out"),
    ],
)
def test_bad_options_are_named_with_their_mend(name, options, message):
    with pytest.raises(InputError, match=message):
        estimate(normal(19), normal(19, seed=1), name, **options)


@pytest.mark.parametrize("name", ["ba", "club", "ksg", "cca"])
def test_who_learns_no_critic_takes_none(name):
    with pytest.raises(InputError, match=f"{name} learns no critic; leave the option out"):
        quick(normal(19), normal(19), name, critic="joint")


def test_an_entropy_is_that_of_y_before_any_transform():
    with pytest.raises(InputError, match="entropy_y is that of y as given"):
        quick(normal(19), normal(19), "ba", entropy_y=1.0, transform="copula")
    with pytest.raises(InputError, match="entropy_y is nan; use a finite number"):
        quick(normal(19), normal(19), "ba", entropy_y=math.nan)


@pytest.mark.parametrize(
    ("x", "y", "name", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], "ksg", "x and y have 2 rows; give at least 16 pairs"),
        (normal(7), normal(7), "cca", "x and y have 7 rows; give at least 16 pairs"),
        (normal(20), normal(21), "club", "x has 20 rows and y 21; give pairs"),
        ([*normal(19), np.nan], normal(20), "ba", "nan in row 19, column 0; drop the row"),
        (normal(19), normal(19), "mutual", "`mutual` is unknown; use one of infonce, nwj, dv"),
    ],
)
def test_bad_pairs_are_named_with_their_mend(x, y, name, message):
    with pytest.raises(InputError, match=message):
        estimate(x, y, name)
