"""How much each intervention on identity changes the error, how surely, and where it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.identity_effect import identity_effect
from mmmie.analysis.intervals import difference_interval
from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.analysis.slices import slices
from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings

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


def strongest_change(changes: pd.DataFrame, variant: str) -> dict[str, Any] | None:
    """The slice where an intervention surely changes the error most.

    Args:
        changes: from `identity_changes`.
        variant: an intervention.

    Returns:
        Its row and `trained`, the error as trained; None where no interval excludes zero.
    """
    rows = changes[changes["variant"] == variant]
    sure = rows[(rows["low"] > 0) | (rows["high"] < 0)]
    if sure.empty:
        return None
    row: dict[str, Any] = sure.loc[sure["change"].abs().idxmax()].to_dict()
    return {**row, "trained": row["error"] - row["change"]}


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
    groups = corpus.utterances["conversation"].iloc[outputs.rows].factorize()[0]
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
