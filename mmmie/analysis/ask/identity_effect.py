"""What the identity embedding does: error, prediction and attention under every intervention."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.ask.context_use import ATTENDED, attention_masses, attention_variation
from mmmie.analysis.ask.preset_questions import INTERVENTIONS
from mmmie.analysis.errors.resampling import (
    Interval,
    conversation_codes,
    difference_interval,
    mean_intervals,
)
from mmmie.analysis.errors.slices import slices, turn_slices
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus, Label
from mmmie.metrics import metric_names, metrics_for
from mmmie.mi.verdict import Decision, decide
from mmmie.model.config import ModelSettings

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
        ``f1_weighted_change`` and ``accuracy_change``), ``attention`` → change of each mean share
        and ``total_variation``, the mean of `attention_variation`; ``slices`` →
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
            for metric in reported_metrics(corpus.label):
                found = _metric_change(corpus, outputs, outputs.output[name], metric, groups, mask)
                interventions[name][f"{metric}_change"] = _plain(found)
    return {
        "trained": {
            **metrics_for(corpus.label, outputs.output[TRAINED][mask], targets),
            "error": float(utterance_errors(corpus, outputs)[mask].mean()),
            "attention": _shares(masses),
        },
        "interventions": interventions,
    }


def reported_metrics(label: Label) -> list[str]:
    """The metrics that are reported of a model everywhere, the most telling first."""
    return metric_names(label)[:2]


def metric_changes(
    corpus: Corpus,
    outputs: SplitOutputs,
    within: np.ndarray | None = None,
    others: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    """What every intervention does to the metrics that are reported everywhere.

    Args:
        within: (n,) bool, the utterances that count; all if left out.
        others: further variants → what another model predicts, as in `SplitOutputs.output`.

    Returns:
        One row per `variant` and `metric` of `reported_metrics`: its `value`, and its `change`
        against the model as trained with the paired 95 % interval `low`, `high`.
    """
    groups, targets = conversation_codes(corpus, outputs.rows), corpus.targets[outputs.rows]
    counted = np.ones(len(targets), bool) if within is None else within
    entries = []
    said = {name: outputs.output[name] for name in INTERVENTIONS} | dict(others or {})
    for variant, output in said.items():
        values = metrics_for(corpus.label, output[counted], targets[counted])
        for metric in reported_metrics(corpus.label):
            found = _metric_change(corpus, outputs, output, metric, groups, counted)
            ends = (found.value, found.low, found.high)
            entries.append((variant, metric, values[metric], *ends))
    columns = ["variant", "metric", "value", "change", "low", "high"]
    return pd.DataFrame(entries, columns=columns)


def _metric_change(
    corpus: Corpus,
    outputs: SplitOutputs,
    output: np.ndarray,
    metric: str,
    groups: np.ndarray,
    mask: np.ndarray,
) -> Interval:
    return difference_interval(
        metric,
        corpus.label,
        outputs.output[TRAINED],
        output,
        corpus.targets[outputs.rows],
        groups,
        mask,
        repeats=_REPEATS,
    )


def _shares(masses: np.ndarray) -> dict[str, float]:
    return {name: float(mass) for name, mass in zip(ATTENDED, masses, strict=True)}


def _plain(interval: Interval) -> dict[str, float]:
    return {"value": interval.value, "low": interval.low, "high": interval.high}


RETRAINED = "retrained"
_UNKNOWN = 2
_FEWEST_UTTERANCES = 10


def identity_changes(
    corpus: Corpus, outputs: SplitOutputs, within: np.ndarray | None = None
) -> pd.DataFrame:
    """Error, prediction and attention under every intervention, in all utterances and in slices.

    The same numbers as `identity_effect`, without the metrics that a page does not show.

    Args:
        within: (n,) bool, the utterances that count; all if left out. Slices are then parts of
            these, and those of fewer than ten utterances or of all of them are left out.

    Returns:
        One row per slice (``all`` first) and variant (``trained`` first): `slice`, `n`,
        `variant`, `error` (of `utterance_errors`), `change` against the same model as trained,
        its interval `low` and `high` (NaN with fewer than two conversations),
        `mean_abs_shift` of the prediction, and of the attention the shares on `target`,
        `same_speaker`, `other_speakers` and `unknown_speakers` and its `total_variation`
        against the model as trained.
    """
    groups = conversation_codes(corpus, outputs.rows)
    names = list(INTERVENTIONS)
    variants = [TRAINED, *names]
    errors = {v: utterance_errors(corpus, outputs, v) for v in variants}
    shifts = {v: prediction_shift(outputs, v) for v in variants}
    masses = {v: attention_masses(outputs, v) for v in variants}
    moved = {v: attention_variation(outputs, v) for v in variants}
    entries: list[dict[str, Any]] = []
    for name, mask in _parts(corpus, outputs.rows, within):
        found = error_changes(corpus, outputs, names, groups, mask)
        still = Interval(0.0, 0.0, 0.0)
        for variant, change in zip(variants, [still, *found], strict=True):
            shares = masses[variant][mask].mean(0)
            entries.append(
                {
                    **_change(name, variant, mask, errors[variant], shifts[variant], change),
                    **_shares(shares),
                    "total_variation": float(moved[variant][mask].mean()),
                }
            )
    return pd.DataFrame(entries)


def retrained_changes(
    corpus: Corpus, outputs: SplitOutputs, other: SplitOutputs, within: np.ndarray | None = None
) -> pd.DataFrame:
    """Another model on the same utterances, as further rows of `identity_changes`.

    Args:
        outputs: the model that `change` is measured against.
        within: as in `identity_changes`.

    Returns:
        One row per slice with the variant ``retrained`` and the columns of `identity_changes`
        but those of attention: the two need not see the same window.
    """
    pair = {TRAINED: outputs.output[TRAINED], RETRAINED: other.output[TRAINED]}
    both = replace(outputs, output=pair)
    groups = conversation_codes(corpus, outputs.rows)
    error = utterance_errors(corpus, both, RETRAINED)
    shift = prediction_shift(both, RETRAINED)
    entries: list[dict[str, Any]] = []
    for name, mask in _parts(corpus, outputs.rows, within):
        (change,) = error_changes(corpus, both, [RETRAINED], groups, mask)
        entries.append(_change(name, RETRAINED, mask, error, shift, change))
    return pd.DataFrame(entries)


def _change(
    part: str,
    variant: str,
    mask: np.ndarray,
    error: np.ndarray,
    shift: np.ndarray,
    change: Interval,
) -> dict[str, Any]:
    return {
        "slice": part,
        "n": int(mask.sum()),
        "variant": variant,
        "error": float(error[mask].mean()),
        "change": change.value,
        "low": change.low,
        "high": change.high,
        "mean_abs_shift": float(shift[mask].mean()),
    }


def _parts(
    corpus: Corpus, rows: np.ndarray, within: np.ndarray | None
) -> Iterator[tuple[str, np.ndarray]]:
    """``all`` and the slices of a split, each cut to the utterances that count."""
    counted = np.ones(len(rows), bool) if within is None else within
    yield "all", counted
    for name, mask in identity_slices(corpus, rows):
        part = mask & counted
        if part.sum() >= _FEWEST_UTTERANCES and (part != counted).any():
            yield name, part


def strongest_change(changes: pd.DataFrame, variant: str) -> dict[str, Any] | None:
    """The slice where an intervention is shown to change the error by most.

    Args:
        changes: from `identity_changes`.

    Returns:
        Its row and `trained`, the error as trained; None where no change is shown.
    """
    rows = changes[(changes["variant"] == variant) & (changes["slice"] != "all")]
    found = decided_changes(rows)
    shown = [max(one.low, -one.high) if one.clear else 0.0 for one in found]
    if not any(shown):
        return None
    row = rows.iloc[int(np.argmax(shown))]
    return {**{str(k): v for k, v in row.items()}, "trained": row["error"] - row["change"]}


def decided_changes(rows: pd.DataFrame) -> list[Decision]:
    """What may be said of changes under one intervention: above 0 the error grows.

    All utterances stand for themselves; slices are corrected for how many of them there are.

    Args:
        rows: one intervention's of `identity_changes`.
    """
    slices = int((rows["slice"] != "all").sum())
    return [
        decide(row["change"], row["low"], row["high"], looks=1 if row["slice"] == "all" else slices)
        for row in rows.to_dict("records")
    ]


def without_effect(settings: ModelSettings, outputs: SplitOutputs) -> dict[str, str]:
    """The interventions that cannot change this model, and why, in words for a reader."""
    identity = settings.identity
    reasons: dict[str, str] = {}
    if not identity.enabled:
        for name in INTERVENTIONS:
            if name != "no_context":
                reasons[name] = "the model was trained without identity embedding"
    for term, names in (
        ("role", ("no_role", "shuffle_roles")),
        ("speaker", ("no_speaker", "swap_speaker")),
        ("modality", ("no_modality",)),
    ):
        if not getattr(identity, term):
            for name in names:
                reasons.setdefault(name, f"the model was trained without the {term} term")
    if outputs.window.shape[1] == 1:
        for name in ("swap_speaker", "shuffle_roles", "no_context"):
            reasons.setdefault(name, "the model sees no neighbours")
    elif (outputs.relation == _UNKNOWN).all():
        reasons.setdefault("swap_speaker", "no speaker is known")
    return {name: reasons[name] for name in INTERVENTIONS if name in reasons}
