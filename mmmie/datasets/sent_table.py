"""A table and its .npy files that somebody sends one by one, kept as a corpus folder."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from mmmie.corpus_archive import folder_name, move_in
from mmmie.datasets import convert_corpus
from mmmie.errors import InputError

TABLES = (".csv", ".tsv", ".parquet")
_NAME = re.compile(r"\w[\w. -]*\.(csv|tsv|parquet|npy)", re.IGNORECASE)
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
    if len(files) > _MOST_FILES:
        raise InputError(
            f"upload: holds {len(files):,} files; send at most {_MOST_FILES:,}, or one array for "
            f"all utterances"
        )
    for name in files:
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            raise InputError(
                f"{name[:_LONGEST_NAME]!r}: is no plain name of a table or .npy file; rename it"
            )
    into, stem = Path(into), folder_name(Path(tables[0]).stem)
    into.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=into, prefix=".unpacking-"))
    try:
        sent = scratch / stem
        sent.mkdir()
        for name, content in files.items():
            with (sent / name).open("xb") as target:
                shutil.copyfileobj(content, target)
        try:
            convert_corpus(sent, scratch / "corpus")
        except InputError as error:
            faults = [fault.replace(str(sent), tables[0]) for fault in error.faults]
            raise InputError(faults[0], faults) from None
        return move_in(scratch / "corpus", into, stem)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
