"""Reading small files that others may have written: what is wrong with one is said in one line."""

from __future__ import annotations

import errno
import json
import os
import reprlib
import stat
import threading
import time
import tomllib
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import TypeAdapter, ValidationError

from mmmie.errors import InputError, printable

T = TypeVar("T")

MOST_BYTES = 2**20
_ANSWER_SECONDS = 1.0
_asking: dict[str, tuple[threading.Thread, float]] = {}  # path → who looks there, since when
_ABSENT = (errno.ENOENT, errno.ENOTDIR)
_REASONS = {
    errno.EACCES: "cannot be read, you have no permission; ask its owner for it",
    errno.EPERM: "cannot be read, you have no permission; ask its owner for it",
    errno.ELOOP: "is a link that leads back to itself; replace it",
    errno.ENAMETOOLONG: "is no path, a name in it is too long; fix it",
}
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80


def open_plain(file: Path) -> BinaryIO:
    """Open a plain file; anything else is refused at once, a pipe too, where opening would wait.

    Raises:
        FileNotFoundError: there is none.
        InputError: it may not be read, or is a folder, a pipe or a device.
    """
    descriptor = -1
    try:
        mode = os.stat(file).st_mode
        if stat.S_ISREG(mode):
            descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
            mode = os.fstat(descriptor).st_mode  # it may have been replaced meanwhile
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _ABSENT:
            raise FileNotFoundError(error.errno, error.strerror, str(file)) from None
        raise InputError(f"{file}: {_why(error)}") from None
    if not stat.S_ISREG(mode):
        if descriptor >= 0:
            os.close(descriptor)
        kind = _KINDS.get(stat.S_IFMT(mode), "a device")
        raise InputError(f"{file}: is {kind}, no plain file; put a plain file in its place")
    return os.fdopen(descriptor, "rb")


