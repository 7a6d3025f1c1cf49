from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streamlit.testing.v1 import AppTest

from app.components.bring_corpus import EXAMPLE
from mmmie.corpus_folder import open_corpus_folder


def test_the_example_to_copy_makes_a_sound_corpus(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", EXAMPLE], cwd=tmp_path, check=True, timeout=60)
    corpus = open_corpus_folder(tmp_path / "my-corpus")
    assert corpus.splits == ["train", "valid"]
    assert [m.level for m in corpus.modalities.values()] == ["utterance", "sequence"]
    assert corpus.has_speakers


def page() -> None:
    from app.components.bring_corpus import bring_corpus

    bring_corpus()


def opened(path: Path) -> AppTest:
    at = AppTest.from_function(page).run(timeout=30)
    at.text_input(key="bring-path").set_value(str(path)).run(timeout=30)
    assert not at.exception
    return at


def test_all_faults_of_a_folder_are_listed(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", EXAMPLE], cwd=tmp_path, check=True, timeout=60)
    table = tmp_path / "my-corpus" / "utterances.csv"
    lines = table.read_text().splitlines()
    lines[1] = lines[1].replace(",train,", ",learn,")
    lines[8] = lines[8].replace("c1_1", "c1_0", 1)
    table.write_text("\n".join(lines))
    at = opened(tmp_path / "my-corpus")
    assert [e.value for e in at.error] and not at.success
    shown = " ".join(code.value for code in at.code)
    assert "learn" in shown
    assert "c1_0" in shown


def test_a_sound_folder_can_be_trained_on(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", EXAMPLE], cwd=tmp_path, check=True, timeout=60)
    at = opened(tmp_path / "my-corpus")
    assert "72 utterances" in at.success[0].value
    assert [b.label for b in at.button] == ["Train on it", "Look at it"]
    assert at.session_state["opened_corpora"] == [str(tmp_path / "my-corpus")]


def test_a_path_that_is_not_there_is_readable(tmp_path: Path) -> None:
    at = opened(tmp_path / "nowhere")
    assert "one fault" in at.error[0].value
    assert any("there is no such" in code.value for code in at.code)
