"""Intervals and tests: against textbook answers, a slow reference, and data without an effect."""

import math

import numpy as np
import pytest
from scipy import stats

from mmmie.corpus import Label
from mmmie.experiments.statistics import (
    Sample,
    compare_outputs,
    effect_of,
    holm,
    over_conversations,
    over_seeds,
    sample_of,
)
from mmmie.metrics import metric_names, metrics_for

LABEL = Label("sentiment", "regression", range=(-3.0, 3.0))
CONVERSATIONS, LENGTH = 8, 6
GROUPS = np.repeat(np.arange(CONVERSATIONS), LENGTH)


def outputs(seeds, noise=0.6, seed=0):
    random = np.random.default_rng(seed)
    targets = random.normal(size=len(GROUPS)).astype(np.float32)
    return [
        (targets + random.normal(size=len(GROUPS)) * noise).astype(np.float32) for _ in range(seeds)
    ], targets


def mae_sample(seeds, seed=0):
    found, targets = outputs(seeds, seed=seed)
    return sample_of("mae", LABEL, found, targets, GROUPS)


def conversation_means(seeds, seed=0):
    """(seeds, conversations): with conversations of one length their mean is the MAE."""
    found, targets = outputs(seeds, seed=seed)
    errors = np.stack([np.abs(output - targets) for output in found])
    return errors.reshape(seeds, CONVERSATIONS, LENGTH).mean(2)


@pytest.mark.parametrize("metric", metric_names(LABEL))
def test_influence_is_that_of_leaving_conversations_out(metric):
    found, targets = outputs(2)
    sample = sample_of(metric, LABEL, found, targets, GROUPS)
    for output, value, influence in zip(found, sample.values, sample.influence, strict=True):
        assert value == pytest.approx(metrics_for(LABEL, output, targets)[metric], abs=1e-6)
        left = [
            metrics_for(LABEL, output[rest], targets[rest])[metric]
            for rest in (c != GROUPS for c in range(CONVERSATIONS))
        ]
        pull = (CONVERSATIONS - 1) * (np.mean(left) - left)
        np.testing.assert_allclose(influence, pull, atol=1e-5)


def test_intervals_of_one_kind_are_textbook_t_intervals():
    means = conversation_means(4)
    for found, values in (
        (over_seeds(mae_sample(4)), means.mean(1)),
        (over_conversations(mae_sample(4)), means.mean(0)),
    ):
        low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        assert (found.value, found.low, found.high) == pytest.approx((values.mean(), low, high))


def test_with_one_seed_the_effect_is_the_paired_t_test_over_conversations():
    difference = conversation_means(1, seed=1) - conversation_means(1, seed=2)
    effect = effect_of(mae_sample(1, seed=1).minus(mae_sample(1, seed=2)))
    assert effect.p == pytest.approx(stats.ttest_1samp(difference[0], 0).pvalue)


def test_with_one_conversation_the_effect_is_the_paired_t_test_over_seeds():
    found, targets = outputs(5)
    other, _ = outputs(5, noise=0.9, seed=3)
    groups = np.zeros(len(targets), int)
    first, second = (sample_of("mae", LABEL, o, targets, groups) for o in (found, other))
    effect = effect_of(first.minus(second))
    assert effect.p == pytest.approx(stats.ttest_rel(first.values, second.values).pvalue)


def test_the_variance_over_both_is_that_of_crossed_random_effects():
    random = np.random.default_rng(0)
    seeds, conversations = 6, 10
    cells = random.normal(size=(seeds, 1)) + random.normal(size=(1, conversations)) * 0.7
    cells = cells + random.normal(size=(seeds, conversations)) * 0.5
    grand = cells.mean()
    rows, columns = cells.mean(1), cells.mean(0)
    of_seeds = conversations * ((rows - grand) ** 2).sum() / (seeds - 1)
    of_conversations = seeds * ((columns - grand) ** 2).sum() / (conversations - 1)
    rest = cells - rows[:, None] - columns + grand
    of_both = (rest**2).sum() / ((seeds - 1) * (conversations - 1))
    variance = (of_seeds + of_conversations - of_both) / (seeds * conversations)
    effect = effect_of(Sample(rows, cells - rows[:, None]))
    assert stats.norm.isf(0.025) < (effect.interval.high - grand) / math.sqrt(variance) < 3
    share = of_seeds / (of_seeds + of_conversations)
    freedom = 1 / (share**2 / (seeds - 1) + (1 - share) ** 2 / (conversations - 1))
    half = stats.t.ppf(0.975, freedom) * math.sqrt(variance)
    assert effect.interval.high - effect.interval.value == pytest.approx(half)
    assert effect.p == pytest.approx(2 * stats.t.sf(abs(grand) / math.sqrt(variance), freedom))


