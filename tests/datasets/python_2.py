"""Pickles as Python 2 wrote them: its text is bytes."""

import pickle
from typing import ClassVar


class _Pickler(pickle._Pickler):
    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def _save_bytes(self, raw):
        short = len(raw) < 256
        size = bytes([len(raw)]) if short else len(raw).to_bytes(4, "little")
        self.write((b"U" if short else b"T") + size + raw)

    def _save_text(self, text):
        self._save_bytes(text.encode("utf-8"))

    dispatch[bytes] = _save_bytes
    dispatch[str] = _save_text


def write_python_2(value, file, protocol=2):
    with file.open("wb") as stream:
        _Pickler(stream, protocol).dump(value)
    return file
