"""The Markdown of the app's words as HTML, for files that are read without the app."""

from __future__ import annotations

import re
from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup

# what Streamlit adds: icons, and colours of words
_ICON = re.compile(r"(?<!\\):material/\w+:")
_COLOURED = re.compile(r"(?<!\\):\w+(?:-badge|-background)?\[((?:\\.|[^\]\\])*)\]")


def inline_html(text: str) -> Markup:
    """One line.

    Example:
        >>> print(inline_html(r"**bold** and 2 \\* 3 < 7"))
        <strong>bold</strong> and 2 * 3 &lt; 7
    """
    return Markup(_reader().renderInline(_standard(text)))


def block_html(text: str) -> Markup:
    """Several paragraphs."""
    return Markup(_reader().render(_standard(text)))


def _standard(text: str) -> str:
    return _COLOURED.sub(r"\1", _ICON.sub("", text))


@cache
def _reader() -> MarkdownIt:
    """Tables too; HTML stays text, and nothing is loaded from elsewhere."""
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
