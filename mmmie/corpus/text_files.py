"""Text files read alike everywhere: the mark at their beginning decides, else they are UTF-8."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

from mmmie.errors import InputError
from mmmie.reading import open_plain

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # begins as UTF-16 does
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_FIRST_BYTES = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!": "rar",
    b"\xd0\xcf\x11\xe0": "office",
    b"\x89HDF\r\n": "hdf5",
    b"MATLAB ": "matlab",
    b"PAR1": "parquet",
    b"ARROW1": "arrow",
    b"SQLite format": "sqlite",
    b"%PDF": "pdf",
    b"\x93NUMPY": "npy",
    b"version https://git-lfs": "git-lfs",
    b"<!DOCTYPE html": "html",
    b"<html": "html",
    b"\x80\x02": "pickle",
    b"\x80\x03": "pickle",
    b"\x80\x04": "pickle",
    b"\x80\x05": "pickle",
}
_NO_TEXT = {
    "gzip": "is packed with gzip; unpack it with gunzip",
    "bzip2": "is packed with bzip2; unpack it with bunzip2",
    "xz": "is packed with xz; unpack it with unxz",
    "zstd": "is packed with zstd; unpack it with unzstd",
    "zip": "is a zip archive, as .npz and .xlsx files are; unpack it, or save it as {}",
    "7z": "is a 7z archive; unpack it",
    "rar": "is a rar archive; unpack it",
    "office": "is a workbook or document of Office; save it as {}",
    "hdf5": "is an HDF5 file; save what it holds as {}",
    "matlab": "is a file of MATLAB; save what it holds as {}",
    "parquet": "is a Parquet file; give it the ending .parquet",
    "arrow": "is an Arrow file; save it as {}",
    "sqlite": "is a database of SQLite; save its table as {}",
    "pdf": "is a PDF; save its content as {}",
    "npy": "is an array of numpy; give it the ending .npy",
    "git-lfs": "is only the pointer of Git LFS; fetch the file with git lfs pull",
    "html": "is a web page; download the file itself",
    "pickle": "is a pickle; save what it holds as {}",
}
_SAMPLE = 2**16
_WESTERN = 0.45
_MOSTLY = 0.9


def read_text(file: Path, most: int = 2**26) -> str:
    """All of a text file: UTF-8, or UTF-16 or UTF-32 with their mark; line ends become ``\\n``.

    Args:
        most: how many characters it may have.

    Raises:
        InputError: it is of another encoding or no text, and the message names the likely one; or
            it is longer, or no plain file (see `open_plain`).
        FileNotFoundError: there is none.
    """
    with open_text(file) as stream:
        text = stream.read(most + 1)
        if len(text) > most:
            raise InputError(f"{file}: has more than {most:,} characters; it is none of ours")
        _refuse_nul(file, text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


@contextmanager
def open_text(file: Path) -> Iterator[TextIO]:
    """A text file to read line by line, line ends as they are; faults as of `read_text`."""
    with open_plain(file) as raw:
        head = raw.read(_SAMPLE)
        if said := packed(head, "plain text"):
            raise InputError(f"{file}: {said}")
        found = [name for mark, name in _MARKS.items() if head.startswith(mark)]
        if not found:
            _refuse_nul(file, str(head, "latin-1"))
        raw.seek(0)
        try:
            yield TextIOWrapper(raw, found[0] if found else "utf-8", newline="")
        except UnicodeError:
            raise InputError(f"{file}: {_unreadable(file)}") from None


def kind_of_bytes(head: bytes) -> str | None:
    """What a file that begins so is: ``gzip``, ``parquet``, ``pickle`` and so on, if that tells."""
    return next((kind for mark, kind in _FIRST_BYTES.items() if head.startswith(mark)), None)


def packed(head: bytes, wanted: str) -> str | None:
    """What a file that begins so is, and what to do, where it is neither text nor `wanted`.

    Args:
        head: the first bytes.
        wanted: what it should be saved as, such as ``CSV``.
    """
    said = _NO_TEXT.get(kind_of_bytes(head) or "")
    return said and said.format(wanted)


def _refuse_nul(file: Path, text: str) -> None:
    at = text.find("\0")
    if at < 0:
        return
    share = text.count("\0") / len(text)
    if 0.2 < share < 0.6:
        raise InputError(f"{file}: looks like UTF-16 without its mark; save it as UTF-8")
    raise InputError(f"{file}: holds a zero byte at {at:,}, so it is no text; get the file again")


def _unreadable(file: Path) -> str:
    """Why a file that was not decoded is none of ours: the line, and what it probably is."""
    with open_plain(file) as raw:
        head = raw.read(4)
        marked = [name for mark, name in _MARKS.items() if head.startswith(mark)]
        if marked and marked[0] != "utf-8-sig":
            return f"begins as {marked[0].upper()} but is damaged; save it as UTF-8"
        raw.seek(0)
        for number, line in enumerate(iter(lambda: raw.readline(_SAMPLE), b""), 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return f"line {number:,} {_doubt(line + raw.read(_SAMPLE))}"
    return "is not in UTF-8; save it as UTF-8"


def _doubt(raw: bytes) -> str:
    """What is wrong with bytes that are not UTF-8."""
    replaced = raw.decode("utf-8", "replace")
    valid, wrong = sum(letter > "\x7f" for letter in replaced), replaced.count("\ufffd")
    if valid - wrong > 4 * wrong or (wrong == 1 and replaced.endswith("\ufffd")):
        return "holds bytes that are not UTF-8 though the rest is; fix it, or get the file again"
    likely = likely_encoding(raw)
    looks = f", it looks like {likely}" if likely else ""
    return f"is not in UTF-8{looks}; save the file as UTF-8"


def likely_encoding(raw: bytes) -> str | None:
    """The encoding that bytes which are not UTF-8 are probably in, for a message.

    Example:
        >>> likely_encoding("我今天很高兴".encode("gbk"))
        'GBK'
    """
    words = [
        word
        for word in re.split(rb"[\x00-\x40\x5b-\x60\x7b-\x7f]+", raw)
        if max(word, default=0) > 127
    ]
    total = sum(map(len, words))
    if not total:
        return None
    high = sum(byte > 127 for word in words for byte in word)
    if high / total < _WESTERN or not re.search(rb"[\x80-\xff]{2}", raw):
        return "Windows-1252"
    if _share(_decoded(raw, "cp932"), "\u3040", "\u30ff") > 0.3:
        return "Shift-JIS"
    if _share(_decoded(raw, "euc_jp"), "\u3040", "\u30ff") > 0.3:
        return "EUC-JP"
    if _share(_decoded(raw, "cp949"), "\uac00", "\ud7a3") > _MOSTLY:
        return "EUC-KR"
    if _share(_decoded(raw, "gb2312"), "\u3000", "\u9fff") > 0.5:
        return "GBK"
    if _share(_decoded(raw, "cp1251"), "\u0400", "\u04ff") > _MOSTLY:
        return "Windows-1251"
    if _share(_decoded(raw, "big5"), "\u3000", "\u9fff") > 0.5:
        return "Big5"
    if _share(_decoded(raw, "gb18030"), "\u3000", "\u9fff") > 0.5:
        return "GBK"
    return None


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(raw)  # its end may be cut
    except UnicodeDecodeError:
        return ""


def _share(text: str, first: str, last: str) -> float:
    """Which part of the characters beyond ASCII lies between two."""
    beyond = [letter for letter in text if letter > "\x7f"]
    return sum(first <= letter <= last for letter in beyond) / max(len(beyond), 1)
