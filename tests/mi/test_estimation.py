from __future__ import annotations

import dataclasses
import math
from typing import ClassVar

import numpy as np
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, Estimate, estimate
from mmmie.mi.infonce import InfoNCE

each_estimator = pytest.mark.parametrize("name", ESTIMATORS)


def quick(x, y, name="club", **options):
    return estimate(x, y, name, **{"steps": 20, "hidden": 16, **options})


def normal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def test_learned_infonce_comes_near_its_optimum(correlated):
    data = correlated(2, 5, 5000)
    found = estimate(data.x, data.y, "infonce", steps=1000, hidden=32)
    # the optimal critic gives 1.70 at this batch size; learning costs some of it
    assert 1.5 < found.nats < 2
    assert (found.bound, found.n, found.dim_x, found.dim_y) == ("lower", 5000, 5, 5)
    assert found.ceiling == math.log(64)
    assert found.std < 0.1 and found.seconds > 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [("club", 20 * (math.exp(0.6) - 1)), ("l1out", 7.859), ("vub", 6.0)],
)
def test_learned_conditionals_come_near_the_exact_one(correlated, name, expected):
    data = correlated(6, 20, 5000)
    found = estimate(data.x, data.y, name, steps=1000 if name == "club" else 300, hidden=32)
    assert abs(found.nats - expected) < 0.03 * expected + 3 * found.std
    assert found.std < 0.03 * expected
    assert found.bound == "upper" and found.ceiling is None


def test_what_no_line_can_fit_is_learned():
    x = np.random.default_rng(0).uniform(-1, 1, 4000)
    y = np.cos(6 * x) + 0.2 * normal(4000)
    line = estimate(x, y, "vub", steps=1)
    learned = estimate(x, y, "vub", steps=600, hidden=64, learning_rate=3e-3)
    assert line.nats < 0.1
    # I = h(y) - h(y | x), with h(y) of the samples from a histogram
    density, edges = np.histogram(y, 60, density=True)
    kept = density > 0
    entropy = -(density * np.log(np.where(kept, density, 1)) * np.diff(edges)).sum()
    truth = entropy - 0.5 * math.log(2 * math.pi * math.e * 0.04)
    assert truth - 0.05 < learned.nats < truth + 0.4


@each_estimator
def test_independent_pairs_share_nothing_even_where_they_are_few(name):
    found = estimate(normal(300, 20), normal(300, 20, seed=1), name, steps=100, hidden=64)
    assert abs(found.nats) < 0.1


class Memory(InfoNCE):
    """Remembers which pairs it has seen: their x is their number."""

    fitted: ClassVar[set[float]] = set()
    valued: ClassVar[set[float]] = set()

    def prepare(self, x, y):
        self.fitted.update(x[:, 0].tolist())

    def learning_loss(self, x, y):
        self.fitted.update(x[:, 0].tolist())
        return -super().forward(x, y)

    def forward(self, x, y):
        self.valued.update(x[:, 0].tolist())
        return super().forward(x, y)


def test_no_pair_is_both_fitted_and_valued(monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "memory", Memory)
    quick(np.arange(1024), normal(1024), "memory", steps=200)
    assert len(Memory.fitted) > 700 and len(Memory.valued) == 256
    assert not Memory.fitted & Memory.valued


@each_estimator
def test_the_same_seed_gives_the_same_and_another_seed_not(name):
    x, y = normal(200, 3), normal(200, 2, seed=1)
    first, again, other = (quick(x, y, name, seed=seed) for seed in (1, 1, 2))
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(again, seconds=0)
    assert first.nats != other.nats


def test_the_global_random_state_and_the_threads_stay_as_they_were():
    torch.manual_seed(5)
    np.random.seed(5)
    threads, expected = torch.get_num_threads(), (torch.rand(1), np.random.rand())
    torch.manual_seed(5)
    np.random.seed(5)
    quick(normal(50), normal(50, seed=1))
    assert (torch.rand(1), np.random.rand()) == expected
    assert torch.get_num_threads() == threads


@each_estimator
def test_shifting_and_scaling_columns_changes_nothing(name, correlated):
    data = correlated(2, 3, 600)
    x, y = data.x.double().numpy(), data.y.double().numpy()
    plain = quick(x, y, name)
    moved = quick(x * [1e-6, 1, 1e6] + 7, 1e6 * y - 3e6, name)
    assert moved.nats == pytest.approx(plain.nats, abs=0.02)


def test_constant_columns_add_nothing(correlated):
    data = correlated(2, 3, 600)
    plain = quick(data.x, data.y)
    more = quick(
        torch.cat([data.x, torch.full((600, 1), 0.1)], 1),
        torch.cat([torch.zeros(600, 2), data.y], 1),
    )
    assert more.nats == plain.nats
    assert (more.dim_x, more.dim_y) == (4, 5)


@each_estimator
def test_a_constant_shares_nothing(name):
    found = quick(normal(50), np.full((50, 2), 0.1), name)
    assert (found.nats, found.std) == (0, 0)


