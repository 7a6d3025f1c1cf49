"""This checkpoint against the others that were trained on the same corpus."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.numbers import Metric, interval_text, listed, metric
from app.parts.rows import dots_svg
from app.parts.style import three_digits
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.configurations import describe_difference
from mmmie.analysis.errors.resampling import (
    Interval,
    conversation_codes,
    difference_interval,
    metric_interval,
)
from mmmie.analysis.outputs import TRAINED
from mmmie.errors import InputError
from mmmie.metrics import primary_metric

_MOST = 12
_SAME = "same configuration"
_EXPLANATION = (
    "Each row is a checkpoint trained on the same corpus, named by how its configuration differs "
    "from this one. The bar is a 95% bootstrap interval: whole conversations are drawn with "
    "replacement, since utterances of one conversation resemble each other. The title counts a "
    "difference only where the paired interval on the same utterances excludes zero; Compare shows "
    "these intervals. Each checkpoint is one training run. How much another seed would change is "
    "not in the bar."
)


def siblings(view: state.View) -> dict[str, Checkpoint]:
    """Row label → checkpoint of the same corpus, this one first, at most twelve others."""
    own = view.checkpoint
    rows = {f"{own.info.name} (this one)": own}
    for choice in state.same_corpus(view)[:_MOST]:
        other = loading.open_checkpoint(choice)
        label = describe_difference(other.info, own.info)
        if label in rows or label == _SAME:
            label = f"{label} ({choice.name})"
        rows[label] = other
    return rows


def draw_ablations(view: state.View, rows: dict[str, Checkpoint], measured: bool) -> None:
    """The dot plot: the stored metrics, or measured on the split with intervals."""
    name, higher = primary_metric(view.corpus.label.kind)
    shown = metric(name)
    if measured:
        with st.spinner("Intervals over conversations"):
            table = _measured(view, rows, name)
    else:
        values = [c.info.metrics.get(name) for c in rows.values()]
        table = pd.DataFrame({"label": list(rows), "value": values})
    table = table.dropna(subset=["value"]).sort_values("value", ascending=not higher)
    title, numbers = ablation_finding(table, shown, next(iter(rows)))
    say.finding(title)
    if numbers:
        say.words(numbers)
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
        explanation=_EXPLANATION,
        data=table,
    )
    if len(rows) > _MOST:
        say.caption(f"The first {_MOST} others in the sidebar. Compare offers all of them.")
    if len(rows) == 1:
        say.caption(
            "There is no other checkpoint on this corpus. Train one without identity, context or "
            "MI terms to see what they are worth."
        )


def _measured(view: state.View, rows: dict[str, Checkpoint], name: str) -> pd.DataFrame:
    entries = []
    for label, checkpoint in rows.items():
        try:
            found, apart = _against(checkpoint.fingerprint, *view.key, name, view, checkpoint)
        except InputError:  # weights that cannot be read
            continue
        entries.append((label, found.value, found.low, found.high, apart))
    return pd.DataFrame(entries, columns=["label", "value", "low", "high", "told_apart"])


@st.cache_data(show_spinner=False, max_entries=200)
def _against(
    fingerprint: str,
    own: str,
    corpus: str,
    split: str,
    name: str,
    _view: state.View,
    _other: Checkpoint,
) -> tuple[Interval, bool]:
    """The metric of a checkpoint, and whether its paired difference to the one shown is clear."""
    label, outputs = _view.corpus.label, loading.open_outputs(_other, _view.corpus, split)
    rows, output = outputs.rows, outputs.output[TRAINED]
    data = _view.corpus.targets[rows], conversation_codes(_view.corpus, rows)
    found = metric_interval(name, label, output, *data)
    if fingerprint == own:
        return found, False
    difference = difference_interval(name, label, _view.outputs.output[TRAINED], output, *data)
    return found, difference.excludes_zero


def ablation_finding(table: pd.DataFrame, shown: Metric, own: str) -> tuple[str, str]:
    """What the checkpoints show, as a title, and the numbers under it, empty if there are none.

    `table` has `label`, `value`, `low`, `high` and `told_apart`: whether the paired difference to
    the checkpoint called `own` excludes zero. Without that column nothing is claimed.
    """
    others, mine = table[table["label"] != own], table[table["label"] == own]
    if others.empty or mine.empty:
        return f"What is this {shown.name} worth?", ""
    count = "the other checkpoint" if len(others) == 1 else f"{len(others)} other checkpoints"
    if "told_apart" not in table:
        return f"Against {count} on this corpus", ""
    apart = others["told_apart"].astype(bool)
    loss = (others["value"] - float(mine["value"].iloc[0])) * (-1 if shown.higher_is_better else 1)
    better, worse = others[apart & (loss < 0)], others[apart & (loss > 0)]
    level = list(others.loc[~apart, "label"])
    taken = worse[worse["label"].map(_is_one_removal)]
    if len(better):
        named = better.loc[[loss[better.index].idxmin()]]
        many = f"{len(better)} others are better, most of all the one"
        title = f"{many if len(better) > 1 else 'Better is the one'} {_differing(named)}"
    elif len(taken):
        named = taken[loss[taken.index] >= 0.5 * loss[taken.index].max()]
        gone = dict.fromkeys(_removed(label) for label in named["label"])
        title = f"Take {' or '.join(map(plain, gone))} away and {_change(mine, named, shown)}"
    elif len(worse):
        named = worse.loc[[loss[worse.index].idxmax()]]
        some = f"Better than {len(worse)} of {len(others)} others, most of all the one"
        title = f"{some if len(others) > 1 else 'Better than the one'} {_differing(named)}"
    else:
        return f"No clear difference to {count}", ""
    numbers = [f"{shown.name} {_cell(mine.iloc[0], shown)}"]
    numbers += [f"{plain(row['label'])} {_cell(row, shown)}" for _, row in named.iterrows()]
    level_words = f" No clear difference: {listed(list(map(plain, level)))}." if level else ""
    return title, f"{', '.join(numbers)}.{level_words}"


def _is_one_removal(label: str) -> bool:
    return label.startswith("without ") and "," not in label


def _removed(label: str) -> str:
    return label.removeprefix("without ").partition(" (")[0]


def _differing(row: pd.DataFrame) -> str:
    """``without context``, ``with dim 32``."""
    label = str(row["label"].iloc[0])
    return plain(label if label.startswith(("with", "on ")) else f"with {label}")


def _cell(row: pd.Series, shown: Metric) -> str:
    low, high = (float(row.get(end, np.nan)) for end in ("low", "high"))
    return interval_text(float(row["value"]), low, high, share=shown.share)


def _change(mine: pd.DataFrame, others: pd.DataFrame, shown: Metric) -> str:
    """How much worse the others are, from the least to the most of them."""
    value = float(mine["value"].iloc[0])
    if shown.higher_is_better:
        unit = 100 if shown.share else 1
        ends = [three_digits(unit * (value - float(v))) for v in sorted(others["value"])[::-1]]
        by = " to ".join(dict.fromkeys([ends[0], ends[-1]]))
        return f"{shown.name} falls by {by}{' points' if shown.share else ''}"
    value = max(value, 1e-9)  # an error may be zero
    least, most = float(others["value"].min()) / value, float(others["value"].max()) / value
    for low, high, words in ((1.8, 2.0, "nearly doubles"), (2.0, 2.2, "doubles"),
                             (2.2, np.inf, "more than doubles")):  # fmt: skip
        if low <= least and most < high:
            return f"the error {words}"
    by = " to ".join(dict.fromkeys(f"{ratio - 1:.0%}" for ratio in (least, most)))
    return f"the error grows by {by}"
