"""Labels as people write them: numbers in text, class names, and what stands for no label."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from mmmie.datasets.loose_values import Unusable
from mmmie.datasets.table_cells import text_cells

_MISSING = {"nan", "null", "na", "n/a", "#n/a", "<na>", "nat"}
_COMMA = re.compile(r"[+-]?\d*,\d+")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def numbers_in(
    column: pd.Series, what: str, *, mixed: bool = False
) -> tuple[np.ndarray | None, list[str]]:
    """The numbers of a column of labels, decimal commas and the sign − included.

    Args:
        mixed: whether numbers may stand among names, all of which are names then.

    Returns:
        Numbers (N,) with NaN where there is no label, or None where it holds names; and notes.

    Raises:
        Unusable: numbers and names are mixed, a number is not finite, or a comma can be read twice.
    """
    if pd.api.types.is_numeric_dtype(column):
        numbers = column.to_numpy(np.float64, na_value=np.nan)
        if np.isinf(numbers).any():
            raise _no_number(column, np.isinf(numbers))
        return numbers, []
    text = text_cells(column).map(_tidy).str.replace("\u2212", "-", regex=False)
    token = text.str.casefold().isin([*_MISSING, "none"])
    given = (text != "") & ~token
    comma = given & text.map(lambda cell: bool(_COMMA.fullmatch(cell)))
    points = text.where(~comma, text.str.replace(",", ".")).where(given, None)
    numbers = pd.to_numeric(points, errors="coerce").to_numpy(np.float64)
    finite = np.isfinite(numbers)
    if given.any() and not finite.any():
        return None, []
    wrong = given.to_numpy() & ~finite
    if wrong.any():
        if mixed:
            return None, []
        raise _no_number(text, wrong)
    notes = _missing_note(text[token], what)
    if comma.any():
        told = text[comma]
        if all(_THOUSANDS.fullmatch(cell) for cell in told):
            raise Unusable(
                f"`{what}` holds {told.iloc[0]!r}, whose comma parts decimals or thousands; write "
                f"decimals with a point"
            )
        notes.append(
            f"Commas in `{what}` were read as decimal points: {told.iloc[0]!r} is a number "
            f"({len(told):,} labels)."
        )
    return numbers, notes


def names_in(
    column: pd.Series, what: str, classes: Sequence[str] | None
) -> tuple[list[str | None], list[str]]:
    """Class names (N), None where there is no label, and notes.

    Blanks around names go; names that differ in letter case alone become the most frequent one.
    ``nan``, ``null`` and the like are no label, nor is ``None``; ``none`` is a class where all
    other names are in small letters too, and is noted.

    Args:
        classes: the names that are known, which are never taken as missing.
    """
    text = text_cells(column).map(_tidy)
    known = {_key(_tidy(name)): name for name in classes or ()}
    token = text.map(lambda cell: _key(cell) not in known and _is_missing(cell))
    nothing = text.map(lambda cell: cell.casefold() == "none" and _key(cell) not in known)
    others = {cell for cell in text[~token & ~nothing & (text != "")]}
    notes = []
    if nothing.any():
        if others and all(cell.islower() for cell in others) and (text[nothing] == "none").all():
            notes.append(
                f"`none` in `{what}` was read as a class; leave these cells empty if it means that "
                f"there is no label."
            )
        else:
            token |= nothing
    notes += _missing_note(text[token], what)
    named = text[~token & (text != "")]
    spelled: dict[str, Counter[str]] = {}
    for cell, count in Counter(named).items():
        spelled.setdefault(_key(cell), Counter())[cell] = count
    best = {key: known.get(key) or found.most_common(1)[0][0] for key, found in spelled.items()}
    for found in spelled.values():
        if len(found) > 1:
            notes.append(f"{_quoted(found)} in `{what}` were read as one class.")
    names = named.map(lambda cell: best[_key(cell)]).reindex(text.index)
    return [name if isinstance(name, str) else None for name in names], notes


def _tidy(cell: str) -> str:
    """Without blanks around it, and one between words."""
    return " ".join(cell.replace("\ufeff", " ").replace("\u200b", " ").split())


def _key(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _is_missing(cell: str) -> bool:
    return cell.casefold() in _MISSING


def _missing_note(cells: pd.Series, what: str) -> list[str]:
    if not len(cells):
        return []
    n = len(cells)
    return [
        f"{_quoted(cells.unique())} in `{what}` was read as no label, of {n:,} "
        f"utterance{'s' * (n > 1)}."
    ]


def _quoted(cells: Iterable[str]) -> str:
    return " and ".join(f"`{cell[:40]}`" for cell in list(cells)[:4])


def _no_number(cells: pd.Series, wrong: pd.Series | np.ndarray) -> Unusable:
    bad = int(np.asarray(wrong).argmax())
    return Unusable(
        f"the label of row {bad + 1} is {str(cells.iloc[bad])[:40]!r}; use a finite number in "
        f"every row, with a point for decimals, or a class name in every row"
    )
