"""How the proposals of a search stand: their scores, the best first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.folds import judged_corpus
from mmmie.experiments.plan import Plan
from mmmie.experiments.results import read_outcomes
from mmmie.experiments.search import Values
from mmmie.metrics import METRICS, metric_names, metrics_for


@dataclass(frozen=True)
class Standing:
    """One proposal of a search.

    Attributes:
        name: of its configuration.
        scores: of its seeds; empty until all of them are finished.
        state: finished, failed where a seed or a part did, else waiting.
    """

    name: str
    values: Values
    scores: tuple[float, ...]
    state: str

    @property
    def score(self) -> float | None:
        """The mean over seeds; None where there is none, or it is not defined."""
        mean = float(np.mean(self.scores)) if self.scores else math.nan
        return mean if math.isfinite(mean) else None


def judged_metric(plan: Plan, corpus: Corpus) -> str:
    """What the search of a plan is judged by.

    Raises:
        InputError: the corpus does not have this metric.
    """
    assert plan.search is not None
    known, wanted = metric_names(corpus.label), plan.search.settings.metric
    if wanted and wanted not in known:
        raise InputError(
            f"{plan.search.where}: `metric` is {wanted!r}; {corpus.where} has {', '.join(known)}"
        )
    return wanted or known[0]


def standings(folder: ExperimentFolder, plan: Plan, corpus: Corpus) -> list[Standing]:
    """Every proposal so far, in the order in which they were made.

    Judged on valid, or on all parts of `Plan.folds` together.
    """
    assert plan.search is not None
    metric, searched = judged_metric(plan, corpus), plan.searched
    outcomes = read_outcomes(folder, searched, corpus)
    judged = judged_corpus(corpus) if plan.folds else corpus
    rows = judged.rows("test" if plan.folds else "valid")
    found = []
    for configuration, values in zip(searched.configurations, plan.search.proposed, strict=True):
        own = [one for one in outcomes if one.trial.configuration.name == configuration.name]
        states = {
            folder.trial(trial).state
            for trial in searched.trials
            if trial.configuration.name == configuration.name
        }
        scores = ()
        if len(own) == len(plan.seeds):
            scores = tuple(
                metrics_for(judged.label, one.output[rows], judged.targets[rows])[metric]
                for one in own
            )
        state = "failed" if "failed" in states else "finished" if scores else "waiting"
        found.append(Standing(configuration.name, values, scores, state))
    return found


def ranked(found: Sequence[Standing], metric: str) -> list[Standing]:
    """The best first; those without a score last, in their order."""
    sign = -1 if METRICS[metric].higher_is_better else 1
    return sorted(found, key=lambda s: math.inf if s.score is None else sign * s.score)


def caution(plan: Plan) -> str:
    """What the best proposal of a search does not say."""
    assert plan.search is not None
    where, again = "on valid, where its epoch was chosen too", "evaluate it once on test"
    if plan.folds:
        where, again = "on these parts", "judge it on conversations that took no part"
    count = len(plan.search.proposed)
    return f"The best of {count} trials was chosen {where}, so it looks too good: {again}."
