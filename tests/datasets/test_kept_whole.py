"""A corpus that is saved, packed, unpacked, converted and opened again is the same."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmie.corpus import Corpus, Features, Label, Modality
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.corpus.zip_archive import pack_corpus
from mmmie.datasets import convert_corpus
from mmmie.datasets.uploads import keep_upload

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NAMES = TEXTS.filter(bool)
SHOWN = TEXTS.filter(lambda name: name.strip() and name.isprintable())  # of corpus and label
ODD = st.sampled_from(
    ["1.0", "007", "nan", "None", "NA", "-", "a,b", '"', " x ", "x\n", "y\r", "\r\n", "数据", "=1"]
)


@st.composite
def corpora(draw) -> Corpus:
    """Small corpora whose texts are any, in any order of rows."""
    ids = draw(st.lists(NAMES | ODD, min_size=4, max_size=12, unique=True))
    n = len(ids)
    conversations = draw(st.lists(NAMES | ODD, min_size=1, max_size=3, unique=True))
    whose = [draw(st.sampled_from(conversations)) for _ in ids]
    places = pd.Series(whose).groupby(whose).cumcount().to_numpy()
    order = draw(st.permutations(range(n)))
    splits = {name: draw(st.sampled_from(["train", "valid", "test"])) for name in conversations}
    table = pd.DataFrame(
        {
            "id": pd.Series(ids, dtype=object),
            "conversation": pd.Series(whose, dtype=object),
            "position": places + draw(st.sampled_from([0, 1, 12])),
            "split": [splits[name] for name in whose],
            "transcript": pd.Series([draw(TEXTS | ODD) for _ in ids], dtype=object),
        }
    )
    if draw(st.booleans()):
        table["speaker"] = pd.Series([draw(NAMES | ODD | st.none()) for _ in ids], dtype=object)
    if draw(st.booleans()):
        classes = draw(st.lists(NAMES | ODD, min_size=2, max_size=4, unique=True))
        label = Label(draw(SHOWN), "classification", classes=tuple(classes))
        table["label"] = pd.Series([draw(st.sampled_from(classes)) for _ in ids], dtype=object)
    else:
        label = Label(draw(SHOWN), "regression", range=(-3.0, 3.0))
        table["label"] = [draw(st.floats(-3, 3, width=32)) for _ in ids]
    random = np.random.default_rng(draw(st.integers(0, 9)))
    lengths = random.integers(0, 4, n)
    offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
    kind = draw(st.sampled_from([np.float16, np.float32]))
    features = {
        "text": Features(random.normal(size=(n, 3)).astype(kind)),
        "audio": Features(random.normal(size=(offsets[-1], 2)).astype(np.float32), offsets),
    }
    modalities = {"text": Modality("text", 3, "utterance", draw(NAMES)),
                  "audio": Modality("audio", 2, "sequence", None, ("a", "b"))}  # fmt: skip
    corpus = Corpus(draw(SHOWN), label, modalities, table, features, notes=(draw(NAMES),))
    return corpus.select(np.array(order))


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(corpora())
def test_what_is_kept_packed_unpacked_and_converted_comes_back(corpus):
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        save_corpus_folder(corpus, folder / "saved")
        pack_corpus(open_corpus_folder(folder / "saved"), folder / "one.zip")
        with (folder / "one.zip").open("rb") as stream:  # which is unpacked there
            sent = keep_upload({"one.zip": stream}, folder / "sent")
        convert_corpus(sent, folder / "converted")
        for found in map(open_corpus_folder, (sent, folder / "converted")):
            assert found.label == corpus.label and found.modalities == corpus.modalities
            assert found.notes[:1] == corpus.notes and found.name == corpus.name
            for column in corpus.utterances:
                was, now = (list(c.utterances[column]) for c in (corpus, found))
                assert now == was, column
            for name, features in corpus.features.items():
                assert found.features[name].values.dtype == features.values.dtype
                for row in range(len(corpus)):
                    assert np.array_equal(found.features[name].of(row), features.of(row))
