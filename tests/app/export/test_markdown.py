"""The app's Markdown as HTML, and that nothing else becomes HTML."""

from html import unescape

import pytest

from app.export.markdown import block_html, inline_html
from app.parts.names import plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *soft*", "<strong>bold</strong> and <em>soft</em>"),
        ("`x < y`", "<code>x &lt; y</code>"),
        (":material/hourglass_top: soon", "soon"),
        (":gray-badge[first] **a**", "first <strong>a</strong>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        (r"5 \* 6 \*", "5 * 6 *"),
        ("[site](https://a.org/?x=1&y=2)", '<a href="https://a.org/?x=1&amp;y=2">site</a>'),
        ("[site](javascript:alert)", "[site](javascript:alert)"),
        ("<img onerror=x>", "&lt;img onerror=x&gt;"),
        ("![spy](https://a.org/x.png)", '!<a href="https://a.org/x.png">spy</a>'),
        (r"\:material/home: stays", ":material/home: stays"),
        (r"\:red[a word] stays", ":red[a word] stays"),
        ("names_in_snake_case", "names_in_snake_case"),
    ],
)
def test_a_line(text, html):
    assert str(inline_html(text)).strip() == html


@pytest.mark.parametrize("name", ["<b>Ann</b>", "*x* [a](https://b.c)", "a\\b", "`c` :material/x:"])
def test_a_name_made_plain_comes_out_as_it_was(name):
    html = unescape(str(inline_html(f"**{plain(name)}**")))
    assert html.replace("\u2060", "") == f"<strong>{name}</strong>"  # what keeps links apart


def test_blocks():
    html = str(block_html("# T\nWords of\ntwo lines.\n\n- one\n- **two**\n\n| a |\n|---|\n| < |"))
    for part in ("<h1>T</h1>", "<p>Words of\ntwo lines.</p>", "<li><strong>two</strong></li>"):
        assert part in html
    assert "<th>a</th>" in html and "<td>&lt;</td>" in html
