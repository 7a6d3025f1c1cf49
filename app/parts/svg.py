"""Small drawings as SVG, for what is drawn anew whenever the reader steps on.

A browser draws one in a few milliseconds; a Plotly figure takes it fifty to two hundred. Places
across are shares of the width in per cent, so that a drawing fills whatever room it gets, places
down are pixels. Words take the colour of the text around them, in light and in dark.
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np

from app.parts.names import shortened

Element = ElementTree.Element

LETTERS = 12
WORDS = {"fill": "currentColor", "fill_opacity": "0.8"}
"""How words are written beside what is drawn."""

_CLASS = "mmmie-drawing"


def drawing(height: float, alt: str, letters: int = LETTERS) -> Element:
    """An empty drawing.

    Args:
        height: pixels.
        letters: their size in pixels, unless an element says otherwise.
    """
    style = f"display: block; font-size: {letters}px"
    root = Element("svg", width="100%", height=_written(height), style=style)
    root.set("class", _CLASS)
    root.set("role", "img")
    root.set("aria-label", alt)
    return root


def add(parent: Element, tag: str, text: str = "", **attributes: str | float) -> Element:
    """Put an element into another; ``stroke_width`` becomes ``stroke-width``."""
    names = {name.replace("_", "-"): _written(value) for name, value in attributes.items()}
    element = ElementTree.SubElement(parent, tag, names)
    element.text = text or None
    return element


def place(parent: Element, x: str | float, y: float) -> Element:
    """A point of a drawing, around which further elements stand in pixels."""
    return add(parent, "svg", x=x, y=y, width=1, height=1, overflow="visible")


def cut(element: Element, text: str, letters: int) -> None:
    """Give an element words; of more letters the beginning, and all of them under the pointer."""
    element.text = shortened(text, letters)
    if element.text != text:
        hint(element, text)


def headline(
    parent: Element, down: float, name: str, said: str, letters: int, *, strong: bool
) -> None:
    """The words of a row: a name on the left, cut to so many letters, and a value on the right."""
    style = {"y": _written(down), "fill": "currentColor", "font_weight": "600" if strong else "400"}
    cut(add(parent, "text", x="0", **style), name, letters)
    if said:
        add(parent, "text", said, x="100%", text_anchor="end", **style)


def hint(element: Element, text: str) -> None:
    """What the pointer says on an element."""
    add(element, "title", text)


def choosable(element: Element, name: str) -> None:
    """Make a click on an element choose an utterance; see `app.parts.drawings`."""
    element.set("data-choice", name)
    element.set("style", "cursor: pointer")


def write(root: Element) -> str:
    """The drawing as markup, for a page or a file.

    Example:
        >>> root = drawing(20, "one dot")
        >>> dot = add(root, "circle", cx="50%", cy=10, r=4)
        >>> hint(dot, "a < b")
        >>> '<circle cx="50%" cy="10" r="4"><title>a &lt; b</title></circle>' in write(root)
        True
    """
    return ElementTree.tostring(root, encoding="unicode")


def ticks(low: float, high: float, most: int) -> list[float]:
    """Round numbers between two limits, at most so many.

    Example:
        >>> ticks(-3, 3, 7), ticks(0.12, 0.31, 3)
        ([-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0], [0.2, 0.3])
    """
    power = 10.0 ** np.floor(np.log10((high - low) / most))
    for step in (power * factor for factor in (1, 2, 5, 10, 20)):
        places = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1)
        if len(places) <= most:
            break
    return [float(f"{place * step:.12g}") + 0.0 for place in places]


def gradient(parent: Element, name: str, scale: Sequence[Sequence[object]]) -> str:
    """Define a colour scale that runs from left to right; returns how ``fill`` refers to it."""
    held = add(add(parent, "defs"), "linearGradient", id=name)
    for offset, colour in scale:
        add(held, "stop", offset=str(offset), stop_color=str(colour))
    return f"url(#{name})"


def per_cent(share: float) -> str:
    """A place across the drawing."""
    return f"{100 * share:.5g}%"


def _written(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.5g}"
