"""What each byte of a pickle makes the machine do, and the names that a pickle may refer to."""

from __future__ import annotations

import codecs
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from mmmie.datasets.loose_values import decoded
from mmmie.datasets.pickles.arrays import ArrayParts, DtypeParts, array_of, dtype_of, scalar_of
from mmmie.datasets.pickles.stack_machine import MARK, MOST_MARKS, Machine, Refused

_BYTE, _SHORT, _INT = struct.Struct("B"), struct.Struct("<H"), struct.Struct("<i")
_UNSIGNED, _LARGE = struct.Struct("<I"), struct.Struct("<Q")
_LONGEST_INTEGER = 16
_LONG_TEXT = 4096
# bytes that things take in memory, calls with the time they take
_A_CALL, _A_LIST, _A_DICT, _A_SET, _A_TUPLE = 256, 96, 184, 240, 64
_AN_ITEM, _AN_ENTRY, _A_NUMBER, _A_LINE = 16, 72, 32, 96
_ENCODED = 8  # a copy of text counts so often: files hold each once, in protocols 0 to 2
_KEY_LIMIT = 2**60  # larger integers share hashes, which makes dictionaries slow on purpose

_ARRAY, _SCALAR, _BUFFER, _DTYPE, _ENCODE = "array", "scalar", "buffer", "dtype", "encode"
_DICT, _SET, _LIST, _TUPLE, _BYTES, _NDARRAY = "dict", "set", "list", "tuple", "bytes", "ndarray"
_TYPE = "type"

_GLOBALS = {
    "numpy.dtype": _DTYPE,
    "numpy.ndarray": _NDARRAY,
    "_codecs.encode": _ENCODE,
    "collections.OrderedDict": _DICT,
    "collections.defaultdict": _DICT,
}
for _core in ("numpy.core", "numpy._core"):  # numpy 1 and 2
    _GLOBALS[f"{_core}.multiarray._reconstruct"] = _ARRAY
    _GLOBALS[f"{_core}.multiarray.scalar"] = _SCALAR
    _GLOBALS[f"{_core}.numeric._frombuffer"] = _BUFFER
for _builtins in ("builtins", "__builtin__"):  # Python 3 and 2
    for _name in ("set", "frozenset"):
        _GLOBALS[f"{_builtins}.{_name}"] = _SET
    for _name in ("bytes", "bytearray"):
        _GLOBALS[f"{_builtins}.{_name}"] = _BYTES
    for _name, _kind in (("dict", _DICT), ("list", _LIST), ("tuple", _TUPLE)):
        _GLOBALS[f"{_builtins}.{_name}"] = _kind
    for _name in ("int", "float", "str"):  # only as what a defaultdict makes
        _GLOBALS[f"{_builtins}.{_name}"] = _TYPE

ADMITTED = tuple(sorted(_GLOBALS))
"""The dotted names that a pickle may refer to; none is imported."""


_OWN = "if it is your own, save it again as dictionaries of arrays, numbers and text"
_FIXES = {
    "torch": "save tensors as numpy arrays, `tensor.numpy()`",
    "joblib": "joblib wrote it: if it is your own, open it with `joblib.load` and save it with "
    "`pickle.dump`",
    "pandas": "it holds a pandas table: if it is your own, open it with `pandas.read_pickle` and "
    "save it with `to_csv` or `to_parquet`, features as .npy files beside it",
    "scipy": "save sparse arrays as numpy arrays, `array.toarray()`",
}


