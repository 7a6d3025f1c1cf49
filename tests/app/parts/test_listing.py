"""Short lists of utterances."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd

from app.parts.listing import Column, listing

ROWS = pd.DataFrame(
    {
        "id": ["a", "<b>"],
        "gain": [0.25, -0.001],
        "label": [np.nan, -1.5],
        "transcript": ["<i>x</i> & y", None],
    }
)
COLUMNS = {
    "id": Column("utterance"),
    "gain": Column("gain", 2, signed=True, hint="more is better"),
    "label": Column("label", 1),
    "transcript": Column("transcript"),
}


def drawn() -> ElementTree.Element:
    return ElementTree.fromstring(listing(ROWS, COLUMNS, "a list", "a"))


def test_rows_stand_in_order_with_numbers_written_alike() -> None:
    cells = [["".join(cell.itertext()) for cell in row] for row in drawn().iter("tr")]
    assert cells == [
        ["utterance", "gain", "label", "transcript"],
        ["a", "+0.25", "–", "<i>x</i> & y"],
        ["<b>", "+0.00", "−1.5", ""],
    ]


def test_a_row_and_its_button_choose_the_utterance_that_one_looks_at_stands_out() -> None:
    rows = list(drawn().iter("tr"))[1:]
    assert [row.get("data-choice") for row in rows] == ["a", "<b>"]
    assert [row.get("aria-current") for row in rows] == ["true", None]
    assert [b.get("data-choice") for b in drawn().iter("button")] == ["a", "<b>"]


def test_what_a_corpus_says_is_text() -> None:
    markup = listing(ROWS, COLUMNS, "a list", "a")
    assert "<i>" not in markup and "<b>" not in markup
    assert 'data-hint="more is better"' in markup
