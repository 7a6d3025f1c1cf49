"""The folder of an experiment: the only state of it, read by its runner and by the report."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter

from mmmie.corpus import Corpus
from mmmie.corpus.fitting import label_words
from mmmie.corpus.safetensors_files import map_safetensors
from mmmie.errors import InputError
from mmmie.experiments.plan import Plan, Trial, settings_of
from mmmie.files import append_line, replacing, write_json
from mmmie.reading import read_json, validated
from mmmie.training.run_folder import RunFolder, process_start

FINGERPRINT, LABEL = "corpus fingerprint", "corpus label"
"""What a trial says of its data beside its settings: outputs are read by its classes and range."""

FILES = {
    "plan.json": "The resolved plan: every configuration with all settings, and what a search "
    "proposed.",
    "sessions.jsonl": "One line per call of the command that ran trials: command, versions, time.",
    "driver.json": "Which process runs it, while one does.",
    "results.csv": "One row per configuration, seed, split, slice and metric.",
    "predictions.csv": "With --folds: every utterance once per configuration and seed.",
    "report.md": "Means, intervals over seeds and conversations, paired differences.",
    "report.html": "The same as one page that needs nothing else.",
    "trials": "`<configuration>/<seed>` each: `trial.json` (what was asked), `run` (a run folder, "
    "without weights unless --keep-runs), `outputs.safetensors`, `result.json` or `error.json`.",
}
"""What lies in the folder of an experiment: name → meaning."""

State = Literal["finished", "failed", "stopped", "waiting"]
_RESULT = TypeAdapter(dict[str, Any])
_WEIGHTS = ("best", "last", "snapshots", "cache")


class TrialFolder:
    """Paths and small files of one trial; the folder `path` need not exist yet."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.request_file = self.path / "trial.json"
        self.outputs_file = self.path / "outputs.safetensors"
        self.result_file = self.path / "result.json"
        self.error_file = self.path / "error.json"
        self.log = self.path / "log.txt"
        self.run = RunFolder(self.path / "run")

    @property
    def state(self) -> State:
        """Finished and failed trials say so; stopped ones have begun, waiting ones not."""
        if self.result_file.is_file():
            return "finished"
        if self.error_file.is_file():
            return "failed"
        return "stopped" if self.run.exists else "waiting"

    def request(self) -> dict[str, Any]:
        """What is to be run, empty where nothing was asked for yet."""
        return _read(self.request_file)

    def result(self) -> dict[str, Any]:
        """What a finished trial says about itself: seconds, epoch, versions.

        Raises:
            InputError: the file is broken.
        """
        with self._told_to_run_again(self.result_file):
            return validated(_RESULT, read_json(self.result_file), str(self.result_file))

    def error(self) -> str:
        """Why a trial failed, in one line."""
        return str(_read(self.error_file).get("error", "unknown"))

    def prepare(self, request: dict[str, Any]) -> None:
        """Ask for a trial: continue what was begun, or remove it where it was another request."""
        if self.request() != request:
            shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(parents=True, exist_ok=True)
        self.error_file.unlink(missing_ok=True)
        write_json(self.request_file, request)

    def fail(self, error: str, trace: str = "") -> None:
        """Record that the trial failed: why, in one line, and where in the code."""
        write_json(self.error_file, {"error": error, "traceback": trace.splitlines()})

    def finish(self, output: np.ndarray, result: dict[str, Any]) -> None:
        """Keep outputs (N,) or (N, classes), then the result, which makes the trial finished."""
        from safetensors.numpy import save

        with replacing(self.outputs_file) as scratch:
            scratch.write_bytes(save({"output": np.ascontiguousarray(output, np.float32)}))
        self.error_file.unlink(missing_ok=True)
        write_json(self.result_file, result)

    def output(self) -> np.ndarray:
        """The outputs (N,) or (N, classes); an `InputError` if their file is missing or broken."""
        with self._told_to_run_again(self.outputs_file):
            return map_safetensors(self.outputs_file)["output"]

    @contextlib.contextmanager
    def _told_to_run_again(self, file: Path) -> Iterator[None]:
        try:
            yield
        except (OSError, KeyError, InputError) as error:
            why = str(error).removeprefix(f"{file}: ")
            raise InputError(
                f"{file}: cannot be read ({why}); remove {self.path} to run it again"
            ) from None

    def drop_weights(self) -> None:
        """Remove all of the run but its configuration, its metrics and its log."""
        for name in _WEIGHTS:
            shutil.rmtree(self.run.path / name, ignore_errors=True)