@pytest.mark.parametrize("spread", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.3, 0.3, 1)])
def test_without_an_effect_about_one_test_in_twenty_rejects(spread):
    random = np.random.default_rng(0)
    of_seed, of_conversation, of_both = spread
    rejected = 0
    for _ in range(600):
        cells = random.normal(size=(5, 1)) * of_seed + random.normal(size=20) * of_conversation
        cells = cells + random.normal(size=(5, 20)) * of_both
        values = cells.mean(1)
        rejected += effect_of(Sample(values, cells - values[:, None])).p < 0.05
    assert 5 <= rejected <= 54


def test_the_same_for_every_seed_is_compared_with_every_seed():
    fixed, many = mae_sample(1, seed=5), mae_sample(4)
    difference = fixed.minus(many)
    np.testing.assert_allclose(difference.values, fixed.values[0] - many.values)
    assert difference.influence.shape == (4, CONVERSATIONS)


def test_no_difference_at_all_is_certain_and_what_is_undefined_stays_so():
    same = mae_sample(3).minus(mae_sample(3))
    assert effect_of(same).p == 1 and effect_of(same).interval.high == 0
    found, targets = outputs(3)
    constant = [np.zeros_like(output) for output in found]
    undefined = sample_of("corr", LABEL, constant, targets, GROUPS)
    effect = effect_of(undefined.minus(sample_of("corr", LABEL, found, targets, GROUPS)))
    assert math.isnan(effect.p) and math.isnan(effect.interval.value)
    assert math.isnan(over_seeds(mae_sample(1)).low)


def test_conversations_without_a_counted_utterance_say_nothing():
    found, targets = outputs(2)
    mask = GROUPS < 3
    sample = sample_of("mae", LABEL, found, targets, GROUPS, mask)
    short = sample_of("mae", LABEL, [o[mask] for o in found], targets[mask], GROUPS[mask])
    np.testing.assert_allclose(sample.influence, short.influence)


def test_holm_by_its_definition():
    p = [0.04, math.nan, 0.001, 0.03, 0.9]
    order = sorted(x for x in p if not math.isnan(x))
    slow = [max(min(1, (4 - j) * q) for j, q in enumerate(order[: k + 1])) for k in range(4)]
    found = holm(p)
    assert [found[i] for i in (2, 3, 0, 4)] == pytest.approx(slow) and math.isnan(found[1])


def test_the_paired_interval_is_that_of_drawing_seeds_and_conversations(make_corpus):
    """Against a slow reference: metrics anew on drawn conversations of drawn seeds."""
    seeds, conversations = 12, 30
    corpus = make_corpus(conversations=conversations)
    random, n = np.random.default_rng(0), len(corpus)
    groups = np.repeat(np.arange(conversations), n // conversations)
    outputs = {}
    for name, noise in (("base", 0.4), ("other", 0.6)):
        of_seed = random.normal(size=(seeds, 1)) * 0.15
        of_conversation = random.normal(size=conversations)[groups] * 0.3
        errors = np.abs(random.normal(size=(seeds, n)) * 0.2 + of_conversation + of_seed + noise)
        outputs[name] = dict(enumerate(corpus.targets + errors))
    row = compare_outputs(corpus, np.arange(n), outputs, "base", "mae")[1]
    members = [np.flatnonzero(groups == c) for c in range(conversations)]
    drawn = []
    for _ in range(400):
        rows = np.concatenate(
            [members[c] for c in random.integers(0, conversations, conversations)]
        )
        of = random.integers(0, seeds, seeds)
        means = [
            np.mean([np.abs(outputs[name][s][rows] - corpus.targets[rows]).mean() for s in of])
            for name in outputs
        ]
        drawn.append(means[1] - means[0])
    half = stats.t.ppf(0.975, seeds - 1) * np.std(drawn)
    found = row.effect.interval
    assert found.value == pytest.approx(np.mean(drawn), abs=0.01)
    assert found.high - found.value == pytest.approx(half, rel=0.15)
    alone = [np.std(list(row.paired.values()), ddof=1) / math.sqrt(seeds)]
    assert found.high - found.value > 1.3 * stats.t.ppf(0.975, seeds - 1) * alone[0]
