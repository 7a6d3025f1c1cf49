"""What the label is: from the values, the name they have in the file, and what is said of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus import NO_LABEL
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets import convert_corpus, load_corpus
from mmmie.datasets.label_guess import guess_label
from mmmie.datasets.label_option import read_label_said
from mmmie.datasets.loose_values import Unusable
from mmmie.errors import InputError
from tests.datasets import layouts

LEVELS = dict.fromkeys(("text", "audio", "vision"), "sequence")


def uniform(low, high, n=60):
    return np.random.default_rng(0).uniform(low, high, n)


@pytest.mark.parametrize(
    ("values", "expected", "noted"),
    [
        (uniform(-3, 3), (-3, 3), False),
        ([*uniform(-3, 3), 3.0000001, -3.00001], (-3, 3), True),  # rounding, set to the end
        (uniform(-1, 1), (-1, 1), False),
        (uniform(1.2, 4.9), (1, 5), False),
        ([*uniform(-2, 2), 10 / 3], (-4, 4), True),
        ([*uniform(-2, 2), -15 / 3], (-5, 5), True),
        (uniform(-90, 20), (-90, 90), True),
        (uniform(0, 1), (0, 1), True),  # probabilities have no neutral point at 0
        (uniform(0, 2.8), (0, 3), True),
        (uniform(1, 9), (1, 9), True),
        (uniform(20, 95), (0, 95), True),
        (uniform(60, 95), (60, 95), True),
        ([-3, -2, -1, 0, 1, 2, 3] * 3, (-3, 3), False),
        ([0.0, 0.5] * 30, (0, 1), True),
    ],
)
def test_scales_keep_zero_as_the_neutral_point_where_labels_cross_it(values, expected, noted):
    label, read, notes = guess_label(values, "labels")
    assert (label.kind, label.range) == ("regression", expected) and bool(notes) == noted
    assert label.centre == 0 or min(values) >= 0
    np.testing.assert_allclose(read, values, atol=1e-4)
    assert np.min(read) >= expected[0] and np.max(read) <= expected[1]


@pytest.mark.parametrize("pair", [(0, 1), (-1, 1), (1, 2), (-3, 3), (0, 1.0000001), (4, 7)])
@pytest.mark.parametrize("name", ["labels", "sentiment", "score"])
def test_two_whole_numbers_are_two_classes(pair, name):
    label, values, notes = guess_label(np.array(pair * 9), name)
    assert label.classes == tuple(f"{round(x)}" for x in pair)
    assert values[:2] == list(label.classes)
    assert len(notes) == 1 and name in notes[0] and "kind=regression" in notes[0]


@pytest.mark.parametrize(
    ("name", "numbers", "classes"),
    [
        ("emotion", range(7), True),
        ("Emotion", range(1, 6), True),
        ("label", range(7), True),
        ("labels", range(3), True),
        ("y", [0, 1, 2, 4, 5], True),  # one class does not occur
        ("label", [1, 2, 3, 4], True),
        ("emotionClass", [-1, 0, 1], True),
        ("label", range(1, 6), False),
        ("rating", range(5), False),
        ("valence", range(1, 10), False),
        ("emotion_intensity", range(4), False),
        ("sentiment", [-1, 0, 1], False),
        ("sentiment", [-3, -2, 0, 1, 3], False),
        ("label", range(0, 101, 10), False),
    ],
)
def test_class_ids_are_no_scale_and_a_scale_is_no_classes(name, numbers, classes):
    values = [str(x) for x in numbers] * 4
    label, _, notes = guess_label(pd.Series(values), name)
    assert (label.kind == "classification") == classes and label.name == name
    assert len(label.classes or "") == (len(numbers) if classes else 0)
    assert not classes or "kind=regression" in notes[0]
    # what its name or its negative values do not settle is told
    settled = name in ("rating", "valence", "emotion_intensity") or -3 in numbers
    assert any("--label kind=" in note for note in notes) != settled


@pytest.mark.parametrize("cells", [["-0,33", "1,67", "0"], ["\u22120,33", "+1,67 ", "\xa00,0"]])
def test_decimal_commas_are_numbers(cells):
    label, values, notes = guess_label(pd.Series(cells * 5), "Stimmung")
    assert label.kind == "regression" and label.name == "Stimmung"
    np.testing.assert_allclose(values[:3], [-0.33, 1.67, 0])
    assert any("decimal points" in note for note in notes)


@pytest.mark.parametrize("cells", [["1,234", "2,345"], ["1.234,5", "0,5"], ["0,5", "high"]])
def test_commas_that_can_be_read_twice_are_refused(cells):
    with pytest.raises(Unusable, match="point"):
        guess_label(pd.Series(cells), "label")


def test_blanks_and_letter_case_make_no_classes():
    cells = ["Happy", "happy ", " HAPPY", "sad", "Sad", "sad", "so  so", "so so", "Happy"]
    label, values, notes = guess_label(pd.Series(cells), "emotion")
    assert label.classes == ("Happy", "sad", "so so")
    assert values == ["Happy"] * 3 + ["sad"] * 3 + ["so so"] * 2 + ["Happy"]
    assert len(notes) == 2 and "HAPPY" in notes[0] and "Sad" in notes[1]
    assert guess_label(pd.Series(["a b", "c"]), "x").notes == []


@pytest.mark.parametrize("cell", ["nan", "NaN", "None", "null", "n/a", " N/A", "<NA>", ""])
def test_what_stands_for_no_label_is_no_class(cell):
    label, values, notes = guess_label(pd.Series(["joy", "anger", cell, "joy"]), "emotion")
    assert label.classes == ("anger", "joy") and values[2] is None
    assert len(notes) == (cell != "")
    numbers = guess_label(pd.Series(["0.5", "-1", cell]), "label")
    assert numbers.label.range == (-1, 1) and np.isnan(numbers.values[2])


def test_a_class_called_none_or_neutral_stays_one():
    label, _, notes = guess_label(pd.Series(["none", "joy", "neutral"]), "emotion")
    assert label.classes == ("joy", "neutral", "none") and "none" in notes[0]
    said = read_label_said("classes=None:Joy")
    label, values, notes = guess_label(pd.Series(["None", "Joy"]), "emotion", said=said)
    assert values == ["None", "Joy"] and not notes


@pytest.mark.parametrize("values", [["", ""], [None, None], ["nan", "None"], [np.nan, np.nan]])
def test_no_label_at_all(values):
    assert guess_label(pd.Series(values), "label").label == NO_LABEL


@pytest.mark.parametrize(
    ("values", "said", "found"),
    [
        ([0, 1, 1], "kind=regression", (-1, 1)),
        ([0, 1, 1], "range=0:1", (0, 1)),
        ([0.5, 2, 5], "range=-5:5,name=mood", (-5, 5)),
        ([1.5, 2, 5], "kind=classification", ("1.5", "2", "5")),
        ([0, 2, 1], "classes=a:b:c", ("a", "b", "c")),
        ([1, 3, 2], "classes=a:b:c", ("a", "b", "c")),
        ([-1, 1], "classes=bad:good", ("bad", "good")),
        (["B", "a "], "classes=b:a", ("b", "a")),
        (["1", "x"], "kind=classification", ("1", "x")),
    ],
)
def test_what_is_said_is_obeyed(values, said, found):
    label, read, _ = guess_label(values, "label", said=read_label_said(said))
    assert (label.range or label.classes) == found
    assert label.name == ("mood" if "mood" in said else "label")
    if said == "classes=a:b:c":
        assert read == [found[x - min(values)] for x in values]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([0, 5], "range=-3:3"),
        (["good", "bad"], "kind=regression"),
        (["good", "bad"], "classes=good:worse"),
        ([0, 1, 5], "classes=a:b"),
        ([1.0, np.inf], "kind=regression"),
    ],
)
def test_what_is_said_must_fit(values, said):
    with pytest.raises(Unusable):
        guess_label(values, "label", said=read_label_said(said))


@pytest.mark.parametrize(
    "said",
    ["kind=scale", "range=3", "range=3:-3", "range=a:b", "range=0:inf", "classes=a", "classes=a:a",
     "colour=red", "kind", "kind=classification,range=0:1", "kind=regression,classes=a:b",
     "name=a,name=b"],
)  # fmt: skip
def test_a_wrong_statement_is_refused_by_its_part(said):
    with pytest.raises(InputError, match="--label"):
        read_label_said(said)


def test_nothing_said_is_nothing():
    assert not read_label_said(None) and not read_label_said("") and read_label_said("name=x")


@pytest.fixture
def corpus(make_corpus):
    made = make_corpus(levels=LEVELS, splits=("train", "valid", "test"), conversations=6)
    made.utterances["label"] = [float(i % 2) for i in range(len(made))]
    return made


@pytest.mark.parametrize("layout", ["mmsa", "mult", "segments", "table", "csd", "folder"])
def test_every_reader_asks_the_same_and_obeys(corpus, tmp_path, layout):
    if layout == "table":
        path = layouts.table_with_npy(corpus, tmp_path / "t")
    elif layout == "csd":
        pytest.importorskip("h5py")
        path = layouts.csd(corpus, tmp_path / "c")
    elif layout == "folder":
        path = tmp_path / "f"
        save_corpus_folder(corpus, path)
    else:
        path = layouts.write_pickle(getattr(layouts, layout)(corpus), tmp_path / "a.pkl")
    read = load_corpus(path)
    if layout != "folder":  # whose label is described
        assert read.label.classes == ("0", "1") and any("classes" in note for note in read.notes)
    said = load_corpus(path, label="range=0:2,name=irony")
    assert (said.label.range, said.label.name) == ((0, 2), "irony")
    np.testing.assert_array_equal(np.sort(said.targets), np.sort(corpus.utterances["label"]))
    assert load_corpus(path, label="classes=no:yes").label.classes == ("no", "yes")
    with pytest.raises(InputError, match=r"range=|outside"):
        load_corpus(path, label="range=2:3")
    convert_corpus(path, tmp_path / "made", label="range=0:2,name=irony")
    assert open_corpus_folder(tmp_path / "made").label == said.label


def test_a_described_label_can_be_corrected_where_its_range_is_wrong(make_corpus, tmp_path):
    corpus = make_corpus()
    corpus.utterances.loc[0, "label"] = 4.5
    save_corpus_folder(corpus, tmp_path / "c")
    with pytest.raises(InputError, match="outside"):
        load_corpus(tmp_path / "c")
    assert load_corpus(tmp_path / "c", label="range=-5:5").label.range == (-5, 5)


def test_a_table_says_by_name_which_column_is_the_label(make_corpus, tmp_path):
    corpus = make_corpus(levels={"audio": "utterance"})
    table = corpus.utterances.assign(Emotion=["sad", "glad"] * 30)
    table.to_csv(tmp_path / "utterances.csv", index=False)
    np.save(tmp_path / "audio.npy", np.random.default_rng(0).normal(size=(60, 3)))
    assert load_corpus(tmp_path).label.name == "label"
    table.rename(columns={"label": "Sentiment"}).to_csv(tmp_path / "utterances.csv", index=False)
    guessed = load_corpus(tmp_path)
    assert guessed.label.name == "Sentiment" and "name=Emotion" in guessed.notes[0]
    table.to_csv(tmp_path / "utterances.csv", index=False)
    read = load_corpus(tmp_path, label="name=Emotion")
    assert read.label.classes == ("glad", "sad") and read.label.name == "Emotion"
    assert list(read.utterances["label_in_file"]) == list(corpus.utterances["label"])


def test_the_demo_can_be_told_too():
    assert load_corpus("demo", label="name=mood").label.name == "mood"
