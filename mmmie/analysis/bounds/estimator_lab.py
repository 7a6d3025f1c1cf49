"""The estimator lab: estimators that learn side by side on a task whose answer is known.

They learn in a process of its own, which writes what they say line by line:
``python -m mmmie.analysis.bounds.estimator_lab SETTINGS.json OUT.jsonl``. A folder for
every run of the lab is all the state that there is, so whoever knows the folder can follow, stop
and read it.
"""

from __future__ import annotations

import heapq
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from mmmie.analysis.bounds.lab_settings import LabSettings, read_settings
from mmmie.analysis.bounds.lab_tasks import optimum
from mmmie.files import write_json, write_text
from mmmie.training.run_folder import process_start

State = Literal["running", "finished", "stopped", "failed"]

_KEPT_RUNS = 20
_FLUSH_SECONDS = 0.2
_SETTLED = 1 / 4
_SMOOTHED = 1 / 10
_END = "end"


@dataclass
class LabRun:
    """What a run of the lab has written.

    Attributes:
        settings: what it does.
        state: running, finished, stopped or failed.
        points: `estimator`, `step`, `level`, `truth` and `nats`, in the order of writing.
        optima: `estimator`, `level`, `optimum` and `ceiling` in nats, NaN where there is none, for
            every level that was begun.
        error: one line, where it failed.
    """

    settings: LabSettings
    state: State
    points: pd.DataFrame
    optima: pd.DataFrame
    error: str | None = None

    @property
    def progress(self) -> float:
        """The share of all steps that were taken."""
        if self.state == "finished":
            return 1.0
        steps = self.settings.steps * len(self.settings.nats)
        return float(self.points["step"].max()) / steps if len(self.points) else 0.0


def lab_folder() -> Path:
    """Where runs of the lab are kept, as they belong to no checkpoint.

    In the home of this user, or among the temporary files where that cannot be written.
    """
    folder = Path.home() / ".cache" / "mmmie" / "estimator-lab"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.gettempdir()) / "mmmie-estimator-lab"


