"""What a reader changed about a window, and what that does to prediction and attention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.numbers import listed
from app.parts.style import three_digits
from app.screens.context_identity.interventions import SHORT
from app.state import View
from app.utterance.conversation import label_limits
from app.utterance.window import attention_svg, said_drawing
from mmmie.analysis.ask.question import Question
from mmmie.analysis.outputs import TRAINED

if TYPE_CHECKING:
    from mmmie.analysis.ask.asker import Answer

_NOW = "now"
_STILL = 0.005  # a smaller change of prediction, probability or attention is not seen

_SPOKEN = ("the same speaker", "another speaker", "an unknown speaker")


def edit_sentence(question: Question, names: dict[int, str]) -> str:
    """Everything that is told instead of the truth.

    Args:
        names: offset → name of the places that are there; changes of others are left out.

    Example:
        >>> edit_sentence(Question(relabel=((-1, 0),), terms_off=("role",)), {-1: "-1  Bo"})
        'Told: -1 Bo is the same speaker; no role term.'
    """
    said = [
        f"{_short(names[offset])} is {_SPOKEN[word]}"
        for offset, word in question.relabel
        if offset in names
    ]
    hidden = [_short(names[offset]) for offset in question.hidden if offset in names]
    if hidden:
        said.append(f"{listed(hidden)} {'is' if len(hidden) == 1 else 'are'} hidden")
    if question.terms_off:
        said.append(f"no {listed(list(question.terms_off))} term")
    if question.shuffle is not None:
        said.append("roles of the neighbours are shuffled")
    return f"Told: {'; '.join(said)}." if said else "Told the truth about everything."


def draw_prediction_now(view: View, question: Question, now: Answer | None) -> None:
    """The prediction as trained and as told."""
    label, one = view.corpus.label, view.frame.iloc[view.primary]
    drawing, data = said_drawing(
        dict(zip((SHORT[TRAINED], _NOW), _outputs(view, now), strict=True)),
        one["label"],
        label,
        label_limits(label, view.frame["label"].to_numpy()),
        alt="Prediction of the utterance as trained and with what is changed",
    )
    marks = (
        "The **hollow** dot is the true label, the **filled** ones what the model says as "
        "trained and now; the dotted line carries down what it said."
        if label.classes is None
        else "The probabilities of the classes, as trained and now; the true one is outlined."
    )
    drawn_figure(
        drawing,
        key="prediction-now",
        caption=f"Utterance {plain(str(one['id']))}; now: the same weights, told what is chosen "
        "above.",
        explanation=f"{marks} The weights are the same: only what the identity embedding is told, "
        "and which neighbours there are, differs.",
        data=data.assign(utterance=one["id"], edit=str(question.address)),
    )


def draw_attention_now(
    view: View, names: dict[int, str], before: pd.DataFrame, now: pd.DataFrame, *, edited: bool
) -> None:
    """Attention on the window as trained and as told."""
    say.finding(plain(attention_finding(before, now, names, edited=edited)))
    drawn_figure(
        attention_svg(
            {SHORT[TRAINED]: before, _NOW: now},
            names,
            view.outputs.modalities,
            alt="Attention on every utterance of the window, as trained and with what is changed",
        ),
        key="attention-now",
        caption="Attention of the last layer, mean over heads; one utterance.",
        explanation=(
            "Each bar is an utterance of the window, divided by modality; the bars of a panel "
            "sum to 100 %. Where both panels are alike, what is changed does not steer attention."
        ),
        data=pd.concat([before.assign(variant=SHORT[TRAINED]), now.assign(variant=_NOW)]),
    )


def _outputs(view: View, now: Answer | None) -> tuple[np.ndarray, np.ndarray]:
    """What the model says as trained and now: () in label units, or (classes,)."""
    was = view.outputs.output[TRAINED][view.primary]
    return was, was if now is None else now.output[0]


def finding(view: View, now: Answer | None) -> str:
    """What is predicted, or what the change did to it, in one sentence."""
    was, is_ = _outputs(view, now)
    truth, classes = view.frame["label"].iloc[view.primary], view.corpus.label.classes
    if classes is None:
        return number_finding(float(was), float(is_), float(truth), edited=now is not None)
    return class_finding(was, is_, str(truth), list(classes), edited=now is not None)


def number_finding(before: float, now: float, truth: float, *, edited: bool) -> str:
    """What the change did to a prediction in label units."""
    if not edited:
        return f"It predicts {three_digits(before)} where the truth is {three_digits(truth)}"
    if abs(now - before) < _STILL:
        return f"This leaves the prediction at {three_digits(before)}"
    further = abs(now - truth) - abs(before - truth)
    where = "as far" if abs(further) < _STILL else ("further" if further > 0 else "nearer")
    way = "from" if where != "nearer" else "to"
    return (
        f"Told this, it predicts {three_digits(now)} instead of {three_digits(before)}: "
        f"{where} {way} the truth, {three_digits(truth)}"
    )


def class_finding(
    before: np.ndarray, now: np.ndarray, truth: str, classes: list[str], *, edited: bool
) -> str:
    """What the change did to class probabilities (classes,)."""
    was, is_ = int(before.argmax()), int(now.argmax())
    right = _verdict(classes[was], truth)
    if not edited:
        return f"It says {classes[was]} with probability {before[was]:.2f}{right}"
    if is_ != was:
        right = _verdict(classes[is_], truth)
        return (
            f"Told this, it says {classes[is_]} ({now[is_]:.2f}) instead of {classes[was]} "
            f"({before[was]:.2f}){right}"
        )
    if f"{now[was]:.2f}" == f"{before[was]:.2f}":
        return f"This leaves it at {classes[was]} with probability {before[was]:.2f}{right}"
    return (
        f"Told this, it still says {classes[was]}: probability {before[was]:.2f} → "
        f"{now[was]:.2f}{right}"
    )


def _verdict(said: str, truth: str) -> str:
    return ", which is true" if said == truth else f"; the truth is {truth}"


def attention_finding(
    before: pd.DataFrame, now: pd.DataFrame, names: dict[int, str], *, edited: bool
) -> str:
    """Where attention goes, or how much of it the change moved and where to.

    Args:
        before: from `mmmie.analysis.ask.context_use.attention_shares`.
        names: offset → name of the places that are there.
    """
    was = before.groupby("offset")["share"].sum()
    gain = now.groupby("offset")["share"].sum() - was
    if not edited:
        neighbours = was.drop(0, errors="ignore")
        if neighbours.empty:
            return "There are no neighbours: all attention goes to the target"
        share, first = float(neighbours.sum()), _short(names[int(neighbours.idxmax())])
        return f"{share:.0%} of the attention goes to neighbours, most of it to {first}"
    moved = float(np.abs(now["share"].to_numpy() - before["share"].to_numpy()).sum() / 2)
    if moved < _STILL:
        return "This moves no attention"
    most = int(gain.idxmax())
    if gain[most] < moved / 2:
        return f"{moved:.0%} of the attention moves, to several places"
    return f"{moved:.0%} of the attention moves, most of it to {_short(names[most])}"


def _short(name: str) -> str:
    """A name without the wide space that lines it up on an axis."""
    return " ".join(name.split())
