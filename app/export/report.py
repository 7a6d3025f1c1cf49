"""A page of the dashboard as one HTML file that needs nothing else to be read."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from markupsafe import Markup

import mmmie
from app.export.markdown import block_html, inline_html
from app.parts.style import paper_template

_TEMPLATES = Path(__file__).with_name("templates")
_VERSIONS = ("streamlit", "plotly", "torch", "numpy", "pandas")


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 to 6, in Markdown."""

    text: str
    level: int


@dataclass(frozen=True)
class Words:
    """Paragraphs in Markdown; `kind` says whether they are a caption or a message."""

    text: str
    kind: Literal["text", "caption", "message"] = "text"


@dataclass(frozen=True)
class Verbatim:
    """Text that is shown as it is; `code` keeps its lines."""

    text: str
    code: bool = False


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
    """A Plotly figure as JSON, and a sentence for those who cannot see it."""

    figure: str
    alt: str


@dataclass(frozen=True)
class Legend:
    """HTML that the app itself has written."""

    html: Markup


@dataclass(frozen=True)
class Bubbles:
    """Utterances as a chat: one mapping each with `who`, `text`, `note`, `right`, `target`."""

    entries: Sequence[dict[str, Any]]


@dataclass
class Group:
    """Parts that belong together.

    Attributes:
        kind: below each other, beside each other, in a box, or behind a summary.
        label: of the summary, in Markdown.
        weight: the share of a row's width that it takes.
        parts: what it holds.
    """

    kind: Literal["stack", "row", "box", "details"] = "stack"
    label: str = ""
    weight: float = 1.0
    parts: list[Part] = field(default_factory=list)


Part = Heading | Words | Verbatim | Number | Table | Picture | Legend | Bubbles | Group


@dataclass(frozen=True)
class Facts:
    """What a report says about where it comes from.

    Attributes:
        address: of the view in the running dashboard, selection included; empty if unknown.
        view: name → value of what the page looked at: checkpoint, split, slice, …
        card: of the checkpoint, in Markdown; empty if there is none.
        configuration: of the checkpoint as TOML; empty if there is none.
    """

    address: str = ""
    view: dict[str, str] = field(default_factory=dict)
    card: str = ""
    configuration: str = ""


def report_html(page: Group, facts: Facts) -> str:
    """The file.

    Args:
        page: what was on the page, from top to bottom.
        facts: where it comes from.

    Example:
        >>> html = report_html(Group(parts=[Heading("Two < three", 1)]), Facts())
        >>> "<h1>Two &lt; three</h1>" in html
        True
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["block"] = block_html
    environment.filters["inline"] = inline_html
    environment.filters["kind"] = lambda part: type(part).__name__
    environment.filters["key"] = id
    pictures = list(_pictures(page))
    return environment.get_template("report.html.j2").render(
        page=page,
        facts=facts,
        title=next((h.text for h in _headings(page)), "MMMIE"),
        figures=Markup(_script_json([json.loads(p.figure) for p in pictures])),
        number_of={id(picture): i for i, picture in enumerate(pictures)},
        themes=Markup(_script_json({name: paper_template(name) for name in ("light", "dark")})),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")) if pictures else "",
        versions={
            "mmmie": mmmie.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _VERSIONS},
        },
        made=f"{datetime.now():%Y-%m-%d %H:%M}",
    )


def _script_json(value: Any) -> str:
    """JSON that no text in it can end the script element of."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _walk(group: Group) -> Any:
    for part in group.parts:
        yield part
        if isinstance(part, Group):
            yield from _walk(part)


def _pictures(page: Group) -> Any:
    return (part for part in _walk(page) if isinstance(part, Picture))


def _headings(page: Group) -> Any:
    return (part for part in _walk(page) if isinstance(part, Heading))