def start_lab(settings: LabSettings, folder: Path) -> Path:
    """Start a run in a process of its own and forget the oldest ones.

    Args:
        settings: what to do.
        folder: of all runs, `lab_folder`.

    Returns:
        The folder of the run, whose name is its key.

    Raises:
        InputError: a setting is out of its range.
    """
    settings.tasks()
    run = folder / secrets.token_hex(6)
    run.mkdir(parents=True)
    settings.write(run / "settings.json")
    with (run / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "mmmie.analysis.bounds.estimator_lab"),
                *(str(run / "settings.json"), str(run / "points.jsonl")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    write_json(run / "process.json", {"pid": process.pid, "started": process_start(process.pid)})
    _forget_old(folder)
    return run


def stop_lab(run: Path) -> None:
    """End a run; what it has written stays."""
    pid = _living(run)
    if pid is None:
        return
    write_text(run / "stopped", "")
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def find_lab(folder: Path, key: str) -> Path | None:
    """The run of a key that `start_lab` gave, if it is still there."""
    known = key.isalnum() and (folder / key / "settings.json").is_file()
    return folder / key if known else None


def read_lab(run: Path) -> LabRun:
    """What a run has written so far.

    Raises:
        InputError: there is none.
    """
    living = _living(run)  # before its lines: it may end between the two looks
    settings = read_settings(run / "settings.json")
    lines = _lines(run / "points.jsonl")
    ended = bool(lines) and _END in lines[-1]
    points = pd.DataFrame(
        [line for line in lines if "step" in line],
        columns=["estimator", "step", "level", "truth", "nats"],
    )
    optima = pd.DataFrame(
        [line for line in lines if "optimum" in line],
        columns=["estimator", "level", "optimum", "ceiling"],
    ).astype({"optimum": float, "ceiling": float})
    if ended:
        return LabRun(settings, "finished", points, optima)
    if (run / "stopped").exists():
        return LabRun(settings, "stopped", points, optima)
    if living is not None:
        return LabRun(settings, "running", points, optima)
    return LabRun(settings, "failed", points, optima, _last_line(run / "log.txt"))


def levels_table(run: LabRun) -> pd.DataFrame:
    """What every estimator has come to on every level that was begun, one row each.

    Returns:
        `estimator`, `level` and `truth`; `value`: the mean over the last quarter of its points of
        the level; `spread`: their standard deviation; `error`: the standard error of `value`;
        `lowest` of them; `points`: how many; `below`: the points of the level at which `smoothed`
        was below the truth; `optimum` and `ceiling`. In nats, NaN for no value.
    """
    columns = ["estimator", "level", "truth", "value", "spread", "error", "lowest", "points"]
    columns.append("below")
    rows = []
    for (name, level), part in run.points.groupby(["estimator", "level"], sort=False):
        values = part["nats"].to_numpy(float)
        last = values[-max(round(len(values) * _SETTLED), 1) :]
        spread = float(last.std(ddof=1)) if len(last) > 1 else float("nan")
        error = spread / np.sqrt(len(last))
        truth = float(part["truth"].iloc[0])
        below = int((smoothed(part["nats"]) < truth).sum())
        rows.append((name, level, truth, last.mean(), spread, error, last.min(), len(last), below))
    table = pd.DataFrame(rows, columns=columns)
    return table.merge(run.optima, on=["estimator", "level"], how="left")


def smoothed(values: pd.Series) -> pd.Series:
    """The running mean of the values of one estimator on one level, over a tenth of them."""
    window = max(round(len(values) * _SMOOTHED), 1)
    return values.rolling(window, min_periods=1).mean()


def lab_lines(settings: LabSettings) -> Iterator[dict[str, Any]]:
    """What a run writes, computed here; needs torch.

    On every level first the optimum and the ceiling of each estimator, then the points of all, by
    step.

    Raises:
        InputError: a setting is out of its range or an estimator unknown.
    """
    from mmmie.mi.learned.critics import CriticEstimator
    from mmmie.mi.learned.watch import watch
    from mmmie.mi.registry import estimator_class

    tasks, family, batch = settings.tasks(), settings.shape(), settings.batch_size

    def said(name: str) -> Iterator[dict[str, Any]]:
        learns_critic = issubclass(estimator_class(name), CriticEstimator)
        points = watch(
            name,
            tasks,
            settings.steps,
            batch,
            seed=settings.seed,
            critic=settings.critic if learns_critic else None,  # type: ignore[arg-type]
            transform=settings.transform,  # type: ignore[arg-type]
            from_closed_form=settings.from_closed_form,
        )
        return ({"estimator": name, **point._asdict()} for point in points)

    all_said = [said(name) for name in settings.estimators]
    begun = -1
    for line in heapq.merge(*all_said, key=lambda line: (line["level"], line["step"])):
        if line["level"] > begun:
            begun = line["level"]
            value = partial(optimum, family, dim=settings.dim, nats=settings.nats[begun])
            for name in settings.estimators:
                yield {
                    "estimator": name,
                    "level": begun,
                    "optimum": value(name, batch_size=batch, transform=settings.transform),
                    "ceiling": estimator_class(name).ceiling(batch),
                }
        yield line


def _living(run: Path) -> int | None:
    """The process of a run while it is there, and not another one of the same number."""
    try:
        held = json.loads((run / "process.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    started = process_start(held["pid"])
    same = started is not None and held["started"] is not None
    return int(held["pid"]) if same and abs(started - held["started"]) < 1 else None


def _lines(file: Path) -> list[dict[str, Any]]:
    """The whole lines of a file that is being written."""
    try:
        data = file.read_bytes()
    except OSError:
        return []
    return [json.loads(line) for line in data[: data.rfind(b"\n") + 1].splitlines()]


def _last_line(file: Path) -> str:
    try:
        lines = file.read_text("utf-8", errors="replace").split("\n")
    except OSError:
        lines = []
    return next((line for line in reversed(lines) if line.strip()), "its process is gone")


def _forget_old(folder: Path) -> None:
    runs = sorted(folder.iterdir(), key=lambda run: run.stat().st_mtime, reverse=True)
    for run in runs[_KEPT_RUNS:]:
        if _living(run) is None:
            shutil.rmtree(run, ignore_errors=True)


def _main(settings_file: str, out: str) -> None:
    settings = read_settings(Path(settings_file))
    flushed = time.monotonic()
    with Path(out).open("w", encoding="utf-8") as stream:
        for line in lab_lines(settings):
            stream.write(json.dumps(line) + "\n")
            if time.monotonic() - flushed > _FLUSH_SECONDS:
                stream.flush()
                flushed = time.monotonic()
        stream.write(json.dumps({_END: True}) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
