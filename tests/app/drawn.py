"""Reading drawings of `app.parts.svg`."""

from __future__ import annotations

from xml.etree import ElementTree


def parsed(markup: str) -> ElementTree.Element:
    return ElementTree.fromstring(markup)


def share(place: str | None) -> float:
    """A place across, as a share of the width."""
    assert place is not None and place.endswith("%")
    return float(place[:-1]) / 100


def words(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter("text")]


def hints(root: ElementTree.Element, tag: str) -> list[str]:
    """What the pointer says on the elements of a tag."""
    return [title.text or "" for element in root.iter(tag) for title in element.findall("title")]
