"""Every format that can be opened, and which one a path is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mmmie.datasets.formats.contextual import is_contextual, read_contextual
from mmmie.datasets.formats.csd import is_csd, read_csd
from mmmie.datasets.formats.hugging_face import is_hugging_face, read_hugging_face
from mmmie.datasets.formats.mmsa import is_mmsa, read_mmsa
from mmmie.datasets.formats.mult import is_mult, read_mult
from mmmie.datasets.formats.segments import is_segments, read_segments
from mmmie.datasets.formats.table import is_table, read_table
from mmmie.datasets.reading import Reading
from mmmie.datasets.source import Source
from mmmie.datasets.values import Unusable
from mmmie.errors import InputError

_CONTENT_ERRORS = (
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RecursionError,
    MemoryError,
)


@dataclass(frozen=True)
class Reader:
    """One format.

    Attributes:
        name: what people call it.
        recognises: whether a source is of this format, by its content.
        read: the corpus in it, features still in the file; raises `Unusable` or `InputError`.
    """

    name: str
    recognises: Callable[[Source], bool]
    read: Callable[[Source], Reading]


READERS = (
    Reader("MMSA pickle", is_mmsa, read_mmsa),
    Reader("MulT pickle", is_mult, read_mult),
    Reader("MISA, MMIM or MAG-BERT lists", is_segments, read_segments),
    Reader("contextual pickle", is_contextual, read_contextual),
    Reader("CMU-MultimodalSDK .csd set", is_csd, read_csd),
    Reader("Hugging Face dataset", is_hugging_face, read_hugging_face),
    Reader("table with .npy features", is_table, read_table),
)
"""In the order in which they are asked."""


def open_reading(path: Path) -> tuple[str, Reading]:
    """The name of the format of a file or folder, and the corpus in it.

    Raises:
        InputError: no reader knows it, or it has a fault.
    """
    source = Source(path)
    for reader in READERS:
        try:
            if reader.recognises(source):
                return reader.name, reader.read(source)
        except Unusable as error:
            raise InputError(f"{path}: {error} (read as {reader.name})") from None
        except InputError:
            raise
        except _CONTENT_ERRORS as error:  # what no check foresaw is still a fault of the file
            detail = f"{type(error).__name__}: {error}"[:160]
            raise InputError(
                f"{path}: does not hold what a {reader.name} holds ({detail}); mend the file"
            ) from error
    names = ", ".join(reader.name for reader in READERS)
    raise InputError(
        f"{path}: is of no known format; give a corpus folder or one of: {names} "
        f"(docs/formats.md shows each)"
    )