class _Global:
    """A name that a pickle refers to; it stands for itself and can do nothing."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


def _mark(machine: Machine) -> None:
    if len(machine.marks) >= MOST_MARKS:
        raise Refused(f"nests more than {MOST_MARKS} containers; store it flatter")
    machine.marks.append(len(machine.stack))
    machine.push(MARK)


def _pop(machine: Machine) -> None:
    if machine.stack.pop() is MARK:
        machine.marks.pop()


def _constant(value: Any) -> Callable[[Machine], None]:
    return lambda machine: machine.stack.append(value)


def _byte(machine: Machine) -> None:
    """An integer below 256, of which Python has one each."""
    machine.stack.append(machine.memory[machine.at])
    machine.at += 1


def _number(form: struct.Struct) -> Callable[[Machine], None]:
    size, unpack = form.size, form.unpack_from

    def load(machine: Machine) -> None:
        at = machine.at
        machine.at = at + size
        machine.hold(_A_NUMBER)
        machine.stack.append(unpack(machine.view, at)[0])

    return load


def _long(form: struct.Struct) -> Callable[[Machine], None]:
    def load(machine: Machine) -> None:
        length = machine.number(form)
        if length > _LONGEST_INTEGER:
            raise Refused("holds an integer of more than 128 bits; store numbers as arrays")
        machine.hold(_A_LINE)
        machine.push(int.from_bytes(machine.take(length), "little", signed=True))

    return load


def _float_line(machine: Machine) -> None:
    machine.hold(_A_NUMBER + _A_LINE)
    machine.push(float(machine.line()))


def _long_line(machine: Machine) -> None:
    machine.hold(_A_NUMBER + _A_LINE)
    digits = machine.line().rstrip(b"L")
    if digits in (b"00", b"01"):  # how protocol 0 says False and True
        machine.push(digits == b"01")
        return
    if len(digits) > 40:
        raise Refused("holds an integer of more than 128 bits; store numbers as arrays")
    machine.push(int(digits))


def _bytes(form: struct.Struct) -> Callable[[Machine], None]:
    def load(machine: Machine) -> None:
        raw = machine.raw(machine.number(form))
        machine.hold(_A_CALL if type(raw) is memoryview else len(raw) + _A_LINE)
        machine.stack.append(raw)

    return load


def _string_line(machine: Machine) -> None:
    quoted = machine.line()
    if len(quoted) < 2 or quoted[:1] != quoted[-1:] or quoted[:1] not in (b"'", b'"'):
        raise ValueError("a string is not quoted")
    machine.hold(len(quoted) + _A_LINE)
    machine.push(codecs.escape_decode(quoted[1:-1])[0])


def _text(form: struct.Struct) -> Callable[[Machine], None]:
    def load(machine: Machine) -> None:
        start = machine.at + form.size
        machine.at = stop = start + form.unpack_from(machine.view, machine.at)[0]
        if stop > len(machine.view):
            raise ValueError("it ends in the middle")
        _hold_text(machine, str(machine.view[start:stop], "utf-8", "surrogatepass"))

    return load


def _text_line(machine: Machine) -> None:
    machine.hold(_A_LINE)
    _hold_text(machine, str(machine.line(), "raw-unicode-escape"))


def _hold_text(machine: Machine, text: str) -> None:
    """Push a text; a long one, of which arrays were saved, is in no list of many."""
    machine.hold(sys.getsizeof(text) if len(text) < _LONG_TEXT else _A_CALL)
    machine.stack.append(text)


def _extend(machine: Machine, values: list[Any]) -> None:
    target = machine.top()
    if type(target) is not list:
        raise ValueError(f"it appends to a {type(target).__name__}")
    target.extend(values)


def _tuple(count: int) -> Callable[[Machine], None]:
    def load(machine: Machine) -> None:
        stack, marks = machine.stack, machine.marks
        start = len(stack) - count
        if start < 0 or (marks and marks[-1] >= start):
            raise ValueError("a mark is in the way")
        machine.charge(_A_TUPLE)
        stack[start:] = [tuple(stack[start:])]

    return load


def _tuple_to_mark(machine: Machine) -> None:
    machine.charge(_A_TUPLE)
    machine.push(tuple(machine.popped_to_mark()))


def _list_to_mark(machine: Machine) -> None:
    machine.charge(_A_LIST)
    machine.push(machine.popped_to_mark())


def _empty(make: Callable[[], Any], size: int) -> Callable[[Machine], None]:
    def load(machine: Machine) -> None:
        machine.charge(size)
        machine.push(make())

    return load


def _set_items(machine: Machine, items: list[Any]) -> None:
    _fill(machine, machine.top(), items)


def _fill(machine: Machine, target: Any, items: list[Any]) -> None:
    if type(target) is not dict or len(items) % 2:
        raise ValueError("it sets items of what is not a dictionary")
    for key, value in zip(items[::2], items[1::2], strict=True):
        target[_key(machine, key)] = value


def _key(machine: Machine, key: Any) -> Any:
    """A key as a dictionary or a set gets it; a long one costs its length each time."""
    machine.charge(_AN_ENTRY + (len(key) if isinstance(key, (str, bytes)) else 0))
    if isinstance(key, (np.integer, np.str_, np.bytes_)):
        key = key.item()
    if isinstance(key, bytes):  # a key of Python 2
        return decoded(key)
    plain = type(key) in (str, bool) or key is None
    if not plain and not (type(key) is int and abs(key) < _KEY_LIMIT):
        raise ValueError(f"a {type(key).__name__} is a key")
    return key


def _dict_to_mark(machine: Machine) -> None:
    machine.charge(_A_DICT)
    made: dict[Any, Any] = {}
    _fill(machine, made, machine.popped_to_mark())
    machine.push(made)


def _add_items(machine: Machine) -> None:
    items = machine.popped_to_mark()
    if type(machine.top()) is not set:
        raise ValueError("it adds to what is not a set")
    machine.top().update(_key(machine, item) for item in items)


def _frozen_set(machine: Machine) -> None:
    machine.charge(_A_SET)
    machine.push({_key(machine, item) for item in machine.popped_to_mark()})


def _get(form: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.recall(machine.number(form))


def _put(form: struct.Struct) -> Callable[[Machine], None]:
    return lambda machine: machine.remember(machine.number(form))


def _protocol(machine: Machine) -> None:
    if machine.number(_BYTE) > 5:
        raise ValueError("its protocol is newer than 5")


def _global(machine: Machine) -> None:
    module, name = machine.line(), machine.line()
    machine.push(_named(str(module, "utf-8"), str(name, "utf-8")))


def _stack_global(machine: Machine) -> None:
    name, module = machine.pop(), machine.pop()
    if type(name) is not str or type(module) is not str:
        raise ValueError("a name is not a text")
    machine.push(_named(module, name))


def _named(module: str, name: str) -> _Global:
    dotted = f"{module}.{name}"
    if dotted not in _GLOBALS:
        shown = "".join(c if c.isascii() and c.isprintable() else "?" for c in dotted[:80])
        fix = _FIXES.get(module.partition(".")[0], _OWN)
        raise Refused(
            f"names `{shown}`, which is not an array, number or text, so nothing was run; {fix}"
        )
    return _Global(_GLOBALS[dotted])


def _refuse(what: str) -> Callable[[Machine], None]:
    def refuse(machine: Machine) -> NoReturn:
        raise Refused(f"asks for {what}, which is not data, so nothing was run; {_OWN}")

    return refuse


def _reduce(machine: Machine) -> None:
    arguments, function = machine.pop(), machine.pop()
    if not isinstance(function, _Global) or type(arguments) is not tuple:
        raise ValueError("it calls what is not a function")
    machine.charge(_A_CALL)
    machine.push(_made(machine, function.kind, arguments))


def _made(machine: Machine, kind: str, arguments: tuple[Any, ...]) -> Any:
    """What the admitted name gives for these arguments."""
    if kind == _ARRAY:
        return ArrayParts()
    if kind == _DTYPE:
        return DtypeParts(arguments[0])
    if kind == _SCALAR:
        dtype, raw = arguments
        machine.charge(2 * len(raw))
        return scalar_of(dtype, raw)
    if kind == _BUFFER:
        buffer, dtype, shape, order = arguments
        return _array(machine, shape, dtype, order in ("F", b"F"), buffer)
    if kind == _ENCODE:
        text, encoding = arguments
        if encoding not in ("latin1", b"latin1"):
            raise ValueError("text is encoded in an unknown way")
        machine.copy(_ENCODED * len(text))
        return text.encode("latin1")
    if kind == _BYTES:
        return arguments[0] if arguments and type(arguments[0]) in (bytes, memoryview) else b""
    if kind == _SET:
        items = arguments[0] if arguments else []
        if type(items) is not list:
            raise ValueError(f"a set is made of a {type(items).__name__}")
        return {_key(machine, item) for item in items}
    if kind == _DICT:
        pairs = arguments[0] if arguments and type(arguments[0]) is list else []
        return {_key(machine, key): value for key, value in pairs}
    raise ValueError(f"a {kind} is called")


def _array(machine: Machine, shape: Any, dtype: Any, fortran: bool, raw: Any) -> np.ndarray:
    machine.charge(_A_CALL + (_AN_ITEM * len(raw) if type(raw) is list else 0))
    return array_of(shape, dtype, fortran, raw)


def _build(machine: Machine) -> None:
    machine.charge(_A_CALL)
    state, parts = machine.pop(), machine.top()
    if isinstance(parts, DtypeParts):
        machine.finish(parts, dtype_of(parts.code, state))
    elif isinstance(parts, ArrayParts):
        _, shape, dtype, fortran, raw = state
        machine.finish(parts, _array(machine, shape, dtype, bool(fortran), raw))
    else:
        raise Refused(
            f"sets the state of an object that is not an array, so nothing was run; {_OWN}"
        )


def _unknown(machine: Machine) -> NoReturn:
    raise ValueError(f"byte {machine.at - 1:,} is not an instruction")


_KNOWN: dict[bytes, Callable[[Machine], object]] = {
    b"\x80": _protocol,
    b"\x95": lambda m: m.take(8),
    b"(": _mark,
    b"0": _pop,
    b"1": lambda m: m.popped_to_mark(),
    b"2": lambda m: m.push(m.top()),
    b"N": _constant(None),
    b"\x88": _constant(True),
    b"\x89": _constant(False),
    b"I": _long_line,
    b"L": _long_line,
    b"J": _number(_INT),
    b"K": _byte,
    b"M": _number(_SHORT),
    b"\x8a": _long(_BYTE),
    b"\x8b": _long(_INT),
    b"F": _float_line,
    b"G": _number(struct.Struct(">d")),
    b"S": _string_line,
    b"T": _bytes(_INT),
    b"U": _bytes(_BYTE),
    b"B": _bytes(_UNSIGNED),
    b"C": _bytes(_BYTE),
    b"\x8e": _bytes(_LARGE),
    b"\x96": _bytes(_LARGE),
    b"V": _text_line,
    b"X": _text(_UNSIGNED),
    b"\x8c": _text(_BYTE),
    b"\x8d": _text(_LARGE),
    b"]": _empty(list, _A_LIST),
    b"}": _empty(dict, _A_DICT),
    b"\x8f": _empty(set, _A_SET),
    b")": _constant(()),
    b"a": lambda m: _extend(m, [m.pop()]),
    b"e": lambda m: _extend(m, m.popped_to_mark()),
    b"l": _list_to_mark,
    b"t": _tuple_to_mark,
    b"\x85": _tuple(1),
    b"\x86": _tuple(2),
    b"\x87": _tuple(3),
    b"d": _dict_to_mark,
    b"s": lambda m: _set_items(m, [m.pop(), m.pop()][::-1]),
    b"u": lambda m: _set_items(m, m.popped_to_mark()),
    b"\x90": _add_items,
    b"\x91": _frozen_set,
    b"g": lambda m: m.recall(int(m.line()[:20])),
    b"h": _get(_BYTE),
    b"j": _get(_UNSIGNED),
    b"p": lambda m: m.remember(int(m.line()[:20])),
    b"q": _put(_BYTE),
    b"r": _put(_UNSIGNED),
    b"c": _global,
    b"\x93": _stack_global,
    b"R": _reduce,
    b"b": _build,
    **dict.fromkeys((b"\x81", b"\x92", b"i", b"o"), _refuse("an object of a class")),
    **dict.fromkeys((b"\x82", b"\x83", b"\x84"), _refuse("a registered extension")),
    **dict.fromkeys((b"P", b"Q"), _refuse("an object kept elsewhere")),
    **dict.fromkeys((b"\x97", b"\x98"), _refuse("a buffer kept elsewhere")),
}
INSTRUCTIONS = [_KNOWN.get(bytes([code]), _unknown) for code in range(256)]
