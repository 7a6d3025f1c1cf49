"""Drawings of `app.parts.svg` on the page."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st
from markupsafe import Markup

from app.export.record import Drawing, add
from app.parts.figures import figure_footer

_JS = """
/** The words of every hint, out of the drawing: the browser's own come late and small. */
function taken(room) {
  for (const title of room.querySelectorAll("title")) {
    title.parentElement.dataset.hint = title.textContent;
    title.remove();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const room = parentElement.querySelector(".mmmie-room");
  const tip = parentElement.querySelector(".mmmie-tip");
  room.onclick = (event) => {
    const chosen = event.target.closest("[data-choice]");
    if (chosen) setTriggerValue("chosen", chosen.dataset.choice);
  };
  room.onpointermove = (event) => {
    const words = event.target.closest("[data-hint]")?.dataset.hint;
    tip.hidden = !words;
    if (!words) return;
    if (tip.textContent !== words) tip.textContent = words;
    const { width, height } = tip.getBoundingClientRect();
    const right = event.clientX + 14 + width > window.innerWidth;
    const low = event.clientY + 14 + height > window.innerHeight;
    tip.style.left = `${event.clientX + (right ? -14 - width : 14)}px`;
    tip.style.top = `${event.clientY + (low ? -14 - height : 14)}px`;
  };
  room.onpointerleave = () => { tip.hidden = true; };
  if (room.drawn === data.drawing) return;
  room.drawn = data.drawing;
  room.innerHTML = data.drawing;  // written by the app, every word in it escaped
  tip.hidden = true;
  taken(room);
}
"""

_CSS = """
.mmmie-room { font-family: var(--st-font); color: var(--st-text-color); }
.mmmie-tip { position: fixed; z-index: 1000; pointer-events: none; white-space: pre-line;
  max-width: 26rem; padding: 0.35rem 0.55rem; border-radius: 0.3rem; font-size: 0.8rem;
  font-family: var(--st-font); color: var(--st-text-color); line-height: 1.35;
  background: var(--st-background-color); border: 1px solid var(--st-border-color);
  box-shadow: 0 2px 8px rgba(0, 0, 0, 0.2); }
.mmmie-tip[hidden] { display: none; }
.mmmie-list { width: 100%; border-collapse: collapse; font-size: 0.875rem; line-height: 1.35; }
.mmmie-list th { position: sticky; top: 0; background: var(--st-background-color);
  text-align: left; font-weight: 600; }
.mmmie-list th, .mmmie-list td { padding: 0.35rem 0.6rem; vertical-align: top;
  border-bottom: 1px solid var(--st-border-color); }
.mmmie-list td:last-child { width: 45%; }
.mmmie-list tbody tr { cursor: pointer; }
.mmmie-list tbody tr:hover { background: rgba(123, 135, 148, 0.12); }
.mmmie-list tr[aria-current] { background: rgba(123, 135, 148, 0.22); font-weight: 600; }
.mmmie-list button:focus-visible { outline: 2px solid var(--st-primary-color); }
"""

_render = st.components.v2.component(
    "mmmie_drawing",
    html='<div class="mmmie-room"></div><div class="mmmie-tip" hidden></div>',
    css=_CSS,
    js=_JS,
    isolate_styles=False,  # what saves pictures has to find it
)


def draw(drawing: str, *, key: str, choose: Callable[[str], None] | None = None) -> None:
    """Draw it as wide as there is room.

    Args:
        drawing: markup from a view.
        key: unique on the page; what `figure_footer` finds it by.
        choose: called with what the reader clicked, where the drawing says that of its parts.
    """

    def take() -> None:
        if choose is not None and (name := st.session_state[key]["chosen"]):
            choose(str(name))

    add(Drawing(key, Markup(drawing)))
    _render(key=key, data={"drawing": drawing}, on_chosen_change=take)


def drawn_figure(
    drawing: str,
    *,
    key: str,
    caption: str,
    explanation: str,
    data: pd.DataFrame,
    choose: Callable[[str], None] | None = None,
) -> None:
    """Draw it with what belongs to a figure; see `draw` and `figure_footer`."""
    draw(drawing, key=key, choose=choose)
    figure_footer(key=key, caption=caption, explanation=explanation, data=data, pictures=(key,))
