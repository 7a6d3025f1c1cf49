"""A corpus folder as one zip file: written to be passed on, unpacked without trusting it.

An archive comes from outside, so nothing in it decides where a file is written or how much. Of a
corpus folder only its files are taken, under their own names; of any other folder all files, in a
scratch folder. No more bytes are unpacked than were agreed.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from mmmie.corpus import Corpus
from mmmie.corpus.folder import FILES, open_corpus_folder, save_corpus_folder
from mmmie.errors import InputError
from mmmie.files import scratch_folder

DESCRIPTION, FEATURES = "corpus.json", "features.safetensors"
TABLES = ("utterances.csv", "utterances.parquet")
UNPACKING = ".unpacking-"
"""What the name of a folder begins with in which something is unpacked."""

MOST_BYTES = 8 * 2**30
_MOST_OF_ONE = {DESCRIPTION: 2**20, "utterances.csv": 2**28, "utterances.parquet": 2**28}
_MOST_ENTRIES = 1000
_MOST_FILES = 10_000  # of a folder with one file per utterance
_DEEPEST = 6
_MOST_FAULTS = 50
_MOST_RATIO = 100
_LEAST_ROOM = 2**26
_CHUNK = 2**20
_LONGEST_NAME = 60
_LONGEST_FILE_NAME = 200  # bytes; most systems take 255
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError)
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", re.IGNORECASE)  # of Windows
# what the file managers of some systems add by themselves
_IGNORED = re.compile(r"(^|/)(__MACOSX(/|$)|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)


def pack_corpus(corpus: Corpus, file: Path | str | IO[bytes]) -> None:
    """Write a corpus as a zip that `unpack_corpus` takes: one folder with its three files.

    Args:
        corpus: the corpus.
        file: a path or an open binary file.

    Example:
        >>> import io
        >>> from mmmie import load_corpus
        >>> stream = io.BytesIO()
        >>> pack_corpus(load_corpus("demo"), stream)
        >>> zipfile.ZipFile(stream).namelist()
        ['demo/corpus.json', 'demo/features.safetensors', 'demo/utterances.csv']
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / folder_name(corpus.name)
        save_corpus_folder(corpus, folder)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for part in sorted(folder.iterdir()):
                archive.write(part, f"{folder.name}/{part.name}")


def unpack_corpus(
    archive: Path | str | IO[bytes],
    into: Path | str,
    *,
    name: str | None = None,
    most_bytes: int = MOST_BYTES,
    unlabelled: bool = False,
) -> Path:
    """Unpack a zip of a corpus folder and check the corpus; nothing stays if it has a fault.

    The three files lie at the top of the archive or in one folder. Everything else is a fault:
    other files, paths that lead out, links, encrypted entries, more bytes than `most_bytes`. What
    some file managers add by themselves (``__MACOSX``, ``.DS_Store``) is left out.

    Args:
        archive: a path, or an open binary file such as an upload.
        into: the folder that gets the corpus folder; made where it is missing.
        name: what the archive is called in messages, and the corpus folder where the archive
            has none; by default that of the file.
        most_bytes: how much may be unpacked.
        unlabelled: take utterances without a label or a split, for a model to predict.

    Returns:
        The new corpus folder. An existing one is never touched: the new one gets a number.

    Raises:
        InputError: it is not a zip, or the corpus has a fault; `faults` lists all of them.
    """
    into = Path(into)
    shown = name or (Path(archive).name if isinstance(archive, (str, Path)) else "archive.zip")
    into.mkdir(parents=True, exist_ok=True)
    with scratch_folder(into, UNPACKING) as scratch:
        with _opened(archive, shown) as opened:
            entries, folder = _checked(opened, shown, most_bytes, into)
            for part, entry in entries.items():
                _write(opened, entry, scratch / part)
        _check_corpus(scratch, shown, unlabelled)
        return move_in(scratch, into, folder_name(folder or Path(shown).stem))


