"""This checkpoint against the others that were trained on the same corpus."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from app import loading, state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import capital, plain
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
from mmmie.mi.verdict import decide

_MOST = 12
_SAME = "same configuration"
_EXPLANATION = (
    "Each row is a checkpoint trained on the same corpus, named by how its configuration differs "
    "from this one. The bar is a 95% bootstrap interval: whole conversations are drawn with "
    "replacement, since utterances of one conversation resemble each other. The title counts a "
    "difference only where its paired interval on the same utterances excludes zero after "
    "correction for the number of checkpoints (Bonferroni); Compare shows these intervals. Each "
    "checkpoint is one training run. How much another seed would change is "
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


def draw_ablations(view: state.View) -> None:
    """The dot plot, measured on the split with intervals."""
    rows, (name, higher) = siblings(view), primary_metric(view.corpus.label.kind)
    shown = metric(name)
    with st.spinner("Intervals over conversations"):
        table = _measured(view, rows, name)
    table = table.dropna(subset=["value"]).sort_values("value", ascending=not higher)
    title, numbers = ablation_finding(table, shown, next(iter(rows)))
    say.finding(title)
    if numbers:
        say.words(numbers)
    unit = "" if higher else ", in label units"
    n = view.corpus.rows(view.split)
    conversations = view.corpus.utterances["conversation"].iloc[n].nunique()
    caption = (
        f"{shown.name} on {view.split}, {len(n):,} utterances in {conversations:,} conversations. "
        "95 % intervals by drawing conversations, 2,000 times."
    )
    drawn_figure(
        dots_svg(
            table,
            f"{shown.name}{unit} ({'higher' if higher else 'lower'} is better)",
            f"{shown.name} of this checkpoint and of others trained on the same corpus.",
            highlight=next(iter(rows)),
        ),
        key="ablations",
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
        ends = (apart.value, apart.low, apart.high)
        entries.append((label, found.value, found.low, found.high, *ends))
    columns = ["label", "value", "low", "high", "difference", "difference_low", "difference_high"]
    return pd.DataFrame(entries, columns=columns)


@st.cache_data(show_spinner=False, max_entries=200)
def _against(
    fingerprint: str,
    own: str,
    corpus: str,
    split: str,
    name: str,
    _view: state.View,
    _other: Checkpoint,
) -> tuple[Interval, Interval]:
    """The metric of a checkpoint, and its paired difference to the one shown."""
    label, outputs = _view.corpus.label, loading.open_outputs(_other, _view.corpus, split)
    rows, output = outputs.rows, outputs.output[TRAINED]
    data = _view.corpus.targets[rows], conversation_codes(_view.corpus, rows)
    found = metric_interval(name, label, output, *data)
    if fingerprint == own:
        return found, Interval(0.0, 0.0, 0.0)
    difference = difference_interval(name, label, _view.outputs.output[TRAINED], output, *data)
    return found, difference


def ablation_finding(table: pd.DataFrame, shown: Metric, own: str) -> tuple[str, str]:
    """What the checkpoints show, as a title, and the numbers under it, empty if there are none.

    A difference counts where it is shown after correction for the number of others (Bonferroni).

    Args:
        table: `label`, `value`, `low`, `high`, and `difference`, `difference_low` and
            `difference_high`, paired, to the checkpoint called `own`.
    """
    others, mine = table[table["label"] != own], table[table["label"] == own]
    if others.empty or mine.empty:
        return f"What is this {shown.name} worth?", ""
    count = "the other checkpoint" if len(others) == 1 else f"{len(others)} other checkpoints"
    sign = -1 if shown.higher_is_better else 1
    worse_by = [
        decide(*sorted_ends(sign, row), looks=len(others), seeds=1)
        for row in others.to_dict("records")
    ]
    others = others.assign(
        least=[one.low for one in worse_by],
        worse=[one.above for one in worse_by],
        better=[one.below for one in worse_by],
    )
    better, worse = others[others["better"]], others[others["worse"]]
    level = list(others.loc[~others["better"] & ~others["worse"], "label"])
    taken = worse[worse["label"].map(_is_one_removal)]
    if len(better):
        named = better
        many = f"{len(better)} others are better" if len(better) > 1 else "Better is the one"
        title = many if len(better) > 1 else f"{many} {_differing(named)}"
    elif len(taken):
        named = taken[taken["least"] >= 0.5 * taken["least"].max()]
        gone = dict.fromkeys(_removed(label) for label in named["label"])
        title = f"Take {' or '.join(map(plain, gone))} away and {_change(mine, named, shown)}"
    elif len(worse):
        named = worse
        some = f"Better than {len(worse)} of {len(others)} others"
        title = some if len(worse) > 1 else f"Better than the one {_differing(named)}"
    elif all(one.verdict == "not known" for one in worse_by):
        return f"Too few conversations to compare with {count}", ""
    else:
        return f"No clear difference to {count}", ""
    numbers = [f"{shown.name} {_cell(mine.iloc[0], shown)}"]
    numbers += [f"{plain(row['label'])} {_cell(row, shown)}" for _, row in named.iterrows()]
    level_words = f" No clear difference: {listed(list(map(plain, level)))}." if level else ""
    note = next(capital(one.note) for one in worse_by if one.note)
    return title, f"{', '.join(numbers)}. {note}.{level_words}"


def sorted_ends(sign: int, row: dict[Hashable, Any]) -> tuple[float, float, float]:
    """How much worse another checkpoint is, with its interval; `sign` −1 where more is better."""
    value, *ends = (sign * float(row[f"difference{end}"]) for end in ("", "_low", "_high"))
    return value, min(ends), max(ends)


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
    """By how much at least all of the others are worse."""
    least = float(others["least"].min())
    if shown.higher_is_better:
        by = f"{three_digits(100 * least)} points" if shown.share else three_digits(least)
        return f"{shown.name} falls by {by} or more"
    growth = least / max(float(mine["value"].iloc[0]), 1e-9)  # an error may be zero
    if growth >= 1:
        return "the error at least doubles"
    return f"the error grows by {growth:.0%} or more" if growth >= 0.005 else "the error grows"
