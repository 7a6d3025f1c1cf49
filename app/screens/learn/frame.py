"""What all steps of the lesson share: navigation, title, formula, question, large letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from app.parts import page_text as say

STEPS = (
    "Utterance", "Encode", "Codes", "Pull", "Squeeze", "Identity", "Predict", "Who knows", "Train",
)  # fmt: skip
LAST = len(STEPS) - 1
LETTERS = 15  # of figures, to be read from the back of a room
TALL = 120  # pixels of a row of small panels
CODE_TITLES = {"z": "shared code z", "s": "own code s"}


@dataclass(frozen=True)
class Formula:
    """A formula in lines of LaTeX, and its symbols, each as LaTeX and words."""

    lines: tuple[str, ...]
    symbols: tuple[tuple[str, str], ...]


# One column, and letters that can be read from the back of a room.
_STYLE = """
<style>
.st-key-lesson { max-width: 62rem; margin-inline: auto; }
.st-key-lesson h1 { font-size: 2.2rem; line-height: 1.2; text-wrap: balance; }
[class*="st-key-lesson-words"] :is(p, li, th, td) { font-size: 1.2rem; line-height: 1.6; }
[class*="st-key-lesson-words"] table { width: 100%; }
[class*="st-key-lesson-chat"] { zoom: 1.2; }
.st-key-lesson-progress button { padding-inline: 0.4rem; }
[class*="st-key-lesson-formula"] .katex { font-size: 1.2em; }
[class*="st-key-lesson-formula"] li, [class*="st-key-lesson-formula"] p { font-size: 1.05rem; }
</style>
"""


def current_step() -> int:
    """The step that is shown, taken from the URL on the first run of a session."""
    if "lesson_step" not in st.session_state:
        asked = st.query_params.get("step", "0")
        _go(int(asked) if asked.isdecimal() else 0)
    step: int = st.session_state["lesson_step"]
    if st.query_params.get("step") != str(step):
        st.query_params["step"] = str(step)
    return step


@contextmanager
def lesson(step: int) -> Iterator[None]:
    """The column of the lesson: progress above, navigation below.

    The navigation is sent before the step, so that keys work while the step is still drawn.
    """
    st.html(_STYLE)
    arrow_keys(step, _move)
    with st.container(key="lesson"):
        _progress(step)
        body = st.container(key="lesson-step")
        _navigation(step)
    with body:
        yield


def opening(title: str, lead: str) -> None:
    """The finding of a step, and two or three sentences on it."""
    say.title(title)
    with st.container(key="lesson-words-lead"):
        say.words(lead)


def remark(text: str, key: str) -> None:
    """A sentence as large as the lead."""
    with st.container(key=f"lesson-words-{key}"):
        say.words(text)


def closing(formula: Formula, question: str, answer: str) -> None:
    """The formula of a step with its symbols, and a question whose answer is folded away."""
    with st.container(key="lesson-formula", border=True):
        for line in formula.lines:
            say.formula(line)
        say.words("\n".join(f"- ${symbol}$: {words}" for symbol, words in formula.symbols))
    with st.container(key="lesson-words-question"):
        say.words(f"**To think about**: {question}")
        with st.expander("One answer", icon=":material/lightbulb:"):
            say.words(answer)


def large(figure: go.Figure) -> go.Figure:
    """The same figure with large letters."""
    figure.update_layout(
        font={"size": LETTERS}, legend={"font": {"size": LETTERS}}, hoverlabel={"font_size": 14}
    )
    figure.update_xaxes(title_font={"size": LETTERS}, tickfont={"size": LETTERS - 2})
    figure.update_yaxes(title_font={"size": LETTERS}, tickfont={"size": LETTERS - 2})
    figure.update_annotations(font={"size": LETTERS})
    return figure


def _progress(step: int) -> None:
    st.session_state["lesson-progress"] = step
    st.segmented_control(
        "Step of the lesson", range(len(STEPS)), format_func=STEPS.__getitem__, required=True,
        key="lesson-progress", on_change=_jump, label_visibility="collapsed", width="stretch",
    )  # fmt: skip


def _navigation(step: int) -> None:
    left, middle, right = st.columns(3, vertical_alignment="center")
    left.button(
        "Back", icon=":material/arrow_back:", shortcut="B", width="stretch", disabled=step == 0,
        on_click=_go, args=(step - 1,), key="lesson-back",
    )  # fmt: skip
    middle.caption(f"Step {step + 1} of {len(STEPS)}. Next: → or N. Back: ← or B.")
    right.button(
        f"Next: {STEPS[step + 1]}" if step < LAST else "The end",
        icon=":material/arrow_forward:", shortcut="N", type="primary", width="stretch",
        disabled=step == LAST, on_click=_go, args=(step + 1,), key="lesson-next",
    )  # fmt: skip


def _jump() -> None:
    _go(int(st.session_state["lesson-progress"]))


def _move(by: int) -> None:
    _go(int(st.session_state["lesson_step"]) + by)


def _go(step: int) -> None:
    st.session_state["lesson_step"] = min(max(step, 0), LAST)


# Captured at the window, these keys come here before the rest of the app. A control that uses them
# itself keeps them.

_render = st.components.v2.component(
    "mmmie_lesson_keys",
    html='<div class="lesson-keys"></div>',
    js=Path(__file__).with_name("arrow_keys.js").read_text("utf-8"),
)


def arrow_keys(step: int, on_move: Callable[[int], None]) -> None:
    """Listen to ← and → while the page is shown, and go to its top when the step changes."""

    def moved() -> None:
        move = (st.session_state.get("lesson-keys") or {}).get("move")
        if move is not None:
            on_move(int(move))

    _render(key="lesson-keys", data={"step": step}, on_move_change=moved, height=1)
