"""A corpus folder as one zip file: written to be passed on, unpacked without trusting it.

An archive comes from outside, so nothing in it decides where a file is written or how much: only
the files of a corpus are taken, under their own names, and no more bytes than were agreed.
"""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from mmmie.corpus import Corpus
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.errors import InputError

DESCRIPTION, FEATURES = "corpus.json", "features.safetensors"
TABLES = ("utterances.csv", "utterances.parquet")
EXPECTED = (DESCRIPTION, *TABLES, FEATURES)
MOST_BYTES = 8 * 2**30
_MOST_OF_ONE = {DESCRIPTION: 2**20, "utterances.csv": 2**28, "utterances.parquet": 2**28}
_MOST_ENTRIES = 1000
_MOST_FAULTS = 50
_MOST_CELLS = 50_000_000
_CHUNK = 2**20
_LONGEST_NAME = 60
_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError)
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
    scratch = Path(tempfile.mkdtemp(dir=into, prefix=".unpacking-"))
    try:
        try:
            with zipfile.ZipFile(archive) as opened:
                entries, folder = _checked(opened, shown, most_bytes, into)
                for part, entry in entries.items():
                    # never more than the declared size, which has been checked
                    with opened.open(entry) as source, (scratch / part).open("xb") as target:
                        shutil.copyfileobj(source, target, _CHUNK)
        except InputError:
            raise
        except _DAMAGE as error:
            raise InputError(
                f"{shown}: is damaged or no zip file ({error}); pack the corpus folder again"
            ) from None
        except OSError as error:
            raise InputError(
                f"{shown}: cannot be unpacked ({error}); see to it and retry"
            ) from None
        _check_table(scratch, shown)
        _check_corpus(scratch, shown, unlabelled)
        return move_in(scratch, into, folder_name(folder or Path(shown).stem))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


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
    faults += _too_large(entries, shown, min(most_bytes, shutil.disk_usage(into).free))
    if faults:
        more = len(faults) - _MOST_FAULTS
        listed = [*faults[:_MOST_FAULTS], *([f"{shown}: {more:,} more like these"] * (more > 0))]
        raise InputError(faults[0], listed)
    return entries, folders.pop()


def _entry_fault(info: zipfile.ZipInfo, shown: str) -> str | None:
    said, kind = repr(info.filename), stat.S_IFMT(info.external_attr >> 16)
    if _outside(info.filename):
        return f"{shown}: {said} leads out of the folder; pack the corpus folder itself"
    if kind not in (0, stat.S_IFREG):
        return f"{shown}: {said} is a link or no plain file; pack the file itself"
    if info.flag_bits & 1:
        return f"{shown}: {said} is encrypted; pack it without a password"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"{shown}: {said} is packed by an unusual method; use deflate, the default of zip"
    path = PurePosixPath(info.filename)
    if len(path.parts) > 2:
        return f"{shown}: {said} is too deep; put the files at the top or in one folder"
    if path.name not in EXPECTED:
        return f"{shown}: {said} is not a file of a corpus; leave it out ({', '.join(EXPECTED)})"
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


def _check_table(folder: Path, shown: str) -> None:
    """A parquet file of a few bytes can hold billions of cells: count before reading them."""
    file = folder / TABLES[1]
    if not file.is_file():
        return
    import pyarrow
    import pyarrow.parquet

    try:
        held = pyarrow.parquet.read_metadata(file)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"{shown}/{file.name}: cannot be read as a table ({error}); fix the file"
        ) from None
    cells = held.num_rows * held.num_columns
    if cells > _MOST_CELLS:
        raise InputError(
            f"{shown}/{file.name}: has {cells:,} cells; at most {_MOST_CELLS:,} are read from an "
            f"archive: open such a corpus by its folder"
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
    """What is left of a name that is one folder on any system."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:_LONGEST_NAME].strip("-.")
    return cleaned or "corpus"


def _size(count: int) -> str:
    for unit, factor in (("GB", 2**30), ("MB", 2**20), ("kB", 2**10)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} bytes"
