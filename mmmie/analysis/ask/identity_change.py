"""How much each intervention on identity changes the error, how surely, and where it cannot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.ask.identity_effect import (
    error_changes,
    identity_slices,
    prediction_shift,
    utterance_errors,
)
from mmmie.analysis.ask.presets import INTERVENTIONS
from mmmie.analysis.credit.attention_effect import ATTENDED, attention_masses, attention_variation
from mmmie.analysis.errors.resampling import Interval, conversation_codes
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings

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
                    "slice": name,
                    "n": int(mask.sum()),
                    "variant": variant,
                    "error": float(errors[variant][mask].mean()),
                    "change": change.value,
                    "low": change.low,
                    "high": change.high,
                    "mean_abs_shift": float(shifts[variant][mask].mean()),
                    **dict(zip(ATTENDED, map(float, shares), strict=True)),
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
        entries.append(
            {
                "slice": name,
                "n": int(mask.sum()),
                "variant": RETRAINED,
                "error": float(error[mask].mean()),
                "change": change.value,
                "low": change.low,
                "high": change.high,
                "mean_abs_shift": float(shift[mask].mean()),
            }
        )
    return pd.DataFrame(entries)


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
    """The slice where an intervention surely changes the error most.

    Among many slices some interval excludes zero by chance. So a change counts as sure where a
    normal interval of its standard error (a quarter of its interval's width, about) would do
    so at 95 % for all slices together (Bonferroni).

    Args:
        changes: from `identity_changes`.

    Returns:
        Its row and `trained`, the error as trained; None where no change is sure.
    """
    rows = changes[changes["variant"] == variant]
    error = (rows["high"] - rows["low"]) / (2 * NormalDist().inv_cdf(0.975))
    needed = NormalDist().inv_cdf(1 - 0.025 / len(rows))
    sure = rows[rows["change"].abs() > needed * error]
    if sure.empty:
        return None
    row = sure.iloc[int(sure["change"].abs().argmax())]
    found = {str(name): value for name, value in row.items()}
    return {**found, "trained": row["error"] - row["change"]}


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
