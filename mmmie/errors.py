"""The one error that a user can fix."""

from __future__ import annotations

import contextlib
import os


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
        super().__init__(printable(" ".join(message.split())))
        self.faults = faults or [str(self)]


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
