"""CKA and retrieval against slow references and known answers."""

import numpy as np
import pytest
from scipy.spatial import procrustes

from mmmie.analysis.codes import alignment
from mmmie.analysis.codes.alignment import (
    align_codes,
    cka_table,
    linear_cka,
    neighbour_overlap,
    retrieval_report,
)
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


def codes(n=80, d=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)) * np.arange(d, 0, -1)


def test_a_turned_scaled_and_shifted_code_is_found_again():
    x = codes()
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(5, 5)))[0]
    found = align_codes(x, 4 + 0.3 * x @ turn)
    assert found.disparity == pytest.approx(0, abs=1e-9)
    assert found.cka == pytest.approx(1)
    assert found.first == pytest.approx(found.second, abs=1e-6)
    assert found.explained == pytest.approx((found.explained[0],) * 2)
    assert found.chance > 0.5


def test_the_disparity_is_that_of_scipy():
    x, noise = codes(), codes(seed=3)
    y = x + 0.5 * noise
    found = align_codes(x, y)
    assert found.disparity == pytest.approx(procrustes(x, y)[2])
    # what remains is what the utterances moved: unit² is the variance of the first
    assert (found.moved**2).mean() == pytest.approx(found.disparity)


def test_unrelated_codes_are_no_nearer_than_chance():
    found = align_codes(codes(300), codes(300, seed=9))
    assert found.disparity == pytest.approx(found.chance, abs=0.05)
    assert found.overlap.mean() == pytest.approx(found.overlap_by_chance, abs=0.02)
    assert abs(found.cka) < 0.1


def test_codes_of_other_widths_and_single_ones_are_aligned():
    x = codes()
    found = align_codes(x, x[:, :1])
    assert found.components == 2 and found.second.shape == (80, 2)
    assert 0 < found.disparity < 1
    assert align_codes(x[:, :1], x[:, :1]).disparity == pytest.approx(0, abs=1e-9)


def test_a_constant_code_has_no_disparity():
    found = align_codes(codes(), np.ones((80, 5)))
    assert np.isnan(found.disparity) and found.cka is None
    assert np.isfinite(found.first).all() and np.isfinite(found.second).all()


def test_the_utterance_that_moved_is_told():
    x = codes()
    y = x.copy()
    y[7] += 30
    assert align_codes(x, y).moved.argmax() == 7


def slow_overlap(x, y, count):
    shares = []
    for i in range(len(x)):
        near = []
        for space in (x, y):
            unit = space / np.linalg.norm(space, axis=1, keepdims=True)
            order = [j for j in np.argsort(-unit @ unit[i]) if j != i]
            near.append(set(order[:count]))
        shares.append(len(near[0] & near[1]) / count)
    return shares


def test_overlap_agrees_with_counting(monkeypatch):
    x, y = codes(40), codes(40) + codes(40, seed=5)
    monkeypatch.setattr(alignment, "_CHUNK", 7)
    shares, among = neighbour_overlap(x, y, 6)
    assert shares.tolist() == pytest.approx(slow_overlap(x, y, 6)) and among == 40


def test_many_utterances_are_searched_among_a_sample(monkeypatch):
    monkeypatch.setattr(alignment, "_MOST_CANDIDATES", 25)
    x = codes(60)
    shares, among = neighbour_overlap(x, 3 * x)
    assert among == 25 and shares.tolist() == [1.0] * 60


def test_one_utterance_has_no_neighbour():
    found = align_codes(codes(1), codes(1, seed=2))
    assert np.isnan(found.overlap).all() and found.neighbours == 0