def holds_corpus(archive: Path | str | IO[bytes]) -> bool:
    """Whether a zip is to be read as a corpus folder; also where it cannot be read as a zip."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = {PurePosixPath(info.filename).name for info in opened.infolist()}
    except (*_DAMAGE, OSError):
        return True  # `unpack_corpus` says what is wrong with it
    return bool(names & {DESCRIPTION, FEATURES})


def unpack_folder(
    archive: Path | str | IO[bytes], into: Path, *, name: str, most_bytes: int = MOST_BYTES
) -> None:
    """Unpack a zip of any folder into a scratch folder, for a reader that trusts no file.

    Links, paths that lead out, encrypted entries and more bytes than `most_bytes` are faults; what
    some file managers add is left out. Names become those that every system takes.

    Args:
        archive: a path, or an open binary file such as an upload.
        into: an empty folder.
        name: what the archive is called in messages.
        most_bytes: how much may be unpacked.

    Raises:
        InputError: it is not a zip or has a fault; `faults` lists all of them.
    """
    with _opened(archive, name) as opened:
        infos = [info for info in opened.infolist() if not _IGNORED.search(info.filename)]
        if len(infos) > _MOST_FILES:
            raise InputError(f"{name}: holds {len(infos):,} entries; pack one folder only")
        faults: list[str] = []
        entries: dict[str, zipfile.ZipInfo] = {}
        seen: set[str] = set()
        for info in infos:
            if info.is_dir() and not _outside(info.filename):
                continue
            parts = [file_name(part) for part in PurePosixPath(_written_name(info)).parts]
            path = "/".join(parts)
            fault = _hostile(info, name)
            if fault is None and len(parts) > _DEEPEST:
                fault = f"{name}: {info.filename!r} is too deep; put the files higher up"
            if fault is None and path.casefold() in seen:
                fault = f"{name}: holds {info.filename!r} twice, or a name like it; rename one"
            if fault is not None:
                faults.append(fault)
            seen.add(path.casefold())
            entries[path] = info
        faults += _too_large(entries, name, _room(opened, most_bytes, into))
        _raise(faults, name)
        for path, info in entries.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            _write(opened, info, into / path)


@contextmanager
def _opened(archive: Path | str | IO[bytes], shown: str) -> Iterator[zipfile.ZipFile]:
    """A zip file; whatever is wrong with it is told in one line."""
    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError(
            f"{shown}: is damaged or no zip file ({error}); pack the corpus folder again"
        ) from None
    except OSError as error:
        raise InputError(f"{shown}: cannot be unpacked ({error}); see to it and retry") from None


def _write(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, file: Path) -> None:
    # never more than the declared size, which has been checked
    with opened.open(entry) as source, file.open("xb") as target:
        shutil.copyfileobj(source, target, _CHUNK)


def _written_name(info: zipfile.ZipInfo) -> str:
    """The name of an entry; some programs write UTF-8 without saying so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _checked(
    opened: zipfile.ZipFile, shown: str, most_bytes: int, into: Path
) -> tuple[dict[str, zipfile.ZipInfo], str]:
    """File name → entry, and the folder in the archive, empty without one."""
    infos = opened.infolist()
    if len(infos) > _MOST_ENTRIES:
        raise InputError(f"{shown}: holds {len(infos):,} entries; pack one corpus folder only")
    faults: list[str] = []
    entries: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for info in infos:
        if (info.is_dir() and not _outside(info.filename)) or _IGNORED.search(info.filename):
            continue
        fault = _entry_fault(info, shown)
        if fault:
            faults.append(fault)
            continue
        path = PurePosixPath(info.filename)
        if path.name in entries:
            faults.append(f"{shown}: holds {path.name} twice; pack one corpus folder only")
        entries[path.name] = info
        folders.add(path.parent.name)
    if len(folders) > 1:
        faults.append(f"{shown}: the files are not in one folder; put all three in the same one")
    faults += _missing(entries, shown)
    faults += _too_large(entries, shown, _room(opened, most_bytes, into))
    _raise(faults, shown)
    return entries, folders.pop()


def _raise(faults: list[str], shown: str) -> None:
    if faults:
        more = len(faults) - _MOST_FAULTS
        listed = [*faults[:_MOST_FAULTS], *([f"{shown}: {more:,} more like these"] * (more > 0))]
        raise InputError(faults[0], listed)


def _hostile(info: zipfile.ZipInfo, shown: str) -> str | None:
    """What is wrong with an entry in whatever folder."""
    said, kind = repr(info.filename), stat.S_IFMT(info.external_attr >> 16)
    if _outside(info.filename):
        return f"{shown}: {said} leads out of the folder; pack the corpus folder itself"
    if kind not in (0, stat.S_IFREG):
        return f"{shown}: {said} is a link or no plain file; pack the file itself"
    if info.flag_bits & 1:
        return f"{shown}: {said} is encrypted; pack it without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{shown}: {said} is packed by an unusual method; use deflate, the default of zip"
    return None


def _entry_fault(info: zipfile.ZipInfo, shown: str) -> str | None:
    """What is wrong with an entry of a corpus folder."""
    if fault := _hostile(info, shown):
        return fault
    said = repr(info.filename)
    path = PurePosixPath(info.filename)
    if len(path.parts) > 2:
        return f"{shown}: {said} is too deep; put the files at the top or in one folder"
    if path.name not in FILES:
        return f"{shown}: {said} is not a file of a corpus; leave it out ({', '.join(FILES)})"
    return None


