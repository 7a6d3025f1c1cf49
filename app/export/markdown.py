"""The Markdown of the app's own words as HTML, for files that are read without the app.

Only what the app writes is known: paragraphs, lists, tables, headings, bold, italic, code, links,
badges and icons. Everything else, and all HTML, stays text.
"""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_INLINE = re.compile(
    r"\\(?P<escaped>[\\`*_{}\[\]()#+\-.!|~$:<>&])"
    r"|`(?P<code>[^`]+)`"
    r"|:material/\w+:"
    r"|:\w+(?:-badge|-background)?\[(?P<coloured>(?:\\.|[^\]\\])*)\]"
    r"|\*\*(?P<bold>(?:\\.|[^\\])+?)\*\*"
    r"|(?<![\w*])\*(?=[^\s*])(?P<italic>(?:\\.|[^*\\])+?)(?<!\s)\*(?!\w)"
    r"|\[(?P<name>(?:\\.|[^\]\\])+)\]\((?P<address>https?://[^)\s]+)\)"
    r"|&nbsp;"
)
_ITEM = re.compile(r"\s*(?:[-*]|\d+\.)\s+")
_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*$")


def inline_html(text: str) -> Markup:
    """One line.

    Example:
        >>> print(inline_html(r"**bold** and 2 \\* 3 < 7"))
        <b>bold</b> and 2 * 3 &lt; 7
    """
    parts, end = [], 0
    for found in _INLINE.finditer(text):
        parts += [escape(text[end : found.start()]), _replaced(found)]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])


def _replaced(found: re.Match[str]) -> Markup:
    kind = found.lastgroup
    if kind == "escaped":
        return escape(found["escaped"])
    if kind == "code":
        return Markup("<code>{}</code>").format(found["code"])
    if kind == "address":
        name = inline_html(found["name"])
        return Markup('<a href="{}" rel="noreferrer">{}</a>').format(found["address"], name)
    tags = {"bold": "<b>{}</b>", "italic": "<i>{}</i>", "coloured": "<span>{}</span>"}
    if kind in tags:
        return Markup(tags[kind]).format(inline_html(found[kind]))
    return Markup("&nbsp;") if found[0] == "&nbsp;" else Markup("")


def block_html(text: str) -> Markup:
    """Several paragraphs.

    Example:
        >>> print(block_html("- one\\n- two"))
        <ul><li>one</li><li>two</li></ul>
    """
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return Markup("\n").join(_block(block.strip("\n").split("\n")) for block in blocks)


def _block(lines: list[str]) -> Markup:
    marks = re.match(r"(#{1,6})\s+(.*)", lines[0])
    if marks:
        rest = _block(lines[1:]) if lines[1:] else Markup("")
        level = min(len(marks[1]) + 2, 6)
        return Markup("<h{0}>{1}</h{0}>{2}").format(level, inline_html(marks[2]), rest)
    if len(lines) > 1 and "|" in lines[0] and _RULE.match(lines[1]):
        return _table(lines)
    first = next((i for i, line in enumerate(lines) if _ITEM.match(line)), None)
    if first is not None:
        before = _block(lines[:first]) if first else Markup("")
        return before + _list(lines[first:])
    return Markup("<p>{}</p>").format(inline_html(" ".join(lines)))


def _list(lines: list[str]) -> Markup:
    tag = "ol" if re.match(r"\s*\d", lines[0]) else "ul"
    items: list[str] = []
    for line in lines:
        if _ITEM.match(line):
            items.append(_ITEM.sub("", line, count=1))
        else:
            items[-1] += f" {line.strip()}"
    held = Markup("").join(Markup("<li>{}</li>").format(inline_html(item)) for item in items)
    return Markup("<{0}>{1}</{0}>").format(Markup(tag), held)


def _table(lines: list[str]) -> Markup:
    def row(line: str, tag: str) -> Markup:
        cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
        cell = Markup(f"<{tag}>{{}}</{tag}>")
        return Markup("<tr>{}</tr>").format(
            Markup("").join(cell.format(inline_html(c.strip())) for c in cells)
        )

    body = Markup("").join(row(line, "td") for line in lines[2:])
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(
        row(lines[0], "th"), body
    )
