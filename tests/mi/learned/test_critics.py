from __future__ import annotations

import pytest
import torch

from mmmie.mi import ESTIMATORS, NWJ, InfoNCE, estimate
from mmmie.mi.learned.critics import CriticEstimator, JointCritic, SeparableCritic
from mmmie.mi.pair_matrix import joint_and_others
from mmmie.mi.tasks import gaussian

pytestmark = pytest.mark.slow

each_kind = pytest.mark.parametrize("kind", ["separable", "joint"])
CRITICS = [name for name, kind in ESTIMATORS.items() if issubclass(kind, CriticEstimator)]


def pairs(task, n, seed=0):
    return (torch.from_numpy(side).float() for side in task.sample(n, seed))


def test_who_learns_a_critic():
    assert CRITICS == ["infonce", "nwj", "dv", "smile", "js"]


@each_kind
def test_scores_compare_row_i_of_x_with_row_j_of_y(kind):
    torch.manual_seed(0)
    estimator = InfoNCE(3, 5, hidden=16, critic=kind)
    x, y = torch.randn(4, 3), torch.randn(4, 5)
    estimator.critic.gaussian.fit(torch.randn(50, 3), torch.randn(50, 5))
    whole = estimator.scores(x, y)
    assert whole.shape == (4, 4)
    for i in range(4):
        for j in range(4):
            alone = estimator.scores(x[i : i + 1], y[j : j + 1])
            torch.testing.assert_close(whole[i : i + 1, j : j + 1], alone)


@each_kind
def test_gaussian_pairs_need_no_learning(kind):
    for task, least in ((gaussian(1, 0.5), 0.4), (gaussian(20, 2), 1.6), (gaussian(20, 6), 3.4)):
        found = estimate(*task.sample(3000, 1), "infonce", steps=1, hidden=16, critic=kind)
        assert found.nats > least


@each_kind
def test_the_start_is_the_log_ratio_itself(kind):
    # a bound that needs the ratio and not only its order shows what is wrong with its size
    for task in (gaussian(1, 0.5), gaussian(5, 2.0)):
        found = estimate(*task.sample(4000, 1), "nwj", steps=1, hidden=16, critic=kind)
        assert found.nats == pytest.approx(task.mi, abs=3 * found.std + 0.08 * task.mi)


@each_kind
def test_what_no_line_sees_is_learned(kind):
    random = torch.Generator().manual_seed(0)
    x = torch.randn(1500, 2, generator=random)
    y = x.prod(1, keepdim=True) + 0.2 * torch.randn(1500, 1, generator=random)
    flat = estimate(x, y, "infonce", steps=1, hidden=32, critic=kind)
    learned = estimate(x, y, "infonce", steps=400, hidden=16, critic=kind)
    assert flat.nats < 0.2 and learned.nats > 0.5


def test_both_sides_start_alike():
    torch.manual_seed(0)
    critic = SeparableCritic(3, 3, 8)
    x, y = torch.randn(5, 3), torch.randn(5, 3)
    torch.testing.assert_close(critic.learned(x, y), critic.learned(y, x).mT)


def test_the_joint_critic_starts_with_nothing_of_its_own():
    torch.manual_seed(0)
    assert (JointCritic(3, 2, 8).learned(torch.randn(5, 3), torch.randn(5, 2)) == 0).all()


def test_a_pair_far_from_all_others_does_not_overflow():
    torch.manual_seed(0)
    x, y = pairs(gaussian(2, 3.0), 500)
    estimator = NWJ(2, 2, hidden=8).fit(x, y, steps=20)
    far = torch.full((4, 2), 1e4)
    assert estimator(far, far).isfinite()
    assert estimator.estimate(far, far).nats == pytest.approx(estimator(far, far).item(), rel=1e-5)


def test_the_cap_is_no_higher_than_scores_of_joint_pairs():
    torch.manual_seed(0)
    x, y = pairs(gaussian(2, 3.0), 500)
    estimator = NWJ(2, 2, hidden=8).fit(x, y, steps=20)
    pair = estimator.standardise_x(x), estimator.standardise_y(y)
    scores = estimator.scores(*pair)
    assert scores.max() <= estimator.cap < 40


def test_quality_is_what_it_says():
    torch.manual_seed(0)
    x, y = pairs(gaussian(2, 1.0), 32)
    estimator = NWJ(2, 2, hidden=8)
    estimator.critic.gaussian.fit(x, y)
    estimator.critic.gain.data.fill_(1.0)
    with torch.no_grad():
        found = estimator.quality(estimator.evidence(x, y, 32))
        scores = estimator.scores(x, y)
    joint, others = joint_and_others(scores, "scores")
    weights = others.exp()
    assert found["log_normaliser"] == pytest.approx(weights.mean().log().item(), abs=1e-4)
    kish = weights.sum().square() / weights.square().sum()
    assert found["effective_pairs"] == pytest.approx(kish.item(), rel=1e-4)
    beaten = [joint[i] > scores[i, j] for i in range(32) for j in range(32) if i != j]
    assert found["tells_apart"] == pytest.approx(sum(beaten).item() / len(beaten))


def test_quality_of_batches_is_that_of_all_their_other_pairs():
    torch.manual_seed(0)
    x, y = pairs(gaussian(2, 1.0), 40)
    estimator = NWJ(2, 2, hidden=8)
    with torch.no_grad():
        found = estimator.quality(estimator.evidence(x, y, 10))
        few = zip(x.split(10), y.split(10), strict=True)
        others = torch.cat([joint_and_others(estimator.scores(*f), "scores")[1] for f in few])
    assert found["log_normaliser"] == pytest.approx(others.exp().mean().log().item(), abs=1e-4)


def test_a_batch_of_one_has_no_quality():
    estimator = NWJ(2, 2, hidden=4)
    assert estimator.quality(estimator.evidence(torch.randn(1, 2), torch.randn(1, 2), 1)) == {}


@pytest.mark.parametrize("name", CRITICS)
def test_few_pairs_behind_an_exponential_are_doubted(name):
    estimator = ESTIMATORS[name](2, 2, hidden=4)
    plenty = {"effective_pairs": 500.0, "clipped": 0.0}
    assert estimator.doubt_of(plenty, 1.0, 0.1) is None
    doubt = estimator.doubt_of({**plenty, "effective_pairs": 3.2}, 1.0, 0.1)
    if name in ("nwj", "dv", "js"):
        assert doubt is not None and "rests on about 3 of the held-out pairs" in doubt
    else:
        assert doubt is None
