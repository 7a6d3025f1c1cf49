"""The estimator lab: estimators that learn side by side on a task whose answer is known.

They learn in a process of its own, which says what they say line by line. Whoever knows the
name of its folder can follow, stop and read it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.bounds.lab_tasks import LabSettings, optimum, parse_settings
from mmmie.jobs.background_work import State, Work, own_folder, serve
from mmmie.mi.catalogue import find

_MODULE = "mmmie.analysis.bounds.estimator_lab"
_SETTLED = 1 / 4
_SMOOTHED = 1 / 10


@dataclass
class LabRun:
    """What a run of the lab has written.

    Attributes:
        settings: what it does.
        state: of its work.
        points: `estimator`, `step`, `level`, `truth` and `nats`, in the order of writing.
        optima: `estimator`, `level`, `optimum` and `ceiling` in nats, NaN where there is none, for
            every level that was begun.
    """

    settings: LabSettings
    state: State
    points: pd.DataFrame
    optima: pd.DataFrame

    @property
    def progress(self) -> float:
        """The share of all steps that were taken."""
        if self.state == "done":
            return 1.0
        steps = self.settings.steps * len(self.settings.nats)
        return float(self.points["step"].max()) / steps if len(self.points) else 0.0


def lab_work(settings: LabSettings) -> Work:
    """The work that settings ask for; the question that they answer makes no difference."""
    content = {key: value for key, value in asdict(settings).items() if key != "question"}
    return Work.on(own_folder("estimator-lab"), _MODULE, content)


def find_lab(key: str) -> Work | None:
    """The work whose folder has this name, if it is still there."""
    work = Work(_MODULE, own_folder("estimator-lab") / key)
    return work if key.isalnum() and work.state is not None else None


def start_lab(settings: LabSettings) -> Work:
    """Start a run from its beginning in a process of its own, unless it is at work.

    Raises:
        InputError: a setting is out of its range, or the home folder cannot be written.
    """
    settings.tasks()
    work = lab_work(settings)
    work.start(asdict(settings))
    return work


def read_lab(work: Work) -> LabRun:
    """What a run has written so far.

    Raises:
        InputError: it was never started.
    """
    state = work.state  # before its lines: it may end between the two looks
    settings, lines = parse_settings(work.given), work.lines()
    points = pd.DataFrame(
        [line for line in lines if "step" in line],
        columns=["estimator", "step", "level", "truth", "nats"],
    )
    optima = pd.DataFrame(
        [line for line in lines if "optimum" in line],
        columns=["estimator", "level", "optimum", "ceiling"],
    ).astype({"optimum": float, "ceiling": float})
    return LabRun(settings, state or "failed", points, optima)


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
    from mmmie.mi.learned.watched_fit import watch

    tasks, family, batch = settings.tasks(), settings.shape(), settings.batch_size

    def said(name: str) -> Iterator[dict[str, Any]]:
        points = watch(
            name,
            tasks,
            settings.steps,
            batch,
            seed=settings.seed,
            critic=settings.critic if find(name).learns == "critic" else None,  # type: ignore[arg-type]
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
                    "ceiling": find(name).ceiling(batch),
                }
        yield line


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    return lab_lines(parse_settings(given))


if __name__ == "__main__":
    serve(_compute)
