"""A table that was sorted anew under its features is noticed; other edits are allowed."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from mmmie.corpus import row_order
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets import convert_corpus
from mmmie.errors import InputError
from tests.datasets import layouts

SEQUENCES = {"text": "sequence", "audio": "sequence", "vision": "sequence"}


@pytest.fixture(params=["saved", "streamed"])
def folder(request, make_corpus, tmp_path):
    corpus = make_corpus(levels=SEQUENCES)
    if request.param == "saved":
        save_corpus_folder(corpus, tmp_path / "c")
    else:
        layouts.table_with_npy(corpus, tmp_path / "table")
        convert_corpus(tmp_path / "table", tmp_path / "c")
    return tmp_path / "c"


def edit(folder, change, parquet=False):
    file = folder / "utterances.csv"
    table = change(pd.read_csv(file, dtype=str, keep_default_na=False))
    if parquet:
        file.unlink()
        table.to_parquet(folder / "utterances.parquet")
    else:
        table.to_csv(file, index=False)


def refused(folder):
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    assert len(caught.value.faults) == 1 and "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "parquet"),
    [
        (lambda t: t.sort_values("label", key=lambda column: column.astype(float)), False),
        (lambda t: t.iloc[::-1], False),
        (lambda t: t.sort_values(["position", "conversation"]), True),
        (lambda t: t.iloc[[1, 0, *range(2, len(t))]], False),
    ],
)
def test_rows_in_another_order_are_refused_and_the_first_is_named(folder, change, parquet):
    ids = list(open_corpus_folder(folder).utterances["id"])
    edit(folder, change, parquet)
    table = folder / ("utterances.parquet" if parquet else "utterances.csv")
    now = list((pd.read_parquet if parquet else pd.read_csv)(table)["id"])
    row = next(i for i in range(len(ids)) if ids[i] != now[i])
    line = refused(folder)
    assert str(table) in line and f"row {row + 1} is {now[row]!r}" in line
    assert repr(ids[row]) in line
    assert f"{sum(a != b for a, b in zip(ids, now, strict=True))} have moved" in line


def test_an_id_that_was_changed_is_named(folder):
    edit(folder, lambda t: t.assign(id=t["id"].replace("c1_2", "c1_two")))
    assert "row 8 is 'c1_two'" in refused(folder) and "'c1_2'" in refused(folder)


def test_labels_splits_and_further_columns_may_change(folder):
    before = open_corpus_folder(folder)
    edit(
        folder,
        lambda t: t.assign(
            label=[f"{i / len(t)}" for i in range(len(t))],
            split=t["split"].replace("valid", "test"),
            mood="calm",
        )[[*reversed(t.columns), "mood"]],
    )
    after = open_corpus_folder(folder)
    assert after.splits == ["train", "test"] and "mood" in after.utterances
    assert np.array_equal(after.features["text"].values, before.features["text"].values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.iloc[:-5], ("has 55 rows", "60 utterances", "'c11_0' is missing")),
        (lambda t: t.iloc[[*range(60), 59]].assign(id=[*t["id"], "x"]), ("61 rows", "'x' is new")),
    ],
)
def test_rows_that_are_gone_or_new_are_named(folder, change, words):
    edit(folder, change)
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    said = "\n".join(caught.value.faults)
    assert all(word in said for word in words) and "offsets" not in said


def test_folders_without_the_order_stay_readable(folder):
    file = folder / "features.safetensors"
    tensors = load_file(file)  # as other programs read it
    assert set(tensors) == {f"{m}{s}" for m in SEQUENCES for s in ("", ".offsets")}
    save_file(tensors, file)
    edit(folder, lambda t: t.iloc[::-1])
    assert len(open_corpus_folder(folder)) == 60


def test_of_very_many_ids_the_digest_is_kept(make_corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(row_order, "_MOST_IDS", 100)
    save_corpus_folder(make_corpus(), tmp_path / "c")
    with safe_open(tmp_path / "c" / "features.safetensors", "np") as stream:
        assert list(stream.metadata()) == ["ids_digest"]
    assert len(open_corpus_folder(tmp_path / "c")) == 60
    edit(tmp_path / "c", lambda t: t.iloc[::-1])
    assert "features.safetensors" in refused(tmp_path / "c")


@pytest.mark.parametrize("ids", ["no list", "[1, 2]", "{", "[" * 100_000, json.dumps(["a"] * 60)])
def test_whatever_the_metadata_say_there_is_one_line(make_corpus, tmp_path, ids):
    save_corpus_folder(make_corpus(), tmp_path / "c")
    file = tmp_path / "c" / "features.safetensors"
    save_file(load_file(file), file, {"ids_digest": "x", "ids": ids})
    assert str(tmp_path) in refused(tmp_path / "c")
