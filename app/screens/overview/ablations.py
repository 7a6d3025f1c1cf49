"""This checkpoint against the others that were trained on the same corpus."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts.drawings import drawn_figure
from app.parts.numbers import metric
from app.parts.rows import dots_svg
from mmmie.analysis.checkpoints import Checkpoint
from mmmie.analysis.codes.probes import conversation_codes
from mmmie.analysis.configurations import describe_difference
from mmmie.analysis.errors.intervals import difference_interval, metric_interval
from mmmie.analysis.errors.resampling import Interval
from mmmie.analysis.outputs import TRAINED
from mmmie.errors import InputError
from mmmie.metrics import primary_metric

_MOST = 12
_SAME = "same configuration"


def same_corpus(view: state.View) -> list[loading.Choice]:
    """The other checkpoints that were trained on the corpus of this one; broken ones left out."""
    own = view.checkpoint.info.corpus.get("fingerprint")
    found = []
    for choice in state.choices().values():
        if choice == view.choice:
            continue
        try:
            other = loading.open_checkpoint(choice)
        except InputError:
            continue
        if other.info.corpus.get("fingerprint") == own:
            found.append(choice)
    return found


def siblings(view: state.View) -> dict[str, Checkpoint]:
    """Row label → checkpoint of the same corpus, this one first, twelve others at most."""
    own = view.checkpoint
    rows = {f"{own.info.name} (this one)": own}
    for choice in same_corpus(view)[:_MOST]:
        other = loading.open_checkpoint(choice)
        label = describe_difference(other.info, own.info)
        if label in rows or label == _SAME:
            label = f"{label} ({choice.name})"
        rows[label] = other
    return rows


def draw_ablations(view: state.View, rows: dict[str, Checkpoint], measured: bool) -> None:
    """The dot plot: the stored metrics, or measured on the split with intervals.

    Args:
        view: what is shown.
        rows: from `siblings`.
        measured: whether to run the models; otherwise only their stored metrics are read.
    """
    name, higher = primary_metric(view.corpus.label.kind)
    shown = metric(name)
    if measured:
        with st.spinner("Intervals over conversations"):
            table = _measured(view, rows, name)
    else:
        values = [c.info.metrics.get(name) for c in rows.values()]
        table = pd.DataFrame({"label": list(rows), "value": values})
    table = table.dropna(subset=["value"]).sort_values("value", ascending=not higher)
    st.subheader(_title(table, shown.name, higher, next(iter(rows))))
    split = view.split if measured else "valid"
    unit = "" if higher else ", in label units"
    known = split in view.corpus.splits
    n = view.corpus.rows(split) if known else np.empty(0, int)
    conversations = view.corpus.utterances["conversation"].iloc[n].nunique()
    caption = (
        f"{shown.name} on {split}, {len(n):,} utterances in {conversations:,} conversations. "
        + ("95 % intervals by drawing conversations, 2,000 times." if measured else "")
    )
    drawn_figure(
        dots_svg(
            table,
            f"{shown.name}{unit} ({'higher' if higher else 'lower'} is better)",
            f"{shown.name} of this checkpoint and of others trained on the same corpus.",
            highlight=next(iter(rows)),
        ),
        key="ablations" if measured else "ablations-stored",
        caption=caption,
        explanation="Every row is a checkpoint trained on the same corpus, named by how its "
        "configuration differs from this one. The bar is a 95 % bootstrap interval: whole "
        "conversations are drawn with replacement, since utterances of one conversation resemble "
        "each other. The title counts another one as better or behind only where the paired "
        "difference on the same utterances is more than chance; Compare shows these differences. "
        "One training run each, so what another seed would change is not in the bar.",
        data=table,
    )
    if len(rows) > _MOST:
        st.caption(f"The first {_MOST} others of the sidebar's list; Compare offers all of them.")
    if len(rows) == 1:
        st.caption(
            "No other checkpoint of this corpus is here: train one without identity, context or "
            "MI terms to see what they are worth."
        )


def _measured(view: state.View, rows: dict[str, Checkpoint], name: str) -> pd.DataFrame:
    entries = []
    for label, checkpoint in rows.items():
        try:
            found = _interval(
                checkpoint.fingerprint, view.corpus.fingerprint, view.split, name, view, checkpoint
            )
        except InputError:  # weights that cannot be read
            continue
        entries.append(
            {
                "label": label,
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "told_apart": _told_apart(
                    checkpoint.fingerprint,
                    view.checkpoint.fingerprint,
                    view.corpus.fingerprint,
                    view.split,
                    name,
                    view,
                    checkpoint,
                ),
            }
        )
    return pd.DataFrame(entries, columns=["label", "value", "low", "high", "told_apart"])


@st.cache_data(show_spinner=False, max_entries=200)
def _told_apart(
    fingerprint: str,
    own: str,
    corpus: str,
    split: str,
    name: str,
    _view: state.View,
    _other: Checkpoint,
) -> bool:
    """Whether the paired difference to the checkpoint shown is more than chance."""
    if fingerprint == own:
        return False
    rows = _view.outputs.rows
    return difference_interval(
        name,
        _view.corpus.label,
        _view.outputs.output[TRAINED],
        loading.open_outputs(_other, _view.corpus, _view.split).output[TRAINED],
        _view.corpus.targets[rows],
        conversation_codes(_view.corpus, rows),
    ).excludes_zero


@st.cache_data(show_spinner=False, max_entries=200)
def _interval(
    fingerprint: str,
    corpus: str,
    split: str,
    name: str,
    _view: state.View,
    _checkpoint: Checkpoint,
) -> Interval:
    outputs = loading.open_outputs(_checkpoint, _view.corpus, split)
    rows = outputs.rows
    groups = conversation_codes(_view.corpus, rows)
    targets = _view.corpus.targets[rows]
    return metric_interval(name, _view.corpus.label, outputs.output[TRAINED], targets, groups)


def _title(table: pd.DataFrame, name: str, higher: bool, own: str) -> str:
    others = table[table["label"] != own]
    mine = table.loc[table["label"] == own, "value"]
    if others.empty or mine.empty:
        return f"What is this {name} worth?"
    if "told_apart" in table:
        others = others[others["told_apart"].astype(bool)]
    value = float(mine.iloc[0])
    better = others["value"] > value if higher else others["value"] < value
    ahead, behind, level = better.sum(), (~better).sum(), len(table) - 1 - len(others)
    if ahead:
        verb = "does" if ahead == 1 else "do"
        return (
            f"{ahead} of {len(table) - 1} others {verb} better: {others[better].iloc[0]['label']}"
        )
    if not behind:
        return f"Level with {'the other' if level == 1 else f'all {level} others'}"
    first = f"Better than {behind} of {len(table) - 1}" if level else f"Best of {len(table)}"
    equal = f", level with {level}" if level else ""
    return f"{first}{equal}; furthest behind: {others.iloc[-1]['label']}"