@pytest.mark.filterwarnings("error")
@each_estimator
@pytest.mark.parametrize(
    ("x", "y"),
    [
        (normal(8), normal(8, seed=1)),
        (normal(9, 4), normal(9, 4, seed=1)),
        (normal(40, 60), normal(40, 60, seed=1)),
        (normal(300, 4), normal(300, 4)),
        (np.random.default_rng(0).standard_cauchy((300, 2)), normal(300)),
        (normal(300), np.random.default_rng(0).standard_cauchy((300, 2))),
        (1e-6 * normal(300), 1e6 * normal(300, seed=1)),
        (1e-300 * normal(300), 1e305 * normal(300, seed=1)),
        (np.eye(300)[:, :2], np.eye(300)[:, 1:3]),
        (np.arange(300) % 2 == 0, np.arange(300) % 3),
    ],
    ids=[
        "fewest", "few", "wide", "copy", "heavy x", "heavy y", "scales", "ends", "rare", "discrete"
    ],
)  # fmt: skip
def test_hard_data_give_finite_figures(name, x, y):
    found = quick(x, y, name)
    assert math.isfinite(found.nats) and math.isfinite(found.std)


def test_few_pairs_lower_the_ceiling_with_the_batch():
    found = quick(normal(100), normal(100, seed=1), "infonce")
    assert found.ceiling == math.log(12)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_hardly_any_step_will_do(steps):
    assert math.isfinite(quick(normal(50), normal(50, seed=1), steps=steps).nats)


def test_tensors_of_any_kind_and_context_will_do():
    x, y = torch.from_numpy(normal(60, 2)), torch.from_numpy(normal(60, 2, seed=1))
    expected = quick(x.numpy(), y.numpy()).nats
    assert quick(x.requires_grad_(), y).nats == expected
    with torch.no_grad():
        assert quick(x, y).nats == expected
    with torch.inference_mode():
        assert quick(x + 0, y + 0).nats == expected
    half = x.detach().bfloat16()
    assert quick(half, y).nats == quick(half.float(), y).nats
    assert quick(x.tolist(), y.tolist()).nats == expected


@pytest.mark.parametrize(
    ("x", "y", "options", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], {}, "x and y have 2 rows; give at least 8 pairs"),
        (normal(20), normal(21), {}, "x has 20 rows and y 21; give pairs"),
        ([*normal(9), np.nan], normal(10), {}, "x holds nan in row 9, column 0; drop the row"),
        (normal(10), np.diag([np.inf] * 10), {}, "y holds inf in row 0, column 0; drop"),
        (normal(4, 4, 4), normal(4), {}, r"x has shape \(4, 4, 4\); give \(N,\) or \(N, d\)"),
        (normal(9), normal(9, 0), {}, r"y has shape \(9, 0\)"),
        (1.0, normal(9), {}, r"x has shape \(\)"),
        (list("abcdefghi"), normal(9), {}, "x holds <U1; give real numbers"),
        (normal(9) * 1j, normal(9), {}, "x holds complex128; give real numbers"),
        ([[1.0], [1.0, 2.0]], normal(9), {}, "x is ragged; give N rows of equal length"),
        (normal(9), normal(9), {"estimator": "mine"}, "`mine` is unknown; use one of infonce, cl"),
        (normal(9), normal(9), {"steps": 0}, "steps is 0; use 1 or more"),
        (normal(9), normal(9), {"batch_size": 1}, "batch_size is 1; use 2 or more"),
        (normal(9), normal(9), {"hidden": 0}, "hidden is 0; use 1 or more"),
        (normal(9), normal(9), {"seed": -1}, "seed is -1; use 0 or more"),
        (normal(9), normal(9), {"learning_rate": np.nan}, "learning_rate is nan; use a positive"),
    ],
)
def test_bad_input_is_named_with_its_mend(x, y, options, message):
    with pytest.raises(InputError, match=message):
        estimate(x, y, **options)


def found(name="infonce", nats=1.0, std=0.1, bound="lower", ceiling=None) -> str:
    return Estimate(name, nats, std, bound, ceiling, 1.0, 0, 100, 2, 3).sentence


def test_the_sentence_says_what_may_be_concluded():
    assert found() == "infonce shows that x and y share at least 1.00 ± 0.10 nats."
    assert "at least 4.00 ± 0.10 nats, and it may be far more" in found(nats=4.0, ceiling=4.159)
    assert "ceiling" not in found(nats=1.0, ceiling=4.159)
    assert "shows no dependence" in found(nats=0.1)
    assert "at most 1.00 ± 0.10 nats, provided that" in found("club", bound="upper")
    assert "nothing may be concluded" in found("club", nats=-1.0, bound="upper")
    assert "at most" in found("club", nats=-0.001, std=0.0, bound="upper")
    assert "neither a lower nor an upper bound" in found("smile", bound="neither")