def _outside(name: str) -> bool:
    """Whether a path is absolute, names a drive or climbs up, on any system."""
    parts = name.replace("\\", "/").split("/")
    return parts[0] == "" or ".." in parts or "\\" in name or ":" in parts[0]


def _missing(entries: dict[str, zipfile.ZipInfo], shown: str) -> Iterator[str]:
    for part in (DESCRIPTION, FEATURES):
        if part not in entries:
            yield f"{shown}: {part} is missing; a corpus needs it"
    tables = [part for part in TABLES if part in entries]
    if not tables:
        yield f"{shown}: {TABLES[0]} is missing; a corpus needs it (or {TABLES[1]})"
    if len(tables) > 1:
        yield f"{shown}: holds both {' and '.join(tables)}; leave one out"


def _room(opened: zipfile.ZipFile, most: int, into: Path) -> int:
    """How many bytes may be unpacked: a small archive that unpacks to much was made for that."""
    assert opened.fp is not None
    held = opened.fp.seek(0, os.SEEK_END)
    return min(most, _MOST_RATIO * held + _LEAST_ROOM, shutil.disk_usage(into).free)


def _too_large(entries: dict[str, zipfile.ZipInfo], shown: str, most: int) -> Iterator[str]:
    for part, info in entries.items():
        limit = _MOST_OF_ONE.get(part, most)
        if info.file_size > limit:
            yield (
                f"{shown}: {part} would be {_size(info.file_size)}; at most {_size(limit)} are "
                f"unpacked: open such a corpus by its folder"
            )
    total = sum(info.file_size for info in entries.values())
    if total > most:
        yield (
            f"{shown}: would be {_size(total)}; at most {_size(most)} are unpacked: open such a "
            f"corpus by its folder"
        )


def _check_corpus(folder: Path, shown: str, unlabelled: bool) -> None:
    try:
        open_corpus_folder(folder, unlabelled=unlabelled)
    except InputError as error:
        faults = [fault.replace(str(folder), shown) for fault in error.faults]
        raise InputError(faults[0], faults) from None


def move_in(folder: Path, into: Path, wanted: str) -> Path:
    """Move a finished corpus folder to its place.

    Args:
        folder: the corpus folder, on the same disk.
        into: where it goes.
        wanted: its name there; it gets a number where that is taken.

    Returns:
        Where it is.
    """
    count = 1
    while True:
        target = into / (wanted if count == 1 else f"{wanted}-{count}")
        try:
            target.mkdir()  # taken from now on, whoever else unpacks at the same time
        except FileExistsError:
            count += 1
            continue
        for part in folder.iterdir():
            if part.name != DESCRIPTION:
                part.rename(target / part.name)
        (folder / DESCRIPTION).rename(target / DESCRIPTION)  # last: it makes it a corpus folder
        return target


def folder_name(name: str) -> str:
    """What is left of a name that is one folder on any system; letters of all scripts stay.

    Example:
        >>> folder_name("数据"), folder_name("unaligned_50 (1)"), folder_name("../..")
        ('数据', 'unaligned_50-1', 'corpus')
    """
    text = unicodedata.normalize("NFC", name)
    cleaned = re.sub(r"[^\w.-]+", "-", text).strip("-.")[:_LONGEST_NAME].strip("-.")
    return f"corpus-{cleaned}"[:_LONGEST_NAME] if _DEVICES.match(cleaned) else cleaned or "corpus"


def file_name(name: str) -> str:
    """A name as one file on any system; its ending stays.

    Signs that are not seen, such as marks of direction, are left out; what leads to other folders
    or devices becomes a hyphen or gets an underscore in front.

    Example:
        >>> file_name("数据 (1).pkl. "), file_name("a/b:c.npy"), file_name("con.csv")
        ('数据 (1).pkl', 'a-b-c.npy', '_con.csv')
    """
    text = unicodedata.normalize("NFC", name)
    seen = "".join(letter for letter in text if unicodedata.category(letter)[0] != "C")
    plain = _NOT_IN_NAMES.sub("-", seen).strip().rstrip(". ")
    if _DEVICES.match(plain) or not plain:
        plain = f"_{plain}"
    stem, dot, ending = plain.rpartition(".")
    if len(plain.encode()) > _LONGEST_FILE_NAME and len(ending) < 10:
        kept = stem.encode()[: _LONGEST_FILE_NAME - len(ending.encode()) - 1]
        return kept.decode(errors="ignore").rstrip(". ") + dot + ending
    return plain.encode()[:_LONGEST_FILE_NAME].decode(errors="ignore")


def _size(count: int) -> str:
    for unit, factor in (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
