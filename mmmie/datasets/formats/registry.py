"""Every format that can be opened, and which one a path is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from mmmie.datasets.file_kind import Format, Source, kind_of, way_out
from mmmie.datasets.label_said import NOTHING_SAID, LabelSaid
from mmmie.datasets.loose_values import Unusable, outlined
from mmmie.datasets.streamed_corpus import Reading
from mmmie.errors import InputError

FORMATS = (
    "mmsa",
    "mult",
    "misa_and_mag_bert",
    "conv_emotion",
    "csd",
    "hugging_face",
    "table_with_npy",
)
"""The files of this folder that hold a `FORMAT`, in the order in which they are asked."""

_CONTENT_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    MemoryError,
)


def all_formats() -> list[Format]:
    """The formats, in the order in which they are asked."""
    return [import_module(f"mmmie.datasets.formats.{name}").FORMAT for name in FORMATS]


def open_reading(path: Path, said: LabelSaid = NOTHING_SAID) -> tuple[str, Reading]:
    """The name of the format of a file or folder, and the corpus in it.

    Args:
        said: what is known of the label, in place of a guess.

    Raises:
        InputError: no format fits it, or it has a fault.
    """
    source, formats = Source(path, said), all_formats()
    for one in formats:
        try:
            if one.recognises(source):
                return one.name, one.read(source)
        except Unusable as error:
            raise InputError(f"{path}: {error} (read as {one.name})") from None
        except InputError:
            raise
        except _CONTENT_ERRORS as error:  # what no check foresaw is still a fault of the file
            detail = f"{type(error).__name__}: {error}"[:160]
            raise InputError(
                f"{path}: does not hold what a {one.name} holds ({detail}); fix the file"
            ) from error
    if fix := way_out(source):
        raise InputError(f"{path}: {fix}")
    names = ", ".join(one.name for one in formats)
    raise InputError(
        f"{path}: {_held(source)} is of no known format; give a corpus folder or one of: {names} "
        f"(docs/formats.md shows each)"
    )


def _held(source: Source) -> str:
    """What a source of no format holds, as far as it helps to see the fault."""
    if source.kind == "pickle":
        return f"a pickle of {outlined(source.pickle)}"
    if source.kind == "folder":
        names = sorted(file.name for file in source.path.iterdir())
        shown = ", ".join(repr(name[:60]) for name in names[:5]) + ", …" * (len(names) > 5)
        pickles = [name for name in names if kind_of(source.path / name) == "pickle"]
        fix = f", of which {pickles[0][:60]!r} can be given itself," if pickles else ""
        return f"a folder of {shown}{fix}"
    return f"a file that begins with {_head(source.path)}"


def _head(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return repr(stream.read(12))[1:]
    except OSError:
        return "nothing that can be read"
