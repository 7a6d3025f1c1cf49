"""Files and folders are replaced whole or not at all, and a full disk is called one."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mmmie import files
from mmmie.files import (
    WriteError,
    append_line,
    clear_scratch,
    replace_folder,
    replacing,
    scratch_folder,
    surviving_folder,
    write_text,
)


def full_disk(*arguments, **named):
    raise OSError(errno.ENOSPC, "No space left on device")


def numbers(folder):
    return [(folder / name).read_text() for name in ("one", "two")]


def fill_with(number):
    def fill(folder):
        for name in ("one", "two"):
            (folder / name).write_text(str(number))

    return fill


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_reader_finds_a_whole_folder_at_any_moment(tmp_path):
    folder = tmp_path / "best"
    replace_folder(folder, fill_with(0))
    faults, done = [], threading.Event()

    def read():
        while not done.is_set():
            try:
                if not all(text.isdigit() for text in numbers(folder)):
                    faults.append("half a file")
            except OSError as error:
                faults.append(str(error))

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1, 60):
        replace_folder(folder, fill_with(number))
    done.set()
    reader.join()
    assert not faults and numbers(folder) == ["59", "59"] and names(tmp_path) == ["best"]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_folder_that_cannot_be_filled_leaves_the_old_one(tmp_path, monkeypatch, exchange):
    if not exchange:
        monkeypatch.setattr(files, "_change_places", lambda one, other: False)
    folder = tmp_path / "best"
    replace_folder(folder, fill_with(1))
    with pytest.raises(WriteError, match="best: cannot be written, the disk is full; free some"):
        replace_folder(folder, full_disk)
    assert numbers(folder) == ["1", "1"] and names(tmp_path) == ["best"]
    replace_folder(folder, fill_with(2))
    assert numbers(folder) == ["2", "2"] and names(tmp_path) == ["best"]


def test_a_crash_between_two_renames_leaves_the_old_folder(tmp_path):
    replace_folder(tmp_path / "best", fill_with(1))
    (tmp_path / "best").rename(tmp_path / "best.old")
    assert numbers(surviving_folder(tmp_path / "best")) == ["1", "1"]
    replace_folder(tmp_path / "best", fill_with(2))
    assert numbers(surviving_folder(tmp_path / "best")) == ["2", "2"]
    assert names(tmp_path) == ["best"]


def test_errors_that_hide_a_full_disk_are_told_by_the_free_space(tmp_path, monkeypatch):
    def broken(folder):
        raise RuntimeError("unexpected pos 576 vs 534")

    with pytest.raises(RuntimeError, match="unexpected pos"):
        replace_folder(tmp_path / "last", broken)
    monkeypatch.setattr(files, "_is_full", lambda folder: True)
    with pytest.raises(WriteError, match="the disk is full"):
        replace_folder(tmp_path / "last", broken)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full; free some space"),
        (errno.EROFS, "its file system is read-only; mount it for writing"),
        (errno.EACCES, "you may not write there; change its permissions"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_a_file_that_cannot_be_written_stays_and_says_why(tmp_path, monkeypatch, number, words):
    file = tmp_path / "status.json"
    write_text(file, "old")

    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteError) as raised:
        write_text(file, "new")
    assert str(raised.value) == f"{file}: cannot be written, {words}"
    with pytest.raises(WriteError):
        append_line(file, " and more")
    assert file.read_text() == "old" and names(tmp_path) == ["status.json"]


@pytest.mark.parametrize(("mask", "file", "folder"), [(0o022, 0o644, 0o755), (0o007, 0o660, 0o770)])
def test_what_is_written_follows_the_umask(tmp_path, mask, file, folder):
    before = os.umask(mask)
    try:
        write_text(tmp_path / "text", "x")
        with replacing(tmp_path / "made") as scratch:
            scratch.write_text("x")
        with scratch_folder(tmp_path, ".work-") as made:
            (made / "file").touch()
            assert made.stat().st_mode & 0o777 == folder
        replace_folder(tmp_path / "new", lambda new: write_text(new / "text", "x"))
    finally:
        os.umask(before)
    for path in (tmp_path / "text", tmp_path / "made", tmp_path / "new" / "text"):
        assert path.stat().st_mode & 0o777 == file, path
    assert sorted(path.name for path in tmp_path.iterdir()) == ["made", "new", "text"]


def test_leftovers_of_killed_processes_go_and_nothing_else(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from mmmie.files import scratch_folder\n"
        "with scratch_folder(Path(sys.argv[1]), '.work-') as made:\n"
        "    (made / 'part').touch(); print(made, flush=True); time.sleep(60)"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    left = Path(worker.stdout.readline().strip())
    for name in (".work-of-mine", ".work-", "work-1-a-1", ".other-1-a-1"):
        (tmp_path / name).mkdir()
    clear_scratch(tmp_path, ".work-")
    assert (left / "part").exists()  # it is at work
    worker.kill()
    worker.communicate()
    with scratch_folder(tmp_path, ".work-") as mine:
        clear_scratch(tmp_path, ".work-")
        assert mine.is_dir() and not left.exists()
    assert len(list(tmp_path.iterdir())) == 4
