"""Utterances as a chat: one speaker on one side, the others on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import streamlit as st


@dataclass(frozen=True)
class Bubble:
    """One utterance of a chat.

    Attributes:
        id: what a click chooses.
        text: what was said; it stays text, whatever it holds.
        who: the line above it.
        note: the line below it.
        right: which side it stands on.
        target: whether it has the thick outline.
        colour: of the mark beside `note`, none if empty.
        weight: border width, 0 to 1.
        opacity: of the text, 0 to 1.
        bar: (colour, share of the full width) of the parts of the bar below, none if empty.
    """

    id: str
    text: str
    who: str
    note: str = ""
    right: bool = False
    target: bool = False
    colour: str = ""
    weight: float = 0.0
    opacity: float = 1.0
    bar: tuple[tuple[str, float], ...] = ()


_CSS = """
.chat { display: flex; flex-direction: column; gap: 0.45rem; padding: 4px;
  font-family: var(--st-font); font-size: 0.92rem; color: var(--st-text-color); }
.bubble { all: unset; box-sizing: border-box; cursor: pointer; max-width: 84%; min-width: 9rem;
  padding: 0.45rem 0.7rem; border-radius: 0.9rem; align-self: flex-start;
  border: 1px solid var(--st-border-color); background: var(--st-secondary-background-color); }
.bubble.still { cursor: default; }
.bubble.right { align-self: flex-end; }
.bubble:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); }
.bubble.target { outline: 3px solid var(--st-text-color); outline-offset: 1px; }
.who, .note { font-size: 0.76rem; opacity: 0.75; display: flex; gap: 0.4rem; align-items: center; }
.text { overflow-wrap: anywhere; margin: 0.1rem 0; line-height: 1.35; }
.mark { width: 0.7rem; height: 0.7rem; border-radius: 50%; flex: none;
  border: 1px solid rgba(123, 135, 148, 0.7); }
.bar { display: flex; height: 5px; margin-top: 0.3rem; border-radius: 3px; overflow: hidden; }
"""

_JS = """
export default function ({ parentElement, data, setTriggerValue }) {
  const make = (tag, name, parent, text) => {
    const element = document.createElement(tag);
    element.className = name;
    if (text) element.textContent = text;
    parent.appendChild(element);
    return element;
  };
  const root = parentElement.querySelector(".chat");
  root.replaceChildren();
  for (const one of data.bubbles) {
    const names = ["bubble", one.right && "right", one.target && "target", !data.pick && "still"];
    const bubble = make(data.pick ? "button" : "div", names.filter(Boolean).join(" "), root);
    bubble.style.borderWidth = `${1 + 5 * one.weight}px`;
    if (one.weight > 0) {
      const strength = Math.round(25 + 75 * one.weight);
      bubble.style.borderColor =
        `color-mix(in srgb, var(--st-primary-color) ${strength}%, var(--st-border-color))`;
    }
    make("div", "who", bubble, one.who);
    make("div", "text", bubble, one.text).style.opacity = one.opacity;
    if (one.note) {
      const note = make("div", "note", bubble);
      if (one.colour) make("span", "mark", note).style.background = one.colour;
      make("span", "", note, one.note);
    }
    if (one.bar.length) {
      const bar = make("div", "bar", bubble);
      for (const [colour, share] of one.bar) {
        const part = make("span", "", bar);
        part.style.background = colour;
        part.style.width = `${100 * share}%`;
      }
    }
    if (data.pick) bubble.onclick = () => setTriggerValue("picked", one.id);
  }
}
"""

_render = st.components.v2.component(
    "mmmie_chat", html='<div class="chat"></div>', css=_CSS, js=_JS
)


def chat(
    bubbles: Sequence[Bubble], *, key: str, on_pick: Callable[[str], None] | None = None
) -> None:
    """Draw utterances as a chat.

    Args:
        bubbles: in order of time.
        key: unique on the page.
        on_pick: called with the id of a bubble that the reader clicks.
    """

    def picked() -> None:
        name = (st.session_state.get(key) or {}).get("picked")
        if name is not None and on_pick is not None:
            on_pick(str(name))

    _render(
        key=key,
        data={"bubbles": [asdict(b) for b in bubbles], "pick": on_pick is not None},
        on_picked_change=picked,
    )
