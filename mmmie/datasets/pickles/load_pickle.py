"""Pickles opened as data: an interpreter of its own that imports nothing and calls nothing.

Python's unpickler runs whatever a file names. This one knows the few names that arrays, numbers,
text and containers are pickled with, builds those itself, and refuses the rest. Large arrays are
not read: they stay views of the memory-mapped file, so that a claim about sizes can never cost
more than the file really holds.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path
from typing import Any

from mmmie.datasets.pickles.allowance import check_repetition
from mmmie.datasets.pickles.opcodes import INSTRUCTIONS
from mmmie.datasets.pickles.stack_machine import Machine, Refused
from mmmie.errors import InputError
from mmmie.reading import open_plain

_TORCH = 0x1950A86A20F9469CFC6C  # what torch begins the files of its older format with


def load_pickle(file: Path | str) -> tuple[Any, mmap.mmap]:
    """Read a pickle without running anything of it.

    Args:
        file: a pickle of protocol 0 to 5, by Python 2 or 3 and numpy 1 or 2.

    Returns:
        The value, made of dict, list, tuple, set, str, bytes, int, float, bool, None, numpy
        arrays and scalars, and the memory map that its large arrays are read-only views of.

    Raises:
        InputError: the file cannot be read, is damaged, too large in number of objects, repeats
            its parts too often, holds more than one pickle, or names anything that is not data;
            nothing of it was run.
    """
    file = Path(file)
    try:
        with open_plain(file) as stream:
            if not os.fstat(stream.fileno()).st_size:
                raise InputError(f"{file}: is empty; get the file again")
            memory = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); name a file") from None
    try:
        machine = Machine(memory, INSTRUCTIONS)
        value = machine.run()
        if type(value) is int and value == _TORCH:
            raise Refused(
                "is a file of `torch.save`; save a dictionary of numpy arrays with `pickle.dump`"
            )
        if memory[machine.at : machine.at + 1] == b"\x80":
            raise Refused(
                "holds several pickles one after the other; save them as one dictionary of train, "
                "valid and test"
            )
        check_repetition(value, len(memory))
        return value, memory
    except Refused as error:
        raise InputError(f"{file}: {error}") from None
    except (
        ValueError,
        IndexError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        struct.error,
        SyntaxError,
    ) as error:
        detail = " ".join(str(error).split())[:120]
        raise InputError(
            f"{file}: is a damaged or truncated pickle ({detail}); get the file again"
        ) from None
    except MemoryError:
        raise InputError(f"{file}: holds more than fits into memory; split the file") from None
