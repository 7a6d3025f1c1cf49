"""How long a training will take, from what runs on this machine took."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmmie.errors import InputError
from mmmie.training.config import MAPPINGS, Config, flatten, load_config
from mmmie.training.devices.choice import device_kind
from mmmie.training.run_folder import RunFolder, read_metrics

_LATEST_EPOCHS = 5
_MOST_RUNS = 50
# Settings that do not change the cost of an epoch.
_FREE = {
    "data",
    "model.input_dropout",
    "model.dropout",
    "model.text_encoder.learning_rate",
    "objective.maximise.weight",
    "objective.minimise.invariant",
    "objective.minimise.specific",
    "objective.minimise.separation",
    "objective.reconstruction",
    "training.epochs",
    "training.loggers",
    "training.learning_rate",
    "training.weight_decay",
    "training.conditional_learning_rate",
    "training.averaging",
    "training.clip",
    "training.patience",
    "training.modality_dropout",
    "training.seed",
    "training.snapshot_utterances",
}


@dataclass(frozen=True)
class PastRun:
    """What a run on this machine cost.

    Attributes:
        name: of the run.
        device: where it was trained: cpu, cuda or mps.
        config: what it was trained with.
        seconds: median seconds of its latest epochs.
    """

    name: str
    device: str
    config: Config
    seconds: float


@dataclass(frozen=True)
class TimeEstimate:
    """About how long a training takes.

    Attributes:
        epoch_seconds: per epoch.
        total_seconds: of all planned epochs; patience may end it earlier.
        source: the run that it is read from.
        other_settings: dotted keys that cost time and differ there; empty is best.
    """

    epoch_seconds: float
    total_seconds: float
    source: str
    other_settings: tuple[str, ...]


def past_runs(runs: list[RunFolder]) -> list[PastRun]:
    """What the given runs cost, in their order; those without a whole epoch are left out."""
    found = []
    for run in runs[:_MOST_RUNS]:
        status = run.read_status()
        took = [m["seconds"] for m in read_metrics(run.path)[-_LATEST_EPOCHS:] if m.get("seconds")]
        if status is None or not status.device or not took:
            continue
        try:
            config = load_config(run.config)
        except InputError:
            continue  # written by another version
        found.append(
            PastRun(run.path.name, device_kind(status.device), config, float(np.median(took)))
        )
    return found


def estimate_time(config: Config, device: str, past: list[PastRun]) -> TimeEstimate | None:
    """The time of a training, from the run on the same corpus and device that is most like it.

    That is the one with the fewest differing settings that cost time, the first of equals.

    Args:
        past: from `past_runs`.

    Returns:
        None where no run tells.
    """
    alike = [run for run in past if run.device == device and _corpus(run.config) == _corpus(config)]
    if not alike:
        return None
    differing = {run.name: _costly_differences(config, run.config) for run in alike}
    best = min(alike, key=lambda run: len(differing[run.name]))
    total = best.seconds * config.training.epochs
    return TimeEstimate(best.seconds, total, best.name, differing[best.name])


def _corpus(config: Config) -> str:
    return config.data if config.data == "demo" else str(Path(config.data).resolve())


def _costly_differences(first: Config, second: Config) -> tuple[str, ...]:
    one, other = (flatten(c.model_dump(), whole=MAPPINGS) for c in (first, second))
    return tuple(key for key in one if key not in _FREE and one[key] != other.get(key))
