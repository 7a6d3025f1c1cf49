"""Run an experiment file into its folder: what ``mmmie experiment`` calls."""

from __future__ import annotations

import platform
import shlex
import time
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mmmie.corpus import Corpus
from mmmie.csv_export import csv_text
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.experiments.folder import ExperimentFolder, State, TrialFolder, request_of
from mmmie.experiments.folds import By, fold_corpus, judged_corpus
from mmmie.experiments.local import Progress, default_processes
from mmmie.experiments.plan import Plan, Trial, folder_name, read_plan
from mmmie.experiments.report import write_report
from mmmie.experiments.results import judged_predictions, read_outcomes, tidy_table
from mmmie.experiments.search import Values, propose
from mmmie.experiments.standings import Standing, judged_metric, standings
from mmmie.files import write_text
from mmmie.metrics import METRICS

HOME = Path("runs/experiments")
_VERSIONS_OF = ("mmmie", "torch", "numpy", "scikit-learn")


class Experiment:
    """An experiment file with its corpus and its folder.

    Args:
        file: TOML, see `mmmie.experiments.plan.ExperimentFile`.
        data: a corpus to use in place of the file's.
        out: the folder; ``runs/experiments/<name>`` if left out.
        folds: judge so many parts in turn, each by models that never saw it; the splits of the
            corpus and of the file are then not used.
        by: what stays together in a part, see `mmmie.experiments.folds`.

    Raises:
        InputError: the file, the corpus or a name in them is wrong, or the folder has results
            of other settings or other data.

    Example:
        >>> experiment = Experiment("experiments/ablations.toml")
        >>> len(experiment.plan.trials)
        33
    """

    def __init__(
        self,
        file: Path | str,
        data: str | None = None,
        out: Path | str | None = None,
        *,
        folds: int = 0,
        by: By = "conversation",
    ) -> None:
        self.file = Path(file)
        self.plan: Plan = read_plan(self.file, data, folds, by)
        self.corpus: Corpus = load_corpus(self.plan.data, label=self.plan.label)
        for fold in range(folds):
            fold_corpus(self.corpus, folds, fold, by)  # raises where there are too few groups
        for split in () if folds else self.plan.splits:
            self.corpus.rows(split)  # raises where there is none
        _check_baselines(self.plan, self.corpus)
        name = folder_name(self.plan.name) + (f"-{folds}-folds" if folds else "")
        self.folder = ExperimentFolder(out or HOME / name)
        if self.plan.search:
            judged_metric(self.plan, self.corpus)  # raises where the corpus lacks it
            self.plan = self.folder.with_proposals(self.plan)
        self.folder.check(self.plan, self.corpus)

    def states(self) -> list[tuple[Trial, State]]:
        """Every trial of the plan and how it stands."""
        return [(trial, self.folder.trial(trial).state) for trial in self.plan.trials]

    def standings(self) -> list[Standing]:
        """How every proposal of the search stands, in the order in which they were made."""
        return standings(self.folder, self.plan, self.corpus)

    def run(
        self,
        *,
        processes: int | None = None,
        device: str = "auto",
        ray: str | None = None,
        keep_runs: bool = False,
        quiet: bool = False,
    ) -> None:
        """Run what is not finished, then write the table and the report.

        Args:
            processes: trials at once; one per physical core, or per GPU, if left out.
            device, keep_runs: as for `run_trial`.
            ray: the address of a Ray cluster, ``local`` for Ray on this machine; processes of
                this machine without Ray if left out.
            quiet: show no progress.

        Raises:
            InputError: another process runs the same folder, the device is not there, or Ray.
        """
        if ray is None and device != "auto":
            from mmmie.training.devices.distribution import make_accelerator

            make_accelerator(device)  # raises before anything is written
        with self.folder.driven():
            self.folder.write_plan(self.plan, self.corpus)
            waiting = [trial for trial, state in self.states() if state != "finished"]
            if waiting or self.plan.unproposed:
                started = time.perf_counter()
                session = {
                    "command": self._command(processes, device, ray, keep_runs),
                    "started": f"{datetime.now():%Y-%m-%d %H:%M:%S}",
                    "platform": platform.platform(),
                    "versions": _versions(),
                }
                options = {"processes": processes, "device": device, "keep_runs": keep_runs}
                begun: list[TrialFolder] = []
                try:
                    self._run(waiting, begun, ray, quiet, **options)
                finally:
                    ran = sum(folder.state in ("finished", "failed") for folder in begun)
                    seconds = time.perf_counter() - started
                    self.folder.add_session({**session, "seconds": seconds, "ran": ran})
        self.report()

    def report(self) -> None:
        """Write the table and the report of what is finished."""
        if not self.folder.plan_file.is_file():
            raise InputError(f"{self.folder.path}: contains no experiment; run it first")
        outcomes = read_outcomes(self.folder, self.plan, self.corpus)
        judged = judged_corpus(self.corpus) if self.plan.folds else self.corpus
        table = tidy_table(judged, self.plan, outcomes)
        write_text(self.folder.table, csv_text(table))
        if self.plan.folds:
            said = judged_predictions(self.corpus, self.plan, outcomes)
            write_text(self.folder.predictions, csv_text(said))
        write_report(self.folder, self.plan, judged, outcomes)

    def _run(
        self,
        trials: list[Trial],
        begun: list[TrialFolder],
        ray: str | None,
        quiet: bool,
        **options: Any,
    ) -> None:
        self._prepare(trials)
        folders = self._next_folders(trials, begun)
        total = self.plan.planned
        done = len(self.plan.trials) - len(trials)
        with Progress(total, done, quiet) as progress:
            if ray is not None:
                from mmmie.experiments.on_ray import run_on_ray

                run_on_ray(folders, self.corpus, progress, address=ray, **options)
                return
            from mmmie.experiments.local import run_local

            options["processes"] = options["processes"] or default_processes(options["device"])
            run_local(folders, self.plan.data, progress, label=self.plan.label, **options)

    def _next_folders(self, trials: list[Trial], begun: list[TrialFolder]) -> Iterator[TrialFolder]:
        """Trials to run: those given, then what the search proposes when it is asked."""
        while True:
            for trial in trials:
                begun.append(self.folder.trial(trial))
                yield begun[-1]
            if not self.plan.unproposed:
                return
            trials = self._propose()

    def _propose(self) -> list[Trial]:
        """The trials of one more proposal, which is kept before any of them begins."""
        search = self.plan.search
        assert search is not None
        better = METRICS[judged_metric(self.plan, self.corpus)].higher_is_better
        told: list[tuple[Values, float | None]] = [(values, None) for values in search.proposed]
        if search.settings.sampler == "optuna":
            told = [(one.values, one.score) for one in self.standings()]
        self.plan = self.plan.with_proposal(propose(search.settings, search.space, better, told))
        self.folder.write_plan(self.plan, self.corpus)
        name = self.plan.configurations[-1].name
        trials = [trial for trial in self.plan.trials if trial.configuration.name == name]
        self._prepare(trials)
        return trials

    def _prepare(self, trials: list[Trial]) -> None:
        for trial in trials:
            self.folder.trial(trial).prepare(request_of(self.plan, trial, self.corpus))

    def _command(self, processes: int | None, device: str, ray: str | None, keep_runs: bool) -> str:
        words = ["mmmie", "experiment", str(self.file), "--data", self.plan.data]
        words += ["--out", str(self.folder.path), "--device", device]
        words += [] if processes is None else ["--processes", str(processes)]
        words += ["--folds", str(self.plan.folds), "--by", self.plan.by] * bool(self.plan.folds)
        words += [] if ray is None else ["--ray", ray]
        words += ["--keep-runs"] if keep_runs else []
        return shlex.join(words)


def _check_baselines(plan: Plan, corpus: Corpus) -> None:
    named = [c.baseline for c in plan.configurations if c.baseline is not None]
    if not named:
        return
    from mmmie.baselines import baseline_names

    known = baseline_names(corpus)
    for name in named:
        if name not in known:
            raise InputError(
                f"baselines: `{name}` does not fit {corpus.where}; use {', '.join(known)}"
            )


def _versions() -> dict[str, str]:
    versions = {"Python": platform.python_version()}
    for name in _VERSIONS_OF:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions
