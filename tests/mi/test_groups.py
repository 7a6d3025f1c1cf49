"""Rows that belong together: whole groups are held out, and errors are over them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, estimate
from mmmie.mi.estimator import Estimator
from mmmie.mi.groups import clustered_error, equal_pairs, numbered_groups

pytestmark = pytest.mark.slow


def conversations(count=60, turns=10, dims=3, seed=0):
    """x and y that tell nothing of each other but which conversation they are from."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(count), turns)
    x, y = (
        random.standard_normal((count, dims))[group]
        + 0.3 * random.standard_normal((len(group), dims))
        for _ in range(2)
    )
    return x, y, group


@pytest.mark.parametrize("name", ["infonce", "nwj", "doe", "ksg"])
def test_what_a_conversation_gives_away_is_no_information(name):
    x, y, group = conversations()
    alone = estimate(x, y, name, steps=300, hidden=64)
    found = estimate(x, y, name, steps=300, hidden=64, groups=group)
    assert alone.nats > 0.1 and alone.nats > found.nats + 0.1
    assert found.doubt is not None or found.nats < 0.05 + 3 * found.std


@pytest.mark.parametrize("name", [n for n, kind in ESTIMATORS.items() if kind.fitted != "never"])
def test_no_group_is_both_fitted_and_valued(name, monkeypatch):
    fitted: set[float] = set()
    fit, judged = Estimator.fit, Estimator.judged

    def noting_fit(self, x, y, **options):
        fitted.update(x[:, 0].tolist())
        return fit(self, x, y, **options)

    def noting_judged(self, x, y, batch, group=None):
        assert not fitted & set(x[:, 0].tolist())
        fitted.clear()
        return judged(self, x, y, batch, group)

    monkeypatch.setattr(Estimator, "fit", noting_fit)
    monkeypatch.setattr(Estimator, "judged", noting_judged)
    group = np.arange(200) // 10
    x = np.c_[group.astype(float), np.random.default_rng(0).standard_normal(200)]
    estimate(x, x + 1, name, steps=2, hidden=8, groups=[f"g{number}" for number in group])


@pytest.mark.parametrize("name", ["infonce", "cca", "doe", "vub", "ksg"])
def test_the_error_is_over_groups(name):
    random = np.random.default_rng(0)
    x = random.standard_normal((300, 1))
    y = 0.8 * x + 0.6 * random.standard_normal((300, 1))
    # each said eight times over: as many pairs, and no more to learn from them
    eight = [np.repeat(side, 8, 0) + 1e-3 * random.standard_normal((2400, 1)) for side in (x, y)]
    order = random.permutation(2400)
    group = np.repeat(np.arange(300), 8)[order]
    eight = [side[order] for side in eight]
    alone = estimate(*eight, name, steps=100, hidden=16)
    found = estimate(*eight, name, steps=100, hidden=16, groups=group)
    assert found.std > 1.4 * alone.std


def test_a_few_held_out_groups_are_too_few():
    x, y, group = conversations(count=8, turns=40)
    found = estimate(x, y, "infonce", steps=20, groups=group)
    assert found.doubt is not None and "2 groups" in found.doubt


def test_the_clustered_error_is_that_of_means_of_groups():
    random = torch.Generator().manual_seed(0)
    means = torch.randn(50, generator=random)
    terms, group = means.repeat_interleave(4), torch.arange(50).repeat_interleave(4)
    assert clustered_error(terms, group) == pytest.approx((means.std() / 50**0.5).item(), rel=1e-5)
    assert clustered_error(terms, torch.arange(200)) == pytest.approx(
        (terms.std() / 200**0.5).item(), rel=1e-5
    )
    assert np.isnan(clustered_error(terms, torch.zeros(200)))


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (np.arange(30), "groups have 30 rows and x 40; name one group per row"),
        (np.zeros(40), "groups has a single group; give two or more"),
        (["a"] * 40, "single group"),
        (np.arange(80).reshape(40, 2), r"groups have shape \(40, 2\)"),
        ([1.0] * 39 + [np.nan], "groups are nan in row 39"),
        ([[1], [2, 3]] * 20, "groups is ragged"),
        (["a", None] * 20, "groups are None in row 1"),
        (pd.array(["a", pd.NA] * 20, dtype="string"), "groups are <NA> in row 1"),
        (np.array(["a", np.nan] * 20, dtype=object), "groups are nan in row 1"),
        (np.arange(40) * 1j, "complex128; give names or numbers"),
        (np.array([np.datetime64("2026-01-01"), np.datetime64("NaT")] * 20), "NaT in row 1"),
    ],
)
def test_bad_groups_are_named_with_their_fix(groups, message):
    x = np.random.default_rng(0).standard_normal((40, 2))
    with pytest.raises(InputError, match=message):
        estimate(x, x, "cca", groups=groups)


def test_groups_may_be_names_numbers_or_tensors():
    for groups in (["b", "a", "b"], torch.tensor([5, 2, 5]), np.array([1.5, 0.5, 1.5])):
        assert numbered_groups(groups, 3).tolist() == [1, 0, 1]


def test_an_atom_is_no_copy_but_copies_are():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((2, 300, 1))
    silent = random.random((300, 1)) < 0.3
    found = equal_pairs(np.where(silent, 0, x), np.where(silent, 0, y))
    assert len(set(found)) == 300
    assert len(set(equal_pairs(np.tile(x, (3, 1)), np.tile(y, (3, 1))))) == 300
