"""A run in one line: on what, how good, how long, what was changed, and what people noted."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field, TypeAdapter

from mmmie.corpus import Kind
from mmmie.errors import InputError
from mmmie.files import surviving_folder, write_json
from mmmie.metrics import METRICS, primary_metric
from mmmie.reading import read_json, stamp, validated
from mmmie.training.checkpoint_files import read_checkpoint_info
from mmmie.training.config import MAPPINGS, Config, flatten, load_config
from mmmie.training.run_folder import RunFolder, read_metrics

MOST_TAGS, LONGEST_TAG, LONGEST_NOTES = 20, 40, 4000
NOTES_FILE = "notes.json"
_NOT_SHOWN = ("data", "label", "training.seed", "training.loggers")  # have columns, change nothing


_Tag = Annotated[str, Field(max_length=LONGEST_TAG)]
_Tags = Annotated[list[_Tag], Field(max_length=MOST_TAGS)]


@dataclass(frozen=True)
class Notes:
    """What people wrote on a run.

    Attributes:
        tags: short words to find it by, in the order they were given.
        notes: any text.
    """

    tags: _Tags = field(default_factory=list)
    notes: Annotated[str, Field(max_length=LONGEST_NOTES)] = ""


_NOTES = TypeAdapter(Notes)


@dataclass(frozen=True)
class RunSummary:
    """One row of a leaderboard; None where a run does not say.

    Attributes:
        corpus: the name of what it was trained on.
        metric: the metric that chooses its epoch.
        value: its value on the valid split at that epoch.
        seconds: all epochs together.
        changed: dotted key → value of the settings that are not the defaults.
        metrics: all metrics of the valid split at that epoch.
    """

    corpus: str | None
    seed: int | None
    metric: str | None
    value: float | None
    seconds: float | None
    changed: dict[str, Any]
    tags: list[str]
    notes: str
    metrics: dict[str, float]


def run_summary(run: RunFolder) -> RunSummary:
    """What a run says of itself; what cannot be read is left out, see `faults.run_faults`.

    It is remembered until one of the files is written anew.
    """
    files = run.config, surviving_folder(run.best) / "config.json", run.metrics_file
    return _summary(run.path, tuple(stamp(file) for file in (*files, run.path / NOTES_FILE)))


@functools.lru_cache(maxsize=256)
def _summary(path: Path, stamps: tuple[tuple[int, int], ...]) -> RunSummary:
    run = RunFolder(path)
    try:
        config = load_config(run.config)
    except (InputError, OSError):
        config = None
    try:
        info = read_checkpoint_info(surviving_folder(run.best))
    except (InputError, OSError):
        info = None
    try:
        noted = read_notes(run)
    except InputError:
        noted = Notes()
    lines = read_metrics(run.path)
    names = [primary_metric(kind)[0] for kind in get_args(Kind)]
    used = [name for name in names if any(_number(line, name) is not None for line in lines)]
    metric = primary_metric(info.label.kind)[0] if info else next(iter(used), None)
    metrics = _chosen(lines, metric)
    corpus = info.corpus["name"] if info else Path(config.data).name if config else None
    seconds = [s for line in lines if isinstance(s := line.get("seconds"), (int, float))]
    return RunSummary(
        corpus=corpus,
        seed=config.training.seed if config else None,
        metric=metric,
        value=metrics.get(metric) if metric else None,
        seconds=float(sum(seconds)) if seconds else None,
        changed=changed_settings(config) if config else {},
        tags=noted.tags,
        notes=noted.notes,
        metrics=metrics,
    )


def changed_settings(config: Config) -> dict[str, Any]:
    """Dotted key → value of the settings that are not the defaults; corpus and seed left out.

    Example:
        >>> changed_settings(load_config(overrides=["model.dim=32", "training.seed=3"]))
        {'model.dim': 32}
    """
    values, defaults = (flatten(one.model_dump(), whole=MAPPINGS) for one in (config, Config()))
    return {
        key: value
        for key, value in values.items()
        if key not in _NOT_SHOWN and (key not in defaults or value != defaults[key])
    }


def _chosen(lines: list[dict[str, Any]], metric: str | None) -> dict[str, float]:
    """The metrics of the valid split at the epoch that is best by one of them."""
    if metric is None:
        return {}
    sign = -1 if METRICS[metric].higher_is_better else 1
    scored = [(sign * v, line) for line in lines if (v := _number(line, metric)) is not None]
    if not scored:
        return {}
    best = min(scored, key=lambda one: one[0])[1]
    values = {name: _number(best, name) for name in METRICS}
    return {name: value for name, value in values.items() if value is not None}


def _number(line: dict[str, Any], metric: str) -> float | None:
    value = line.get(f"valid/{metric}")
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def read_notes(run: RunFolder) -> Notes:
    """What people wrote on a run; nothing where nobody did.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    file = run.path / NOTES_FILE
    try:
        return validated(_NOTES, read_json(file), str(file))
    except FileNotFoundError:
        return Notes()


def write_notes(run: RunFolder, notes: Notes) -> None:
    """Replace what people wrote on a run; each tag is kept once, without spaces around it.

    Raises:
        InputError: it is no run folder, or a tag or the text is too long; nothing is written.
        WriteError: it cannot be written.
    """
    run.check_exists("name one with a config.toml")
    tags = list(dict.fromkeys(tag.strip() for tag in notes.tags if tag.strip()))
    said = {"tags": tags, "notes": notes.notes.strip()}
    validated(_NOTES, said, f"notes of {run.path}")
    write_json(run.path / NOTES_FILE, said)
