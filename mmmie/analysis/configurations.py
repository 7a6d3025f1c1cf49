"""How configurations differ, as a table and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

import pandas as pd

from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import Config, flatten

# Where the configurations differ but the models do not: their data is named by its fingerprint.
_NOT_COMPARED = ("data", "training.loggers")

# setting → what it is called when a checkpoint is without it
_SWITCHES = {
    "model.identity.enabled": "identity",
    "model.context.enabled": "context",
    "objective.maximise.enabled": "MI maximisation",
    "objective.minimise.enabled": "MI minimisation",
    "model.identity.role": "the role term",
    "model.identity.speaker": "the speaker term",
    "model.identity.modality": "the modality term",
    "model.stochastic": "stochastic codes",
}
_WEIGHTS = {
    "objective.maximise.weight": "MI maximisation",
    "objective.minimise.invariant": "MI minimisation of z",
    "objective.minimise.specific": "MI minimisation of s",
    "objective.minimise.separation": "separation",
    "objective.reconstruction": "reconstruction",
}
_ENCODER = "model.text_encoder."
_MOST_NAMED = 2


def settings_of(info: CheckpointInfo) -> dict[str, Any]:
    """Every setting of a checkpoint by its dotted key; the modalities are those it takes."""
    settings = flatten(info.config.model_dump(), whole="modality_dropout")
    settings["model.modalities"] = list(info.modalities)
    return {key: value for key, value in settings.items() if key not in _NOT_COMPARED}


def configuration_diff(first: CheckpointInfo, second: CheckpointInfo) -> pd.DataFrame:
    """The settings that differ, one row each: `setting`, `first`, `second`."""
    a, b = settings_of(first), settings_of(second)
    keys = [key for key in a if a.get(key) != b.get(key)]
    keys += [key for key in b if key not in a]
    return pd.DataFrame(
        [{"setting": key, "first": a.get(key), "second": b.get(key)} for key in keys],
        columns=["setting", "first", "second"],
    )


def maximises(config: Config) -> bool:
    """Whether a model is trained to bring the shared codes of one utterance together."""
    maximise = config.objective.maximise
    return maximise.enabled and maximise.weight > 0


def minimises(config: Config) -> bool:
    """Whether a model is trained to keep little of the input in its shared codes."""
    minimise = config.objective.minimise
    return minimise.enabled and minimise.invariant > 0


def closest(
    mine: CheckpointInfo, others: Iterable[CheckpointInfo], wanted: Callable[[Config], bool]
) -> CheckpointInfo | None:
    """The checkpoint on the same corpus as `mine` that is as wanted and differs least otherwise.

    Returns:
        The first of the closest; None where there is none.
    """
    fitting = [
        info
        for info in others
        if wanted(info.config) and info.corpus["fingerprint"] == mine.corpus["fingerprint"]
    ]
    return min(fitting, key=lambda info: len(configuration_diff(mine, info)), default=None)


def describe_difference(other: CheckpointInfo, reference: CheckpointInfo) -> str:
    """In words how `other` is configured differently, such as ``without identity``.

    Returns:
        at most two differences by name and the number of the rest; ``same configuration``
        where there is none.

    Example:
        >>> from dataclasses import replace
        >>> from mmmie import load_checkpoint
        >>> info = load_checkpoint("checkpoints/demo").info
        >>> config = info.config.model_copy(deep=True)
        >>> config.model.identity.enabled = False
        >>> describe_difference(replace(info, config=config), info)
        'without identity'
    """
    table = configuration_diff(reference, other)
    silent = _silent_settings(reference, other)
    parts = [
        _words(row["setting"], row["first"], row["second"])
        for row in table.to_dict("records")
        if row["setting"] not in silent
    ]
    if not parts:
        return "same configuration"
    rest = len(parts) - _MOST_NAMED
    named = parts if rest <= 0 else [*parts[:_MOST_NAMED], f"{rest} more"]
    return ", ".join(named)


def _silent_settings(reference: CheckpointInfo, other: CheckpointInfo) -> list[str]:
    """Settings of text encoders whose difference has no effect: one is off, or one is frozen."""
    encoders = [info.config.model.text_encoder for info in (reference, other)]
    if not all(encoder.name for encoder in encoders):
        made = [encoder.modality for encoder in encoders if encoder.name]
        both = reference.modalities.keys() & other.modalities.keys()
        said = {"name"} if both.issuperset(made) else set()  # else the modality is said to be gone
        return [f"{_ENCODER}{key}" for key in encoders[0].model_dump() if key not in said]
    tuned = all(encoder.mode == "fine_tuned" for encoder in encoders)
    return [] if tuned else [f"{_ENCODER}learning_rate"]


def _words(key: str, reference: Any, other: Any) -> str:
    if key in _SWITCHES:
        return f"{'with' if other else 'without'} {_SWITCHES[key]}"
    if key in _WEIGHTS and not (reference and other):
        return f"{'with' if other else 'without'} {_WEIGHTS[key]}"
    if key == "model.modalities":
        gone = [name for name in reference if name not in other]
        return f"without {' and '.join(gone)}" if gone else f"on {' + '.join(other)}"
    if key == f"{_ENCODER}name" and isinstance(reference, str) and isinstance(other, str):
        return f"text encoder {PurePath(other).name}"
    if key == f"{_ENCODER}name":  # pandas may have NaN for None
        return f"{'with' if isinstance(other, str) else 'without'} a text encoder"
    if key == f"{_ENCODER}mode":
        return f"text encoder {other.replace('_', '-')}"
    if key == "model.readout":
        return f"{other} readout"
    if key == "training.epochs":
        return "1 epoch" if other == 1 else f"{other} epochs"
    short = key.rpartition(".")[2] if key.startswith(("training.", "model.")) else key
    return f"{short.replace('_', ' ')} {_plain(other)}"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(v)}" for key, v in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
