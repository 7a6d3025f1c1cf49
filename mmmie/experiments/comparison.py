"""Every configuration beside the reference: the numbers of the report."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from mmmie.analysis.errors.resampling import Interval
from mmmie.corpus import Corpus
from mmmie.experiments.plan import Plan
from mmmie.experiments.results import Outcome
from mmmie.experiments.statistics import (
    Effect,
    Sample,
    effect_of,
    holm,
    over_conversations,
    over_seeds,
    sample_of,
)


@dataclass(frozen=True)
class Row:
    """A configuration and one metric on one set of utterances.

    Attributes:
        name: of the configuration.
        values: the metric of every seed that finished.
        over_seeds: mean and interval over seeds.
        over_conversations: mean and interval over conversations.
        effect: difference to the reference (configuration minus reference) over the seeds that
            both have; None for the reference itself, or where they share none.
        corrected: the p value of `effect`, corrected for the number of configurations.
        is_reference: whether this is the reference.
    """

    name: str
    values: list[float]
    over_seeds: Interval
    over_conversations: Interval
    effect: Effect | None
    corrected: float
    is_reference: bool


def compare(
    corpus: Corpus,
    plan: Plan,
    outcomes: list[Outcome],
    metric: str,
    split: str,
    mask: np.ndarray | None = None,
) -> list[Row]:
    """Every configuration with a finished trial, in the order of the plan.

    Args:
        corpus: what was predicted.
        plan: the experiment.
        outcomes: its finished trials.
        metric: one of `mmmie.metrics.metric_names`.
        split: train, valid or test.
        mask: (n,) bool, the utterances of the split that count; all if left out.
    """
    utterances = corpus.rows(split)
    targets = corpus.targets[utterances]
    groups = pd.factorize(corpus.utterances["conversation"].iloc[utterances])[0]
    samples: dict[str, Sample] = {}
    seeds: dict[str, list[int]] = {}
    for configuration in plan.configurations:
        own = [o for o in outcomes if o.trial.configuration.name == configuration.name]
        if not own:
            continue
        outputs = [outcome.output[utterances] for outcome in own]
        samples[configuration.name] = sample_of(
            metric, corpus.label, outputs, targets, groups, mask
        )
        seeds[configuration.name] = [outcome.trial.seed for outcome in own]
    fixed = _fixed(plan)
    rows = []
    for name, sample in samples.items():
        effect = None
        if name != plan.reference and plan.reference in samples:
            effect = _paired(
                _Seeded(sample, seeds[name], name in fixed),
                _Seeded(samples[plan.reference], seeds[plan.reference], plan.reference in fixed),
            )
        rows.append(
            Row(
                name=name,
                values=sample.values.tolist(),
                over_seeds=over_seeds(sample),
                over_conversations=over_conversations(sample),
                effect=effect,
                corrected=math.nan,
                is_reference=name == plan.reference,
            )
        )
    corrected = holm([row.effect.p if row.effect else math.nan for row in rows])
    return [replace(row, corrected=p) for row, p in zip(rows, corrected, strict=True)]


@dataclass(frozen=True)
class _Seeded:
    sample: Sample
    seeds: list[int]
    fixed: bool  # the same for every seed


def _paired(first: _Seeded, second: _Seeded) -> Effect | None:
    """The effect of `first` minus `second` on the seeds that both have."""
    if first.fixed or second.fixed:
        return effect_of(first.sample.minus(second.sample))
    common = [seed for seed in first.seeds if seed in second.seeds]
    if not common:
        return None
    return effect_of(_pick(first, common).minus(_pick(second, common)))


def _pick(seeded: _Seeded, seeds: list[int]) -> Sample:
    places = [seeded.seeds.index(seed) for seed in seeds]
    return Sample(seeded.sample.values[places], seeded.sample.influence[places])


def _fixed(plan: Plan) -> set[str]:
    """The configurations that take the first seed only though there are more."""
    counts: dict[str, int] = {}
    for trial in plan.trials:
        counts[trial.configuration.name] = counts.get(trial.configuration.name, 0) + 1
    return {name for name, count in counts.items() if count < len(plan.seeds)}
