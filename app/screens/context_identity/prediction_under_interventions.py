"""The prediction of one utterance as trained and under every intervention."""

from __future__ import annotations

from typing import Any

from app import state
from app.parts import say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.style import three_digits
from app.screens.context_identity.interventions import SHORT, effective
from app.screens.context_identity.trained_without import Retrained
from app.utterance.conversation import label_limits
from app.utterance.window import said_drawing
from mmmie.analysis.ask.identity_effect import RETRAINED
from mmmie.analysis.outputs import TRAINED

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
