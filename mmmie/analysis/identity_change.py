"""How much each intervention on identity changes the error, how surely, and where it cannot."""

from __future__ import annotations

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.identity_effect import (
    error_changes,
    identity_effect,
    identity_slices,
    prediction_shift,
    utterance_errors,
)
from mmmie.analysis.intervention_names import INTERVENTIONS
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.analysis.probes import conversation_codes
from mmmie.corpus import Corpus
from mmmie.model.config import ModelSettings

RETRAINED = "retrained"
_UNKNOWN = 2


def identity_changes(corpus: Corpus, outputs: SplitOutputs) -> pd.DataFrame:
    """`identity_effect` as a table.

    Returns:
        One row a slice (``all`` first) and variant (``trained`` first): `slice`, `n`,
        `variant`, `error` (of `utterance_errors`), `change` against the same model as trained,
        its interval `low` and `high` (NaN with fewer than two conversations),
        `mean_abs_shift` of the prediction, and of the attention the shares on `target`,
        `same_speaker`, `other_speakers` and `unknown_speakers` and its `total_variation`
        against the model as trained.
    """
    report = identity_effect(corpus, outputs)
    entries: list[dict[str, Any]] = []
    for name, part in {"all": report, **report["slices"]}.items():
        common = {"slice": name, "n": part["trained"]["n"]}
        trained = part["trained"]
        still = {"change": 0.0, "low": 0.0, "high": 0.0, "mean_abs_shift": 0.0}
        shares = trained["attention"]
        entries.append(
            {**common, "variant": TRAINED, "error": trained["error"], **still, **shares}
            | {"total_variation": 0.0}
        )
        for variant, found in part["interventions"].items():
            change = found["error_change"]
            moved = found["attention"]
            entries.append(
                {
                    **common,
                    "variant": variant,
                    "error": found["error"],
                    "change": change["value"],
                    "low": change["low"],
                    "high": change["high"],
                    "mean_abs_shift": found["mean_abs_shift"],
                    **{whom: share + moved[whom] for whom, share in shares.items()},
                    "total_variation": moved["total_variation"],
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
        One row a slice with the variant ``retrained`` and the columns of `identity_changes`
        but those of attention: the two need not see the same window.
    """
    pair = {TRAINED: outputs.output[TRAINED], RETRAINED: other.output[TRAINED]}
    both = replace(outputs, output=pair)
    groups = conversation_codes(corpus, outputs.rows)
    everything = np.ones(len(outputs.rows), bool)
    entries: list[dict[str, Any]] = []
    for name, mask in [("all", everything), *identity_slices(corpus, outputs.rows)]:
        (change,) = error_changes(corpus, both, [RETRAINED], groups, mask)
        entries.append(
            {
                "slice": name,
                "n": int(mask.sum()),
                "variant": RETRAINED,
                "error": float(utterance_errors(corpus, both, RETRAINED)[mask].mean()),
                "change": change.value,
                "low": change.low,
                "high": change.high,
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