class ExperimentFolder:
    """Paths and files of an experiment; the folder `path` need not exist yet."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)
        self.plan_file = self.path / "plan.json"
        self.sessions_file = self.path / "sessions.jsonl"
        self.driver_file = self.path / "driver.json"
        self.table = self.path / "results.csv"
        self.predictions = self.path / "predictions.csv"
        self.markdown = self.path / "report.md"
        self.html = self.path / "report.html"

    def trial(self, trial: Trial) -> TrialFolder:
        """The folder of a trial."""
        return TrialFolder(self.path / "trials" / trial.folder)

    def check(self, plan: Plan, corpus: Corpus) -> None:
        """Raise an `InputError` if a finished trial had another setting or other data.

        New configurations and seeds may be added.
        """
        for trial in plan.trials:
            folder = self.trial(trial)
            if folder.state != "finished":
                continue
            was, wanted = folder.request(), request_of(plan, trial, corpus)
            was.setdefault(LABEL, wanted[LABEL])  # older folders do not say
            for key in sorted({*was, *wanted}):
                if was.get(key) != wanted.get(key):
                    raise InputError(
                        f"{folder.path}: was run with {key} = {was.get(key)}, now it is "
                        f"{wanted.get(key)}; name another --out, or remove the folders of this "
                        f"configuration"
                    )

    def with_proposals(self, plan: Plan) -> Plan:
        """A plan with what its search proposed here before, so that the search continues.

        Raises:
            InputError: it looked elsewhere, or chose otherwise.
        """
        assert plan.search is not None
        kept = _read(self.plan_file).get("search")
        if not isinstance(kept, dict):
            return plan
        proposed = kept.pop("proposed", [])
        wanted = json.loads(json.dumps(plan.search.said))
        for key in sorted({*kept, *wanted} if proposed else ()):
            if kept.get(key) != wanted.get(key):
                raise InputError(
                    f"{self.path}: was searched with {key} = {kept.get(key)}, now it is "
                    f"{wanted.get(key)}; name another --out"
                )
        for values in proposed[: plan.search.settings.trials]:
            plan = plan.with_proposal(values)
        return plan

    def write_plan(self, plan: Plan, corpus: Corpus) -> None:
        """Keep the resolved plan."""
        self.path.mkdir(parents=True, exist_ok=True)
        path = str(corpus.path.resolve()) if corpus.path else None
        of = {"name": corpus.name, "fingerprint": corpus.fingerprint, "path": path}
        write_json(
            self.plan_file, {"fingerprint": plan.fingerprint, "corpus": of, **plan.as_dict()}
        )

    def add_session(self, session: dict[str, Any]) -> None:
        """Add a line about one call of the command that ran trials."""
        append_line(self.sessions_file, json.dumps(session))

    def sessions(self) -> list[dict[str, Any]]:
        """Every call of the command that ran trials."""
        if not self.sessions_file.is_file():
            return []
        lines = self.sessions_file.read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.strip()]

    @contextlib.contextmanager
    def driven(self) -> Iterator[None]:
        """Keep a second call of the command off the same folder (`InputError`)."""
        driver = _read(self.driver_file)
        pid = driver.get("pid")
        if pid is not None and pid != os.getpid():
            started = process_start(pid)
            if started is not None and abs(started - driver["started"]) < 1:
                raise InputError(
                    f"{self.path}: process {pid} is running it; wait for it or stop it"
                )
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.driver_file, {"pid": os.getpid(), "started": process_start(os.getpid())})
        try:
            yield
        finally:
            self.driver_file.unlink(missing_ok=True)


def request_of(plan: Plan, trial: Trial, corpus: Corpus) -> dict[str, Any]:
    """A trial as its folder keeps it: settings by dotted key, and what data they meet."""
    configuration = trial.configuration
    request: dict[str, Any] = {
        "configuration": configuration.name,
        "seed": trial.seed,
        FINGERPRINT: corpus.fingerprint,
        LABEL: label_words(corpus.label),
    }
    if trial.fold is not None:
        request |= {"fold": trial.fold, "folds": plan.folds, "by": plan.by}
    if configuration.config is None:
        return {**request, "baseline": configuration.baseline}
    return {**request, **settings_of(configuration.config)}


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}
