"""How much each intervention on identity changes the error, how surely, and where it cannot."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.identity_effect import identity_effect, prediction_shift
from mmmie.analysis.intervals import difference_interval
from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.analysis.probes import conversation_codes
from mmmie.analysis.slices import slices
from mmmie.corpus import Corpus
from mmmie.metrics import metrics_for
from mmmie.model.config import ModelSettings

RETRAINED = "retrained"
_REPEATS = 1000
_UNKNOWN = 2


def identity_changes(corpus: Corpus, outputs: SplitOutputs) -> pd.DataFrame:
    """`identity_effect` as a table, with paired intervals of the change.

    The error is the mean absolute error in label units, or the share of wrong classes. The
    interval of its change is the 95 % bootstrap over whole conversations of
    `mmmie.analysis.intervals`.

    Returns:
        One row a slice (``all`` first) and variant (``trained`` first): `slice`, `n`,
        `variant`, `error`, `change` against the same model as trained, its interval `low` and
        `high` (NaN with fewer than two conversations), and `mean_abs_shift` of the prediction.
    """
    report = identity_effect(corpus, outputs)
    everything = np.ones(len(outputs.rows), bool)
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", everything), *slices(corpus, outputs.rows)]:
        part = report if name == "all" else report["slices"][name]
        common = {"slice": name, "n": int(mask.sum())}
        trained = _error(part["trained"])
        still = {"change": 0.0, "low": 0.0, "high": 0.0, "mean_abs_shift": 0.0}
        entries.append({**common, "variant": TRAINED, "error": trained, **still})
        for variant in INTERVENTIONS:
            metrics = part["interventions"][variant]
            error = _error(metrics)
            low, high = _change_interval(corpus, outputs, variant, mask)
            entries.append(
                {
                    **common,
                    "variant": variant,
                    "error": error,
                    "change": error - trained,
                    "low": low,
                    "high": high,
                    "mean_abs_shift": metrics["mean_abs_shift"],
                }
            )
    return pd.DataFrame(entries)


def retrained_changes(corpus: Corpus, outputs: SplitOutputs, other: SplitOutputs) -> pd.DataFrame:
    """Another model on the same utterances, as further rows of `identity_changes`.

    Args:
        corpus: the corpus of both.
        outputs: the model that `change` is measured against.
        other: of the same split.

    Returns:
        One row a slice with the variant ``retrained`` and the columns of `identity_changes`.
    """
    pair = {TRAINED: outputs.output[TRAINED], RETRAINED: other.output[TRAINED]}
    both = replace(outputs, output=pair)
    targets = corpus.targets[outputs.rows]
    everything = np.ones(len(outputs.rows), bool)
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", everything), *slices(corpus, outputs.rows)]:
        errors = {
            v: _error(metrics_for(corpus.label, output[mask], targets[mask]))
            for v, output in pair.items()
        }
        low, high = _change_interval(corpus, both, RETRAINED, mask)
        entries.append(
            {
                "slice": name,
                "n": int(mask.sum()),
                "variant": RETRAINED,
                "error": errors[RETRAINED],
                "change": errors[RETRAINED] - errors[TRAINED],
                "low": low,
                "high": high,
                "mean_abs_shift": float(prediction_shift(both, RETRAINED)[mask].mean()),
            }
        )
    return pd.DataFrame(entries)


def strongest_change(changes: pd.DataFrame, variant: str) -> dict[str, Any] | None:
    """The slice where an intervention surely changes the error most.

    Among many slices some interval excludes zero by chance. So a change counts as sure where a
    normal interval of its standard error (a quarter of its interval's width, about) would do
    so at 95 % for all slices together (Bonferroni).

    Args:
        changes: from `identity_changes`.
        variant: an intervention.

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


def _error(metrics: dict[str, Any]) -> float:
    return float(metrics["mae"] if "mae" in metrics else 1 - metrics["accuracy"])


def _change_interval(
    corpus: Corpus, outputs: SplitOutputs, variant: str, mask: np.ndarray
) -> tuple[float, float]:
    groups = conversation_codes(corpus, outputs.rows)
    metric = "mae" if corpus.label.classes is None else "accuracy"
    found = difference_interval(
        metric,
        corpus.label,
        outputs.output[TRAINED],
        outputs.output[variant],
        corpus.targets[outputs.rows],
        groups,
        mask,
        repeats=_REPEATS,
    )
    return (found.low, found.high) if metric == "mae" else (-found.high, -found.low)
