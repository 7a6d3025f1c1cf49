"""No cell of an export is a formula, and nothing else is changed."""

import csv
import io

import pandas as pd
import pytest

from mmmie.csv_export import csv_text

FORMULAS = [
    "=1+1",
    '=HYPERLINK("http://x")',
    "@SUM(A1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    "-(1)",
    "\r\n=1+1",
    "+A1*2",
]
HARMLESS = ["-3g5yACwYnA", "--qXJuDtHPw$_$4", "-0.5", "+", "-", "so = it", "a@b", "", "'=1"]


def rows(text):
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("cell", FORMULAS)
def test_formulas_become_text(cell):
    text = csv_text(pd.DataFrame({"a": [cell, "x"], cell: [1, 2]}))
    header, first, _ = rows(text)
    said = "'" + cell.replace("\r\n", "\n").replace("\r", "\n")
    assert header == ["a", said] and first == [said, "1"]


def test_no_row_begins_inside_a_cell():
    assert csv_text(pd.DataFrame({"a": ["so\r=1+1"]})) == 'a\n"so\n=1+1"\n'


def test_everything_else_stays():
    table = pd.DataFrame({"a": HARMLESS, "b": range(len(HARMLESS)), "c": None})
    table["d"] = [-0.5 * i for i in range(len(table))]
    assert csv_text(table) == table.to_csv(index=False)
