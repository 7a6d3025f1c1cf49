"""Pickles of dialogues in every order of their parts, with their own folds, names and gaps."""

import json

import numpy as np
import pytest

from mmmie.datasets import load_corpus
from mmmie.datasets.formats import contextual_layouts
from mmmie.datasets.formats.registry import open_reading
from mmmie.datasets.label_option import LabelSaid
from mmmie.errors import InputError
from tests.datasets.layouts import write_pickle
from tests.datasets.python_2 import write_python_2

FOLDS = {"train": ["d0", "d1", "d2"], "valid": ["d3"], "test": ["d4", "d5"]}
LAYOUTS = contextual_layouts._LAYOUTS
TURNS = 4


def parts(meld=True):
    """Name → part; labels are 0 to 6 (MELD) or 0 to 5, features hold the dialogue and the turn."""
    names = [name for fold in FOLDS.values() for name in fold]

    def each(make):
        return {d: [make(i, t) for t in range(TURNS)] for i, d in enumerate(names)}

    made = {
        "ids": each(lambda i, t: f"d{i}_{t}"),
        "speakers": each(lambda i, t: [int(t % 2 == k) for k in range(9)] if meld else "MF"[t % 2]),
        "labels": each(lambda i, t: (i + t) % (7 if meld else 6)),
        "sentiments": each(lambda i, t: (i + t) % 3),
        "sentences": each(lambda i, t: f"words {i} {t}"),
        "audio": each(lambda i, t: np.array([i, t, 1.0])),
        "vision": each(lambda i, t: np.array([i, t])),
        "unused": 3,
        **FOLDS,
    }
    for k, name in enumerate(("text", "layer2", "layer3", "layer4")):
        made[name] = each(lambda i, t, k=k: np.array([i, t, k, 1.0, 2.0]))
    return made


def ordered(layout, made):
    return tuple(made[name] for name in layout.split())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_order_is_told_apart(tmp_path, layout):
    names = layout.split()
    read = load_corpus(write_pickle(ordered(layout, parts()), tmp_path / "a.pkl", 2))
    table = read.utterances
    own_valid = "valid" in names
    assert set(table["conversation"]) == (
        {f"d{i}" for i in range(6)} if own_valid else {"d0", "d1", "d2", "d4", "d5"}
    )
    for fold in ("valid", "test") if own_valid else ("test",):
        assert set(table.loc[table["split"] == fold, "conversation"]) == {*FOLDS[fold]}
    assert ("valid" in read.splits) and any("tenth" in note for note in read.notes) != own_valid
    assert read.label.name == ("sentiment" if "sentiments" in names else "emotion")
    assert ("emotion" in table) == ("sentiments" in names)
    assert list(read.modalities) == [m for m in ("text", "audio", "vision") if m in names]
    for row in range(len(read)):
        place = int(table["conversation"].iloc[row][1:]), int(table["position"].iloc[row])
        for name in read.modalities:
            assert tuple(read.features[name].of(row)[:2]) == place
        if "sentences" in names:
            assert table["transcript"].iloc[row] == "words {} {}".format(*place)
    if "layer2" in names:
        assert (read.features["text"].values[:, 2] == 1.5).all()  # the mean of layers 0 to 3
        assert any("mean of the 4 layers" in note for note in read.notes)


def test_meld_and_iemocap_give_the_numbers_their_names(tmp_path):
    iemocap, meld = LAYOUTS[0], LAYOUTS[6]
    read = load_corpus(write_pickle(ordered(meld, parts()), tmp_path / "a.pkl"))
    assert read.label.classes[:2] == ("neutral", "surprise") and len(read.label.classes) == 7
    read = load_corpus(write_pickle(ordered(iemocap, parts(meld=False)), tmp_path / "a.pkl"))
    assert read.label.classes[:2] == ("happy", "sad") and len(read.label.classes) == 6
    unknown = parts()
    unknown["speakers"] = {d: ["Ann", "Bo"] * 2 for d in unknown["speakers"]}
    read = load_corpus(write_pickle(ordered(meld, unknown), tmp_path / "a.pkl"))
    assert read.label.classes == tuple("0123456")
    assert set(read.utterances["speaker"]) == {"Ann", "Bo"}


