"""What changes to an utterance do to predictions: where they were, where they are now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts.names import beginning, channel_words, figure_text, plain, text_of
from app.parts.numbers import listed
from app.parts.style import FUSED, NEUTRAL, SENTIMENT_SCALE, blank, modality_colour, three_digits
from app.utterance.contribution_steps import number, offset_text, sign_colours, signed
from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.corpus import Label, Modality

_ROW_PIXELS = 34
_STRIP_STEPS = 120
_LETTERS = 34
_DODGE = 0.07  # standard deviations


def moves_figure(
    names: Sequence[str],
    before: Sequence[float],
    now: Sequence[float],
    limits: tuple[float, float],
    x_title: str,
    *,
    truth: float | None = None,
    classes: bool = False,
) -> go.Figure:
    """One row per prediction: a thin tick where it was, a filled dot where it is now.

    Args:
        now: where each is; NaN draws the tick alone.
        truth: a hollow dot in the first row.
        classes: whether it is the probability of a class, which has no colour of sentiment.
    """
    rows, span = len(names), limits[1] - limits[0]
    old, new = np.array(before, float), np.array(now, float)
    places = np.arange(rows)
    figure = blank(62 + _ROW_PIXELS * (rows + (not classes)), showlegend=False)
    if not classes:  # the scale that the card shows, so that colours explain themselves
        steps = np.linspace(*limits, _STRIP_STEPS)
        figure.add_heatmap(
            x=steps, y=[rows - 0.35, rows], z=[steps], colorscale=SENTIMENT_SCALE,
            zmin=limits[0], zmax=limits[1], showscale=False, hoverinfo="skip",
        )  # fmt: skip
    figure.add_scatter(
        x=[x for a, b in zip(old, new, strict=True) for x in (a, b, None)],
        y=np.repeat(places, 3),
        mode="lines", hoverinfo="skip", line={"color": NEUTRAL, "width": 2},
    )  # fmt: skip
    figure.add_scatter(
        x=old, y=places, mode="markers", name="before",
        hovertemplate="before %{x:.3g}<extra></extra>",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": NEUTRAL, "width": 2.5}},
    )  # fmt: skip
    if truth is not None:
        figure.add_scatter(
            x=[truth], y=[0], mode="markers", name="truth",
            hovertemplate="truth %{x:.3g}<extra></extra>",
            marker={"symbol": "circle-open", "size": 17, "color": NEUTRAL, "line": {"width": 2.5}},
        )  # fmt: skip
    rightwards = ~(new < old)
    if truth is not None:  # the number stands on the side where the truth does not
        rightwards[0] = truth < new[0]
    colours = (
        {"color": FUSED}
        if classes
        else {"color": new, "colorscale": SENTIMENT_SCALE, "cmin": limits[0], "cmax": limits[1]}
    )
    figure.add_scatter(
        x=new, y=places, mode="markers+text", name="now",
        text=["" if np.isnan(x) else f"  {number(float(x))}" for x in new],
        textposition=["middle right" if right else "middle left" for right in rightwards],
        hovertemplate="now %{x:.3g}<extra></extra>", cliponaxis=False,
        marker={"size": 14, "line": {"width": 1.5, "color": NEUTRAL}, **colours},
    )  # fmt: skip
    shown = [x for x in (*old, *new, *limits) if np.isfinite(x)]
    figure.update_xaxes(
        range=[min(shown) - 0.12 * span, max(shown) + 0.12 * span],
        title=figure_text(x_title),
        nticks=7,
    )
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name) for name in names], showgrid=False,
        range=[rows - 0.4 + (0 if classes else 0.5), -0.6],
    )  # fmt: skip
    figure.update_layout(margin={"t": 4, "b": 44})
    return figure


def noise_figure(effect: pd.DataFrame, modalities: list[str], quantity: str) -> go.Figure:
    """Change of a prediction over the strength of the noise, one line per modality.

    Args:
        effect: from `mmmie.analysis.ask.what_if.noise_effect`.
    """
    figure = blank(300)
    figure.add_hline(0, line={"color": NEUTRAL, "width": 1, "dash": "dot"})
    groups = effect.groupby("modality", sort=False)
    for i, (name, part) in enumerate(groups):
        colour = modality_colour(str(name), modalities)
        aside = _DODGE * (i - (len(groups) - 1) / 2)  # draws of two modalities hide no other
        figure.add_scatter(
            x=part["noise"] + aside, y=part["change"], mode="markers", showlegend=False,
            marker={"color": colour, "size": 5, "opacity": 0.45},
            customdata=part[["noise", "seed"]],
            hovertemplate=f"{figure_text(str(name))}, %{{customdata[0]}} SD, "
            "seed %{customdata[1]}: %{y:+.3g}<extra></extra>",
        )  # fmt: skip
        mean = part.groupby("noise")["change"].mean()
        figure.add_scatter(
            x=mean.index, y=mean, mode="lines+markers", name=figure_text(str(name)),
            line={"color": colour, "width": 2.5}, marker={"color": colour, "size": 8},
            hovertemplate="%{x} SD: %{y:+.3g} on average<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="noise, in standard deviations of each channel", dtick=0.5)
    figure.update_yaxes(title=f"change of {figure_text(quantity)}")
    return figure


def tries_figure(tries: pd.DataFrame, span: float, quantity: str, classes: bool) -> go.Figure:
    """What every try did, the latest on top.

    Args:
        tries: `name` and `moved`, in the order in which they were made; NaN leaves a row empty.
    """
    shown = tries.iloc[::-1]
    moved = shown["moved"].to_numpy(float)
    lowers, raises = sign_colours(classes)
    places = np.arange(len(shown))
    figure = blank(62 + 28 * max(len(shown), 2), showlegend=False)
    figure.add_bar(
        x=moved, y=places, orientation="h", width=0.6, cliponaxis=False,
        marker={"color": [raises if x > 0 else lowers for x in moved]},
        text=["nothing left" if np.isnan(x) else signed(x, span) for x in moved],
        textposition="outside", hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    reach = max(float(np.nan_to_num(np.abs(moved)).max(initial=0)), 0.05 * span)
    figure.update_xaxes(
        range=[-1.4 * reach, 1.4 * reach], title=f"change of {figure_text(quantity)}", nticks=5,
        zeroline=True, zerolinecolor=NEUTRAL,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=places, ticktext=[_short(name) for name in shown["name"]], showgrid=False,
        range=[len(shown) - 0.4, -0.6],
    )  # fmt: skip
    figure.update_layout(margin={"t": 4, "b": 44})
    return figure


def _short(name: str) -> str:
    return figure_text(beginning(name, _LETTERS))


AS_IT_IS = "as it is"
TOGETHER = "all together"
_HARDLY = 0.005  # of the scale: a move that is no more than rounding
_MOST_NAMED = 2


def channel_change(one: ChannelEdit, modalities: Mapping[str, Modality]) -> str:
    """``pitch +30 Hz`` or ``pitch movement × 2``."""
    names = modalities[one.modality].channels or ()
    name, unit = channel_words(names[one.channel]) if names else (f"channel {one.channel}", "")
    unit = "" if unit.startswith("AU") else f" {unit}" if unit else ""
    shift = f"{one.shift:+.3g}".replace("-", "−") + unit if one.shift else ""
    stretch = f"movement × {one.stretch:.3g}" if one.stretch != 1 else ""
    return f"{name} " + ", ".join(part for part in (shift, stretch) if part)


def change_name(part: Question, modalities: Mapping[str, Modality]) -> str:
    """A single change, as a row of a figure calls it.

    Args:
        part: one of `Question.parts`.

    Example:
        >>> change_name(Question(missing=("audio",)), {})
        'audio missing'
        >>> change_name(Question(noise=(("a", 1.5),)), {})
        'noise 1.5 SD on a'
    """
    if part.missing:
        return f"{part.missing[0]} missing" + (" in the window" if part.everywhere else "")
    if part.noise:
        name, strength = part.noise[0]
        return f"noise {strength:.3g} SD on {name}"
    if part.channels:
        return channel_change(part.channels[0], modalities)
    return "other words"


def edit_name(question: Question, modalities: Mapping[str, Modality]) -> str:
    """All changes in one line."""
    return ", ".join(change_name(part, modalities) for part in question.parts)


def edit_phrase(question: Question, modalities: Mapping[str, Modality]) -> str:
    """How a sentence about changes begins: ``Without audio``; text of a corpus is escaped."""
    if len(question.parts) > _MOST_NAMED:
        return f"With these {len(question.parts)} changes"
    phrases = [_phrase(part, modalities) for part in question.parts]
    said = listed(phrases)
    return said[0].upper() + said[1:]


def _phrase(part: Question, modalities: Mapping[str, Modality]) -> str:
    name = plain(change_name(part, modalities))
    if part.missing:
        where = " in the whole window" if part.everywhere else ""
        return f"without {plain(part.missing[0])}{where}"
    return f"with {name}"


def what_if_title(
    question: Question,
    modalities: Mapping[str, Modality],
    label: Label,
    before: np.ndarray,
    now: np.ndarray,
    span: float,
) -> str:
    """What a change did to the prediction.

    Args:
        before: (1,) or (classes,) the prediction as it is.
        now: the same after it, NaN where nothing was left to read.
    """
    classes = label.classes
    if not question:
        if classes:
            said = plain(classes[int(before.argmax())])
            return f"Nothing is changed: it says {said} ({before.max():.2f})"
        return f"Nothing is changed: the prediction is {number(float(before[0]))}"
    phrase = edit_phrase(question, modalities)
    if np.isnan(now).any():
        return f"{phrase} nothing is left to read"
    if not classes:
        first, second = float(before[0]), float(now[0])
        if abs(second - first) < _HARDLY * span:
            return f"{phrase} the prediction stays at {number(first)}"
        return f"{phrase} the prediction moves from {number(first)} to {number(second)}"
    old, new = int(before.argmax()), int(now.argmax())
    shares = f"from {before[old]:.2f} to {now[old]:.2f}"
    if old != new:
        return (
            f"{phrase} it says {plain(classes[new])}: the probability of {plain(classes[old])} "
            f"goes {shares}"
        )
    if abs(now[old] - before[old]) < _HARDLY:
        return f"{phrase} it still says {plain(classes[old])} ({now[old]:.2f})"
    return f"{phrase} it still says {plain(classes[old])}: its probability goes {shares}"


def readers_title(turns: pd.DataFrame, moved: np.ndarray, span: float) -> str:
    """Which other turn a change moves most.

    Args:
        turns: (T,) rows of `EditableUtterance.turns` without the utterance itself.
        moved: (T,) change of their predictions, NaN where one cannot be read.
    """
    known = np.nan_to_num(moved)
    top = int(np.abs(known).argmax())
    if abs(known[top]) < _HARDLY * span:
        return "The turns that read it hardly move"
    turn = turns.iloc[top]
    who = text_of(turn["speaker"])
    whose = f" of {plain(who)}" if who else ""
    return (
        f"Of the turns that read it, turn {offset_text(int(turn['offset']))}{whose} moves most, by "
        f"{signed(float(known[top]), span)}"
    )


def noise_title(effect: pd.DataFrame, span: float) -> str:
    """On which modality noise moves the prediction most, at its strongest.

    Args:
        effect: from `mmmie.analysis.ask.what_if.noise_effect`.
    """
    most = float(effect["noise"].max())
    strongest = effect[effect["noise"] == most]
    size = strongest["change"].abs().groupby(strongest["modality"], sort=False).mean()
    name, value = str(size.idxmax()), float(size.max())
    if value < _HARDLY * span:
        return f"Noise up to {most:g} SD hardly moves it"
    if len(size) == 1:
        return (
            f"Noise of {most:g} SD moves it by {three_digits(value)} on average, in both directions"
        )
    return (
        f"Noise on {plain(name)} moves it most: at {most:g} SD by {three_digits(value)} on "
        f"average, in both directions"
    )


def tries_title(tries: pd.DataFrame, span: float) -> str:
    """Which of the tries moved a prediction most.

    Args:
        tries: `change` and `moved`, one row per try.
    """
    moved = tries["moved"].fillna(0)
    top = int(moved.abs().argmax())
    size = float(moved.iloc[top])
    if len(tries) == 1:
        return f"One try so far: it moved by {signed(size, span)}"
    if abs(size) < _HARDLY * span:
        return f"{len(tries)} tries so far, and none moved it"
    change = plain(str(tries["change"].iloc[top]))
    return f"{len(tries)} tries so far: “{change}” moved it most, by {signed(size, span)}"
