"""Times as people and programs write them, in seconds."""

from __future__ import annotations

import re

NO_TIME = frozenset({"", "nan", "nat", "none", "null", "na", "n/a", "<na>", "-"})
_CLOCK = re.compile(
    r"(?:(?P<days>\d{1,4}) days?,? )?(?:(?P<hours>\d{1,4}):(?=\d\d?:))?"
    r"(?P<minutes>\d{1,4}):(?P<seconds>[0-5]?\d(?:[.,]\d{1,9})?)"
)
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


def seconds_of(cell: object) -> float | None:
    """A time in seconds, NaN where a cell holds none, None where it holds something else.

    Numbers are seconds, with a point or a comma; ``mm:ss``, ``hh:mm:ss`` and their decimals are
    read as clocks, and as pandas writes time differences.

    Example:
        >>> seconds_of("0:12:43,012"), seconds_of("12:43.5"), seconds_of("7,25"), seconds_of("noon")
        (763.012, 763.5, 7.25, None)
    """
    text = str(cell).strip()
    if text.lower() in NO_TIME or cell is None:
        return float("nan")
    if found := _CLOCK.fullmatch(text):
        days, hours = int(found["days"] or 0), found["hours"]
        minutes = int(found["minutes"])
        if hours is not None and minutes > 59:
            return None
        seconds = float(found["seconds"].replace(",", "."))
        return ((days * 24 + int(hours or 0)) * 60 + minutes) * 60 + seconds
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else None
