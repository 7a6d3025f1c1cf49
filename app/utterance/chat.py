"""Utterances as a chat: one speaker on one side, the others on the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import streamlit as st

from app.export.record import Bubbles, add


@dataclass(frozen=True)
class Bubble:
    """One utterance of a chat.

    Attributes:
        id: what a click chooses.
        text: what was said; it is shown as it is.
        who: the line above it.
        note: the line below it.
        right: which side it stands on.
        target: whether it has the thick outline.
        colour: of the mark beside `note`, none if empty.
        weight: border width, 0 to 1.
        opacity: of the text, 0 to 1.
        bar: (colour, share of the full width) of the parts of the bar below, none if empty.
        label: a name beside `who` that the reader may change, none if empty.
        changed: whether `label` is not the truth.
        removed: whether it is taken out; None where it cannot be.
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
    label: str = ""
    changed: bool = False
    removed: bool | None = None


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
.bubble.removed { border-style: dashed; background: none; }
.bubble.removed .text, .bubble.removed .note { opacity: 0.4; text-decoration: line-through; }
.label, .take { all: unset; cursor: pointer; border-radius: 0.7rem; padding: 0 0.45rem; }
.label { cursor: grab; -webkit-user-drag: element; border: 1px solid var(--st-border-color);
  background: var(--st-background-color); }
.label:hover, .label:focus-visible { border-color: var(--st-primary-color); }
.label.changed { border-color: var(--st-primary-color); color: var(--st-primary-color);
  font-weight: 600; }
.take { margin-left: auto; padding: 0 0.2rem; text-decoration: underline dotted; }
.take:hover, .take:focus-visible { color: var(--st-primary-color); }
.who.edit { opacity: 1; }
.say { all: unset; cursor: pointer; display: block; }
.say:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); border-radius: 3px; }
.chat.to-left { box-shadow: inset 4px 0 var(--st-primary-color); }
.chat.to-right { box-shadow: inset -4px 0 var(--st-primary-color); }
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
  const control = (tag, name, parent, text, title, act) => {
    const element = make(tag, name, parent, text);
    element.title = title;
    element.onclick = (event) => { event.stopPropagation(); act(); };
    return element;
  };
  const side = (event) => {
    const box = root.getBoundingClientRect();
    return event.clientX > box.left + box.width / 2 ? "right" : "left";
  };
  const still = () => root.classList.remove("to-left", "to-right");
  root.ondragover = (event) => {
    event.preventDefault();
    still();
    root.classList.add(`to-${side(event)}`);
  };
  root.ondragleave = still;
  root.ondrop = (event) => {
    event.preventDefault();
    still();
    const id = event.dataTransfer.getData("text/plain");
    if (data.bubbles.some((b) => b.label && b.id === id))
      setTriggerValue("relabelled", { id, side: side(event) });
  };
  for (const one of data.bubbles) {
    const names = ["bubble", one.right && "right", one.target && "target", !data.pick && "still",
      one.removed && "removed"];
    // A button may not contain others: where there are some, only the words are one.
    const edit = one.label || one.removed !== null;
    const tag = data.pick && !edit ? "button" : "div";
    const bubble = make(tag, names.filter(Boolean).join(" "), root);
    bubble.style.borderWidth = `${1 + 5 * one.weight}px`;
    if (one.weight > 0) {
      const strength = Math.round(25 + 75 * one.weight);
      bubble.style.borderColor =
        `color-mix(in srgb, var(--st-primary-color) ${strength}%, var(--st-border-color))`;
    }
    const who = make("div", edit ? "who edit" : "who", bubble);
    make("span", "", who, one.who);
    if (one.label) {
      // Not a button: browsers do not agree on dragging those.
      const change = () => setTriggerValue("relabelled", { id: one.id, side: "" });
      const label = control("span", `label${one.changed ? " changed" : ""}`, who, one.label,
        "Click to change who is said to have spoken, or drag it to a side", change);
      label.role = "button";
      label.tabIndex = 0;
      label.onkeydown = (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        change();
      };
      label.draggable = true;
      label.ondragstart = (event) => event.dataTransfer.setData("text/plain", one.id);
    }
    if (one.removed !== null)
      control("button", "take", who, one.removed ? "show" : "hide",
        one.removed ? "Show this turn to the model again" : "Hide this turn from the model",
        () => setTriggerValue("removed", one.id));
    const text = make(edit && data.pick ? "button" : "div", edit ? "text say" : "text", bubble,
      one.text);
    text.style.opacity = one.removed ? "" : one.opacity;
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
    bubbles: Sequence[Bubble],
    *,
    key: str,
    on_pick: Callable[[str], None] | None = None,
    on_relabel: Callable[[str, str], None] | None = None,
    on_remove: Callable[[str], None] | None = None,
) -> None:
    """Draw utterances as a chat.

    Args:
        bubbles: in order of time.
        key: unique on the page.
        on_pick: called with the id of a bubble that the reader clicks.
        on_relabel: called with the id of a bubble whose label the reader clicks or drags, and
            the side that it is dragged to, ``left`` or ``right``, empty for a click.
        on_remove: called with the id of a bubble that the reader takes out or back in.
    """

    def happened(name: str) -> Any:
        return (st.session_state.get(key) or {}).get(name)

    def picked() -> None:
        if on_pick is not None and (name := happened("picked")) is not None:
            on_pick(str(name))

    def relabelled() -> None:
        if on_relabel is not None and (change := happened("relabelled")) is not None:
            on_relabel(str(change["id"]), str(change["side"]))

    def removed() -> None:
        if on_remove is not None and (name := happened("removed")) is not None:
            on_remove(str(name))

    entries = [asdict(bubble) for bubble in bubbles]
    add(Bubbles(entries))
    _render(
        key=key,
        data={"bubbles": entries, "pick": on_pick is not None},
        on_picked_change=picked,
        on_relabelled_change=relabelled,
        on_removed_change=removed,
    )
