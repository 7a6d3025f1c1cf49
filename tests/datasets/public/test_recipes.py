"""Public corpora are built from files that are there or come over the network; here our own."""

from __future__ import annotations

import functools
import http.server
import io
import json
import threading
from dataclasses import replace

import numpy as np
import pytest

from mmmie.cli import main
from mmmie.corpus.folder import open_corpus_folder
from mmmie.datasets.public import recipes
from mmmie.datasets.public.downloads import CHECKSUMS, sha256_of
from mmmie.datasets.public.hashed_words import hashed_words
from mmmie.datasets.public.recipes import RECIPES, get_corpus, recipe_of
from mmmie.errors import InputError
from tests.datasets import layouts

WORDS = ("fine", "awful", "sure", "never mind", "how so", "we went home", "it rained", "")


def rows_of_meld(split: str) -> str:
    lines = ["Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID"]
    for number in range(24 if split == "train" else 8):
        words = WORDS[(number * 5 + len(split)) % 7]
        tone = ("neutral", "negative", "positive")[number % 3]
        emotion = ("neutral", "anger", "joy")[number % 3]
        lines.append(f'{number},"Well, {words}",Ann{number % 2},{emotion},{tone},{number // 4},'
                     f"{number % 4}")  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.fixture
def files(tmp_path):
    """The files of MELD, made up."""
    folder = tmp_path / "files"
    folder.mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"{split}_sent_emo.csv").write_text(rows_of_meld(split), "utf-8")
    return folder


@pytest.fixture
def served(files, tmp_path, monkeypatch):
    """The recipe of MELD with the addresses of a server on this machine."""
    monkeypatch.setenv("MMMIE_CACHE", str(tmp_path / "cache"))

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(files))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    yield replace(RECIPES["meld"], base=base)
    server.shutdown()
    server.server_close()


def refused(recipe, destination, **options):
    with pytest.raises(InputError) as caught:
        get_corpus(recipe, destination, **options)
    assert "\n" not in str(caught.value) and not destination.exists()
    return str(caught.value)


def test_a_corpus_of_files_that_are_there(files, tmp_path):
    assert get_corpus(RECIPES["meld"], tmp_path / "meld", given=files) == 40
    corpus = open_corpus_folder(tmp_path / "meld")
    assert corpus.name == "meld" and corpus.label.classes == ("negative", "neutral", "positive")
    assert [len(corpus.rows(split)) for split in corpus.splits] == [24, 8, 8]
    text = corpus.modalities["text"]
    assert "train split" in (text.source or "") and 1 < text.dim < 24
    assert corpus.licence == RECIPES["meld"].terms
    said = " ".join(corpus.notes)
    assert all(f"{name} {sha256_of(files / name)}" in said for name in RECIPES["meld"].urls)
    assert "No checksum" in said and "audio and vision are not" in said


def test_files_are_fetched_once_and_checked_every_time(files, served, tmp_path):
    fetched: list[str] = []
    get_corpus(served, tmp_path / "a", say=fetched.append)
    assert fetched == list(served.urls.values())
    get_corpus(served, tmp_path / "b", say=fetched.append)
    assert len(fetched) == 3
    first, second = (open_corpus_folder(tmp_path / name) for name in "ab")
    assert first.fingerprint == second.fingerprint
    cache = tmp_path / "cache" / "public" / "meld"
    assert set(json.loads((cache / CHECKSUMS).read_text("utf-8"))) == set(served.urls)
    # damaged on disk: told and removed, then fetched anew
    (cache / "dev_sent_emo.csv").write_text("x", "utf-8")
    assert "when it was first fetched" in refused(served, tmp_path / "c")
    assert get_corpus(served, tmp_path / "c", say=fetched.append) == 40 and len(fetched) == 4
    # changed at its source
    (cache / "dev_sent_emo.csv").unlink()
    (files / "dev_sent_emo.csv").write_text(rows_of_meld("deviation"), "utf-8")
    assert "dev_sent_emo.csv" in refused(served, tmp_path / "d")


def test_a_published_checksum_is_kept_to(files, served, tmp_path):
    sums = {name: sha256_of(files / name) for name in served.urls}
    get_corpus(replace(served, sha256=sums), tmp_path / "a")
    assert "published SHA-256" in " ".join(open_corpus_folder(tmp_path / "a").notes)
    wrong = {**sums, "train_sent_emo.csv": "0" * 64}
    assert "published" in refused(replace(served, sha256=wrong), tmp_path / "b")


