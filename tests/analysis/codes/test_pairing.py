"""Distances in strangers, and planes that all modalities share, against slow references."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from mmmie.analysis.codes.pairing import common_plane, pairing, told_apart

N, D = 60, 5
GROUPS = np.arange(N) // 5


def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_pairing_is_the_ratio_of_mean_distances():
    codes = {m: normal(i, 12, 3) for i, m in enumerate("abc")}
    own, strangers = [], []
    for m, n in permutations(codes, 2):
        for i in range(12):
            for j in range(12):
                distance = np.linalg.norm(codes[m][i] - codes[n][j])
                (own if i == j else strangers).append(distance)
    found = pairing(codes, np.arange(12))
    assert found is not None
    assert found.value == pytest.approx(np.mean(own) / np.mean(strangers), rel=1e-9)
    assert found.low < found.value < found.high


def test_codes_that_coincide_are_at_zero_and_unrelated_ones_at_one():
    z = normal(0, N, D)
    assert pairing({"a": z, "b": z}, GROUPS).value == pytest.approx(0, abs=1e-6)
    unrelated = pairing({"a": z, "b": normal(1, N, D)}, GROUPS)
    assert unrelated.low < 1 < unrelated.high


def test_pairing_says_nothing_where_nothing_can_be_said():
    z = normal(0, N, D)
    assert pairing({"a": z}, GROUPS) is None
    assert pairing({"a": z[:1], "b": z[:1]}, GROUPS[:1]) is None
    assert pairing({"a": np.ones((N, D)), "b": np.ones((N, D))}, GROUPS) is None
    assert not np.isfinite(pairing({"a": z, "b": z + 1}, np.zeros(N, int)).high)


def test_modalities_are_told_where_they_differ_and_guessed_where_they_do_not():
    apart = {m: normal(i, N, D) + 5 * i for i, m in enumerate("abc")}
    assert told_apart(apart, GROUPS).value > 0.97
    alike = told_apart({m: normal(i, N, D) for i, m in enumerate("abc")}, GROUPS)
    assert alike.low < 0.45 and told_apart({"a": apart["a"]}, GROUPS) is None


def test_the_discriminant_plane_separates_what_the_widest_axes_do_not():
    wide = normal(9, 3, N, D) * [20, 20, 1, 1, 1]
    wide[1, :, 2] += 8
    wide[2, :, 3] += 8
    codes = {m: wide[None, i].copy() for i, m in enumerate("abc")}

    def separation(points):
        means = np.stack([p[-1].mean(0) for p in points.values()])
        within = np.mean([p[-1].std(0).mean() for p in points.values()])
        return (
            min(np.linalg.norm(means[i] - means[j]) for i, j in ((0, 1), (0, 2), (1, 2))) / within
        )

    discriminant, principal = (common_plane(codes, how) for how in ("discriminant", "principal"))
    assert separation(discriminant.points) > 4 > 1 > separation(principal.points)
    assert discriminant.share < 0.3 < 0.9 < principal.share


def test_all_epochs_share_the_axes_of_the_last_one():
    last = normal(1, 40, D) * [5, 3, 0.1, 0.1, 0.1]
    codes = np.stack([last + np.array([0, 2, 0, 0, 0]), last])
    plane = common_plane({"fused": codes}, "principal")
    points = plane.points["fused"]
    assert points.shape == (2, 40, 2) and plane.share > 0.99
    assert np.allclose(points[1].mean(0), 0, atol=1e-5)
    moved = np.linalg.norm(points[0] - points[1], axis=1)
    assert moved == pytest.approx(np.full(40, 2.0), rel=0.05)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("width", [1, 2, D])
def test_few_modalities_and_few_dimensions_have_a_plane_too(count, width):
    codes = {m: normal(i, 2, 30, width) + 3 * i for i, m in enumerate("ab"[:count])}
    plane = common_plane(codes, "discriminant")
    assert all(p.shape == (2, 30, 2) and np.isfinite(p).all() for p in plane.points.values())
    assert 0 < plane.share <= 1 + 1e-9
