"""The app's Markdown as HTML, and that nothing else becomes HTML."""

import pytest

from app.export.markdown import block_html, inline_html
from app.parts.names import plain


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bold** and *soft*", "<b>bold</b> and <i>soft</i>"),
        ("`x < y`", "<code>x &lt; y</code>"),
        (":material/hourglass_top: soon", " soon"),
        (":gray-badge[first] **a**", "<span>first</span> <b>a</b>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        (r"5 \* 6 \*", "5 * 6 *"),
        (
            "[site](https://a.org/?x=1&y=2)",
            '<a href="https://a.org/?x=1&amp;y=2" rel="noreferrer">site</a>',
        ),
        ("[site](javascript:alert)", "[site](javascript:alert)"),
        ("<img onerror=x>", "&lt;img onerror=x&gt;"),
        ("names_in_snake_case", "names_in_snake_case"),
    ],
)
def test_a_line(text, html):
    assert str(inline_html(text)) == html


@pytest.mark.parametrize("name", ["<b>Ann</b>", "*x* [a](https://b.c)", "a\\b", "`c` :material/x:"])
def test_a_name_made_plain_comes_out_as_it_was(name):
    from html import unescape

    assert unescape(str(inline_html(f"**{plain(name)}**"))) == f"<b>{name}</b>"


def test_blocks():
    text = (
        "# Title\nWords of\ntwo lines.\n\n- one\n  goes on\n- **two**\n\n"
        "| a | b |\n|---|---|\n| 1 | < |"
    )
    assert str(block_html(text)).split("\n") == [
        "<h3>Title</h3><p>Words of two lines.</p>",
        "<ul><li>one goes on</li><li><b>two</b></li></ul>",
        "<table><thead><tr><th>a</th><th>b</th></tr></thead>"
        "<tbody><tr><td>1</td><td>&lt;</td></tr></tbody></table>",
    ]