def test_without_the_network_it_says_where_to_put_which_files(tmp_path, monkeypatch):
    monkeypatch.setenv("MMMIE_CACHE", str(tmp_path / "cache"))
    nobody = replace(RECIPES["mosi"], base="http://127.0.0.1:9")
    line = refused(nobody, tmp_path / "mosi")
    assert all(name in line for name in nobody.urls) and nobody.page in line
    assert f"mmmie data get mosi {tmp_path / 'mosi'} --from" in line
    assert [f for f in (tmp_path / "cache").rglob("*") if f.is_file()] == []


def test_a_file_that_is_not_at_its_address_or_not_in_the_folder(files, served, tmp_path):
    (files / "test_sent_emo.csv").unlink()
    assert "test_sent_emo.csv: cannot be fetched" in refused(served, tmp_path / "meld")
    line = refused(served, tmp_path / "meld", given=files)
    assert "lacks test_sent_emo.csv;" in line and str(files) in line
    assert "lacks" in refused(served, tmp_path / "meld", given=tmp_path / "nowhere")


def test_files_that_hold_something_else_are_refused(files, tmp_path):
    (files / "train_sent_emo.csv").write_text("<!DOCTYPE html><p>gone", "utf-8")
    assert str(files) in refused(RECIPES["meld"], tmp_path / "meld", given=files)


def test_segments_of_video_are_cut_from_the_files_of_the_sdk(make_corpus, tmp_path):
    pytest.importorskip("h5py")
    levels = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
    corpus = make_corpus(levels=levels, splits=("train", "valid", "test"), conversations=6)
    layouts.csd(corpus, tmp_path / "files")
    assert get_corpus(RECIPES["mosi"], tmp_path / "mosi", given=tmp_path / "files") == 30
    built = open_corpus_folder(tmp_path / "mosi")
    assert list(built.modalities) == ["text", "audio", "vision"]
    assert built.splits == ["train", "valid", "test"] and built.label.kind == "regression"


def test_hashed_words_see_no_utterance_but_those_of_train():
    said = ["good day", "bad day", "a good film", "a bad film", "no words here", ""]
    train = np.array([True] * 4 + [False] * 2)
    stream = hashed_words(said, train)
    again = hashed_words([*said[:4], "other entirely", "more"], train)
    for row in range(4):
        assert np.allclose(stream.item(row)[0], again.item(row), atol=1e-5)
    assert stream.lengths.tolist() == [1, 1, 1, 1, 1, 0] and again.lengths is None
    assert stream.item(5).shape == (0, stream.dim)
    norms = [np.linalg.norm(stream.item(row)) for row in range(4)]
    assert np.allclose(norms, 1, atol=1e-5)
    with pytest.raises(ValueError, match="fewer than two"):
        hashed_words(["", "", "yes"], np.array([True, True, False]))


def run(capsys, *arguments, code=0):
    with pytest.raises(SystemExit) as ended:
        main([str(a) for a in arguments])
    captured = capsys.readouterr()
    assert ended.value.code == code, captured.err
    return captured


def test_the_command_lists_shows_the_terms_and_asks(capsys, files, tmp_path, monkeypatch):
    listed = run(capsys, "data", "get").out
    assert [line.split()[0] for line in listed.splitlines()] == list(RECIPES)
    out = tmp_path / "meld"
    for answer in ("", "n\n"):  # nobody there, or somebody who says no
        monkeypatch.setattr("sys.stdin", io.StringIO(answer))
        said = run(capsys, "data", "get", "meld", out, "--from", files, code=2)
        assert RECIPES["meld"].terms in said.out and not out.exists()
        assert "--yes accepts" in said.err and said.err.count("\n") == 1
    said = run(capsys, "data", "get", "MELD", out, "--from", files, "--yes")
    assert "40 utterances" in said.out and RECIPES["meld"].terms in said.out
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    run(capsys, "data", "get", "meld", tmp_path / "again", "--from", files)
    taken = run(capsys, "data", "get", "meld", out, "--yes", code=2)
    assert "not empty" in taken.err and "Terms" not in taken.out
    assert "meld, emorynlp" in run(capsys, "data", "get", "iemocap", code=2).err


def test_every_recipe_names_its_files_once():
    for name, recipe in RECIPES.items():
        assert recipe_of(name.upper()) is recipe and len(recipe.urls) == len(recipe.files)
        assert all(url.startswith("http") for url in recipe.urls.values())
        assert set(recipe.sha256) <= set(recipe.urls)
    assert recipes.RECIPES["meld"].words and not recipes.RECIPES["mosi"].words
