"""What interventions do to one prediction, to the error of the split, and in its slices."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.numbers import listed
from app.parts.slice_names import slice_contents
from app.parts.style import ACCENT, NEUTRAL, blank, name_rows, three_digits
from app.screens.context_identity.interventions import (
    SHORT,
    Retrained,
    effective,
    error_explained,
    measured_changes,
    sample_words,
    titles_of,
)
from app.screens.context_identity.reported_metrics import draw_reported
from app.utterance.conversation import label_limits
from app.utterance.window import said_drawing
from mmmie.analysis.ask.identity_effect import (
    RETRAINED,
    decided_changes,
    strongest_change,
    without_effect,
)
from mmmie.analysis.outputs import TRAINED
from mmmie.mi.verdict import decide, decide_all

_ROW_PIXELS = 30
_TITLE_LETTERS = 18


def draw_effect(view: state.View, other: Retrained | None) -> None:
    """The effect of every intervention over the split, in all utterances and in slices."""
    changes = measured_changes(view, other)
    inert = without_effect(view.checkpoint.info.config.model, view.outputs)
    say.finding(effect_title(changes, "off", inert.get("off")))
    if other is not None:
        say.words(_retrained_sentence(changes, other.name, other.how))
    variants = {v: SHORT[v] for v in [TRAINED, *effective(view)]}
    if other is not None:
        variants[RETRAINED] = SHORT[RETRAINED]
    names = [str(n) for n in changes["slice"].unique() if n != "all"]
    words = titles_of(view, changes)
    chosen: list[str] = []
    if names:
        chosen = st.multiselect(
            "Slices",
            names,
            default=_most_and_least(changes, list(variants)),
            max_selections=2,
            format_func=lambda name: words[name],
            key=f"slices-{view.choice.name}-{view.split}-{view.slice}",
            wrap=True,
            help="At most two beside all utterances.",
        )
    counts = changes.groupby("slice")["n"].first()
    # a space that does not break: the count stays in one piece where the title is wrapped
    panels = {n: f"{words[n]} (n\u00a0=\u00a0{counts[n]:,})" for n in ("all", *chosen)}
    figure(
        effect_figure(changes, panels, variants, _error_words(view)),
        key="identity-effect",
        caption=f"On {sample_words(view)}; paired 95 % intervals of the change by drawing "
        "conversations; pale: no clear difference.",
        explanation=(
            "The thin line is the model as trained. Every dot is the same model with something "
            "else told to its identity embedding, or with its neighbours hidden; its bar is the "
            "95 % interval of the change, from 1,000 draws of whole conversations. A model that "
            "was **trained** without identity could learn other ways, so its error is the fairer "
            "ablation; it stands in the last row where there is one on the same corpus. "
            + error_explained(view)
        ),
        data=changes,
        alt="Error as trained and under every intervention, for all utterances and for slices",
    )
    draw_reported(view, other, [name for name in variants if name != TRAINED], changes)
    if inert:
        reasons = "; ".join(f"{SHORT[v]}: {why}" for v, why in inert.items())
        say.caption(f"Left out, because they cannot change this model: {reasons}.")


def effect_title(changes: pd.DataFrame, variant: str, inert: str | None) -> str:
    """What removing identity does to the error, as a finding."""
    if inert is not None:
        return f"There is no identity to remove: {inert}"
    everything = changes[(changes["variant"] == variant) & (changes["slice"] == "all")]
    (whole,) = decided_changes(everything)
    part = strongest_change(changes, variant)
    if whole.verdict == "not known":
        said = "What identity does is not known: too few conversations"
    elif whole.clear:
        said = f"Without identity the error {moved_words(everything.to_dict('records')[0])}"
    else:
        said = "Without identity the error shows no clear difference"
    if part is None:
        return said
    where = plain(slice_contents(changes["slice"])[part["slice"]])
    return f"{said}; on {where} it {moved_words(part)}"


def moved_words(row: dict[Any, Any]) -> str:
    """``rises from 0.31 to 0.44``, for a change that is shown."""
    moved = "rises" if row["change"] > 0 else "falls"
    trained = row["error"] - row["change"]
    return f"{moved} from {three_digits(trained)} to {three_digits(row['error'])}"


def _error_words(view: state.View) -> str:
    if view.corpus.label.classes is not None:
        return "error, 1 − probability of the true class"
    return "mean absolute error, in label units"


def _retrained_sentence(changes: pd.DataFrame, name: str, how: str) -> str:
    row = changes[(changes["variant"] == RETRAINED) & (changes["slice"] == "all")].iloc[0]
    change, low, high = (
        f"{row[name]:+.3g}".replace("-", "−") for name in ("change", "low", "high")
    )
    found = decide(row["change"], row["low"], row["high"], seeds=1)
    verdict = f", {found.note if found.clear else 'no clear difference'}"
    return (
        f"Trained on the same corpus, but {plain(how)}: **{plain(name)}** changes the error on "
        f"all utterances by {change} ({low} to {high}){verdict}."
    )


def _most_and_least(changes: pd.DataFrame, variants: list[str]) -> list[str]:
    """The slice whose error can be changed most, and the one whose error changes least."""
    rows = changes[changes["variant"].isin(variants) & (changes["slice"] != "all")]
    most = rows["change"].abs().groupby(rows["slice"]).max().sort_values(ascending=False)
    names = [str(name) for name in most.index]
    return names if len(names) < 3 else [names[0], names[-1]]


def effect_figure(
    changes: pd.DataFrame, panels: dict[str, str], variants: dict[str, str], x_title: str
) -> go.Figure:
    """The error under every variant, one panel per slice; a thin line is the model as trained.

    Args:
        changes: from `mmmie.analysis.ask.identity_effect.identity_changes`.
        panels: slice → what its panel is called.
        variants: variant → what its row is called, in order.
    """
    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, horizontal_spacing=0.03,
        subplot_titles=[
            "<br>".join(map(figure_text, wrap(title, _TITLE_LETTERS))) for title in panels.values()
        ],
        figure=blank(150 + _ROW_PIXELS * len(variants), showlegend=False),
    )  # fmt: skip
    names = list(variants.values())
    for column, part in enumerate(panels, start=1):
        table = changes[changes["slice"] == part].set_index("variant").loc[list(variants)]
        trained = table["error"] - table["change"]
        # The interval is of the change, drawn around the error that it leads to.
        up = (table["high"] - table["change"]).fillna(0)
        down = (table["change"] - table["low"]).fillna(0)
        hover = [
            f"{name}<br>error {three_digits(row['error'])}, change {row['change']:+.3g} "
            f"[{three_digits(row['low'])}, {three_digits(row['high'])}]"
            f"<br>prediction moves by {three_digits(row['mean_abs_shift'])} on average"
            for name, row in zip(names, table.to_dict("records"), strict=True)
        ]
        ends = (table["change"], table["low"], table["high"])
        looks = max(len(panels) * (len(variants) - 1), 1)
        clear = [found.clear for found in decide_all(*ends, looks=looks)]
        sure = np.array(clear) | (table.index == TRAINED)
        figure.add_scatter(
            x=table["error"], y=names, mode="markers", hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            error_x={"array": up, "arrayminus": down, "thickness": 1.6, "width": 0,
                     "color": NEUTRAL},
            marker={
                "size": 11, "color": ACCENT, "opacity": np.where(sure, 1, 0.4),
            },
            row=1, col=column,
        )  # fmt: skip
        figure.add_vline(
            float(trained.iloc[0]), line={"color": NEUTRAL, "width": 1}, row=1, col=column
        )
    figure.update_xaxes(range=_error_range(changes, list(panels), list(variants)))
    figure.update_xaxes(zeroline=False, nticks=4)
    figure.update_xaxes(title=x_title, col=(len(panels) + 1) // 2)
    figure.update_yaxes(
        categoryorder="array", categoryarray=names[::-1], showgrid=True, type="category"
    )
    figure.update_annotations(font={"size": 12}, yshift=4)
    figure.update_layout(margin={"t": 66})
    return figure


def _error_range(
    changes: pd.DataFrame, panels: list[str], variants: list[str]
) -> tuple[float, float]:
    """Limits that include every error and interval of the panels, so that these can be compared."""
    shown = changes[changes["slice"].isin(panels) & changes["variant"].isin(variants)]
    trained = shown["error"] - shown["change"]
    ends = np.concatenate(
        [shown["error"], trained, trained + shown["low"], trained + shown["high"]]
    )
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.08 * (high - low) or 0.1
    return max(low - margin, 0.0), high + margin


_PALE = 0.4
_MOST_NAMED = 4


def draw_slices(view: state.View, variant: str, other: Retrained | None) -> None:
    """What one intervention does in every part of the split."""
    rows = slice_changes(measured_changes(view, other), variant)
    say.finding(f"“{SHORT[variant].capitalize()}”, part by part")
    say.words(f"{slices_finding(rows)}. {plain(null_sentence(rows))}")
    classes = view.corpus.label.classes is not None
    unit = "change of the error" if classes else "change of the error, in label units"
    figure(
        slice_change_figure(rows, titles_of(view, rows), unit),
        key="identity-slices",
        caption=f"On {sample_words(view)}; paired 95 % intervals by drawing conversations; pale: "
        f"no clear difference after correction for {len(rows) - 1} parts.",
        explanation=(
            "Every dot is how much the error changes against the model as trained, in one part of "
            "the split; right of the line it grows. Choose the intervention above. **Replies** "
            "are turns after another speaker's; a label **as the speaker's last** repeats what "
            "the same speaker showed last in this conversation, within a tenth of the range. "
            "Parts of fewer than ten "
            "utterances are left out, and parts may overlap. " + error_explained(view)
        ),
        data=rows,
        alt="Change of the error under one intervention, one row per part of the split",
    )


def slice_changes(changes: pd.DataFrame, variant: str) -> pd.DataFrame:
    """The rows of one intervention, ``all`` first, then by falling change.

    Args:
        changes: from `mmmie.analysis.ask.identity_effect.identity_changes`.

    Returns:
        These rows with `sure`: whether the change is shown, see `decided_changes`.
    """
    rows = changes[changes["variant"] == variant]
    rows = rows.assign(sure=[found.clear for found in decided_changes(rows)])
    parts = rows[rows["slice"] != "all"].sort_values("change", ascending=False, kind="stable")
    return pd.concat([rows[rows["slice"] == "all"], parts], ignore_index=True)


def slice_change_figure(rows: pd.DataFrame, titles: dict[str, str], x_title: str) -> go.Figure:
    """One row per slice: how much the intervention changes the error, with its interval.

    Args:
        rows: from `slice_changes`.
        titles: slice → what its row is called.
    """
    names = [
        f"{figure_text(titles[row['slice']])} (n = {row['n']:,})" for row in rows.to_dict("records")
    ]
    figure = blank(80 + _ROW_PIXELS * len(rows), showlegend=False)
    figure.add_vline(0, line={"color": NEUTRAL, "width": 1})
    figure.add_scatter(
        x=rows["change"], y=names, mode="markers",
        marker={
            "size": [13 if name == "all" else 11 for name in rows["slice"]], "color": ACCENT,
            "opacity": [1 if sure else _PALE for sure in rows["sure"]],
        },
        error_x={
            "type": "data", "symmetric": False, "thickness": 1.6, "width": 0, "color": NEUTRAL,
            "array": (rows["high"] - rows["change"]).fillna(0),
            "arrayminus": (rows["change"] - rows["low"]).fillna(0),
        },
        text=[_hover(name, row) for name, row in zip(names, rows.to_dict("records"), strict=True)],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    name_rows(figure, names)
    figure.update_xaxes(title=x_title, zeroline=False)
    return figure


def slices_finding(rows: pd.DataFrame) -> str:
    """What it does to all utterances, then in how many parts the change is shown."""
    whole, *found = decided_changes(rows)
    if whole.verdict == "not known":
        said = "What it does is not known: too few conversations"
    elif whole.clear:
        said = f"Overall the error {moved_words(rows.to_dict('records')[0])}"
    else:
        said = "Overall no clear difference"
    if not found:
        return f"{said}. No part of this split is large enough to look at on its own"
    worse, better = sum(one.above for one in found), sum(one.below for one in found)
    if not worse and not better:
        return f"{said}. None is shown in any of {len(found)} parts"
    parts = [f"raises it in {worse}"] if worse else []
    parts += [f"lowers it in {better}"] if better else []
    return f"{said}. Of {len(found)} parts it {listed(parts)}"


def null_sentence(rows: pd.DataFrame) -> str:
    """The slices in which the change may be chance, by name; empty where there is none."""
    phrases = slice_contents(rows["slice"])
    null = [phrases[name] for name in rows.loc[~rows["sure"], "slice"]]
    if not null:
        return ""
    if len(null) > _MOST_NAMED:
        null = [*null[:_MOST_NAMED], f"{len(null) - _MOST_NAMED} more"]
    return f"No clear difference: {listed(null)}."


def _hover(name: str, row: dict[str, float]) -> str:
    verdict = "" if row["sure"] else "<br>no clear difference"
    return (
        f"<b>{name}</b><br>{row['error'] - row['change']:.3g} → {row['error']:.3g}, change "
        f"{row['change']:+.3g} [{three_digits(row['low'])}, {three_digits(row['high'])}]{verdict}"
        f"<br>prediction moves by {three_digits(row['mean_abs_shift'])} on average"
    )


_STILL = 0.01


def draw_prediction(view: state.View, other: Retrained | None) -> None:
    """The prediction of the primary utterance as trained and under every variant."""
    outputs, row, label = view.outputs, view.primary, view.corpus.label
    found = {SHORT[v]: outputs.output[v][row] for v in [TRAINED, *effective(view)]}
    if other is not None:
        found[SHORT[RETRAINED]] = other.outputs.output[TRAINED][row]
    one = view.frame.iloc[row]
    explanation = (
        "The model stays as trained; only what its identity embedding is told changes, or its "
        "neighbours are hidden. The further a mark moves from the dotted line, the more this "
        "prediction rests on what was taken away."
    )
    if other is not None:
        explanation += f" The last row is another model: {plain(other.name)}, {plain(other.how)}."
    if label.classes is None:
        values = {name: float(value) for name, value in found.items()}
        say.finding(_number_title(values, float(one["label"])))
    else:
        say.finding(_class_title(found, str(one["label"]), list(label.classes)))
    drawing, data = said_drawing(
        found,
        one["label"],
        label,
        label_limits(label, view.frame["label"].to_numpy()),
        alt="Prediction of the utterance as trained and under every intervention on identity",
    )
    drawn_figure(
        drawing,
        key="prediction-under-interventions",
        caption=f"Utterance {plain(str(one['id']))}, the target of the window.",
        explanation=explanation,
        data=data,
    )


def _number_title(values: dict[str, float], truth: float) -> str:
    trained = values.pop(SHORT[TRAINED])
    if not values:
        return f"It predicts {three_digits(trained)} where the truth is {three_digits(truth)}"
    name = max(values, key=lambda n: abs(values[n] - trained))
    if abs(values[name] - trained) < _STILL:
        return f"Nothing moves this prediction from {three_digits(trained)}"
    return (
        f"The prediction moves most under “{plain(name)}”: {three_digits(trained)} → "
        f"{three_digits(values[name])} (truth {three_digits(truth)})"
    )


def _class_title(shares: dict[str, Any], truth: str, classes: list[str]) -> str:
    place = classes.index(truth)
    values = {name: float(p[place]) for name, p in shares.items()}
    trained = values.pop(SHORT[TRAINED])
    said = f"probability of {plain(truth)}, the truth, is {trained:.2f}"
    if not values:
        return f"The {said}"
    name = max(values, key=lambda n: abs(values[n] - trained))
    if abs(values[name] - trained) < _STILL:
        return f"The {said}, and nothing moves it"
    return f"The {said}; under “{plain(name)}” it is {values[name]:.2f}"
