"""Every format that can be opened, and which one a path is."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from mmmie.datasets.file_kind import Format, Source, kind_of, way_out
from mmmie.datasets.label_option import NOTHING_SAID, LabelSaid
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
        except MemoryError:
            raise InputError(f"{path}: takes more memory than there is; split it") from None
        except _CONTENT_ERRORS as error:  # what no check foresaw is still a fault of the file
            detail = f"{type(error).__name__}: {error}"[:160]
            raise InputError(
                f"{path}: does not hold what a {one.name} holds ({detail}); fix the file"
            ) from error
    _refuse_by_kind(path)
    names = ", ".join(one.name for one in formats)
    held = f" ({outlined(source.pickle)})" if source.kind == "pickle" else ""
    raise InputError(
        f"{path}: is of no known format{held}; give a corpus folder or one of: {names} "
        f"(docs/formats.md shows each)"
    )


def _refuse_by_kind(path: Path) -> None:
    """Say what a file is, or the files of a folder are, where their first bytes tell."""
    files = sorted(file for file in path.iterdir() if file.is_file()) if path.is_dir() else [path]
    for file in files:
        if fix := way_out(file):
            raise InputError(f"{file}: {fix}")
        if path.is_dir() and kind_of(file) == "pickle":
            raise InputError(f"{path}: is no corpus as a folder; give a file in it, {file.name!r}")
