"""Sets of .csd files in which videos lack a track or are in no fold."""

import numpy as np
import pandas as pd
import pytest

from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from tests.datasets import layouts

h5py = pytest.importorskip("h5py")
LEVELS = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
FACET = "CMU_MOSI_Visual_Facet_42.csd"


@pytest.fixture
def folder(make_corpus, tmp_path):
    corpus = make_corpus(levels=LEVELS, splits=("train", "valid", "test"), conversations=6)
    return layouts.csd(corpus, tmp_path / "csd")


def test_a_sound_set_has_no_notes(folder):
    assert load_corpus(folder).notes == ()


def test_a_video_that_is_in_no_feature_file_has_no_step(folder):
    with h5py.File(folder / FACET, "a") as file:
        del file["FACET_4.2/data/c3"]
    with h5py.File(folder / "CMU_MOSI_TimestampedWords.csd", "a") as file:
        del file["words/data/c4"]
    read = load_corpus(folder)
    absent = (read.features["vision"].lengths == 0).tolist()
    assert absent == (read.utterances["conversation"] == "c3").tolist()
    assert not (read.features["audio"].lengths == 0).any()
    assert any("5 of 30" in n and "vision" in n and "'c3[0]'" in n for n in read.notes)
    assert any("5 of 30" in n and "transcript" in n and "'c4[0]'" in n for n in read.notes)


def test_a_segment_without_a_frame_has_no_step(folder):
    with h5py.File(folder / FACET, "a") as file:
        intervals = file["FACET_4.2/data/c2/intervals"]
        held = intervals[:]
        inside = (held[:, 0] >= 3) & (held[:, 0] < 6)  # of the second utterance
        held[inside] += 1000
        intervals[:] = held
    read = load_corpus(folder)
    absent = read.utterances[read.features["vision"].lengths == 0]
    assert list(absent["conversation"]) == ["c2"] and list(absent["position"]) == [1]


def test_one_step_per_segment_is_a_sequence(folder):
    with h5py.File(folder / FACET, "w") as file:
        for c in range(6):
            group = file.create_group(f"FACET_4.2/data/c{c}")
            group["features"] = np.ones((5, 2))
            group["intervals"] = np.arange(5)[:, None] * 3.0 + [0, 2.9]
    read = load_corpus(folder)
    assert read.modalities["vision"].level == "sequence"
    assert (read.features["vision"].lengths == 1).all()


def test_videos_outside_the_folds_are_left_out_and_named(folder):
    splits = pd.read_csv(folder / "splits.csv")
    splits.loc[splits["conversation"] == "c5", "split"] = ""
    splits[splits["conversation"] != "c0"].to_csv(folder / "splits.csv", index=False)
    read = load_corpus(folder)
    assert set(read.utterances["conversation"]) == {"c1", "c2", "c3", "c4"}
    assert any("10 utterances of 2 videos" in n and "'c0', 'c5'" in n for n in read.notes)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["x,train"], "names none of the 6 videos"),
        (["c0,train", "c1,tset"], "row 2"),
        (["c0,train", "c0,test"], "'c0' is in two splits"),
    ],
)
def test_splits_that_make_no_sense(folder, rows, words):
    (folder / "splits.csv").write_text("\n".join(["conversation,split", *rows]))
    with pytest.raises(InputError, match=words) as caught:
        load_corpus(folder)
    assert "splits.csv" in str(caught.value)


def test_features_of_other_videos(folder):
    with h5py.File(folder / FACET, "w") as file:
        file["FACET_4.2/data/other/features"] = np.ones((2, 2))
        file["FACET_4.2/data/other/intervals"] = np.ones((2, 2))
    with pytest.raises(InputError, match="has no step in any labelled segment"):
        load_corpus(folder)
