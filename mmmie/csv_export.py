"""CSV for people who open it in a spreadsheet: no cell becomes a formula there."""

from __future__ import annotations

import re

import pandas as pd

# = and @ always begin a formula, and tabs and line breaks hide them; a sign does so too, but ids
# of videos begin with one as well, and without brackets, quotes or bars nothing can be called
_FORMULA = re.compile(r"\s*([=@＝＠]|[\t\r\n]|[+\-＋－](?![\w.$#\[\]-]*$))")


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV text whose cells a spreadsheet takes as text or numbers.

    Text that it would take as a formula gets an apostrophe in front, as OWASP advises, and line
    breaks are line feeds; numbers and other text stay as they are. For files that are read back,
    such as a corpus folder, use `pandas.DataFrame.to_csv`.

    Example:
        >>> print(csv_text(pd.DataFrame({"id": ["-3g5yACwYnA", "=cmd|' /C calc'!A0"]})))
        id
        -3g5yACwYnA
        '=cmd|' /C calc'!A0
        <BLANKLINE>
    """
    safe = table.rename(columns=_harmless)
    for name in [n for n in table.columns if not pd.api.types.is_numeric_dtype(table[n])]:
        safe[_harmless(name)] = table[name].map(_harmless)
    return str(safe.to_csv(index=False))


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    # a lone carriage return is not quoted, yet begins a row in some spreadsheets
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{text}" if _FORMULA.match(text) else text
