"""CKA and retrieval against slow references and known answers."""

import numpy as np
import pytest

from mmmie.analysis.codes.alignment import cka_table, linear_cka, retrieval_report
from mmmie.analysis.outputs import SplitOutputs


def outputs_of(spaces, n, modalities):
    rows = np.arange(n)
    return SplitOutputs(rows, {}, {}, rows[:, None], rows[:, None], 0, spaces, modalities)


def slow_cka(x, y):
    """Song et al. (2012, eq. 5) with kernels written out."""

    def hsic(k, m):
        n = len(k)
        k, m = k.copy(), m.copy()
        np.fill_diagonal(k, 0)
        np.fill_diagonal(m, 0)
        one = np.ones(n)
        total = np.trace(k @ m) + one @ k @ one * (one @ m @ one) / ((n - 1) * (n - 2))
        return (total - 2 / (n - 2) * one @ k @ m @ one) / (n * (n - 3))

    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def test_cka_agrees_with_the_kernels_written_out():
    random = np.random.default_rng(0)
    x = random.normal(size=(40, 5)) + 3
    y = x[:, :3] + random.normal(size=(40, 3))
    assert linear_cka(x, y) == pytest.approx(slow_cka(x, y), rel=1e-9)
    assert linear_cka(x, y) == pytest.approx(linear_cka(y, x))


def test_cka_does_not_mind_rotation_shift_and_scale():
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 4))
    rotation = np.linalg.qr(random.normal(size=(4, 4)))[0]
    assert linear_cka(x, 5 - 3 * x @ rotation) == pytest.approx(1)


def test_cka_of_unrelated_codes_is_unbiased():
    """The plain estimator is above .6 here: 30 utterances in 50 dimensions."""
    found = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        found.append(linear_cka(random.normal(size=(30, 50)), random.normal(size=(30, 50))))
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(60)
    assert abs(np.mean(found)) < 0.05


def test_cka_is_undefined_where_a_code_is_constant():
    x = np.random.default_rng(0).normal(size=(20, 3))
    assert linear_cka(x, np.full((20, 3), 0.1)) is None
    assert linear_cka(x[:3], x[:3]) is None
    table = cka_table([{"a": x, "b": np.ones((20, 2))}])
    assert table == {"a": {"a": 1.0, "b": None}, "b": {"a": None, "b": 1.0}}


def test_cka_of_draws_is_their_mean():
    random = np.random.default_rng(0)
    draws = [{"a": random.normal(size=(20, 3)), "b": random.normal(size=(20, 3))} for _ in "12"]
    mean = np.mean([linear_cka(d["a"], d["b"]) for d in draws])
    assert cka_table(draws)["b"]["a"] == pytest.approx(mean)


def test_codes_that_are_all_the_same_retrieve_no_better_than_chance():
    n = 200
    outputs = outputs_of(
        {"invariant.a": np.ones((n, 4)), "invariant.b": np.ones((n, 4))}, n, ["a", "b"]
    )
    assert retrieval_report(outputs)["a-b"]["recall_at_1"] < 0.02


def test_one_modality_has_no_pair():
    assert retrieval_report(outputs_of({"invariant.a": np.ones((20, 4))}, 20, ["a"])) == {}
