"""What the finished trials predicted, and the tidy table of their metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.errors.slices import slices, turn_slices
from mmmie.corpus import Corpus
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.plan import Plan, Trial
from mmmie.metrics import metric_names, metrics_for, primary_metric

ALL = "all"
"""The name of the slice with every utterance of a split."""

COLUMNS = (
    "configuration", "seed", "split", "slice", "metric", "value", "n", "seconds", "epoch",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """A finished trial.

    Attributes:
        trial: which one.
        output: (N,) predictions in label units, or (N, classes) scores, for all utterances.
        facts: seconds, cpu_seconds, epoch, epochs, device, machine, version, finished.
    """

    trial: Trial
    output: np.ndarray
    facts: dict[str, Any]


def read_outcomes(folder: ExperimentFolder, plan: Plan) -> list[Outcome]:
    """Every finished trial of the plan.

    Raises:
        InputError: the outputs of one cannot be read.
    """
    kept = ((trial, folder.trial(trial)) for trial in plan.trials)
    return [Outcome(trial, f.output(), f.result()) for trial, f in kept if f.state == "finished"]


def split_masks(corpus: Corpus, split: str) -> dict[str, np.ndarray]:
    """Slice → mask (n,) of a split: all, every 0/1 column by its values, and `turn_slices`."""
    rows = corpus.rows(split)
    masks = {ALL: np.ones(len(rows), bool)}
    for name, mask in slices(corpus, rows):
        column, value = name.rsplit("=", 1)
        values = set(corpus.utterances[column].iloc[rows].dropna().unique())
        if values <= {0, 1} and value in ("0", "1", "False", "True"):
            masks[name] = mask
    return masks | dict(turn_slices(corpus, rows))


def tidy_table(corpus: Corpus, plan: Plan, outcomes: list[Outcome]) -> pd.DataFrame:
    """One row per trial, split, slice and metric, with the columns `COLUMNS`.

    Every metric for all utterances of a split, the primary metric for its slices.

    Example:
        >>> from mmmie import load_corpus
        >>> from mmmie.experiments.plan import Configuration, Plan, Trial
        >>> corpus = load_corpus("demo")
        >>> zero = Configuration("zero", "zero", baseline="constant")
        >>> plan = Plan("try", "", "demo", ("valid",), (0,), "zero", (zero,))
        >>> outcome = Outcome(Trial(zero, 0, "demo"), np.zeros(len(corpus), np.float32), {})
        >>> table = tidy_table(corpus, plan, [outcome])
        >>> table[table["slice"] == "all"]["metric"].tolist()[:2]
        ['mae', 'corr']
    """
    every = metric_names(corpus.label)
    primary = [primary_metric(corpus.label.kind)[0]]
    entries = []
    for split in plan.splits:
        rows = corpus.rows(split)
        for name, mask in split_masks(corpus, split).items():
            for outcome in outcomes:
                trial = outcome.trial
                found = metrics_for(
                    corpus.label, outcome.output[rows][mask], corpus.targets[rows][mask]
                )
                for metric in every if name == ALL else primary:
                    entries.append(
                        (
                            *(trial.configuration.name, trial.seed, split, name, metric),
                            *(found[metric], found["n"]),
                            *(outcome.facts.get("seconds"), outcome.facts.get("epoch")),
                        )
                    )
    return pd.DataFrame(entries, columns=list(COLUMNS)).astype({"epoch": "Int64"})
