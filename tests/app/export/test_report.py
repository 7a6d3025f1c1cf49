"""A page as one file: everything in it, nothing from outside, text as text."""

import base64
import io
import json
import re
from html.parser import HTMLParser

import pandas as pd
import plotly.graph_objects as go
import pytest
from markupsafe import Markup

from app.export.record import (
    Bubbles,
    Drawing,
    Footer,
    Group,
    Heading,
    Maps,
    Number,
    Picture,
    Table,
    Verbatim,
    Words,
)
from app.export.report import Facts, report_html

NASTY = '</script><img src=x onerror="alert(1)">'


class Tags(HTMLParser):
    """The tags of a document, and the addresses that it loads."""

    def __init__(self):
        super().__init__()
        self.names, self.loaded = [], []

    def handle_starttag(self, tag, attrs):
        self.names.append(tag)
        self.loaded += [v for k, v in attrs if k in ("src", "srcset", "data", "poster")]
        self.loaded += [v for k, v in attrs if k == "href" and tag != "a"]


@pytest.fixture(scope="module")
def html():
    figure = go.Figure(go.Scatter(x=[1.0, 2.0], y=[3.0, 4.0], text=[NASTY, "b"]))
    table = pd.DataFrame({"x": [1.5], "words": [NASTY]})
    page = [
        Heading("A **finding**", 1),
        Group([Number("MAE", "0.21", "+0.1"), Number("Corr", "0.9")]),
        Picture("two", figure, f"Two dots {NASTY}"),
        Footer("dots", f"12 utterances {NASTY}", "Dots are `x`.", lambda: table),
        Picture("again", figure, "again"),
        Footer("many", "", "", pd.DataFrame({"x": range(300_000)})),
        Table(["id", NASTY], [["a", NASTY]], [False, False], more=1200),
        Words(NASTY),
        Verbatim(NASTY),
        Bubbles([{"who": NASTY, "text": NASTY, "note": "", "right": True, "target": True}]),
    ]
    return report_html(
        page,
        Facts(
            address="http://127.0.0.1:8501/predictions?utterance=a&split=valid",
            view={"Utterance": NASTY},
            card="- **What**: a model",
            configuration=f'data = "{NASTY}"',
        ),
    )


def test_it_holds_the_page_and_where_it_comes_from(html):
    assert "<title>A finding</title>" in html and "<h1>A <strong>finding</strong></h1>" in html
    for words in (
        "MAE",
        "0.21",
        "+0.1",
        "What is this?",
        "1,200 more rows",
        "<li><strong>What</strong>: a model</li>",
    ):
        assert words in html
    assert 'href="http://127.0.0.1:8501/predictions?utterance=a&amp;split=valid"' in html
    assert re.search(r"mmmie \d.*python 3.*torch \d", html)
    assert re.search(r"<dt>Made</dt><dd>\d{4}-\d\d-\d\d", html)


def test_the_data_of_a_figure_is_in_the_file(html):
    name, data = re.search(r'download="([^"]*)" href="data:text/csv;base64,([^"]*)"', html).groups()
    back = pd.read_csv(io.BytesIO(base64.b64decode(data)))
    assert name == "dots.csv" and back.iloc[0].tolist() == [1.5, NASTY]
    assert html.count("data:text/csv") == 1 and "300,000 rows, are on the page" in html


def test_a_footer_stands_below_its_pictures():
    foot = Footer("f", "FOOT", "", pd.DataFrame({"x": [1]}), ("b",))
    drawings = [Drawing(key, Markup(f"<svg>{key.upper()}</svg>")) for key in ("a", "b")]
    html = report_html([foot, *drawings, Verbatim("END")], Facts())
    places = [html.index(words) for words in ("<svg>A", "<svg>B", "FOOT", "<p>END")]
    assert places == sorted(places)


def test_figures_can_be_read_back_and_plotly_is_there_once(html):
    figures = json.loads(re.search(r"const figures = (.*);\n", html)[1])
    assert [f["data"][0]["text"] for f in figures] == [[NASTY, "b"]] * 2
    places = re.findall(r'aria-label="([^"]*)" data-figure="(\d)"', html)
    assert [number for _, number in places] == ["0", "1"]
    assert html.count("plotly.js v") == 1


def test_no_text_becomes_markup_and_nothing_is_loaded(html):
    tags = Tags()
    tags.feed(html)
    assert "img" not in tags.names and tags.names.count("script") == 2
    assert not tags.loaded
    assert "default-src 'none'" in html


def test_figures_are_drawn_in_the_light_and_the_dark_theme(html):
    themes = json.loads(re.search(r"const themes = (.*);\n", html)[1])
    assert themes.keys() == {"light", "dark"} and themes["light"] != themes["dark"]


def test_maps_are_in_the_file_with_what_draws_them(html):
    maps = [Maps("one", b"\x00\xff first"), Maps("two", b"second")]
    made = report_html([maps[0], Verbatim("between"), maps[1]], Facts())
    messages = json.loads(re.search(r"const messages = (.*);\n", made)[1])
    assert [base64.b64decode(message) for message in messages] == [m.message for m in maps]
    assert re.findall(r'data-maps="(\d)"', made) == ["0", "1"]
    assert "function drawMaps" in made and "export default" not in made
    assert ".mmmie-stage" in made and ".mmmie-stage" not in html  # their style, only where needed


def test_no_library_ends_its_own_script(monkeypatch):
    monkeypatch.setattr("plotly.offline.get_plotlyjs", lambda: f"'{NASTY}'")
    tags = Tags()
    tags.feed(report_html([Picture("one", go.Figure(), "")], Facts()))
    assert "img" not in tags.names and tags.names.count("script") == 2


def test_a_page_without_figures_needs_no_plotly():
    html = report_html([Heading("No figure", 1)], Facts())
    assert len(html) < 20_000 and "<script" not in html
