"""What a folder of ``mmmie experiment`` shows: every metric of every configuration, as it stands.

The dashboard has a process of its own read it, for the folder and its corpus may be anybody's.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from mmmie.corpus import Corpus
from mmmie.datasets import load_corpus
from mmmie.datasets.reading_apart import ask_apart, be_asked
from mmmie.errors import InputError
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.folds import By, judged_corpus
from mmmie.experiments.plan import Configuration, Plan, Seed, Split, folder_name
from mmmie.experiments.results import Outcome, read_outcomes
from mmmie.experiments.statistics import Row, compare
from mmmie.hosting import check_inside
from mmmie.metrics import metric_names, primary_metric
from mmmie.reading import read_json, refuse_closed, validated

_MOST_BYTES = 2**24
_MOST_TRIALS = 100_000


@dataclass(frozen=True)
class KeptCorpus:
    """What a plan says of its corpus."""

    name: str
    fingerprint: str
    path: str | None = None


@dataclass(frozen=True)
class KeptPlan:
    """What plan.json holds, but for the settings of the configurations."""

    name: str
    data: str
    splits: Annotated[list[Split], Field(min_length=1)]
    seeds: Annotated[list[Seed], Field(min_length=1)]
    reference: str
    configurations: dict[str, dict[str, Any]]
    corpus: KeptCorpus
    description: str = ""
    label: str = ""
    folds: Annotated[int, Field(ge=0)] = 0
    by: By = "conversation"

    @property
    def found_at(self) -> str:
        """Where the corpus was: ``demo`` or a path."""
        return self.corpus.path or self.data

    @property
    def plan(self) -> Plan:
        """The plan, its configurations without their settings."""
        return Plan(
            name=self.name,
            description=self.description,
            data=self.data,
            splits=tuple(self.splits),
            seeds=tuple(self.seeds),
            reference=self.reference,
            configurations=tuple(
                Configuration(name, folder_name(name), baseline=settings.get("baseline"))
                for name, settings in self.configurations.items()
            ),
            label=self.label,
            folds=self.folds,
            by=self.by,
        )


@dataclass(frozen=True)
class SplitResults:
    """One split.

    Attributes:
        name: as a reader is told it.
        utterances, conversations: how many it has.
        rows: metric → a row per configuration with a finished trial; the primary metric first.
    """

    name: str
    utterances: int
    conversations: int
    rows: dict[str, list[Row]]


@dataclass(frozen=True)
class ExperimentResults:
    """All that an experiment has come to.

    Attributes:
        corpus: its name.
        reference: what others are compared with.
        failed, unfinished: trials in words.
    """

    name: str
    description: str
    corpus: str
    reference: str
    splits: list[SplitResults]
    failed: list[str]
    unfinished: list[str]


_PLAN, _RESULTS = TypeAdapter(KeptPlan), TypeAdapter(ExperimentResults)


def read_kept_plan(path: Path | str) -> KeptPlan:
    """The plan in a folder of ``mmmie experiment``.

    Raises:
        InputError: it is no such folder, or its plan is broken.
    """
    refuse_closed(path)
    file = ExperimentFolder(path).plan_file
    try:
        kept = validated(_PLAN, read_json(file, _MOST_BYTES), str(file))
    except FileNotFoundError:
        raise InputError(
            f"{path}: is no experiment, it has no {file.name}; name a folder that "
            f"`mmmie experiment` wrote"
        ) from None
    if kept.reference not in kept.configurations:
        raise InputError(
            f"{file}: `reference` {kept.reference!r} is none of its configurations; write it again"
        )
    for name, settings in kept.configurations.items():
        if not isinstance(settings.get("baseline"), str | None):
            raise InputError(f"{file}: `baseline` of {name!r} is no name; write it again")
    trials = len(kept.seeds) * len(kept.configurations) * max(kept.folds, 1)
    if trials > _MOST_TRIALS:
        raise InputError(f"{file}: plans {trials:,} trials; at most {_MOST_TRIALS:,} are read")
    return kept


def read_results(path: Path | str, data: str | None = None) -> ExperimentResults:
    """What the finished trials of an experiment have come to.

    Args:
        path: its folder.
        data: where its corpus is now; where it was if left out.

    Raises:
        InputError: it is no experiment, a file of it is broken, or its corpus is gone or another.
    """
    kept, folder = read_kept_plan(path), ExperimentFolder(path)
    plan = kept.plan
    corpus = load_corpus(data or kept.found_at, label=plan.label)
    if corpus.fingerprint != kept.corpus.fingerprint:
        raise InputError(
            f"{path}: was run on {kept.corpus.name} with the fingerprint "
            f"{kept.corpus.fingerprint}, {corpus.where} has {corpus.fingerprint}; name the corpus "
            f"that it was run on"
        )
    trials = [(trial, folder.trial(trial)) for trial in plan.trials]
    for _, own in trials:
        check_inside(own.path, [folder.path])
    outcomes = read_outcomes(folder, plan, corpus)
    judged = judged_corpus(corpus) if plan.folds else corpus
    said = {
        state: [
            f"{trial.configuration.name}, seed {trial.seed}"
            + ("" if trial.fold is None else f", part {trial.fold + 1}")
            + (f": {own.error()}" if state == "failed" else "")
            for trial, own in trials
            if own.state == state
        ]
        for state in ("failed", "stopped", "waiting")
    }
    return ExperimentResults(
        name=plan.name,
        description=plan.description,
        corpus=kept.corpus.name,
        reference=plan.reference,
        splits=[_split(plan, judged, outcomes, split) for split in plan.splits],
        failed=said["failed"],
        unfinished=said["stopped"] + said["waiting"],
    )


def _split(plan: Plan, corpus: Corpus, outcomes: Sequence[Outcome], split: str) -> SplitResults:
    utterances, primary = corpus.rows(split), primary_metric(corpus.label.kind)[0]
    names = sorted(metric_names(corpus.label), key=lambda name: name != primary)
    return SplitResults(
        name=plan.said(split),
        utterances=len(utterances),
        conversations=int(corpus.utterances["conversation"].iloc[utterances].nunique()),
        rows={name: compare(corpus, plan, list(outcomes), name, split) for name in names},
    )


def read_results_apart(path: Path | str, data: str) -> ExperimentResults:
    """`read_results` by a process of its own, with limited time and memory, see `Limits`."""
    task = {"experiment": str(path), "data": data}
    said = ask_apart(__name__, task, str(path), "see its report.html")
    return validated(_RESULTS, json.loads(said), str(path))


def _done(task: dict[str, Any]) -> str:
    return json.dumps(asdict(read_results(task["experiment"], task["data"])))


if __name__ == "__main__":
    be_asked(_done)
