"""What the dashboard opens is read by a process of its own first."""

import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import time
import zipfile

import pytest

from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets import load_corpus, reading_apart
from mmmie.datasets.reading_apart import ask_apart, keep_upload_apart, open_apart
from mmmie.errors import InputError
from tests.datasets import layouts


@pytest.fixture
def started(monkeypatch):
    """The processes that are started."""
    found = []
    real = subprocess.Popen

    def start(*arguments, **options):
        found.append(real(*arguments, **options))
        return found[-1]

    monkeypatch.setattr(reading_apart.subprocess, "Popen", start)
    return found


@pytest.fixture
def reader(monkeypatch, tmp_path):
    """Puts another program in the place of the process that reads."""

    def instead(*lines):
        program = tmp_path / "reader"
        program.write_text("\n".join(["#!/bin/sh", *lines]))
        program.chmod(0o755)
        monkeypatch.setattr(reading_apart.sys, "executable", str(program))

    yield instead
    assert sys.executable


def test_a_folder_is_read_apart_once_until_it_changes(make_corpus, tmp_path, started):
    corpus = make_corpus()
    save_corpus_folder(corpus, tmp_path / "mine")
    for _ in range(2):
        assert open_apart(tmp_path / "mine").fingerprint == corpus.fingerprint
    assert len(started) == 1
    features = tmp_path / "mine" / "features.safetensors"
    raw = features.read_bytes()
    features.write_bytes(raw[:-4] + b"\0\0\xc0\x7f")  # NaN
    for _ in range(2):  # what is no good is not remembered
        with pytest.raises(InputError, match="nan"):
            open_apart(tmp_path / "mine")
    assert len(started) == 3


def test_what_was_found_good_is_not_read_again(make_corpus, tmp_path, monkeypatch):
    save_corpus_folder(make_corpus(), tmp_path / "mine")
    monkeypatch.setattr("mmmie.corpus.checks._number_faults", lambda *_: iter(["read"]))
    with pytest.raises(InputError, match="read"):
        open_corpus_folder(tmp_path / "mine")
    open_corpus_folder(tmp_path / "mine", checked=True)


def test_another_format_is_converted_apart(make_corpus, tmp_path, started):
    levels = dict.fromkeys(("text", "audio", "vision"), "sequence")
    file = tmp_path / "mosi.pkl"
    file.write_bytes(pickle.dumps(layouts.mmsa(make_corpus(levels=levels))))
    here, apart = load_corpus(file), open_apart(file)
    assert len(started) == 1 and apart.fingerprint == here.fingerprint
    assert (apart.name, apart.path, apart.notes) == (here.name, here.path, here.notes)
    file.write_bytes(b"\x80\x04cos\nsystem\n.")
    with pytest.raises(InputError, match=r"mosi\.pkl: names `os\.system`"):
        open_apart(file)


def test_what_is_no_plain_file_is_refused_before(make_corpus, tmp_path, started):
    os.mkfifo(tmp_path / "a.pkl")
    save_corpus_folder(make_corpus(), tmp_path / "mine")
    (tmp_path / "mine" / "utterances.csv").unlink()
    os.mkfifo(tmp_path / "mine" / "utterances.csv")
    for path in ("a.pkl", "mine"):
        with pytest.raises(InputError, match="a pipe"):
            open_apart(tmp_path / path)
    assert not started


def test_an_upload_is_kept_by_another_process(make_corpus, tmp_path, started):
    save_corpus_folder(make_corpus(), tmp_path / "source" / "mine")
    archive = shutil.make_archive(str(tmp_path / "sent"), "zip", tmp_path / "source")
    with open(archive, "rb") as stream:
        kept = keep_upload_apart({"sent.zip": stream}, tmp_path / "in")
    assert len(started) == 1 and load_corpus(kept).name == "small"
    bad = io.BytesIO()
    with zipfile.ZipFile(bad, "w") as opened:
        opened.writestr("corpus.json", "{}")
        opened.writestr("run.py", "")
    with pytest.raises(InputError) as caught:
        keep_upload_apart({"bad.zip": bad}, tmp_path / "in")
    assert len(caught.value.faults) > 1 and all("bad.zip" in said for said in caught.value.faults)
    assert [entry.name for entry in (tmp_path / "in").iterdir()] == [kept.name]  # nothing stays


def refusal(path):
    with pytest.raises(InputError) as caught:
        open_apart(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_reader_that_hangs_or_falls_is_told(tmp_path, reader, monkeypatch, started):
    file = tmp_path / "a.pkl"
    file.write_bytes(pickle.dumps({}))
    monkeypatch.setenv("MMMIE_READING_SECONDS", "1")
    reader("sleep 60")
    begun = time.monotonic()
    assert "more than 1 second" in refusal(file)
    assert time.monotonic() - begun < 10 and started[0].wait(5) < 0
    for line in ("kill -SEGV $$", "exit 3", "echo no answer"):
        reader(line)
        assert "its reader broke off" in refusal(file)


def test_the_process_has_its_time_and_memory_limited(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.write_text("id,label\n" + "".join(f"u{i},{i}\n" for i in range(200_000)))
    monkeypatch.setenv("MMMIE_READING_MB", "20")
    assert "takes more memory than there is" in refusal(file)


def test_the_system_holds_the_process_too(monkeypatch):
    """Where the process cannot watch itself, in a long call of a library say."""
    monkeypatch.setenv("MMMIE_READING_MB", "300")
    monkeypatch.setenv("MMMIE_READING_SECONDS", "50")
    kinds = ["RLIMIT_CPU", "RLIMIT_DATA"]
    told = json.loads(
        ask_apart("tests.datasets.asked_of_its_limits", {"limits": kinds}, "it", "wait")
    )
    assert 50 <= told["RLIMIT_CPU"] < 120
    assert 600e6 <= told["RLIMIT_DATA"] < 3e9
