"""The arrow keys on the Learn page: next step and back."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

# Capturing at the window comes before whatever else the app does with these keys. A control that
# uses them itself keeps them.
_JS = """
const OWN = 'input, textarea, select, [contenteditable="true"], [role="slider"], [role="radio"]';

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".lesson-keys");
  if (root.dataset.step !== undefined && root.dataset.step !== String(data.step)) {
    document.querySelector('[data-testid="stMain"]')?.scrollTo(0, 0);
  }
  root.dataset.step = data.step;
  const press = (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const other = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    if (!move || other || event.composedPath()[0].closest?.(OWN)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) setTriggerValue("move", move);
  };
  root.release?.();
  root.release = () => window.removeEventListener("keydown", press, true);
  window.addEventListener("keydown", press, true);
  return () => root.release();
}
"""

_render = st.components.v2.component(
    "mmmie_lesson_keys", html='<div class="lesson-keys"></div>', js=_JS
)


def arrow_keys(step: int, on_move: Callable[[int], None]) -> None:
    """Listen to ← and → while the page is shown, and go to its top when the step changes.

    Args:
        step: that is shown.
        on_move: called with -1 or 1.
    """

    def moved() -> None:
        move = (st.session_state.get("lesson-keys") or {}).get("move")
        if move is not None:
            on_move(int(move))

    _render(key="lesson-keys", data={"step": step}, on_move_change=moved, height=1)
