from __future__ import annotations

import io
import pickle
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.screens.data.bring_your_own import EXAMPLE
from mmmie.corpus import Corpus
from mmmie.corpus.folder import open_corpus_folder
from mmmie.corpus.zip_archive import pack_corpus
from tests.datasets import layouts

MakeCorpus = Callable[..., Corpus]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus folder that the example to copy writes."""
    place = tmp_path_factory.mktemp("example")
    subprocess.run([sys.executable, "-c", EXAMPLE], cwd=place, check=True, timeout=60)
    return place / "my-corpus"


def test_the_example_to_copy_makes_a_sound_corpus(made: Path) -> None:
    corpus = open_corpus_folder(made)
    assert corpus.splits == ["train", "valid"]
    assert [m.level for m in corpus.modalities.values()] == ["utterance", "sequence"]
    assert corpus.has_speakers


def page() -> None:
    from app.screens.data.bring_your_own import bring_corpus

    bring_corpus()


def opened(path: Path) -> AppTest:
    at = AppTest.from_function(page).run(timeout=30)
    at.text_input(key="bring-path").set_value(str(path)).run(timeout=30)
    assert not at.exception
    return at


def test_all_faults_of_a_folder_are_listed(made: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(made, tmp_path / "my-corpus")
    table = folder / "utterances.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace(",train,", ",learn,")
    lines[8] = lines[8].replace("c1_1", "c1_0", 1)
    table.write_text("\n".join(lines))
    at = opened(folder)
    assert [e.value for e in at.error] and not at.success
    shown = " ".join(code.value for code in at.code)
    assert "learn" in shown
    assert "c1_0" in shown


def test_a_sound_folder_can_be_trained_on(made: Path) -> None:
    at = opened(made)
    assert "72 utterances" in at.success[0].value
    assert [b.label for b in at.button] == ["Train on it", "Look at it"]
    assert at.session_state["opened_corpora"] == [str(made)]


def test_a_path_that_is_not_there_is_readable(tmp_path: Path) -> None:
    at = opened(tmp_path / "nowhere")
    assert "one fault" in at.error[0].value
    assert any("there is no such" in code.value for code in at.code)


@pytest.fixture
def uploading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("MMMIE_RUNS", str(tmp_path / "runs"))
    return AppTest.from_function(page).run(timeout=30)


def example_zip(make_corpus: MakeCorpus, **corpus: object) -> bytes:
    stream = io.BytesIO()
    pack_corpus(make_corpus(**corpus), stream)
    return stream.getvalue()


def test_an_uploaded_corpus_is_unpacked_once_and_offered(
    make_corpus: MakeCorpus, uploading: AppTest, tmp_path: Path
) -> None:
    content = example_zip(make_corpus)
    at = uploading.file_uploader[0].upload("mine.zip", content, "application/zip").run(timeout=30)
    at.run(timeout=30)
    assert not at.exception and not at.error
    assert "60 utterances" in at.success[0].value
    kept = tmp_path / "runs" / "corpora" / "small"
    assert [f.name for f in kept.parent.iterdir()] == ["small"]  # once, however often drawn
    assert at.session_state["opened_corpora"] == [str(kept)]
    assert [b.label for b in at.button] == ["Train on it", "Look at it"]


def test_an_uploaded_pickle_becomes_a_corpus_or_says_what_is_wrong(
    make_corpus: MakeCorpus, uploading: AppTest, tmp_path: Path
) -> None:
    levels = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
    content = pickle.dumps(layouts.mmsa(make_corpus(levels=levels)))
    at = uploading.file_uploader[0].upload("unaligned_50.pkl", content, "").run(timeout=30)
    assert not at.exception and not at.error
    assert "60 utterances" in at.success[0].value
    kept = tmp_path / "runs" / "corpora"
    assert [f.name for f in kept.iterdir()] == ["unaligned_50"]
    at.file_uploader[0].set_value(("other.pkl", pickle.dumps([print]), "")).run(timeout=30)
    assert "file cannot be used yet" in at.error[0].value
    assert at.code[0].value.startswith("other.pkl: ") and "print" in at.code[0].value
    assert [f.name for f in kept.iterdir()] == ["unaligned_50"]


def test_all_faults_of_an_upload_are_listed(uploading: AppTest, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mine/corpus.json", "{}")
        archive.writestr("mine/run.py", "")
    at = uploading.file_uploader[0].upload("mine.zip", stream.getvalue(), "application/zip")
    at = at.run(timeout=30)
    assert not at.exception and "file cannot be used yet" in at.error[0].value
    shown = " ".join(code.value for code in at.code)
    assert "run.py" in shown and "features.safetensors is missing" in shown
    assert not list((tmp_path / "runs" / "corpora").iterdir())
