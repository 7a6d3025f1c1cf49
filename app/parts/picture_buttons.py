"""Buttons that save figures as they stand on the screen, as PNG or SVG.

The browser draws the file when a button is pressed, with the colours of the theme that it shows:
nothing is rendered before, and the server needs no browser of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from app.parts.component import component

_HTML = """
<div class="row">
  <button data-format="png" title="Download the figure as PNG, twice the size on the screen.">
    <span class="icon" aria-hidden="true">download</span>PNG</button>
  <button data-format="svg" title="Download the figure as SVG, for papers and slides.">
    <span class="icon" aria-hidden="true">download</span>SVG</button>
</div>
"""

_render = component(
    "mmmie_pictures",
    _HTML,
    Path(__file__).with_name("picture_buttons"),
)


def picture_buttons(name: str, pictures: Sequence[str]) -> None:
    """Draw the buttons.

    Args:
        pictures: keys of charts, or of a container around them. Several become one picture, in
            which they stand as they do on the screen.
    """
    _render(
        key=f"{name}-pictures",
        data={"name": name, "pictures": [_class_of(key) for key in pictures]},
        width="content",
    )


def _class_of(key: str) -> str:
    """How Streamlit writes a key in the class of an element."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
