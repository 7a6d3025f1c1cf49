"""Step 7 of the lesson: the prediction, and which part of the input made it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import figure_text, plain
from app.parts.style import modality_colour, three_digits
from app.screens.learn.frame import Formula, closing, large, opening
from app.screens.learn.subject import Subject
from app.state import View
from app.utterance.contribution_steps import Step, sign_colours, signed, steps_figure, turn_name
from mmmie.analysis.ask.question import Question
from mmmie.analysis.credit.contributions import Contributions, contributions
from mmmie.errors import InputError

FORMULA = Formula(
    (
        r"\hat y = w^\top c + b",
        r"\varphi_m = \sum_{S \not\ni m} "
        r"\frac{|S|!\,(M-|S|-1)!}{M!} \big( \hat y(S \cup m) - \hat y(S) \big)",
    ),
    (
        (r"c", "what the transformer makes of all tokens: the fused code"),
        (r"\varphi_m", "the Shapley value of modality m: how much the prediction changes when m "
         "joins, averaged over all orders of joining"),
        (r"S", "some of the other modalities, M of them in all"),
    ),
)  # fmt: skip
_MODALITIES, _TURNS = "modalities", "turns"
_HARDLY = 0.05  # of the scale
_EXPLANATION = """
The bars lead from a start to the prediction and add up exactly. **Modalities** start from the mean
label of the training data, the best guess without any input. **Turns** start from what the model
says of this utterance without its neighbours. Each bar is a **Shapley value**: the model answers
with every combination of parts, and a part gets what it changes, averaged over all orders in which
the parts can join. Hollow is the truth.
"""
_LEAD = (
    "A small transformer lets all tokens of the window read each other. What arrives at the target "
    "is the **fused code**; one linear layer turns it into the prediction. Which part of the input "
    "mattered? Hide a modality and see. Or split the prediction into what each modality, or each "
    "turn, adds."
)


def draw_predict(subject: Subject) -> None:
    """Draw the seventh step."""
    head = st.container()
    try:
        found = _contributions(*subject.key, subject.row, subject.view)
    except InputError as error:
        with head:
            opening("There is nothing to predict from", plain(str(error)))
        return
    by, hidden = _controls(subject)
    span = _limits(subject, found)[1] - _limits(subject, found)[0]
    steps = _steps(subject, found, by)
    with head:
        opening(_title(subject, found, steps, span), _LEAD)
    _numbers(subject, found, hidden)
    _draw_steps(subject, found, steps, by)
    _question(subject, found)


def _controls(subject: Subject) -> tuple[str, tuple[str, ...]]:
    left, right = st.columns(2)
    names = subject.view.outputs.modalities
    by = left.segmented_control(
        "Split it by", [_MODALITIES, _TURNS], default=_MODALITIES, required=True,
        key="lesson-by",
    )  # fmt: skip
    if len(names) == 1:
        return str(by), ()
    shown = right.pills(
        "Try it: what the model sees", names, selection_mode="multi", default=names,
        format_func=plain,
        key=f"lesson-shown-{'-'.join(names)}", wrap=True,
    )  # fmt: skip
    return str(by), tuple(name for name in names if name not in shown)


def _steps(subject: Subject, found: Contributions, by: str) -> list[Step]:
    names = subject.view.outputs.modalities
    if by == _MODALITIES:
        return [
            Step(name, value, modality_colour(name, names), f"{figure_text(name)} ")
            for name, value in found.modalities.itertuples(index=False, name=None)
        ]
    lowers, raises = sign_colours(found.class_name is not None)
    return [
        Step(turn_name(turn), turn["value"], raises if turn["value"] > 0 else lowers)
        for turn in found.turns.to_dict("records")
    ]


def _title(subject: Subject, found: Contributions, steps: list[Step], span: float) -> str:
    most = max(steps, key=lambda step: abs(step.value), default=Step("", 0.0, ""))
    truth = subject.one["label"]
    if found.class_name is None:
        return predict_title(found.prediction, float(truth), most.name, most.value, span)
    return predict_class_title(
        found.class_name, found.prediction, str(truth), most.name, most.value
    )


def predict_title(prediction: float, truth: float, top: str, value: float, span: float) -> str:
    """Prediction, truth, and the part that moves it most."""
    off = abs(prediction - truth)
    said = (
        f"Predicted {three_digits(prediction)}, true {three_digits(truth)}: off by "
        f"{three_digits(off)}"
    )
    if abs(value) < _HARDLY * span:
        return f"{said}; no part moves it far"
    return f"{said}; {plain(top)} moves it most, by {three_digits(value)}"


def predict_class_title(predicted: str, chance: float, truth: str, top: str, value: float) -> str:
    """The same for classes, where parts move the probability of the predicted class."""
    verdict = "which is right" if predicted == truth else f"but it is {plain(truth)}"
    said = f"Predicted {plain(predicted)} with {chance:.0%}, {verdict}"
    if abs(value) < _HARDLY:
        return f"{said}; no part moves it far"
    return f"{said}; {plain(top)} moves that most, by {signed(100 * value, 100)} points"


def shapley_answer(modality: str, value: float, change: float) -> str:
    """Whether hiding a modality changes the prediction by its Shapley value."""
    same = abs(value - change) < 0.05 * max(abs(value), abs(change), 1e-9)
    begin = "Here nearly, but not in general" if same else "No"
    return (
        f"{begin}. Without {plain(modality)} the prediction changes by {three_digits(change)}; its "
        f"Shapley value is {three_digits(value)}. Where two modalities say the same, hiding one "
        "changes little, because the other still says it. Shapley values share the credit between "
        "them."
    )


def _numbers(subject: Subject, found: Contributions, hidden: tuple[str, ...]) -> None:
    truth, prediction, now = st.columns(3)
    classes = subject.view.corpus.label.classes
    one = subject.one["label"]
    say.number("Truth", plain(str(one)) if classes else three_digits(float(one)), place=truth)
    name = "Prediction" if classes is None else f"Probability of {plain(str(found.class_name))}"
    say.number(name, three_digits(found.prediction), place=prediction)
    if not hidden:
        say.number("With a modality hidden", "–", help="Remove one from the list above.", place=now)
        return
    if set(hidden) >= set(subject.modalities):
        say.number(
            "With nothing shown", three_digits(found.mean_label),
            help="The mean of the training labels, the best guess without any input.",
            place=now,
        )  # fmt: skip
        return
    value = _told(subject, found, hidden)
    say.number(
        f"Without {plain(' and '.join(hidden))}", three_digits(value),
        f"{value - found.prediction:+.3g}".replace("-", "−"), delta_color="off",
        place=now,
    )  # fmt: skip


def _draw_steps(subject: Subject, found: Contributions, steps: list[Step], by: str) -> None:
    if not steps:
        st.info("The model sees no neighbours of this utterance.", icon=":material/forum:")
        return
    label = subject.view.corpus.label
    classes = found.class_name is not None
    start = found.mean_label if by == _MODALITIES else found.alone
    start_name = ("share of the class" if classes else "mean label") if by == _MODALITIES else (
        "target alone"
    )  # fmt: skip
    figure(
        large(
            steps_figure(
                start_name,
                start,
                steps,
                _limits(subject, found),
                f"probability of {found.class_name}" if classes else label.name,
                None if classes else float(subject.one["label"]),
            )
        ),
        key="lesson-steps",
        caption=f"Exact Shapley values of utterance {plain(subject.name)}, "
        f"{2 ** len(steps):,} predictions." + ("" if classes else " Hollow: the truth."),
        explanation=_EXPLANATION,
        data=found.modalities if by == _MODALITIES else found.turns,
        alt=f"From {start_name} to the prediction, one bar per part ({by})",
    )


def _question(subject: Subject, found: Contributions) -> None:
    present = found.modalities[found.modalities["modality"].isin(subject.modalities)]
    if len(present) < 2:
        closing(
            FORMULA,
            "does a large Shapley value mean that the model is right?",
            "No. It says what the model uses, not whether it should. A part can move a prediction "
            "far in the wrong direction.",
        )
        return
    top = present.loc[present["value"].abs().idxmax()]
    name, value = str(top["modality"]), float(top["value"])
    closing(
        FORMULA,
        f"{plain(name)} has the largest Shapley value, {three_digits(value)}. If {plain(name)} "
        "were missing, would the prediction change by exactly that much?",
        shapley_answer(name, value, found.prediction - _told(subject, found, (name,))),
    )


def _told(subject: Subject, found: Contributions, hidden: tuple[str, ...]) -> float:
    output = _hidden(*subject.key, subject.row, hidden, subject.view)
    classes = subject.view.corpus.label.classes
    return float(output[0 if classes is None else classes.index(str(found.class_name))])


def _limits(subject: Subject, found: Contributions) -> tuple[float, float]:
    return (0.0, 1.0) if found.class_name is not None else subject.limits


@st.cache_data(show_spinner=False, max_entries=64)
def _contributions(
    fingerprint: str, corpus: str, split: str, row: int, _view: View
) -> Contributions:
    return contributions(_view.checkpoint, _view.corpus, row)


@st.cache_data(show_spinner=False, max_entries=256)
def _hidden(
    fingerprint: str, corpus: str, split: str, row: int, hidden: tuple[str, ...], _view: View
) -> np.ndarray:
    from mmmie.analysis.ask.asker import Asker

    question = Question(missing=hidden, everywhere=True)
    return Asker(_view.checkpoint, _view.corpus).answer([row], [question])[0].values[0]
