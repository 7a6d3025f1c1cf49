"""A corpus on a disk that hangs is left out of the lists, and stalls nobody."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time

import pytest
import streamlit as st

from app import loading, state
from app.corpora.known_corpora import known_corpora
from mmmie import reading
from mmmie.corpus.folder import save_corpus_folder
from mmmie.errors import InputError


@pytest.fixture
def hanging(tmp_path, monkeypatch, make_corpus):
    """Two checkpoints: the corpus of one is there, that of the other on a disk that hangs."""
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MMMIE_CHECKPOINTS", str(tmp_path / "models"))
    monkeypatch.setattr(st, "session_state", {})
    monkeypatch.setattr(reading, "_ANSWER_SECONDS", 0.2)
    save_corpus_folder(make_corpus(conversations=6), tmp_path / "corpus")
    for name, path in (("good", tmp_path / "corpus"), ("hung", tmp_path / "mount" / "corpus")):
        shutil.copytree(loading.ROOT / "checkpoints" / "demo-no-mi-min", tmp_path / "models" / name)
        config = tmp_path / "models" / name / "config.json"
        held = json.loads(config.read_text())
        held["corpus"].update(name="other", path=str(path))
        config.write_text(json.dumps(held))
    answers, stat = threading.Event(), os.stat

    def waits(path, *args, **options):
        if str(path).startswith(str(tmp_path / "mount")):
            answers.wait(30)
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", waits)
    yield tmp_path, answers
    answers.set()


def test_a_disk_that_hangs_stalls_nobody(hanging):
    folder, answers = hanging
    began = time.monotonic()
    assert known_corpora() == ["demo", str(folder / "corpus")]
    assert time.monotonic() - began < 5
    waiting = threading.active_count()
    began = time.monotonic()
    for _ in range(50):  # while the first question is open nobody asks again
        with pytest.raises(InputError, match="mount/corpus: its disk"):
            loading.open_data(str(folder / "mount" / "corpus"))
    assert time.monotonic() - began < 2 and threading.active_count() == waiting
    hung = dict((choice.name, found) for choice, found in state.readable_checkpoints())["hung"]
    with pytest.raises(InputError, match="mount/corpus: its disk"):
        loading.open_corpus(hung)
    answers.set()
    time.sleep(0.3)
    with pytest.raises(InputError, match="no longer at"):  # it answers again: nothing is there
        loading.open_corpus(hung)
