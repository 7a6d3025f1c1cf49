"""A page of the dashboard as one HTML file that needs nothing else to be read."""

from __future__ import annotations

import base64
import functools
import json
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

import mmmie
from app.export.markdown import block_html, inline_html
from app.export.record import Drawing, Footer, Group, Heading, Maps, Part, Picture
from app.parts.maps import CSS as MAPS_CSS
from app.parts.maps import JS as MAPS_JS
from app.parts.style import paper_template
from mmmie.csv_export import csv_text

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).with_name("templates")
_VERSIONS = ("streamlit", "plotly", "torch", "numpy", "pandas")
_MOST_DATA_BYTES = 1_000_000


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


def report_html(parts: Sequence[Part], facts: Facts) -> str:
    """The file.

    Example:
        >>> html = report_html([Heading("Two < three", 1)], Facts())
        >>> "<h1>Two &lt; three</h1>" in html
        True
    """
    from plotly.offline import get_plotlyjs

    flat = _below_pictures(list(_flat(parts)))
    pictures = [part for part in flat if isinstance(part, Picture)]
    maps = [part for part in flat if isinstance(part, Maps)]
    figures = [json.loads(str(picture.figure.to_json())) for picture in pictures]
    return _template().render(
        parts=flat,
        facts=facts,
        title=next((part.text for part in flat if isinstance(part, Heading)), "MMMIE"),
        figures=_script_json(figures),
        number_of={id(part): i for drawn in (pictures, maps) for i, part in enumerate(drawn)},
        themes=_script_json({name: paper_template(name) for name in ("light", "dark")}),
        plotly=Markup(get_plotlyjs().replace("</script", "<\\/script")) if pictures else "",
        messages=_script_json([base64.b64encode(part.message).decode() for part in maps]),
        maps_css=Markup(MAPS_CSS),
        maps_js=Markup(MAPS_JS.replace("export default function", "function drawMaps")),
        versions={
            "mmmie": mmmie.__version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _VERSIONS},
        },
        made=f"{datetime.now():%Y-%m-%d %H:%M}",
    )


@functools.cache  # compiling it takes longer than filling it in
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

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
    environment.filters["data"] = _data
    return environment.get_template("report.html.j2")


def _flat(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        if isinstance(part, Group):
            yield from _flat(part.parts)
        else:
            yield part


def _below_pictures(parts: list[Part]) -> list[Part]:
    """A footer that was drawn before its pictures comes below them."""
    drawn = (Picture, Maps, Drawing)
    places = {part.key: i for i, part in enumerate(parts) if isinstance(part, drawn)}

    def place(numbered: tuple[int, Part]) -> tuple[int, bool]:
        at, part = numbered
        if not isinstance(part, Footer):
            return at, False
        return max([at, *(places.get(key, 0) for key in part.pictures)]), True

    return [part for _, part in sorted(enumerate(parts), key=place)]


def _script_json(value: Any) -> Markup:
    """JSON that no text in it can end the script element of."""
    text = json.dumps(value)
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return Markup(text)


def _data(footer: Footer) -> Markup:
    """A link to the data of a figure, which it holds; words where that would be too much."""
    table = footer.data() if callable(footer.data) else footer.data
    data = csv_text(table).encode()
    if len(data) > _MOST_DATA_BYTES:
        return Markup("The data, {:,} rows, are on the page as CSV.").format(len(table))
    link = Markup('<a download="{}.csv" href="data:text/csv;base64,{}">Data (CSV, {:,} rows)</a>')
    return link.format(footer.name, base64.b64encode(data).decode(), len(table))
