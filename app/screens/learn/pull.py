"""Step 4 of the lesson: InfoNCE pulls the shared codes together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import beginning, capital, figure_text, plain, text_of
from app.parts.numbers import listed
from app.parts.pick_one import pick_one
from app.parts.style import ACCENT, LOWER_LINE, NEUTRAL, SEQUENTIAL_SCALE, blank
from app.screens.learn.frame import Formula, closing, large, opening, remark
from app.screens.learn.subject import Subject
from mmmie.analysis.lesson.pull import (
    PairGame,
    bound_by_batch,
    bound_error,
    chances,
    draw_batch,
    pair_game,
)
from mmmie.mi.verdict import decide_within

FORMULA = Formula(
    (
        r"I(z_m; z_n) \;\ge\; \ln B + \frac1B \sum_{i=1}^{B} \Big( f_{ii} "
        r"- \tfrac12 \ln \sum_j e^{f_{ij}} - \tfrac12 \ln \sum_j e^{f_{ji}} \Big)",
    ),
    (
        (r"f_{ij}", "the critic's score of the code of utterance i in one modality with that of "
         "utterance j in the other; i = j are the true pairs"),
        (r"B", "how many utterances are in the batch"),
        (r"I", "mutual information in nats: what one code tells about the other; 1 nat is as much "
         "as 1.44 yes-or-no questions"),
    ),
)  # fmt: skip
_LARGEST, _USUAL = 64, 12
_SCORES, _CHANCES = "scores", "chances"
_EXPLANATION = """
**Left**: the critic scores every code of one modality against every code of the other. The **true
pairs**, from the same utterance, are outlined on the diagonal; all others are mismatched on
purpose. When training worked, the diagonal is darkest. *Chances* are the same scores as
probabilities: which column each row would pick. Hover for the numbers.

**Right**: the bound that such scores give, in nats, for larger and larger batches. It is a lower
bound, so the truth is above the solid line, in the shaded region or beyond. The thin line is ln B,
the most that B utterances can show.

