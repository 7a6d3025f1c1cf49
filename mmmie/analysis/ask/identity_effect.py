"""What the identity embedding does: error, prediction and attention under every intervention."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mmmie.analysis.ask.presets import INTERVENTIONS
from mmmie.analysis.credit.attention_effect import ATTENDED, attention_masses, attention_variation
from mmmie.analysis.errors.resampling import (
    Interval,
    conversation_codes,
    difference_interval,
    mean_intervals,
)
from mmmie.analysis.errors.slices import slices, turn_slices
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.metrics import metrics_for

_REPEATS = 1000


def identity_effect(corpus: Corpus, outputs: SplitOutputs) -> dict[str, Any]:
    """The report of ``mmmie identity``.

    Intervals are paired 95 % bootstraps over whole conversations, see
    `mmmie.analysis.errors.resampling`.

    Returns:
        ``trained`` → metrics, ``error`` (see `utterance_errors`) and ``attention`` → whom it
        falls on (`ATTENDED`) → mean share; ``interventions`` → name → the same metrics and
        error, ``mean_abs_shift`` of `prediction_shift`, ``error_change`` → {``value``,
        ``low``, ``high``} of the error minus that as trained (for classes also
        ``f1_weighted_change``), ``attention`` → change of each mean share and
        ``total_variation``, the mean of `attention_variation`; ``slices`` →
        ``column=value`` → ``n`` and the same for that part.
    """
    groups = conversation_codes(corpus, outputs.rows)
    report = _effect(corpus, outputs, groups, np.ones(len(groups), bool))
    report["slices"] = {
        name: {"n": int(mask.sum()), **_effect(corpus, outputs, groups, mask)}
        for name, mask in identity_slices(corpus, outputs.rows)
    }
    return report


def identity_slices(corpus: Corpus, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Name and mask (n,) of the parts where identity may matter: `slices`, then `turn_slices`."""
    yield from slices(corpus, rows)
    yield from turn_slices(corpus, rows)


def utterance_errors(corpus: Corpus, outputs: SplitOutputs, variant: str = TRAINED) -> np.ndarray:
    """The error of every prediction (n,), as `SplitOutputs.frame` has it.

    In label units the absolute error; for classes 1 minus the probability of the true class.
    """
    targets, output = corpus.targets[outputs.rows], outputs.output[variant]
    if corpus.label.classes is None:
        return np.abs(output - targets).astype(float)
    return 1 - output[np.arange(len(targets)), targets].astype(float)


def prediction_shift(outputs: SplitOutputs, variant: str) -> np.ndarray:
    """How far each prediction moves under an intervention (n,).

    In label units the absolute change; for classes the total variation distance between the
    class probabilities, 0 to 1.
    """
    difference = np.abs(outputs.output[variant] - outputs.output[TRAINED])
    return difference if difference.ndim == 1 else difference.sum(1) / 2


def error_changes(
    corpus: Corpus,
    outputs: SplitOutputs,
    variants: list[str],
    groups: np.ndarray,
    mask: np.ndarray,
) -> list[Interval]:
    """The mean error under each variant minus that as trained, with paired intervals.

    Args:
        groups: (n,) integers, the conversation of every utterance.
        mask: (n,) bool, the utterances that count.
    """
    trained = utterance_errors(corpus, outputs)
    changes = [utterance_errors(corpus, outputs, variant) - trained for variant in variants]
    return mean_intervals(np.stack(changes, 1), groups, mask, repeats=_REPEATS)


def _effect(
    corpus: Corpus, outputs: SplitOutputs, groups: np.ndarray, mask: np.ndarray
) -> dict[str, Any]:
    targets = corpus.targets[outputs.rows][mask]
    names = list(INTERVENTIONS)
    masses = attention_masses(outputs)[mask].mean(0)
    interventions = {}
    changes = error_changes(corpus, outputs, names, groups, mask)
    for name, change in zip(names, changes, strict=True):
        moved = attention_masses(outputs, name)[mask].mean(0) - masses
        interventions[name] = {
            **metrics_for(corpus.label, outputs.output[name][mask], targets),
            "mean_abs_shift": float(prediction_shift(outputs, name)[mask].mean()),
            "error": float(utterance_errors(corpus, outputs, name)[mask].mean()),
            "error_change": _plain(change),
            "attention": {
                **_shares(moved),
                "total_variation": float(attention_variation(outputs, name)[mask].mean()),
            },
        }
        if corpus.label.classes is not None:
            interventions[name]["f1_weighted_change"] = _plain(
                difference_interval(
                    "f1_weighted",
                    corpus.label,
                    outputs.output[TRAINED],
                    outputs.output[name],
                    corpus.targets[outputs.rows],
                    groups,
                    mask,
                    repeats=_REPEATS,
                )
            )
    return {
        "trained": {
            **metrics_for(corpus.label, outputs.output[TRAINED][mask], targets),
            "error": float(utterance_errors(corpus, outputs)[mask].mean()),
            "attention": _shares(masses),
        },
        "interventions": interventions,
    }


def _shares(masses: np.ndarray) -> dict[str, float]:
    return {name: float(mass) for name, mass in zip(ATTENDED, masses, strict=True)}


def _plain(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}
