"""Each estimator with nothing left to learn, against the closed forms of correlated Gaussians.

The exact conditional, or the optimal critic, stands in for what is learned. The figures are those
of d = 20 and B = 64.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from mmmie.mi import DV, ESTIMATORS, SMILE
from mmmie.mi.closed.gaussian import log_density, pairwise_log_density
from mmmie.mi.estimators.ba import ba
from mmmie.mi.estimators.club import club
from mmmie.mi.estimators.doe import doe
from mmmie.mi.estimators.dv import dv
from mmmie.mi.estimators.infonce import infonce
from mmmie.mi.estimators.js import js
from mmmie.mi.estimators.ksg import ksg
from mmmie.mi.estimators.l1out import l1out
from mmmie.mi.estimators.nwj import nwj
from mmmie.mi.estimators.smile import smile
from mmmie.mi.estimators.vclub_s import vclub_s
from mmmie.mi.estimators.vub import vub
from mmmie.mi.pair_matrix import joint_and_others, log_mean_exp
from mmmie.mi.tasks import gaussian
from mmmie.mi.tasks.closed_forms import expected_value, infonce_value, l1out_value, smile_value

DIM, BATCH, BATCHES = 20, 64, 400
STAIRS = (2, 4, 6, 8, 10)
CLUB_FIGURES = (4.428, 9.836, 16.442, 24.511, 34.366)
CLUB_WITH_DIAGONAL = (4.36, 9.68, 16.19, 24.13, 33.83)
L1OUT_FIGURES = (2.168, 4.742, 7.859, 11.652, 16.281)
INFONCE_FIGURES = (1.817, 3.071, 3.739, 4.025, 4.123)

each_stair = pytest.mark.parametrize("mi", STAIRS)


class Exact(NamedTuple):
    """K batches of B pairs, and what is known of them in nats."""

    scores: Tensor  # (K, B, B) ln p(y_j | x_i) / p(y_j)
    log_density: Tensor  # (K, B, B) ln p(y_j | x_i)
    marginal: Tensor  # (K, B) ln p(y_i)
    mean: Tensor  # (K, B, d)
    log_variance: Tensor  # (K, B, d)

    @property
    def joint(self) -> Tensor:
        return self.log_density.diagonal(dim1=-2, dim2=-1)


@functools.cache
def exact(mi: float, batches: int = BATCHES, batch: int = BATCH) -> Exact:
    task = gaussian(DIM, mi)
    pairs = task.sample(batches * batch, seed=round(10 * mi) + 1)
    x, y = (side.reshape(batches, batch, DIM) for side in pairs)
    mean, log_variance = map(torch.from_numpy, task.conditional(x))
    points = torch.from_numpy(y)
    zero = torch.zeros_like(points)
    return Exact(
        torch.from_numpy(task.log_ratio(x, y)),
        pairwise_log_density(points, mean, log_variance),
        log_density(points, zero, zero),
        mean,
        log_variance,
    )


def error_of(values: Tensor) -> float:
    return values.std().item() / math.sqrt(len(values))


def table(figures: tuple[float, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("mi", "figure"), list(zip(STAIRS, figures, strict=True)))


@each_stair
def test_ba_with_the_entropy_known_is_the_truth(mi, assert_mean):
    entropy = 0.5 * DIM * math.log(2 * math.pi * math.e)
    assert_mean(ba(exact(mi).joint, entropy), mi)


@each_stair
def test_doe_is_the_truth(mi, assert_mean):
    assert_mean(doe(exact(mi).joint, exact(mi).marginal), mi)


@each_stair
def test_vub_is_the_truth(mi, assert_mean):
    assert_mean(vub(exact(mi).mean, exact(mi).log_variance), mi)


@table(CLUB_FIGURES)
def test_club_is_d_times_the_odds_of_a_dimension(mi, figure, assert_mean):
    closed = DIM * math.expm1(2 * mi / DIM)
    assert closed == pytest.approx(figure, abs=5e-4) == expected_value("club", DIM, mi, BATCH)
    values = club(exact(mi).log_density)
    assert_mean(values, closed)
    # the optimal critic differs from the log-density by what cancels
    torch.testing.assert_close(club(exact(mi).scores).mean(), values.mean(), rtol=0.02, atol=0)


@table(CLUB_WITH_DIAGONAL)
def test_club_leaves_the_joint_pairs_out_of_the_second_mean(mi, figure, assert_mean):
    matrix = exact(mi).log_density
    kept = exact(mi).joint.mean(-1) - matrix.mean((-2, -1))
    assert_mean(kept, figure, rounding=0.005)
    torch.testing.assert_close(club(matrix) * (BATCH - 1) / BATCH, kept)


@table(CLUB_FIGURES)
def test_vclub_s_is_club(mi, figure, assert_mean):
    other = exact(mi).log_density.roll(-1, -1).diagonal(dim1=-2, dim2=-1)
    assert_mean(vclub_s(exact(mi).joint, other), figure)


@table(L1OUT_FIGURES)
def test_l1out_has_its_figures(mi, figure):
    values = l1out(exact(mi).log_density)
    found = l1out_value(DIM, mi, BATCH)
    error = math.hypot(error_of(values), found.standard_error)
    assert abs(values.mean().item() - found.value) < 3 * error
    # the figure has an error of its own, of about a quarter of a per cent
    assert abs(values.mean().item() - figure) < 3 * error_of(values) + 0.0025 * figure


@table(INFONCE_FIGURES)
def test_infonce_has_its_figures(mi, figure, assert_mean):
    values = infonce(exact(mi).scores)
    found = infonce_value(DIM, mi, BATCH)
    error = math.hypot(error_of(values), found.standard_error)
    assert abs(values.mean().item() - found.value) < 3 * error
    assert_mean(values, figure, rounding=0.003)
    assert values.max().item() < math.log(BATCH)


def test_infonce_varies_least_where_it_is_furthest_from_the_truth():
    spread = [infonce(exact(mi).scores).std().item() for mi in STAIRS]
    assert spread[0] == pytest.approx(0.20, abs=0.02)
    assert spread[-1] == pytest.approx(0.04, abs=0.01)


@pytest.mark.parametrize("mi", [2, 4, 6])
def test_nwj_is_the_truth(mi, assert_mean):
    values = nwj(1 + exact(mi).scores)
    assert_mean(values, mi)


@pytest.mark.parametrize("mi", [8, 10])
def test_nwj_lacks_at_most_the_rare_pairs(mi):
    # E exp(r) = 1, nearly all of it from pairs too rare to be drawn: the mean of those drawn
    # lies between 0 and 1
    values = nwj(1 + exact(mi).scores)
    assert mi - 3 * error_of(values) < values.mean().item() < mi + 1 + 3 * error_of(values)


def test_the_spread_of_nwj_grows_with_the_information():
    spread = [nwj(1 + exact(mi).scores).std().item() for mi in (2, 4, 6)]
    assert spread[0] == pytest.approx(0.26, rel=0.1)
    assert 1.5 * spread[0] < spread[1] < spread[2] / 1.5


def pooled(kind: type[DV] | type[SMILE], mi: float, clip: float = math.inf) -> tuple[float, float]:
    """The value from one normaliser of all batches, and its standard error."""
    joint, others = joint_and_others(exact(mi).scores, "scores")
    logs = log_mean_exp(others.clamp(-clip, clip))
    joint = joint.mean(-1)
    value = kind(1, 1, hidden=1).combine(torch.stack([joint, logs], 1)).item()
    share = logs.exp() / logs.exp().mean()
    return value, error_of(joint - share)


@pytest.mark.parametrize("mi", [2, 4, 6])
def test_dv_with_one_normaliser_for_all_batches_is_the_truth(mi):
    value, error = pooled(DV, mi)
    assert abs(value - mi) < 3 * error


@each_stair
def test_smile_exceeds_the_truth_by_what_the_clip_cuts_off(mi):
    value, error = pooled(SMILE, mi, clip=5.0)
    assert abs(value - smile_value(DIM, mi, 5.0)) < 3 * error


@pytest.mark.parametrize("mi", [2, 4])
def test_dv_and_smile_of_a_large_batch_are_what_they_are_of_many(mi, assert_mean):
    scores = exact(mi, 16, 400).scores
    assert_mean(dv(scores), mi)
    assert_mean(smile(scores), smile_value(DIM, mi, 5.0))
    torch.testing.assert_close(smile(scores, math.inf), dv(scores))


@pytest.mark.parametrize("mi", [2, 6])
def test_the_log_ratio_is_the_best_critic_of_js(mi):
    scores = exact(mi).scores
    best = js(scores).mean()
    for worse in (scores + 0.5, scores - 0.5, 0.8 * scores, 1.2 * scores):
        assert js(worse).mean() < best
    assert -2 * math.log(2) < best < 0


@pytest.mark.parametrize(("dim", "mi"), [(1, 0.0), (1, 0.5), (1, 2.0), (2, 1.0)])
def test_ksg_is_near_the_truth_in_few_dimensions(dim, mi):
    x, y = map(torch.from_numpy, gaussian(dim, mi).sample(2000, seed=2))
    terms = ksg(x, y)
    assert abs(terms.mean().item() - mi) < 3 * error_of(terms) + 0.01


def test_ksg_is_badly_low_in_many():
    x, y = map(torch.from_numpy, gaussian(DIM, 2).sample(1000, seed=2))
    assert ksg(x, y).mean().item() < 1


def test_no_dependence_gives_nothing():
    none = exact(0, 8)
    for found in (
        infonce(none.scores),
        nwj(1 + none.scores),
        dv(none.scores),
        smile(none.scores),
        doe(none.joint, none.marginal),
        vub(none.mean, none.log_variance),
        l1out(none.log_density),
    ):
        torch.testing.assert_close(found, torch.zeros_like(found), atol=1e-9, rtol=0)
    assert club(none.scores).abs().max().item() < 1e-9
    assert js(none.scores)[0].item() == pytest.approx(-2 * math.log(2))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_known_value_goes_by_the_name_of_the_registry(name):
    found = expected_value(name, DIM, 2, BATCH)
    assert found is None if name == "ksg" else found > 1.8