The critic is that of the training objective, a Gaussian with one correlation per dimension. A
checkpoint does not keep it. So its correlations are measured on half of the conversations of the
split, and the batch comes from the other half.
"""


def draw_pull(subject: Subject) -> None:
    """Draw the fourth step."""
    pairs = list(combinations(subject.modalities, 2))
    if not pairs:
        _no_pairs(subject)
        return
    head = st.container()
    named = {" and ".join(pair): pair for pair in pairs}
    pair = named[pick_one("Pair", list(named), key=f"lesson-pair-{'-'.join(named)}")]
    game, curve = _game(*subject.key, subject.index, pair, subject)
    if game is None or curve is None:
        with head:
            opening(
                "There are too few utterances to play the game",
                f"It takes at least two conversations whose utterances have {plain(pair[0])} and "
                f"{plain(pair[1])}. Choose another split or corpus.",
            )
        return
    batch, as_chances = _controls(game)
    scores = game.scores(batch)
    bound, count = game.bound(batch), len(batch)
    right = int((scores.argmax(1) == np.arange(count)).sum())
    maximise = subject.view.checkpoint.info.config.objective.maximise
    with head:
        error = bound_error(scores)
        opening(pull_title(pair, right, count, bound, error), _lead(pair, count))
    rows = subject.view.frame.iloc[game.rows[batch]]
    names = [text_of(one.get("transcript")) or str(one["id"]) for one in rows.to_dict("records")]
    figure(
        matrix_figure(scores, chances(scores) if as_chances else None, names, pair, curve, bound),
        key="lesson-pull",
        caption=f"InfoNCE with a Gaussian critic, fitted to {game.fitted:,} other utterances of "
        f"the {subject.view.split} split; sampled codes. Row 1 is the utterance of the lesson.",
        explanation=_EXPLANATION,
        data=_data(scores, [str(name) for name in rows["id"]], pair),
        alt=f"Scores of {count} by {count} pairs, and InfoNCE by batch size",
    )
    remark(own_words(chances(scores), names, pair), "own")
    if not maximise.enabled:
        say.caption("This checkpoint was trained without MI maximisation: nothing pulled its codes "
                   "together.")  # fmt: skip
    truth = subject.view.checkpoint.info.facts.get(f"true_mi/{'-'.join(pair)}")
    closing(
        FORMULA,
        f"{count} utterances cannot show more than {math.log(count):.2f} nats. How would you find "
        "out whether the codes share more?",
        pull_answer(curve, truth),
    )


def _no_pairs(subject: Subject) -> None:
    names = subject.view.outputs.modalities
    only = len(names) == 1
    why = (
        f"This model reads {plain(names[0])} alone, so it has nothing to agree with."
        if only
        else f"Of {listed([plain(m) for m in names])} this utterance has "
        f"{listed([plain(m) for m in subject.modalities]) or 'none'}."
    )
    opening(
        "There is no pair to pull together",
        f"{why} With two modalities or more, MMMIE makes the shared codes of an utterance "
        "predict each other: which face belongs to this voice? The formula below says how. "
        + ("Choose the demo checkpoint in the sidebar to see it." if only else ""),
    )
    closing(
        FORMULA,
        "what does the shared code of a single modality share?",
        "Nothing that could be measured: what is *common* shows only with two views of the same "
        "thing. With one, *z* is only a code that is squeezed, and *s* one that is not.",
    )


def _lead(pair: tuple[str, str], count: int) -> str:
    first, second = (plain(name) for name in pair)
    return (
        f"A guessing game: given the shared code *z* of one {first}, which of {count} *z* of "
        f"{second} comes from the same utterance? A **critic** scores every pair. Training raises "
        "the scores on the diagonal against all others. That can only succeed if both codes say "
        "the same thing. How well it succeeds is a **lower bound** on the information they share."
    )


def pull_title(pair: tuple[str, str], right: int, count: int, bound: float, error: float) -> str:
    """How often a row finds its own column; the `bound` and its standard error are in nats."""
    first, second = (plain(name) for name in pair)
    times = {0: "not once", 1: "once"}.get(right, f"{right} times")
    found = f"{capital(first)} finds its own {second} {times} in {count}"
    if not decide_within(bound, error).above:
        return f"{found}: no shared information could be shown"
    return (
        f"{found}: the batch shows {bound:.2f} ± {error:.2f} nats, of at most "
        f"{math.log(count):.2f} that {count} pairs can show"
    )


def own_words(chances: np.ndarray, names: Sequence[str], pair: tuple[str, str]) -> str:
    """How the utterance of the lesson fares, the first of (B, B) `chances`."""
    own, best = float(chances[0, 0]), int(chances[0].argmax())
    first, second = (plain(name) for name in pair)

    def quoted(row: int) -> str:
        return f"“{plain(beginning(names[row], 30))}”"

    said = f"The {first} of {quoted(0)} picks its own {second} with a chance of {own:.0%}"
    if best == 0:
        return f"{said}."
    return (
        f"{said}, and that of row {best + 1}, {quoted(best)}, with {chances[0, best]:.0%}. As far "
        "as the codes tell, the two say much the same."
    )


def pull_answer(curve: pd.DataFrame, truth: float | None) -> str:
    """What larger batches say about the ceiling."""
    last = curve.iloc[-1]
    near = last["nats"] > 0.8 * last["ceiling"]
    said = (
        f"Take a larger batch. With {int(last['batch_size'])} utterances the ceiling is "
        f"{last['ceiling']:.2f} nats, and the same critic shows {last['nats']:.2f}. That is "
        + ("still near the ceiling, so there may be far more."
           if near else "well below the ceiling, which no longer limits it.")
    )  # fmt: skip
    if truth is None:
        return said
    return (
        f"{said} In this corpus the truth is known: the two inputs share {truth:.2f} nats, and no "
        "codes can share more."
    )


def _controls(game: PairGame) -> tuple[np.ndarray, bool]:
    most = min(_LARGEST, len(game.rows))
    left, middle, right = st.columns([5, 4, 5], vertical_alignment="bottom")
    size = min(_USUAL, most)
    if most > 2:
        size = left.slider("Try it: batch size B", 2, most, size, key=f"lesson-batch-{most}")
    if middle.button("Other utterances", icon=":material/shuffle:", width="stretch"):
        st.session_state["lesson_seed"] = st.session_state.get("lesson_seed", 0) + 1
    shown = right.segmented_control(
        "Show", [_SCORES, _CHANCES], default=_SCORES, required=True, key="lesson-shown"
    )
    seed = int(st.session_state.get("lesson_seed", 0))
    return draw_batch(game, int(size), seed), shown == _CHANCES


def _data(scores: np.ndarray, ids: list[str], pair: tuple[str, str]) -> pd.DataFrame:
    table = pd.DataFrame(scores, columns=ids)
    table.insert(0, f"{pair[0]} of", ids)
    return table


@st.cache_data(show_spinner=False, max_entries=64)
def _game(
    fingerprint: str,
    corpus: str,
    split: str,
    index: int,
    pair: tuple[str, str],
    _subject: Subject,
) -> tuple[PairGame | None, pd.DataFrame | None]:
    view = _subject.view
    game = pair_game(view.corpus, view.outputs, _subject.present, pair, index)
    return game, None if game is None else bound_by_batch(game)


_HEIGHT = 470
_MOST_NAMES = 16
_LETTERS = 15
_FLOOR = -20.0  # nats, below which a score is as good as never
_REGION = "rgba(213, 94, 0, 0.10)"


def matrix_figure(
    scores: np.ndarray,
    chances: np.ndarray | None,
    names: Sequence[str],
    pair: tuple[str, str],
    curve: pd.DataFrame,
    bound: float,
) -> go.Figure:
    """Scores (B, B) in nats, or the chances in their place, beside the bound by batch size."""
    count, (first, second) = len(scores), map(figure_text, pair)
    shown, limits = scores, (max(_FLOOR, float(scores.min())), float(scores.max()))
    title = f"score, {limits[0]:.0f} (pale) to {limits[1]:.0f} nats"
    if chances is not None:
        shown, limits, title = chances, (0.0, 1.0), "chance that the row picks the column"
    if limits[1] - limits[0] < 1:  # nothing to tell apart: no colours made of noise
        limits = (limits[0] - 0.5, limits[1] + 0.5)
    figure = make_subplots(
        cols=2, column_widths=[0.58, 0.42], horizontal_spacing=0.11,
        subplot_titles=[title.replace("-", "−"), "InfoNCE in nats"],
        figure=blank(_HEIGHT, showlegend=False),
    )  # fmt: skip
    written = ".2f" if chances is not None else ".1f"
    figure.add_heatmap(
        z=shown, row=1, col=1, zmin=limits[0], zmax=limits[1], colorscale=SEQUENTIAL_SCALE,
        xgap=1 if count <= 32 else 0, ygap=1 if count <= 32 else 0,
        showscale=False,
        hovertemplate=f"{first} of %{{y}}, {second} of %{{x}}: %{{z:{written}}}<extra></extra>",
    )  # fmt: skip
    edge = np.array([-0.5, 0.5])
    for i in range(count):  # the true pairs
        figure.add_shape(
            type="rect", x0=i + edge[0], x1=i + edge[1], y0=i + edge[0], y1=i + edge[1],
            line={"color": ACCENT, "width": 2 if count <= 32 else 1}, row=1, col=1,
        )  # fmt: skip
    short = [figure_text(beginning(name, _LETTERS)) for name in names]
    ticks = {"tickvals": list(range(count)), "showgrid": False, "constrain": "domain"}
    few = count <= _MOST_NAMES
    figure.update_xaxes(
        **ticks, title=f"{second} of …", row=1, col=1,
        ticktext=[str(i + 1) for i in range(count)] if few else [],
    )  # fmt: skip
    figure.update_yaxes(
        **ticks, title="" if few else f"{first} of …", autorange="reversed",
        ticktext=[f"{n} {i + 1}" for i, n in enumerate(short)] if few else [], row=1, col=1,
    )  # fmt: skip
    _draw_curve(figure, curve, count, bound)
    large(figure)
    figure.update_annotations(selector={"yref": "paper"}, yshift=6)
    return figure


def _draw_curve(figure: go.Figure, curve: pd.DataFrame, count: int, bound: float) -> None:
    x, nats, ceiling = (curve[name].to_numpy() for name in ("batch_size", "nats", "ceiling"))
    figure.add_scatter(
        x=[*x, *x[::-1]], y=[*ceiling, *nats[::-1]], fill="toself", fillcolor=_REGION,
        line={"width": 0}, hoverinfo="skip", mode="lines", row=1, col=2,
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=ceiling, mode="lines", line={"color": NEUTRAL, "width": 1.2}, row=1, col=2,
        hovertemplate="ceiling ln %{x} = %{y:.2f} nats<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=x, y=nats, mode="lines", line={"color": ACCENT, "width": 2.5, "dash": LOWER_LINE},
        hovertemplate="%{y:.2f} nats from %{x} utterances<extra></extra>", row=1, col=2,
    )  # fmt: skip
    figure.add_scatter(
        x=[count], y=[bound], mode="markers", marker={"color": ACCENT, "size": 14}, row=1, col=2,
        hovertemplate="this batch: %{y:.2f} nats<extra></extra>",
    )  # fmt: skip
    middle = len(x) // 2
    figure.add_annotation(  # on a logarithmic axis the place is a logarithm
        x=np.log10(x[middle]), y=ceiling[middle], text="ceiling ln B", showarrow=False,
        xanchor="right", yanchor="bottom", xshift=-6, yshift=4, row=1, col=2,
    )  # fmt: skip
    octaves = [int(size) for size in x if (int(size) & (int(size) - 1)) == 0]
    figure.update_xaxes(
        type="log", title="batch size B", tickvals=octaves[::2], showgrid=False, row=1, col=2,
    )  # fmt: skip
    figure.update_yaxes(rangemode="tozero", nticks=7, row=1, col=2)
