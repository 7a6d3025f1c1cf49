"""A table with arrays, or a pickle, that a reader uploads: checked and kept as a corpus folder."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mmmie.corpus.folder import open_corpus_folder
from mmmie.corpus.zip_archive import folder_name, move_in
from mmmie.datasets import convert_corpus
from mmmie.errors import InputError

TABLES = (".csv", ".tsv", ".parquet")
_NAME = re.compile(r"\w[\w. -]*\.(csv|tsv|parquet|npy|pkl|pickle)", re.IGNORECASE)
_LONGEST_NAME = 120
_MOST_FILES = 1000


def keep_table(files: Mapping[str, IO[bytes]], into: Path | str) -> Path:
    """Check a table of utterances with its features and write them as a corpus folder.

    Nothing in the files decides where anything is written; labels and splits may be missing.

    Args:
        files: name → content: one .csv, .tsv or .parquet, and the .npy files of its features.
        into: the folder that gets the corpus folder; made where it is missing.

    Returns:
        The new corpus folder; an existing one is never touched.

    Raises:
        InputError: there is no table or more than one, or it has a fault; nothing stays.
    """
    tables = [name for name in files if Path(name).suffix.lower() in TABLES]
    if len(tables) != 1:
        raise InputError(
            f"upload: holds {len(tables)} tables; send one .csv, .tsv or .parquet with its .npy "
            f"files, or one zip of a corpus folder"
        )
    return _keep(files, tables[0], Path(into))


def keep_pickle(name: str, content: IO[bytes], into: Path | str) -> Path:
    """Read a pickle of the field and write it as a corpus folder; nothing in it is run.

    Args:
        into: the folder that gets the corpus folder; made where it is missing.

    Returns:
        The new corpus folder; an existing one is never touched.

    Raises:
        InputError: it is of no known format or has a fault; nothing stays.
    """
    return _keep({name: content}, name, Path(into), alone=True)


def _keep(files: Mapping[str, IO[bytes]], named: str, into: Path, alone: bool = False) -> Path:
    """Files, or one that holds all, as a corpus folder that is called after one of them."""
    if len(files) > _MOST_FILES:
        raise InputError(
            f"upload: holds {len(files):,} files; send at most {_MOST_FILES:,}, or one array for "
            f"all utterances"
        )
    for name in files:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise InputError(
                f"{name[:_LONGEST_NAME]!r}: is not a plain name of a table, .npy file or pickle; "
                f"rename it"
            )
    stem = folder_name(Path(named).stem)
    into.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=into, prefix=".unpacking-"))
    try:
        sent, made = scratch / stem, scratch / "corpus"
        sent.mkdir()
        for name, content in files.items():
            with (sent / name).open("xb") as target:
                shutil.copyfileobj(content, target)
        source = sent / named if alone else sent
        try:
            convert_corpus(source, made)
            open_corpus_folder(made, unlabelled=not alone)
        except InputError as error:
            faults = error.faults
            for path in (source, made):
                faults = [fault.replace(str(path), named) for fault in faults]
            raise InputError(faults[0], faults) from None
        return move_in(made, into, stem)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
