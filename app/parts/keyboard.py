"""Keys that work on every page, a dialog that lists them, and the link to the view."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st
from streamlit.navigation.page import StreamlitPage

PREVIOUS, NEXT, PIN, LET_GO, CLEAR = "Left", "Right", "P", "U", "X"

_HTML = """
<div class="row">
  <button class="copy" title="Copy the address of this view">Copy link</button>
  <button class="help" title="Show all keys">Keys <kbd>?</kbd></button>
</div>
"""
_CSS = """
.row { display: flex; gap: 0.5rem; }
button { all: unset; box-sizing: border-box; flex: 1; text-align: center; cursor: pointer;
  padding: 0.3rem 0.5rem; border-radius: 6px; border: 1px solid var(--st-border-color);
  font-family: var(--st-font); font-size: 0.85rem; color: var(--st-text-color); }
button:hover, button:focus-visible { border-color: var(--st-primary-color);
  color: var(--st-primary-color); }
kbd { font: inherit; opacity: 0.6; }
"""
# Streamlit's own shortcuts know letters, digits and arrows, but not the question mark; and a
# shortcut for every page would need a button for every page.
_JS = """
const WRITES = ["INPUT", "TEXTAREA", "SELECT"];

async function copy(button) {
  try {
    await navigator.clipboard.writeText(location.href);
  } catch {  // browsers offer no clipboard to pages that come over plain http from elsewhere
    prompt("The address of this view", location.href);
    return;
  }
  const words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = words; }, 1500);
}

export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.listening?.abort();
  const listening = (parentElement.listening = new AbortController());
  const options = { signal: listening.signal };
  const copied = parentElement.querySelector(".copy");
  copied.addEventListener("click", () => copy(copied), options);
  const help = parentElement.querySelector(".help");
  help.addEventListener("click", () => setTriggerValue("help", true), options);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const path = event.composedPath();
    if (path.some((e) => WRITES.includes(e.tagName) || e.isContentEditable)) return;
    const page = "123456789".indexOf(event.key) + 1;
    if (event.key === "?") setTriggerValue("help", true);
    else if (page && page <= data.pages) setTriggerValue("page", page);
  }, options);
  return () => listening.abort();
}
"""

_render = st.components.v2.component("mmmie_keyboard", html=_HTML, css=_CSS, js=_JS)


def draw_keyboard(pages: Sequence[StreamlitPage]) -> None:
    """Draw the buttons for link and help, and listen for the keys that need no button.

    Args:
        pages: in the order of their numbers; the key of one opens it.
    """
    pressed = _render(
        key="keyboard",
        data={"pages": len(pages)},
        on_help_change=lambda: None,
        on_page_change=lambda: None,
    )
    if pressed.page:
        st.switch_page(pages[int(pressed.page) - 1], query_params={})
    if pressed.help:
        _help(pages)


@st.dialog("Keys", width="medium")
def _help(pages: Sequence[StreamlitPage]) -> None:
    st.table(
        pd.DataFrame(
            [
                ("← →", "previous and next utterance of the selection or, where fewer than two "
                 "are selected, of the slice; on Learn, the steps of the lesson"),
                (PIN, "pin the utterance, to see it beside the others"),
                (LET_GO, "unpin it"),
                (CLEAR, "clear the selection"),
                *((str(i), page.title) for i, page in enumerate(pages[:9], start=1)),
                ("R", "draw the page again"),
                ("?", "this list"),
            ],
            columns=["key", "what it does"],
        ).set_index("key")
    )  # fmt: skip
    st.caption(
        "Shortcuts are off while you type. In a table, arrows go from cell to cell; click beside "
        "it to leave it. On a map, click a point, drag a box, or choose the lasso in its "
        "upper right corner; a double click shows everything again."
    )
    st.caption(
        "The address of the page names checkpoint, split, slice, colours, selection, pinned "
        "utterance and filters. Whoever opens it sees the same view."
    )
