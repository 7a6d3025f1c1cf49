"""The error over the split as trained and under every intervention, and in slices of it."""

from __future__ import annotations

from textwrap import wrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app import state
from app.parts import say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.slice_names import slice_contents
from app.parts.style import ACCENT, NEUTRAL, blank, three_digits
from app.screens.context_identity.interventions import (
    SHORT,
    effective,
    error_explained,
    measured_changes,
    sample_words,
    titles_of,
)
from app.screens.context_identity.trained_without import Retrained
from mmmie.analysis.ask.identity_effect import RETRAINED, strongest_change, without_effect
from mmmie.analysis.outputs import TRAINED

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
    if inert:
        reasons = "; ".join(f"{SHORT[v]}: {why}" for v, why in inert.items())
        say.caption(f"Left out, because they cannot change this model: {reasons}.")


def effect_title(changes: pd.DataFrame, variant: str, inert: str | None) -> str:
    """What removing identity does to the error, as a finding."""
    if inert is not None:
        return f"There is no identity to remove: {inert}"
    everything = changes[(changes["variant"] == variant) & (changes["slice"] == "all")].iloc[0]
    found = strongest_change(changes, variant)
    if found is None:
        trained = everything["error"] - everything["change"]
        return (
            "Removing identity makes no clear difference: the error goes "
            f"from {three_digits(trained)} to {three_digits(everything['error'])}"
        )
    moved = "rises" if found["change"] > 0 else "falls"
    where = plain(slice_contents(changes["slice"])[found["slice"]])
    return (
        f"Without identity the error on {where} {moved} from "
        f"{three_digits(found['trained'])} to {three_digits(found['error'])}"
    )


def _error_words(view: state.View) -> str:
    if view.corpus.label.classes is not None:
        return "error, 1 − probability of the true class"
    return "mean absolute error, in label units"


def _retrained_sentence(changes: pd.DataFrame, name: str, how: str) -> str:
    row = changes[(changes["variant"] == RETRAINED) & (changes["slice"] == "all")].iloc[0]
    change, low, high = (
        f"{row[name]:+.3g}".replace("-", "−") for name in ("change", "low", "high")
    )
    sure = row["low"] > 0 or row["high"] < 0
    verdict = "" if sure else ", no clear difference"
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
        sure = ((table["low"] > 0) | (table["high"] < 0) | (table.index == TRAINED)).to_numpy()
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
