"""What a page has drawn in its last run, so that it can be exported as the reader saw it.

Whatever draws a figure, a drawing, maps, a table or a finding adds its part here, in order.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st
from markupsafe import Markup

_KEY = "page_record"
_LONGEST_RUN_SECONDS = 120


@dataclass(frozen=True)
class Heading:
    """A finding, in Markdown; level 1 is the title of the page."""

    text: str
    level: int


@dataclass(frozen=True)
class Words:
    """Paragraphs in Markdown."""

    text: str
    kind: Literal["text", "caption"] = "text"


@dataclass(frozen=True)
class Verbatim:
    """Text that is shown as it is, a transcript say."""

    text: str


@dataclass(frozen=True)
class Number:
    """A number with its name, and a note below it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text below their column names; `more` rows were left out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: Sequence[bool]
    more: int = 0


@dataclass(frozen=True)
class Picture:
    """A Plotly figure, and a sentence for those who cannot see it."""

    key: str
    figure: go.Figure
    alt: str


@dataclass(frozen=True)
class Maps:
    """A message of `app.parts.maps`."""

    key: str
    message: bytes


@dataclass(frozen=True)
class Drawing:
    """Markup that the app itself has written, every word of others in it escaped."""

    key: str
    html: Markup


@dataclass(frozen=True)
class Bubbles:
    """Utterances as a chat: one mapping each with `who`, `text`, `note`, `right`, `target`."""

    entries: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Footer:
    """What belongs to a figure: caption, explanation in Markdown, and its data.

    Attributes:
        name: of the file of its data, without the ending.
        caption: sample, split and estimator.
        explanation: how to read it.
        data: what is shown, or what makes it when it is needed.
        pictures: keys of the parts that it belongs below.
    """

    name: str
    caption: str
    explanation: str
    data: pd.DataFrame | Callable[[], pd.DataFrame]
    pictures: Sequence[str] = ()


@dataclass
class Group:
    """Parts that are replaced together when they are drawn again."""

    parts: list[Part] = field(default_factory=list)


Part = (
    Heading
    | Words
    | Verbatim
    | Number
    | Table
    | Picture
    | Maps
    | Drawing
    | Bubbles
    | Footer
    | Group
)


class PageRecord:
    """The parts of a page, in the order in which they were drawn.

    Attributes:
        title: of the page, in Markdown.
        page: its parts.
        open: the group that is added to now.
        named: the groups of `redrawn` by name.
        query: what the address of the view holds.
    """

    def __init__(self) -> None:
        self.title = ""
        self.page = self.open = Group()
        self.named: dict[str, Group] = {}
        self.query: dict[str, str] = {}
        self._finished = threading.Event()

    def finish(self) -> None:
        """Say that the page is complete."""
        self.query = dict(st.query_params)
        self._finished.set()

    def complete(self) -> list[Part]:
        """Title and parts; called from another thread, it waits for the page to be complete."""
        self._finished.wait(_LONGEST_RUN_SECONDS)
        return [Heading(self.title or "MMMIE", 1), *self.page.parts]


@contextmanager
def recorded() -> Iterator[None]:
    """Begin a new record, for all that is drawn within."""
    record = st.session_state[_KEY] = PageRecord()
    try:
        yield
    finally:
        record.finish()


def current_record() -> PageRecord | None:
    """The record of the page that this session shows; None outside the app."""
    record: PageRecord | None = st.session_state.get(_KEY)
    return record


def add(part: Part) -> None:
    """Put a part at the end of what is drawn so far; a heading of level 1 is the page's title."""
    record = current_record()
    if record is None:
        return
    if isinstance(part, Heading) and part.level == 1:
        record.title = part.text
    else:
        record.open.parts.append(part)


@contextmanager
def filling(group: Group) -> Iterator[None]:
    """What is drawn within becomes the parts of a group, in place of those that it has."""
    record = current_record()
    if record is None:
        yield
        return
    outer, fresh = record.open, Group()
    record.open = fresh
    try:
        yield
    finally:
        group.parts, record.open = fresh.parts, outer
        record.query = dict(st.query_params)


@contextmanager
def redrawn(name: str) -> Iterator[None]:
    """What is drawn within takes the place of what the same name stood for before on this page."""
    record = current_record()
    group = Group() if record is None else record.named.setdefault(name, Group())
    if record is not None and not any(part is group for part in record.open.parts):
        record.open.parts.append(group)
    with filling(group):
        yield