def test_emotion_is_the_label_where_that_is_said(tmp_path):
    file = write_pickle(ordered(LAYOUTS[5], parts()), tmp_path / "a.pkl")
    reading = open_reading(file, LabelSaid(name="emotion"))[1]
    assert reading.label.name == "emotion" and len(reading.label.classes) == 7
    assert set(reading.utterances["sentiment"]) == {"neutral", "positive", "negative"}


def test_one_hot_speakers_are_of_one_dialogue(tmp_path):
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], parts()), tmp_path / "a.pkl"))
    speakers = read.utterances.groupby("conversation")["speaker"].agg(set)
    assert all(len(own) == 2 for own in speakers) and len(set.union(*speakers)) == 12
    assert any("one-hot" in note for note in read.notes)


@pytest.mark.parametrize("layout", [LAYOUTS[0], LAYOUTS[6], LAYOUTS[10]])
def test_python_2_and_json_give_the_same_corpus(tmp_path, layout):
    made = parts(meld=False)
    wanted = load_corpus(write_pickle(ordered(layout, made), tmp_path / "a.pkl"))
    plain = json.loads(json.dumps(ordered(layout, made), default=lambda x: x.tolist()))
    for file in (
        write_python_2(ordered(layout, made), tmp_path / "b.pkl"),
        write_pickle(plain, tmp_path / "c.pkl"),
    ):
        read = load_corpus(file)
        assert read.fingerprint == wanted.fingerprint and read.label == wanted.label


def test_names_that_are_numbers_in_one_part_and_text_in_another(tmp_path):
    made = parts()
    for name, part in made.items():
        if isinstance(part, dict):
            made[name] = {
                np.int64(key[1:]) if name == "audio" else key[1:]: x for key, x in part.items()
            }
    made |= {fold: [int(name[1:]) for name in names] for fold, names in FOLDS.items()}
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
    assert len(read) == 24 and set(read.utterances["conversation"]) == set("012345")


def test_dialogues_outside_the_folds_are_left_out_and_named(tmp_path):
    made = parts()
    made["test"] = ["d5", "d9"]
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
    assert "d4" not in set(read.utterances["conversation"]) and len(read) == 20
    notes = " ".join(read.notes)
    assert "'d4'" in notes and "'d9'" in notes
    made |= {"train": ["x"], "valid": ["y"], "test": ["z"]}
    with pytest.raises(InputError, match="no dialogue that has labels"):
        load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))


def test_a_dialogue_in_two_folds(tmp_path):
    made = {**parts(), "valid": ["d2", "d3"]}
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
    valid = read.utterances["split"] == "valid"
    assert set(read.utterances.loc[valid, "conversation"]) == {"d2", "d3"} and len(read) == 24
    assert any("'d2'" in note for note in read.notes)
    made["test"] = ["d0", "d4"]
    with pytest.raises(InputError, match="'d0' is named as test and"):
        load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))


@pytest.mark.parametrize("nothing", ["no dialogue", "an empty array", None])
def test_a_dialogue_without_video_has_none(tmp_path, nothing):
    made = parts()
    if nothing == "no dialogue":
        del made["vision"]["d1"]
    else:
        made["vision"]["d1"] = [None if nothing is None else np.zeros(0)] * TURNS
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
    absent = read.features["vision"].lengths == 0
    assert set(read.utterances.loc[absent, "conversation"]) == {"d1"} and absent.sum() == TURNS
    assert read.modalities["audio"].level == "utterance"
    assert any("4 of 24" in note and "vision" in note for note in read.notes)


def test_a_transcript_that_lacks_a_dialogue(tmp_path):
    made = parts()
    del made["sentences"]["d1"]
    read = load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
    assert (read.utterances["transcript"] == "").sum() == TURNS
    assert any("'d1'" in note for note in read.notes)


def test_orders_that_are_unknown_say_what_the_parts_are(tmp_path):
    made = ordered(LAYOUTS[6], parts())
    with pytest.raises(InputError, match=r"13 parts \(.*vector.*number.*text.*folds"):
        load_corpus(write_pickle((*made[3:7], *made[:3], *made[7:]), tmp_path / "a.pkl"))


def test_a_class_that_is_no_class(tmp_path):
    made = parts()
    made["labels"]["d1"][2] = -1
    with pytest.raises(InputError, match="1 of the numbers of emotion are negative"):
        load_corpus(write_pickle(ordered(LAYOUTS[6], made), tmp_path / "a.pkl"))
