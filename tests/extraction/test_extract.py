"""Clips become a corpus folder that trains and predicts; faults are found before the work."""

import json

import numpy as np
import pandas as pd
import pytest

from mmmie.cli import main
from mmmie.corpus import NO_LABEL
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.extraction import extract, extract_corpus
from mmmie.extraction.frames import Frames
from mmmie.extraction.voice import Engine


@pytest.fixture
def heard(monkeypatch):
    """An engine that needs no package: 100 Hz frames of the mean of the samples; what it read."""
    asked = []

    def read(file, start=0.0, end=None):
        asked.append((file.name, start, end))
        return np.full(round(((2.0 if end is None else end) - start) * 16_000), start, np.float32)

    def frames(samples):
        at = np.arange(len(samples) // 160) * 0.01
        return Frames(np.full((len(at), 2), samples.mean()), at)

    monkeypatch.setattr(extract, "read_sound", read)
    engine = Engine("a fake", ("pitch_hz", "energy_db"), frames)
    monkeypatch.setattr(extract, "voice_engine", lambda name: engine)
    return asked


@pytest.fixture
def clips(tmp_path):
    """Two utterances of one recording with a face, and one with a transcript file and no face."""
    folder = tmp_path / "clips"
    folder.mkdir()
    at = np.arange(60) / 30
    face = pd.DataFrame({"timestamp": at, " success": 1, " AU12_r": at, " AU04_r": -at})
    face.loc[at >= 1.5, " success"] = 0
    face.to_csv(folder / "a.csv", index=False)
    (folder / "b.txt").write_text("=SUM(1) <b>no</b>")
    table = pd.DataFrame(
        {
            "conversation": ["a", "a", "b"], "position": [0, 1, 0], "split": "train",
            "label": [1.0, -2.0, 0.5], "speaker": ["Ann", "Bo", ""], "text": ["yes", "", ""],
            "start": ["0", "1", ""], "end": ["1", "2", ""], "topic": ["x", "y", "z"],
            "audio": ["a.wav", "a.wav", "b.wav"], "vision": ["a.csv", "a.csv", ""],
            "transcript_file": ["", "", "b.txt"],
        }
    )  # fmt: skip
    table.to_csv(folder / "utterances.csv", index=False)
    return folder


def change(clips, **columns):
    file = clips / "utterances.csv"
    pd.read_csv(file, dtype=str, keep_default_na=False).assign(**columns).to_csv(file, index=False)


def test_every_utterance_gets_its_part_of_the_recording(clips, heard, tmp_path):
    made = extract_corpus(clips, tmp_path / "out", step=0.5)
    assert heard == [("a.wav", 0.0, 1.0), ("a.wav", 1.0, 2.0), ("b.wav", 0.0, None)]
    corpus = load_corpus(tmp_path / "out")
    audio, vision = corpus.features["audio"], corpus.features["vision"]
    assert audio.lengths.tolist() == [2, 2, 4]
    assert audio.of(1)[:, 0].tolist() == [1, 1]
    assert corpus.modalities["audio"].channels == ("pitch_hz", "energy_db")
    assert corpus.modalities["audio"].source == "a fake"
    # the face is lost from 1.5 s on: one step of the second utterance is left, none of the third
    assert corpus.modalities["vision"].channels == ("AU12_r", "AU04_r")
    assert vision.lengths.tolist() == [2, 1, 0]
    assert vision.of(0)[:, 0] == pytest.approx([np.mean(np.arange(15)) / 30, 22 / 30], abs=1e-6)
    assert vision.of(1)[0] == pytest.approx([37 / 30, -37 / 30], abs=1e-6)
    table = corpus.utterances
    assert list(table["transcript"]) == ["yes", "", "=SUM(1) <b>no</b>"]
    assert list(table["speaker"]) == ["Ann", "Bo", None] and list(table["topic"]) == ["x", "y", "z"]
    assert list(table["label"]) == [1, -2, 0.5] and corpus.name == "clips"
    assert "text" not in corpus.modalities
    assert "vision: 15 of 60 frames without a tracked face are left out" in made.notes
    assert any(note.startswith("text: 2 transcripts are kept without") for note in made.notes)
    assert any("vision: 2 channels by OpenFace; 1 of 3 utt" in note for note in made.notes)


def test_clips_without_labels_give_a_corpus_to_predict(clips, heard, tmp_path):
    table = pd.read_csv(clips / "utterances.csv").drop(columns=["label", "split", "start", "end"])
    table.to_csv(clips / "utterances.csv", index=False)
    extract_corpus(clips, tmp_path / "out")
    corpus = load_corpus(tmp_path / "out", unlabelled=True)
    assert corpus.label == NO_LABEL and "start" not in corpus.utterances
    assert heard[0] == ("a.wav", 0.0, None)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"audio": "../secret.wav"}, "outside"),
        ({"audio": "/etc/passwd"}, "outside"),
        ({"start": "soon"}, "`start` of row 1 is 'soon'; give seconds"),
        ({"start": "-1"}, "`start` of row 1 is '-1'"),
        ({"start": "3", "end": "2"}, "row 1 ends at 2 s, before it starts"),
        ({"split": "holdout"}, "use train, valid or test"),
        ({"label": ["good", "1", "2"]}, "label of row 1"),
        ({"conversation": ""}, "`conversation` of row 1 is empty"),
        ({"vision": "b.txt"}, "is one column"),
        ({"vision": "none.csv"}, "none.csv: there is no such file"),
        ({"transcript_file": "none.srt"}, "none.srt: cannot be read"),
        ({"audio": "", "vision": ""}, "add a column `audio` or `vision`"),
        ({"audio": "a\x00.wav"}, "zero byte"),
    ],
)
def test_a_fault_is_one_line_and_nothing_is_written(clips, heard, tmp_path, columns, words):
    change(clips, **columns)
    with pytest.raises(InputError) as caught:
        extract_corpus(clips, tmp_path / "out")
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists() and not list(tmp_path.glob(".out*"))


def test_tables_of_two_programs_do_not_mix(clips, heard, tmp_path):
    pd.DataFrame({"frame": [0], "AU12": [1.0], "FaceScore": [1.0]}).to_csv(clips / "b.csv")
    change(clips, vision=["a.csv", "a.csv", "b.csv"])
    with pytest.raises(InputError, match="has other channels than the tables before it"):
        extract_corpus(clips, tmp_path / "out", fps=30)


def test_the_command(clips, tmp_path, capsys):
    def run(*arguments, code):
        with pytest.raises(SystemExit) as ended:
            main(["data", "extract", str(clips), str(tmp_path / "out"), "--quiet", *arguments])
        said = capsys.readouterr()
        assert ended.value.code == code, said.err
        return said.out if code == 0 else said.err

    for arguments, words in (
        (["--audio", "praat"], "--audio praat: is unknown"),
        (["--step", "0"], "--step 0: give"),
        (["--fps", "-1"], "--fps -1: give"),
        (["--confidence", "80"], "--confidence 80: give 0 to 1"),
        (["--table", str(tmp_path / "no.csv")], "no.csv: there is no such table"),
    ):
        line = run(*arguments, code=2)
        assert words in line and line.count("\n") == 1
    said = run("--audio", "none", "--step", "0.5", code=0)
    assert said.startswith("3 utterances: ") and "vision: 2 channels by OpenFace" in said
    assert list(json.loads((tmp_path / "out" / "corpus.json").read_text())["modalities"]) == [
        "vision"
    ]
    assert "exists and is not empty" in run("--audio", "none", code=2)
