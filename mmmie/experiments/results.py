"""What the finished trials predicted, and the tidy table of their metrics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.errors.slices import slices, turn_slices
from mmmie.analysis.prediction_table import prediction_table
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.experiments.folder import ExperimentFolder, TrialFolder
from mmmie.experiments.folds import fold_of, together
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


def read_outcomes(folder: ExperimentFolder, plan: Plan, corpus: Corpus) -> list[Outcome]:
    """Every finished trial of the plan; of parts that are judged in turn, all parts together.

    Raises:
        InputError: the outputs of one cannot be read, or are not those of this corpus.
    """
    kept = ((trial, folder.trial(trial)) for trial in plan.trials)
    found = [
        Outcome(trial, _fitting(f, corpus), f.result())
        for trial, f in kept
        if f.state == "finished"
    ]
    if not plan.folds:
        return found
    part = fold_of(corpus, plan.folds, plan.by)
    whole: dict[tuple[str, int], list[Outcome]] = {}
    for one in found:
        whole.setdefault((one.trial.configuration.name, one.trial.seed), []).append(one)
    return [
        Outcome(
            replace(parts[0].trial, fold=None),
            together([one.output for one in parts], part),
            _summed([one.facts for one in parts]),
        )
        for parts in whole.values()
        if len(parts) == plan.folds
    ]


def _fitting(folder: TrialFolder, corpus: Corpus) -> np.ndarray:
    """The outputs of a trial, which are as many as there are utterances, and classes."""
    output, classes = folder.output(), corpus.label.classes
    expected = (len(corpus), len(classes)) if classes else (len(corpus),)
    if output.shape != expected:
        raise InputError(
            f"{folder.outputs_file}: has the shape {output.shape}, {corpus.where} needs "
            f"{expected}; remove {folder.path} to run it again"
        )
    return output


def _summed(facts: list[dict[str, Any]]) -> dict[str, Any]:
    """What the trials of all parts say together: times add up, the rest is the last one's."""
    times = {key: sum(fact[key] for fact in facts) for key in ("seconds", "cpu_seconds")}
    return {**facts[-1], **times, "epoch": None, "epochs": None}


def judged_predictions(corpus: Corpus, plan: Plan, outcomes: list[Outcome]) -> pd.DataFrame:
    """Every utterance once per configuration and seed, as models said that never saw it.

    Returns:
        The columns of ``mmmie predict`` with `configuration`, `seed` and `part`, from 1.
    """
    part = fold_of(corpus, plan.folds, plan.by) + 1
    tables = []
    for outcome in outcomes:
        table = prediction_table(corpus.utterances, corpus.label, outcome.output)
        trial = outcome.trial
        table.insert(0, "configuration", trial.configuration.name)
        table.insert(1, "seed", trial.seed)
        table.insert(2, "part", part)
        tables.append(table)
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


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
