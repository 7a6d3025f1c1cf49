"""What a reader uploads: files or a zip of any format, checked and kept as a corpus folder."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mmmie.corpus import no_labels
from mmmie.corpus.folder import open_corpus_folder
from mmmie.corpus.zip_archive import (
    UNPACKING,
    file_name,
    folder_name,
    holds_corpus,
    move_in,
    unpack_corpus,
    unpack_folder,
)
from mmmie.datasets import convert_corpus
from mmmie.datasets.file_kind import kind_of
from mmmie.errors import InputError
from mmmie.files import scratch_folder

_TABLES = (".csv", ".tsv", ".parquet")
_DATA = re.compile(r".*\.(csv|tsv|parquet|npy|npz|pkl|pickle|p|gz|csd|h5|hdf5|json|arrow)", re.I)
_MOST_FILES = 1000


def keep_upload(
    files: Mapping[str, IO[bytes]], into: Path | str, *, unlabelled: bool = False
) -> Path:
    """Check what was sent and write it as a corpus folder; nothing in it is run.

    Args:
        files: name → content: one file of any format, one zip of a folder that `load_corpus`
            opens, or the files of such a folder. Names may be any; nothing in them decides where
            something is written.
        into: the folder that gets the corpus folder; made where it is missing.
        unlabelled: take utterances without a label or a split, for a model to predict.

    Returns:
        The new corpus folder; an existing one is never touched.

    Raises:
        InputError: it is of no known format or has a fault; nothing stays.
    """
    into = Path(into)
    if len(files) > _MOST_FILES:
        raise InputError(
            f"upload: holds {len(files):,} files; send at most {_MOST_FILES:,}, or one array for "
            f"all utterances"
        )
    stored = _stored_names(files)
    archives = [name for name in files if _is_archive(stored[name], files[name])]
    if archives and len(files) > 1:
        raise InputError(f"{archives[0]}: is a zip among other files; send it alone")
    if archives and holds_corpus(files[archives[0]]):
        [name] = archives
        return unpack_corpus(files[name], into, name=stored[name], unlabelled=unlabelled)
    into.mkdir(parents=True, exist_ok=True)
    with scratch_folder(into, UNPACKING) as scratch:
        return _kept(files, stored, bool(archives), scratch, into, unlabelled)


def _kept(
    files: Mapping[str, IO[bytes]],
    stored: dict[str, str],
    archive: bool,
    scratch: Path,
    into: Path,
    unlabelled: bool,
) -> Path:
    named = _naming(stored)
    sent, made = scratch / "sent" / (folder_name(Path(stored[named]).stem)), scratch / "made"
    sent.mkdir(parents=True)
    if archive:
        unpack_folder(files[named], sent, name=named)
        source = _content(sent)
    else:
        for name, content in files.items():
            content.seek(0)
            with (sent / stored[name]).open("xb") as target:
                shutil.copyfileobj(content, target)
        source = sent / stored[named] if len(files) == 1 else sent
    called = named if archive or len(files) == 1 else "upload"
    try:
        convert_corpus(source, made)
        check_labelled(made, called, unlabelled)
    except InputError as error:
        faults = error.faults
        for path in (source, sent, made):
            faults = [fault.replace(str(path), called) for fault in faults]
        raise InputError(faults[0], faults) from None
    return move_in(made, into, folder_name(source.stem if source.is_file() else source.name))


def check_labelled(made: Path, called: str, unlabelled: bool) -> None:
    """Check a corpus folder that was made of something else.

    Args:
        called: what that is called in a message.
        unlabelled: whether labels and splits may be missing.

    Raises:
        InputError: it has a fault, or labels are missing.
    """
    corpus = open_corpus_folder(made, unlabelled=True)
    if not unlabelled:
        if not corpus.labelled.all():
            raise InputError(no_labels(corpus.utterances, corpus.labelled, called))
        open_corpus_folder(made, checked=True)


def _stored_names(files: Mapping[str, IO[bytes]]) -> dict[str, str]:
    """Name → what the file is called on disk.

    Raises:
        InputError: a name is a path or only an ending, or two are the same on some systems.
    """
    stored: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name in files:
        short = file_name(name)
        if "/" in name or "\\" in name or (short.startswith(".") and not Path(short).suffix):
            raise InputError(f"{short!r}: is a path, or an ending without a name; rename it")
        other = seen.setdefault(short.casefold(), name)
        if other != name:
            raise InputError(f"{other!r} and {name!r} are one name on some systems; rename one")
        stored[name] = short
    return stored


def _is_archive(stored: str, content: IO[bytes]) -> bool:
    suffix = Path(stored).suffix.lower()
    return suffix == ".zip" or (not suffix and zipfile.is_zipfile(content))


def _naming(stored: dict[str, str]) -> str:
    """The file that the corpus is called after: the table among others."""
    tables = [name for name in stored if Path(stored[name]).suffix.lower() in _TABLES]
    return tables[0] if len(tables) == 1 else next(iter(stored))


def _content(folder: Path) -> Path:
    """What to open of an unpacked zip: the folder with the data, or the one file in it."""
    while True:
        entries = list(folder.iterdir())
        inner = [entry for entry in entries if entry.is_dir()]
        held = any(_DATA.fullmatch(entry.name) for entry in entries if entry.is_file())
        if len(inner) != 1 or held or any(folder.glob("data/*.parquet")):
            break
        folder = inner[0]
    files = [file for file in folder.rglob("*") if file.is_file()]
    alone = [file for file in files if kind_of(file) not in ("other", "parquet")]
    tables = [file for file in files if file.suffix.lower() in _TABLES]
    return alone[0] if len(alone) == 1 and not tables else folder
