"""The estimator lab: pick a task with a known answer and watch estimators approach it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.style import ACCENT, NEUTRAL, blank
from app.parts.waiting import begin, follow, waiting
from app.screens.mutual_information.lab_controls import PRESETS, controls, fill_in
from app.screens.mutual_information.lab_verdict import (
    LAB_EXPLAINED,
    lab_levels,
    lab_sentences,
    lab_title,
)
from app.screens.mutual_information.recorded_bounds import SIDES
from mmmie.analysis.bounds.estimator_lab import (
    LabRun,
    find_lab,
    lab_work,
    levels_table,
    read_lab,
    smoothed,
    start_lab,
)
from mmmie.analysis.bounds.lab_tasks import LabSettings
from mmmie.errors import InputError
from mmmie.hosting import read_only
from mmmie.jobs.background_work import Work
from mmmie.mi.catalogue import CATALOGUE

_KEY = "lab"  # of the run that is shown, in the session and in the URL


def draw_lab() -> None:
    """Draw the lab: questions on top, settings on the left, what comes of them on the right."""
    work = _shown()
    with st.container(horizontal=True):
        for i, preset in enumerate(PRESETS):
            if not read_only() or lab_work(preset).state == "done":
                st.button(preset.question, key=f"lab-question-{i}", on_click=_ask, args=(preset,))
    left, right = wide_columns([3, 8], key="lab-columns", least=230)
    with left:
        _steer(controls())
    with right:
        if work is None and read_only():
            st.info("This server is read-only: it shows what a link to a finished run names.")
            return
        if work is None:
            st.info(
                "Click a question, or choose a task and press **Start**: the estimators then learn "
                "from pairs whose mutual information is known.",
                icon=":material/science:",
            )
            return
        follow(work, lambda: _draw_run(work))


def _shown() -> Work | None:
    """The run that this session, or the link, is about."""
    key = str(st.session_state.get(_KEY) or st.query_params.get(_KEY) or "")
    work = find_lab(key)
    try:
        if work is None or not read_lab(work):
            return None
    except InputError:
        return None
    st.session_state[_KEY] = st.query_params[_KEY] = key
    return work


def _steer(settings: LabSettings) -> None:
    fault = None
    try:
        task = settings.tasks()[-1]
        say.caption(f"**{plain(task.title)}**: {plain(task.derivation)}")
    except InputError as error:
        fault = str(error)
        st.error(plain(fault), icon=":material/report:")
    st.button(
        "Start",
        icon=":material/play_arrow:",
        type="primary",
        width="stretch",
        disabled=read_only() or fault is not None or lab_work(settings).active,
        on_click=_start,
        args=(settings,),
    )


def _ask(preset: LabSettings) -> None:
    """Show what a question came to; it is started where nobody has asked it yet."""
    fill_in(preset)
    work = lab_work(preset)
    if work.state != "done":
        _start(preset)
    st.session_state[_KEY] = work.folder.name


def _start(settings: LabSettings) -> None:
    work = lab_work(settings)
    begin(work, lambda: start_lab(settings))
    st.session_state[_KEY] = work.folder.name


def _draw_run(work: Work) -> None:
    run = read_lab(work)
    settings, table = run.settings, levels_table(run)
    title = lab_title(table, list(settings.nats))
    if settings.question:
        say.finding(settings.question)
        say.words(f"{title}.")
    else:
        say.finding(title)
    steps = settings.steps * len(settings.nats)
    taken = round(run.progress * steps)
    came = "the process is starting" if run.points.empty else f"step {taken:,} of {steps:,}"
    waiting(work, "Estimators", (run.progress, came), lambda: start_lab(settings))
    figure(
        lab_figure(
            run.points, table, list(settings.nats), list(settings.estimators), settings.steps
        ),
        key="estimator-lab",
        caption=_caption(run),
        explanation=LAB_EXPLAINED,
        data=run.points,
        alt="Estimates of mutual information over the steps of learning, beside the truth",
    )
    for sentence in lab_sentences(table, settings).values():
        say.words(f"- {sentence}")
    if len(settings.nats) > 1 and len(table):
        say.table(lab_levels(table, settings), border="horizontal", hide_index=True)
        say.caption(
            "Nats at the end of every level; in brackets the value with nothing left to learn."
        )


def _caption(run: LabRun) -> str:
    settings = run.settings
    parts = [
        f"{settings.shape().title}, {settings.dim} dimensions"
        if settings.shape().dims[0] != settings.shape().dims[1]
        else settings.shape().title,
        f"fresh batches of {settings.batch_size} at every step",
    ]
    if settings.transform == "copula":
        parts.append("ranks instead of values")
    if settings.from_closed_form:
        parts.append("started from a Gaussian fit")
    parts.append(f"seed {settings.seed}")
    if run.state == "stopped":
        parts.append("stopped before the end")
    return f"{', '.join(parts)}. Thin lines: with nothing left to learn."


HEIGHT = 470
_HUES = ("#56B4E9", "#CC79A7", "#999933", "#8C6BB1")
_MOST_DOTS = 300
_FEW = 30
_LABEL_PIXELS = 14
_ABOVE_STAIRCASE, _ABOVE_LEVEL, _BELOW = 1.8, 3.0, 0.12


def lab_figure(
    points: pd.DataFrame,
    table: pd.DataFrame,
    truths: list[float],
    estimators: list[str],
    steps: int,
) -> go.Figure:
    """Estimates over the steps, with the truth as a step line.

    The axes are as long as the run is planned, so that nothing moves during the run.
    Values outside the picture are named at its edge.

    Args:
        points: `estimator`, `step`, `level`, `nats`, see
            `mmmie.analysis.bounds.estimator_lab.LabRun`.
        table: from `mmmie.analysis.bounds.estimator_lab.levels_table`.
        truths: the truth on every level, in nats.
    """
    figure = blank(HEIGHT)
    figure.update_layout(margin={"l": 8, "r": 12, "t": 40, "b": 8}, hovermode="closest")
    bottom, top = _limits(truths)
    _ceilings(figure, table, steps * len(truths))
    for hue, name in zip(_HUES, estimators, strict=False):
        part = points[points["estimator"] == name]
        if len(part) > _FEW * part["level"].nunique():
            _dots(figure, part, hue)
        _optima(figure, table[table["estimator"] == name], steps, hue, name)
        if len(part):
            _line(figure, part, hue, name)
    _truth(figure, truths, steps)
    _beyond(figure, table, steps, (bottom, top))
    figure.update_xaxes(title="steps", range=[0, steps * len(truths)], showgrid=False)
    figure.update_yaxes(title="mutual information, nats", range=[bottom, top], nticks=8)
    return figure


def _limits(truths: list[float]) -> tuple[float, float]:
    top = max(_ABOVE_STAIRCASE * max(truths), _ABOVE_LEVEL * min(truths), 0.1)
    return -_BELOW * top, top


def _dots(figure: go.Figure, part: pd.DataFrame, hue: str) -> None:
    few = part.iloc[:: math.ceil(len(part) / _MOST_DOTS)]
    figure.add_scatter(
        x=few["step"],
        y=few["nats"],
        mode="markers",
        marker={"size": 3, "color": hue, "opacity": 0.3},
        hoverinfo="skip",
        showlegend=False,
    )


def _line(figure: go.Figure, part: pd.DataFrame, hue: str, name: str) -> None:
    facts = CATALOGUE[name]
    few = len(part) <= _FEW * part["level"].nunique()
    figure.add_scatter(
        x=part["step"],
        y=part["nats"] if few else part.groupby("level")["nats"].transform(smoothed),
        mode="lines+markers" if few else "lines",
        line={"color": hue, "width": 2.5, "dash": SIDES[facts.bound].dash},
        marker={"size": 5, "color": hue},
        name=f"{facts.title}, {SIDES[facts.bound].words}",
        hovertemplate=f"<b>{facts.title}</b> %{{y:.3g}} nats<br>step %{{x}}<extra></extra>",
    )


def _optima(figure: go.Figure, rows: pd.DataFrame, steps: int, hue: str, name: str) -> None:
    known = rows[rows["optimum"].notna()]
    if known.empty:
        return
    x, y = _stairs(known["level"].to_numpy(), known["optimum"].to_numpy(), steps)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": hue, "width": 1},
        opacity=0.9,
        showlegend=False,
        hovertemplate=f"{CATALOGUE[name].title} with nothing left to learn: "
        "%{y:.3g} nats<extra></extra>",
    )


def _truth(figure: go.Figure, truths: list[float], steps: int) -> None:
    levels = np.arange(len(truths))
    x, y = _stairs(levels, np.asarray(truths), steps)
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": ACCENT, "width": 2},
        name="truth",
        hovertemplate="the truth: %{y:.3g} nats<extra></extra>",
    )


def _stairs(
    levels: np.ndarray, heights: np.ndarray, steps: int
) -> tuple[list[float | None], list[float | None]]:
    """One flat line per level, with a gap between two."""
    x: list[float | None] = []
    y: list[float | None] = []
    for level, height in zip(levels, heights, strict=True):
        x += [level * steps, (level + 1) * steps, None]
        y += [height, height, None]
    return x, y


def _ceilings(figure: go.Figure, table: pd.DataFrame, last: int) -> None:
    limited = table[table["ceiling"].notna()].drop_duplicates("estimator")
    for row in limited.to_dict("records"):
        height, title = row["ceiling"], CATALOGUE[row["estimator"]].title
        figure.add_hline(y=height, line={"color": NEUTRAL, "width": 1})
        figure.add_annotation(
            x=last,
            y=height,
            text=f"ceiling of {title}, ln B = {height:.3g}",
            showarrow=False,
            xanchor="right",
            yanchor="bottom",
            font={"size": 11},
        )


def _beyond(
    figure: go.Figure,
    table: pd.DataFrame,
    steps: int,
    limits: tuple[float, float],
) -> None:
    """Name what is out of the picture at its edge, one below the other."""
    bottom, top = limits
    for _, rows in table.groupby("level"):
        above, below = rows[rows["value"] > top], rows[rows["value"] < bottom]
        for part, edge, side, arrow, way in (
            (above, top, "top", "↑", -1),
            (below, bottom, "bottom", "↓", 1),
        ):
            for place, row in enumerate(part.to_dict("records")):
                figure.add_annotation(
                    x=(row["level"] + 0.5) * steps,
                    y=edge,
                    text=f"{CATALOGUE[row['estimator']].title} {row['value']:.3g} {arrow}",
                    showarrow=False,
                    yanchor=side,
                    yshift=way * place * _LABEL_PIXELS,
                    font={"size": 11},
                )
