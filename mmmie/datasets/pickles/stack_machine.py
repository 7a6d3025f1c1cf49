"""The stack machine that a pickle is a program of: its file, its stack and its memo."""

from __future__ import annotations

import mmap
import struct
import sys
from collections.abc import Callable, Sequence
from typing import Any

from mmmie.datasets.pickles.arrays import ArrayParts, DtypeParts

MOST_OPERATIONS = 8_000_000
"""Instructions of a pickle; word lists of CMU-MOSEI, the longest known, take five million."""

MOST_MARKS = 64
"""Containers that may be open at once; the formats of the field nest five."""

MOST_LOOSE = 2**28
"""Bytes of what is in no array: numbers, texts and containers, with the places that hold them.

Slow instructions count for more than they hold, so that the limit is one of time too. The words of
all of CMU-MOSEI take 120 MB.
"""

_PLACE = 28  # bytes, on the stack and then in a container that is still growing

_TIMES = 16
_FLOOR = 2**26

_SMALL = 4096  # bytes up to here are copied, beyond they stay a view of the file
_LONGEST_LINE = 2**26

_STOP, _SHORT_TEXT, _MEMOIZE, _GET = b".\x8c\x94h"


class Mark:
    pass


MARK = Mark()
_NOTHING = Mark()  # at a place of the memo that nothing was put to


def allowance(size: int) -> int:
    """Bytes that may be made of a file of `size` bytes beside what it holds: 16 times as many.

    Small files get 64 MB. What people save takes up to nine times its file: it is short lists.
    """
    return _TIMES * size + _FLOOR


class Refused(ValueError):
    """The pickle asks for something that is not data."""


class Machine:
    """The stack machine that a pickle is a program of.

    Args:
        instructions: what to do at each of the 256 bytes, see `opcodes.py`.
    """

    def __init__(
        self, memory: mmap.mmap, instructions: Sequence[Callable[[Machine], object]]
    ) -> None:
        self.memory = memory
        self.instructions = instructions
        self.view = memoryview(memory)
        self.at = 0
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: list[Any] = []
        self.room = allowance(len(memory))
        self.loose = MOST_LOOSE

    def run(self) -> Any:
        """The value that the pickle makes.

        The three instructions that word lists consist of are spelt out, which halves the time.
        """
        memory, view, handlers, end = self.memory, self.view, self.instructions, len(self.memory)
        stack, memo, sizeof = self.stack, self.memo, sys.getsizeof
        for _ in range(MOST_OPERATIONS):
            at = self.at
            if at >= end:
                raise ValueError("it ends in the middle")
            code = memory[at]
            self.at = at + 1
            if code == _SHORT_TEXT:
                self.at = stop = at + 2 + memory[at + 1]
                if stop > end:
                    raise ValueError("it ends in the middle")
                text = str(view[at + 2 : stop], "utf-8", "surrogatepass")
                self.hold(sizeof(text))
                stack.append(text)
            elif code == _MEMOIZE:
                value = stack[-1]
                if isinstance(value, (ArrayParts, DtypeParts)):
                    value.memo_keys.append(len(memo))
                memo.append(value)
            elif code == _GET:
                value = memo[memory[at + 1]]
                if value is _NOTHING:
                    raise ValueError("it remembers nothing there")
                stack.append(value)
                self.at = at + 2
            elif code == _STOP:
                return self.pop()
            else:
                handlers[code](self)
        raise Refused(
            f"holds more than {MOST_OPERATIONS:,} objects; store numbers as arrays, not lists"
        )

    # what the file holds

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        start = self.at
        if length < 0 or start + length > len(self.view):
            raise ValueError(
                f"it claims {length:,} bytes where {len(self.view) - start:,} are left"
            )
        self.at = start + length
        return bytes(self.view[start : self.at])

    def raw(self, length: int) -> bytes | memoryview:
        """The next `length` bytes, as a view of the file where that saves memory."""
        if length <= _SMALL:
            return self.take(length)
        start = self.at
        if start + length > len(self.view):
            raise ValueError(
                f"it claims {length:,} bytes where {len(self.view) - start:,} are left"
            )
        self.at = start + length
        return self.view[start : self.at]

    def number(self, form: struct.Struct) -> int:
        """The next integer in a `struct` format."""
        at = self.at
        self.at = at + form.size
        number: int = form.unpack_from(self.view, at)[0]
        return number

    def line(self) -> bytes:
        """Up to the next line break, without it."""
        end = self.memory.find(b"\n", self.at, self.at + _LONGEST_LINE)
        if end < 0:
            raise ValueError("a line does not end")
        found = bytes(self.view[self.at : end])
        self.at = end + 1
        return found

    # the stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is MARK:
            raise ValueError("a mark is in the way")
        return value

    def popped_to_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start + 1 :]
        del self.stack[start:]
        return items

    def top(self) -> Any:
        return self.stack[-1]

    def hold(self, size: int) -> None:
        """Take one small object of so many bytes off what may still be held outside of arrays.

        Raises:
            Refused: they take more than `MOST_LOOSE`.
        """
        self.loose -= size + _PLACE
        if self.loose < 0:
            raise Refused(
                f"holds more than {MOST_LOOSE >> 20:,} MB of numbers, texts and lists outside of "
                f"arrays; store numbers as arrays, not lists"
            )

    def charge(self, size: int) -> None:
        """Take so many bytes off what may still be made of what the file holds.

        Raises:
            Refused: the file makes more than its `allowance`, or holds more than `MOST_LOOSE`.
        """
        self.hold(size)
        self.copy(size)

    def copy(self, size: int) -> None:
        """Take the bytes of a copy off what may still be made of what the file holds.

        Raises:
            Refused: the file makes more than its `allowance`.
        """
        self.room -= size
        if self.room < 0:
            raise Refused(
                f"makes more than {allowance(len(self.memory)) >> 20:,} MB of objects out of "
                f"{len(self.memory):,} bytes; save numbers as arrays, and each of them once"
            )

    # the memo

    def remember(self, key: int) -> None:
        """Keep the top of the stack under a number, which nearly always is the next one."""
        value, gap = self.top(), key - len(self.memo)
        if gap >= 0:
            self.charge(8 * gap)
            self.memo += [_NOTHING] * gap
            self.memo.append(value)
        elif key >= 0:
            self.memo[key] = value
        else:
            raise ValueError(f"it remembers something as number {key}")
        if isinstance(value, (ArrayParts, DtypeParts)):
            value.memo_keys.append(key)

    def recall(self, key: int) -> None:
        """Push what is kept under a number."""
        value = self.memo[key] if key >= 0 else _NOTHING
        if value is _NOTHING:
            raise ValueError(f"it remembers nothing as number {key}")
        self.stack.append(value)

    def finish(self, parts: ArrayParts | DtypeParts, whole: Any) -> None:
        """Put what a BUILD made in the place of its parts, on the stack and in the memo."""
        self.stack[-1] = whole
        for key in parts.memo_keys:
            self.memo[key] = whole
        parts.memo_keys.clear()
