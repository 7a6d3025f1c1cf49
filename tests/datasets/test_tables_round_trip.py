"""A table written in any of its forms opens as the same corpus, or a note says what differs."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mmmie.datasets import load_corpus

SHAPES = {
    "{c}_{k}": "vid{c}",
    "{c}$_${k}": "vid{c}",
    "{c}[{k}]": "vid{c}",
    "{c}/{k:04d}": "video_{c:04d}",
    "{c}_utt{k}": "dia{c}",
    "{c}_u{k:03d}": "s01_e02_c{c:02d}",
    "{c}_seg{k}": "talk-{c}",
}
FORMS = ("csv", "tsv", "semicolons", "excel", "parquet")
NAMES = {
    "transcript": ("transcript", "Utterance", " text "),
    "speaker": ("speaker", "Speaker"),
    "split": ("split", "mode", "Partition"),
    "start": ("start", "StartTime", "start time"),
}
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@st.composite
def tables(draw):
    shape = draw(st.sampled_from(sorted(SHAPES)))
    turns = draw(st.lists(st.integers(2, 4), min_size=3, max_size=5))
    first = draw(st.integers(0, 3))
    places = [(c, first + k) for c, n in enumerate(turns) for k in range(n)]
    conversations = [SHAPES[shape].format(c=c) for c, _ in places]
    ids = [shape.format(c=name, k=k) for name, (_, k) in zip(conversations, places, strict=True)]
    n = len(ids)
    table = pd.DataFrame({"id": ids, "label": [round(i * 0.37 - 2.9, 3) for i in range(n)]})
    table["split"] = [("train", "valid", "test")[c % 3] for c, _ in places]
    table["transcript"] = [draw(WORDS).strip() + "." for _ in range(n)]
    table["speaker"] = [draw(st.sampled_from(["Ann", "Bo", "Cleo"])) for _ in range(n)]
    table["start"] = [65.25 + i for i in range(n)]
    wanted = table.assign(conversation=conversations, position=[k for _, k in places])
    renamed = {name: draw(st.sampled_from(names)) for name, names in NAMES.items()}
    order = draw(st.permutations(list(table)))
    rows = draw(st.permutations(range(n)))
    written = table.copy()
    if draw(st.booleans()):
        written["start"] = [f"0:01:{5 + i:02d},250" for i in range(n)]
    return wanted.iloc[rows], written.iloc[rows][order].rename(columns=renamed)


def write(table, folder, form, encoding):
    if form == "parquet":
        table.to_parquet(folder / "utterances.parquet", index=False)
        return
    separator = {"tsv": "\t", "semicolons": ";", "excel": ";"}.get(form, ",")
    text = table.to_csv(
        index=False, sep=separator, lineterminator="\r\n" if form == "excel" else "\n"
    )
    if form == "excel":
        text = "sep=;\r\n" + text
    name = "utterances.tsv" if form == "tsv" else "utterances.csv"
    (folder / name).write_bytes(text.encode(encoding))


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(
    tables(),
    st.sampled_from(FORMS),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.sets(st.integers(0, 2), max_size=2),
)
def test_what_was_written_is_opened(made, form, encoding, absent):
    wanted, table = made
    n = len(wanted)
    vectors = np.arange(2.0 * n, dtype=np.float32).reshape(n, 2)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        np.save(folder / "audio.npy", vectors)
        (folder / "seen").mkdir()
        for i in range(n):
            np.save(folder / "seen" / f"{i}.npy", np.full((i % 2 + 1, 3), i + 1.0))
        seen = [f"seen/{i}.npy" if i not in absent else "" for i in range(n)]
        write(table.assign(vision=seen), folder, form, encoding)
        corpus = load_corpus(folder)
        read = corpus.utterances
        for column in ("id", "conversation", "split", "label", "transcript", "speaker"):
            assert list(read[column]) == list(wanted[column]), column
        places = [t.groupby("conversation")["position"].rank().tolist() for t in (read, wanted)]
        assert places[0] == places[1]
        np.testing.assert_allclose(read["start"], wanted["start"])
        np.testing.assert_array_equal(corpus.features["audio"].values, vectors)
        for i in range(n):
            steps = np.full((0 if i in absent else i % 2 + 1, 3), i + 1.0)
            np.testing.assert_array_equal(np.atleast_2d(corpus.features["vision"].of(i)), steps)
        said = [note for note in corpus.notes if "label" not in note.lower()]
        assert len(said) == bool(absent), said
