"""The metrics that are reported everywhere, beside the error, under every intervention."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.numbers import metric
from app.screens.context_identity.interventions import SHORT, Retrained
from mmmie.analysis.ask.identity_effect import RETRAINED, decided_changes, metric_changes
from mmmie.analysis.outputs import TRAINED
from mmmie.mi.verdict import Decision, decide_all


def draw_reported(
    view: state.View, other: Retrained | None, variants: list[str], changes: pd.DataFrame
) -> None:
    """A table of the metrics under the variants, and where they disagree with the error.

    Args:
        variants: those that can change this model.
        changes: from `mmmie.analysis.ask.identity_effect.identity_changes`.
    """
    if not variants:
        return
    parts = (view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, view.slice)
    table = _changes(*parts, "" if other is None else other.fingerprint, view, other)
    table = table[table["variant"].isin(variants)]
    for sentence in disagreements(table, changes):
        say.words(sentence)
    say.table(reported_table(table), border="horizontal", hide_index=True)
    say.caption(
        "Better and worse are said where that is shown after correction for the number of "
        "interventions (Bonferroni); in brackets 95 % intervals of each alone."
        + " The model trained without is one seed."
        * (other is not None)
    )


@st.cache_data(show_spinner="Measuring every intervention", max_entries=32)
def _changes(
    fingerprint: str,
    corpus: str,
    split: str,
    part: str,
    other: str,
    _view: state.View,
    _other: Retrained | None,
) -> pd.DataFrame:
    return metric_changes(
        _view.corpus,
        _view.outputs,
        _view.within,
        {} if _other is None else {RETRAINED: _other.outputs.output[TRAINED]},
    )


def _decided(table: pd.DataFrame) -> list[Decision]:
    """Above 0 the metric grows; corrected for how many interventions there are."""
    looks = table["variant"].nunique()
    return decide_all(table["change"], table["low"], table["high"], looks=looks)


def reported_table(table: pd.DataFrame) -> pd.DataFrame:
    """One row per variant: every metric, how it changes, and whether that is shown.

    Args:
        table: from `mmmie.analysis.ask.identity_effect.metric_changes`.
    """
    rows: dict[str, dict[str, str]] = {}
    for row, found in zip(table.to_dict("records"), _decided(table), strict=True):
        known = metric(row["metric"])
        unit, digits = (100, 1) if known.share else (1, 3)
        change, low, high = (
            f"{unit * row[name] + 0:+.{digits}f}".replace("-", "−")
            for name in ("change", "low", "high")
        )
        said = "" if found.verdict == "not known" else f" [{low}, {high}]"
        better = found.above == known.higher_is_better
        verdict = f", {'better' if better else 'worse'}" if found.clear else ""
        if found.verdict == "not known":
            verdict = ", not known"
        entry = rows.setdefault(row["variant"], {"told": SHORT[row["variant"]]})
        entry[known.name] = known.text(row["value"])
        changes = f"{known.name} changes by{', points' if known.share else ''}"
        entry[changes] = f"{change}{said}{verdict}"
    return pd.DataFrame(list(rows.values()))


def disagreements(table: pd.DataFrame, changes: pd.DataFrame) -> list[str]:
    """The interventions whose error gets better while a reported metric is shown to get worse.

    And the other way round; the error itself is compared as far as it is shown.

    Args:
        table: from `mmmie.analysis.ask.identity_effect.metric_changes`.
        changes: from `mmmie.analysis.ask.identity_effect.identity_changes`.
    """
    whole = changes[changes["slice"] == "all"].set_index("variant")
    said = []
    for row, found in zip(table.to_dict("records"), _decided(table), strict=True):
        known = metric(row["metric"])
        better = found.above == known.higher_is_better
        (error,) = decided_changes(whole.loc[[row["variant"]]].reset_index())
        if found.clear and error.clear and better == error.above:
            sides = ("worse", "better") if better else ("better", "worse")
            said.append(
                f"Under “{SHORT[row['variant']]}” the error gets {sides[0]}, yet {known.name} gets "
                f"{sides[1]}: the two measure different things."
            )
    return said
