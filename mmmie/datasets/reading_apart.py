"""Corpora of others read in a process of their own, with limited time and memory.

The dashboard opens only what such a process has found good. Whatever a file does to its reader, it
does to that process, and whoever asked waits alone. Run as a program, this is that process; other
modules read what is theirs in the same way, see `ask_apart`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

from mmmie.corpus import Corpus
from mmmie.corpus.folder import FILES
from mmmie.corpus.isolated_reading_child import limit, taken
from mmmie.corpus.zip_archive import UNPACKING
from mmmie.datasets import convert_corpus, is_described, load_corpus
from mmmie.datasets.uploads import check_labelled, keep_upload
from mmmie.errors import InputError
from mmmie.files import scratch_folder
from mmmie.limits import Limits
from mmmie.reading import refuse_closed, stamp

_LOOK_SECONDS = 0.05
_Stamp = tuple[tuple[int, int], ...]


def open_apart(data: str | Path, *, label: str = "", unlabelled: bool = False) -> Corpus:
    """The corpus that `load_corpus` opens, read by another process first.

    A corpus folder is mapped here once it was found good, and read apart again only when its files
    have changed. Another format is converted there, and what was made is mapped here.

    Args:
        data: ``demo`` or a path.
        label: what the label is, see `load_corpus`.
        unlabelled: take utterances without a label or a split.

    Raises:
        InputError: see `load_corpus`; or reading took too long or too much memory, see `Limits`.
    """
    path = Path(data)
    if str(data) == "demo":
        return load_corpus(data, label=label, unlabelled=unlabelled)
    if is_described(path):
        for name in FILES:  # what is no plain file need not be tried
            refuse_closed(path / name)
        _check(str(path), tuple(stamp(path / name) for name in FILES), label, unlabelled)
        return load_corpus(path, label=label, unlabelled=unlabelled, checked=True)
    with tempfile.TemporaryDirectory(prefix="mmmie-corpus-") as scratch:
        made = Path(scratch) / "made"
        task = {"convert": str(path), "made": str(made)}
        _answer(task, str(path), label=label, unlabelled=unlabelled)
        corpus = load_corpus(made, unlabelled=unlabelled, checked=True)
        return replace(corpus, path=path, label_said=label)


def keep_upload_apart(
    files: Mapping[str, IO[bytes]], into: Path | str, *, unlabelled: bool = False
) -> Path:
    """`keep_upload` in another process; what was sent is only copied here."""
    into = Path(into)
    into.mkdir(parents=True, exist_ok=True)
    with scratch_folder(into, UNPACKING) as scratch:
        sent = {}
        for number, (name, content) in enumerate(files.items()):
            content.seek(0)
            with (scratch / str(number)).open("xb") as target:
                shutil.copyfileobj(content, target)
            sent[name] = str(scratch / str(number))
        task = {"keep": sent, "into": str(into)}
        return Path(_answer(task, next(iter(files), "upload"), unlabelled=unlabelled))


@lru_cache(maxsize=256)
def _check(path: str, stamp: _Stamp, label: str, unlabelled: bool) -> None:
    """Have a corpus folder read; remembered only where it is good."""
    _answer({"check": path}, path, label=label, unlabelled=unlabelled)


def _answer(task: dict[str, Any], what: str, **options: Any) -> str:
    return ask_apart(__name__, {**task, **options}, what, "run `mmmie data convert` on it")


def ask_apart(module: str, task: dict[str, Any], what: str, instead: str) -> str:
    """What a module run as a program says to a task, with limited time and memory.

    Args:
        module: calls `be_asked` where it is run.
        task: as JSON can hold it.
        what: is read, the path say, and what else to do where that takes too long, `instead`.

    Raises:
        InputError: it found faults, or it ended otherwise; the message names `what`.
    """
    limits = Limits.read()
    known = {"what": what, "seconds": limits.reading_seconds, "mb": limits.reading_mb}
    task = {**task, **known}
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    try:
        said = process.communicate(json.dumps(task).encode(), limits.reading_seconds)[0]
    except subprocess.TimeoutExpired:
        said = b""
    finally:
        _end(process)
    try:
        answer = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        late = process.returncode in (None, -signal.SIGXCPU)
        why = (
            f"takes more than {limits.reading_seconds:,} seconds to read"
            if late
            else "cannot be read, its reader broke off"
        )
        raise InputError(
            f"{what}: {why}; see whether its disk answers, or {instead} "
            f"(MMMIE_READING_SECONDS and MMMIE_READING_MB are the limits)"
        ) from None
    if "faults" in answer:
        raise InputError(answer["faults"][0], answer["faults"])
    return str(answer["done"])


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and what it started, if it is still there; a stuck disk may keep it."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _done(task: dict[str, Any]) -> str:
    """Do a task; what to answer."""
    unlabelled = task["unlabelled"]
    if "keep" in task:
        with ExitStack() as stack:
            files = {
                name: stack.enter_context(open(file, "rb")) for name, file in task["keep"].items()
            }
            return str(keep_upload(files, task["into"], unlabelled=unlabelled))
    if "check" in task:
        load_corpus(task["check"], label=task["label"], unlabelled=unlabelled)
        return ""
    source, made = Path(task["convert"]), Path(task["made"])
    convert_corpus(source, made, label=task["label"])
    try:
        check_labelled(made, str(source), unlabelled)
    except InputError as error:
        faults = [fault.replace(str(made), str(source)) for fault in error.faults]
        raise InputError(faults[0], faults) from None
    return ""


def be_asked(done: Callable[[dict[str, Any]], str]) -> None:
    """Be the process that `ask_apart` starts: do one task, answer what `done` gives."""
    task = json.load(sys.stdin)
    os.nice(5)  # the pages come first
    room = task["mb"] * 10**6
    # The system's limit is farther off: short of memory, malloc can try for minutes.
    limit(2 * room, task["seconds"])
    threading.Thread(target=_watch, args=(taken() + room, task), daemon=True).start()
    try:
        answer: dict[str, Any] = {"done": done(task)}
    except InputError as error:
        answer = {"faults": error.faults}
    print(json.dumps(answer), flush=True)


def _watch(most: int, task: dict[str, Any]) -> None:
    """End this process, with an answer, as soon as it holds more than `most` bytes."""
    while taken() <= most:
        time.sleep(_LOOK_SECONDS)
    fault = (
        f"{task['what']}: takes more memory than there is to read it; split it, or raise "
        f"MMMIE_READING_MB ({task['mb']:,})"
    )
    os.write(1, f"\n{json.dumps({'faults': [fault]})}\n".encode())
    os._exit(0)


if __name__ == "__main__":
    be_asked(_done)
