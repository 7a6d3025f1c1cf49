"""The one error that a user can fix."""

from __future__ import annotations

import contextlib
import os

_LONGEST = 1200  # characters of a message


class InputError(ValueError):
    """Bad input from outside: a file, a field or an option.

    The message is one line that names the file, the field and the fix. Where several
    faults were found, `faults` holds one such line each and the message is the first.

    Args:
        message: the line to show.
        faults: every line found, the first included.

    Example:
        >>> raise InputError("corpus.json: `name` is missing; add a string")
        Traceback (most recent call last):
        ...
        mmmie.errors.InputError: corpus.json: `name` is missing; add a string
    """

    def __init__(self, message: str, faults: list[str] | None = None) -> None:
        super().__init__(_one_line(message))
        self.faults = [_one_line(fault) for fault in faults or [message]]


def _one_line(message: str) -> str:
    """A message on one line that can be read; of an endless one the ends, where and what to do."""
    if len(message) > 4 * _LONGEST:
        message = f"{message[: 2 * _LONGEST]} {message[-2 * _LONGEST :]}"
    line = printable(" ".join(message.split()))
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
    return line


def printable(text: str | os.PathLike[str]) -> str:
    r"""A text or path on one line that every screen can show.

    Bytes that are no text, and characters that move the cursor, become ``\xNN`` and the like.

    Example:
        >>> printable(os.fsdecode(b"run-\xff"))
        'run-\\xff'
    """
    said = os.fspath(text)
    if said.isprintable():
        return said
    with contextlib.suppress(UnicodeEncodeError):  # half a character, of a JSON file say
        said = said.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in said)
