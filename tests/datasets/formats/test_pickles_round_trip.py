"""What is written as any of the pickles and opened again is the same, or a note says what not."""

import json
from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmie.datasets import load_corpus
from tests.datasets.layouts import write_pickle
from tests.datasets.python_2 import write_python_2

SPLITS = ("train", "valid", "test")
MODALITIES = ("text", "audio", "vision")
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@dataclass
class Said:
    """An utterance: where it is, and what it is."""

    dialogue: str
    place: int
    split: str
    label: float
    words: str
    speaker: str
    steps: dict[str, list[list[float]]]


@st.composite
def dialogues(draw, vectors=False):
    dims = {name: draw(st.integers(1, 3)) for name in MODALITIES}
    lengths = st.just(1) if vectors else st.integers(1, 3)
    scale = draw(st.sampled_from([1, 4, 8]))
    said = []
    for number in range(draw(st.integers(1, 5))):
        split = SPLITS[number % 3]
        for place in range(draw(st.integers(1, 3))):
            steps = {}
            for name, dim in dims.items():
                count = 0 if said and draw(st.integers(0, 5)) == 0 else draw(lengths)
                steps[name] = [
                    [1 + (5 * len(said) + 3 * k) % 32 + channel / 4 for channel in range(dim)]
                    for k in range(count)
                ]
            label = draw(st.integers(0, 5) if vectors else st.integers(-3 * scale, 3 * scale)) / (
                1 if vectors else scale
            )
            speaker = draw(st.sampled_from(["Ann", "Bo", "Cleo"]))
            said.append(Said(f"vid{number}x", place, split, label, draw(WORDS), speaker, steps))
    return said


def padded(said, name, left):
    longest = max(len(one.steps[name]) for one in said)
    dim = next(len(one.steps[name][0]) for one in said if one.steps[name])
    values = np.zeros((len(said), max(longest, 1), dim), np.float32)
    for row, one in enumerate(said):
        if count := len(one.steps[name]):
            values[row, slice(-count, None) if left else slice(count)] = one.steps[name]
    return values


def in_splits(said, make):
    held = {split: [one for one in said if one.split == split] for split in SPLITS}
    return {split: make(own) for split, own in held.items() if own}


def features(own, said, form):
    """Modality → arrays (n, L, d) with zeros on one side, or ragged lists of arrays."""
    if form == "ragged":
        return {m: [np.array(one.steps[m], np.float32) for one in own] for m in MODALITIES}
    whole = {m: padded(said, m, form == "left") for m in MODALITIES}
    rows = [row for row, one in enumerate(said) if any(one is other for other in own)]
    return {m: whole[m][rows] for m in MODALITIES}


def mmsa(said, form):
    return in_splits(
        said,
        lambda own: {
            "id": [f"{one.dialogue}$_${one.place}" for one in own],
            "raw_text": [one.words for one in own],
            "regression_labels": np.array([one.label for one in own], np.float32),
            **features(own, said, form),
        },
    )


def mult(said, form):
    return in_splits(
        said,
        lambda own: {
            "id": np.array([[one.dialogue, f"{one.place}.0", f"{one.place}.5"] for one in own]),
            "labels": np.array([one.label for one in own], np.float32).reshape(-1, 1, 1),
            **features(own, said, form),
        },
    )


def misa(said, form):
    def entry(one):
        vision, audio = (np.array(one.steps[m], np.float32) for m in ("vision", "audio"))
        return (
            (np.arange(3), vision, audio, [one.words]),
            [[one.label]],
            f"{one.dialogue}[{one.place}]",
        )

    return in_splits(said, lambda own: [entry(one) for one in own])


def contextual(said, form):
    names = list(dict.fromkeys(one.dialogue for one in said))

    def each(make):
        return {name: [make(one) for one in said if one.dialogue == name] for name in names}

    def vectors(name):
        return each(lambda one: np.array(one.steps[name][0]) if one.steps[name] else None)

    folds = [list(dict.fromkeys(o.dialogue for o in said if o.split == s)) for s in SPLITS]
    return (
        each(lambda one: f"{one.dialogue}_{one.place}"),
        each(lambda one: one.speaker),
        each(lambda one: int(one.label)),
        *[vectors("text")] * 4,
        vectors("audio"),
        vectors("vision"),
        each(lambda one: one.words),
        folds[0],
        folds[2],
        folds[1],
    )


def written(value, writer, folder):
    file = folder / "a.pkl"
    if writer == "python 2":
        return write_python_2(value, file)
    if writer == "lists":
        value = json.loads(json.dumps(value, default=lambda x: x.tolist()))
    return write_pickle(value, file)


def check(said, read, modalities, words=True, speakers=False):
    table = read.utterances
    rows = {
        place: row
        for row, place in enumerate(zip(table["conversation"], table["position"], strict=True))
    }
    notes = " ".join(read.notes)
    assert len(rows) == len(read) == len(said) and list(read.modalities) == list(modalities)
    for one in said:
        row = rows[one.dialogue, one.place]
        cells = table.iloc[row]
        assert cells["split"] == one.split or "valid" in notes
        assert not words or cells["transcript"] == one.words
        assert not speakers or cells["speaker"] == one.speaker
        assert float(cells["label"]) == one.label
        assert read.label.kind == "regression" or "classes" in notes or speakers
        for name in modalities:
            held = np.atleast_2d(read.features[name].of(row))
            assert held.tolist() == (one.steps[name] or np.zeros((0, held.shape[1])).tolist())
    for name in modalities:
        absent = sum(not one.steps[name] for one in said)
        assert not absent or f"{absent} of {len(said)} utterances have no {name}" in notes


SETTINGS = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
WRITERS = st.sampled_from(["python 3", "python 2", "lists"])


@SETTINGS
@given(dialogues(), st.sampled_from(["left", "right", "ragged"]), WRITERS)
def test_mmsa(tmp_path, said, form, writer):
    check(said, load_corpus(written(mmsa(said, form), writer, tmp_path)), MODALITIES)


@SETTINGS
@given(dialogues(), st.sampled_from(["left", "right", "ragged"]), WRITERS)
def test_mult(tmp_path, said, form, writer):
    read = load_corpus(written(mult(said, form), writer, tmp_path))
    check(said, read, MODALITIES, words=False)


@SETTINGS
@given(dialogues(), WRITERS)
def test_misa(tmp_path, said, writer):
    read = load_corpus(written(misa(said, None), writer, tmp_path))
    check(said, read, ("audio", "vision"))


@SETTINGS
@given(dialogues(vectors=True), WRITERS)
def test_contextual(tmp_path, said, writer):
    read = load_corpus(written(contextual(said, None), writer, tmp_path))
    check(said, read, MODALITIES, speakers=True)