def read_plain(file: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a plain file of at most `most` bytes.

    Raises:
        FileNotFoundError: there is none.
        InputError: see `open_plain`; or it is larger, or the disk cannot be read.
    """
    with open_plain(file) as stream:
        try:
            data = stream.read(most + 1)
        except OSError as error:
            raise InputError(f"{file}: {_why(error)}") from None
    if len(data) > most:
        raise InputError(f"{file}: has more than {most:,} bytes; it is not what we wrote there")
    return data


def read_json(file: Path, most: int = MOST_BYTES) -> Any:
    """What a file of JSON holds.

    Raises:
        FileNotFoundError: there is none.
        InputError: see `read_plain`; or it is no JSON, NaN and infinity included.
    """
    return parse_json(read_plain(file, most), str(file))


def parse_json(data: bytes, where: str, *, nan: bool = False, unique: bool = False) -> Any:
    """What bytes of JSON hold.

    Args:
        where: what to call them in a message.
        nan: take what Python writes as NaN and infinity.
        unique: refuse an object that names a field twice, of which others read the first.

    Raises:
        InputError: they are no JSON; the message names `where`.

    Example:
        >>> parse_json(b'{"epoch": NaN}', "line 3")
        Traceback (most recent call last):
        ...
        mmmie.errors.InputError: line 3: is not readable JSON (NaN is no number); write it again
    """
    try:
        value = json.loads(
            data,
            parse_constant=None if nan else _refuse,
            object_pairs_hook=_each_once if unique else None,
        )
        if b"\\u" in data:  # half a character can be written so, and no screen can show it
            json.dumps(value, ensure_ascii=False).encode()
        return value
    except RecursionError:
        raise InputError(f"{where}: is nested too deeply; write it again") from None
    except ValueError as error:
        raise InputError(f"{where}: is not readable JSON ({error}); write it again") from None


def read_toml(file: Path) -> dict[str, Any]:
    """What a file of TOML holds.

    Raises:
        InputError: see `read_plain`; or there is none, or it is no TOML.
    """
    try:
        return tomllib.loads(read_plain(file).decode("utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file; name a TOML file") from None
    except InputError:
        raise
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise InputError(f"{file}: is not readable TOML ({error}); fix the file") from None
    except RecursionError:
        raise InputError(f"{file}: is nested too deeply; fix the file") from None


def validated(adapter: TypeAdapter[T], raw: Any, where: str) -> T:
    """A value as a type has it.

    Raises:
        InputError: it is another one; the message names the first field of `where` that is wrong.
    """
    try:
        return adapter.validate_python(raw)
    except ValidationError as error:
        raise InputError(f"{where}: {fault_words(error)}") from None
    except RecursionError:
        raise InputError(f"{where}: is nested too deeply; write it again") from None


def fault_words(error: ValidationError) -> str:
    """The first thing that is wrong with a value, as ``field is this; what it should be``."""
    first = error.errors(include_url=False)[0]
    field = ".".join(printable(str(part)) for part in first["loc"]) or "it"
    if first["type"] == "missing":
        return f"`{field}` is missing; write it again"
    reason = first["msg"].removeprefix("Value error, ")
    reason = reason[:1].lower() + reason[1:]
    return f"`{field}` is {short(first['input'])}; {reason}"


def short(value: Any) -> str:
    """A value as Python writes it, in at most some eighty characters."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # Python writes no number of thousands of digits
        return "a very long number"


def refuse_outside(file: Path, folder: Path) -> None:
    """Check that a file of a folder lies in it, links followed.

    Raises:
        InputError: it is a link that leads out, or to itself.
    """
    try:
        inside = os.path.realpath(file).startswith(os.path.join(os.path.realpath(folder), ""))
    except (OSError, ValueError) as error:
        raise InputError(f"{file}: {_why(error)}") from None
    if not inside:
        raise InputError(
            f"{file}: is a link that leads out of its folder; put the file itself there"
        )


def is_text(path: Path) -> bool:
    """Whether a path has no bytes that are no UTF-8."""
    return printable(path) == str(path)


def stamp(file: Path) -> tuple[int, int]:
    """What differs once a file was written anew; zeros where there is none to look at."""
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size


def refuse_closed(path: Path | str) -> None:
    """Check that what is at a path, if anything, may be read: missing is another thing.

    Raises:
        InputError: it, or a folder on the way, is closed to this user, or the path is none.
    """
    try:
        if stat.S_ISDIR(os.stat(path).st_mode):
            os.scandir(path).close()
            os.stat(os.path.join(path, "."))
        else:
            open_plain(Path(path)).close()
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        if not (isinstance(error, OSError) and error.errno in _ABSENT):
            raise InputError(f"{path}: {_why(error)}") from None


def refuse_silent(path: Path | str) -> None:
    """Check that the disk of a path answers, whatever it says; a mount that hangs never does.

    Who asks waits for a second at most, and not at all while an earlier question is open.

    Raises:
        InputError: it does not answer.
    """
    asked = str(path)
    thread, since = _asking.get(asked, (None, 0.0))
    if thread is None or not thread.is_alive():
        thread, since = threading.Thread(target=_ask, args=(asked,), daemon=True), time.monotonic()
        _asking[asked] = thread, since
        thread.start()
    thread.join(max(since + _ANSWER_SECONDS - time.monotonic(), 0))
    if thread.is_alive():
        raise InputError(
            f"{printable(asked)}: its disk does not answer; see whether it is still mounted"
        )


def _ask(path: str) -> None:
    with suppress(OSError, ValueError):
        os.stat(path)
    _asking.pop(path, None)


def _why(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return f"is no path ({error}); fix it"
    return _REASONS.get(error.errno or 0, f"cannot be read ({error.strerror}); see to it and retry")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        twice = next(name for name, count in Counter(n for n, _ in pairs).items() if count > 1)
        raise ValueError(f"`{short(twice)[1:-1]}` is named twice")
    return made


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number")
