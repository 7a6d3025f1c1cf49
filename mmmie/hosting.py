"""What a server lets its visitors do; variables of the environment say it.

``mmmie app`` sets them from its options, and whoever calls ``streamlit run`` can set them too; what
each does is in `mmmie.environment`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from mmmie.errors import InputError, printable

READ_ONLY, ROOTS, TEACHER_TOKEN = "MMMIE_READ_ONLY", "MMMIE_ROOTS", "MMMIE_TEACHER_TOKEN"
SHORTEST_TOKEN = 8
_OFF = ("", "0", "no", "false", "off")


def read_only() -> bool:
    """Whether this server only shows."""
    return os.environ.get(READ_ONLY, "").strip().lower() not in _OFF


def refuse_if_read_only(what: str) -> None:
    """Check that this server does more than show.

    Args:
        what: that is asked for, such as ``start a run``.

    Raises:
        InputError: it is read-only.
    """
    if read_only():
        raise InputError(
            f"This server is read-only, so you cannot {what} here; do it on one of your own"
        )


def roots() -> list[Path]:
    """The folders outside of which nothing is opened, links resolved; empty if all may be."""
    said = os.environ.get(ROOTS, "").split(os.pathsep)
    return [Path(os.path.realpath(folder)) for folder in said if folder]


def check_inside(path: Path | str, also: Iterable[Path] = ()) -> None:
    """Check that a file or folder, and what lies directly in it, may be opened, links resolved.

    It is not looked at before that is known, so nobody learns what exists elsewhere.

    Args:
        also: further folders that may be opened.

    Raises:
        InputError: it lies outside of the `roots`; never where there are none.
    """
    allowed = roots()
    if not allowed:
        return
    every = [*allowed, *(Path(os.path.realpath(folder)) for folder in also)]
    _check(path, path, every)
    try:
        with os.scandir(path) as entries:
            inner = [entry.path for entry in entries if entry.is_symlink()]
    except (OSError, ValueError):
        return  # a file, or nothing: whoever opens it says so
    for entry in inner:
        _check(entry, path, every)


def _check(file: Path | str, asked: Path | str, allowed: list[Path]) -> None:
    try:
        real = Path(os.path.realpath(file))
    except (OSError, ValueError):
        raise InputError(f"{printable(asked)}: is no path; fix it") from None
    if not any(real.is_relative_to(folder) for folder in allowed):
        link = "" if file == asked else f"its link {os.path.basename(file)} "
        named = ", ".join(map(printable, roots()))
        raise InputError(
            f"{printable(asked)}: {link}is outside of the folders that may be opened on this "
            f"server; name one inside of {named}"
        )


def teacher_token() -> str:
    """What lets its holder steer every run; empty where runs belong to nobody.

    Raises:
        InputError: it is too short to keep anybody out.
    """
    token = os.environ.get(TEACHER_TOKEN, "").strip()
    if token and len(token) < SHORTEST_TOKEN:
        raise InputError(
            f"{TEACHER_TOKEN}: is too short; give at least {SHORTEST_TOKEN} characters"
        )
    return token
