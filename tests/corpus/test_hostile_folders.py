"""Corpus folders that somebody made to harm: one line that names file and place, and no cost."""

import json
import os
import struct
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from mmmie.corpus import isolated_reading_child as child
from mmmie.corpus import text_tables
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.corpus.text_tables import read_text_table
from mmmie.errors import InputError

FILES = ("corpus.json", "utterances.csv", "features.safetensors")


@pytest.fixture
def folder(make_corpus, tmp_path):
    levels = dict.fromkeys(("text", "audio", "vision"), "utterance")
    corpus = make_corpus(levels=levels, conversations=2)
    save_corpus_folder(corpus, tmp_path / "mine")
    return tmp_path / "mine"


def refusal(folder, *words):
    """The line that a folder is refused with."""
    with pytest.raises(InputError) as caught:
        open_corpus_folder(folder)
    for line in (str(caught.value), *caught.value.faults):
        assert str(folder) in line and line.isprintable() and len(line) < 1500
    assert all(word in " ".join(caught.value.faults) for word in words), caught.value.faults
    return str(caught.value)


@contextmanager
def at_most(megabytes):
    """See that no more memory is taken within."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < megabytes * 2**20


DESCRIPTIONS = {  # what becomes of a field, and which one it is
    "name": (None, "", " ", 7, ["a"], "a\0b", "a\nb", "\u202ea", "a" * 201),
    "description": (7, [1], {}),
    "source": (7, {"a": [1]}),
    "licence": (False,),
    "notes": ("a", [1]),
    "label": (None, 3, []),
    "label.name": ([1], "a\tb", "a" * 300),
    "label.kind": (None, "counting", ["regression"], {}),
    "label.range": (None, [0], [1, 0], [True, 2], ["a", "b"], [0, 1, 2], [-(10**400), 1]),
    "modalities": ({}, [], {f"m{i}": {"dim": 1, "level": "utterance"} for i in range(101)}),
    "modalities.text": (None, [], "text"),
    "modalities.text.dim": (0, -1, 1.0, True, "3", 10**30, 2**20 + 1, None),
    "modalities.text.level": (None, "words", ["utterance"]),
    "modalities.text.source": (5, {}),
    "modalities.text.channels": ("abc", [1], {}, [None, {}, []]),
}


@pytest.mark.parametrize("field", DESCRIPTIONS)
def test_every_field_of_the_description_is_checked(folder, field):
    file = folder / "corpus.json"
    told = file.read_text("utf-8")
    for value in DESCRIPTIONS[field]:
        raw = json.loads(told)
        at = raw
        *path, last = field.split(".")
        for key in path:
            at = at[key]
        at[last] = value
        file.write_text(json.dumps(raw), "utf-8")
        assert str(file) in refusal(folder, f"`{field}")


CLASSES = ([], ["one"], ["a", "a"], [1, None], ["a", {}], ["a", "b" * 300], 3)
MANY = [str(i) for i in range(1001)]


@pytest.mark.parametrize("classes", [*CLASSES, MANY])
def test_classes_are_a_list_of_names(folder, classes):
    raw = json.loads((folder / "corpus.json").read_text("utf-8"))
    raw["label"] = {"name": "x", "kind": "classification", "classes": classes}
    (folder / "corpus.json").write_text(json.dumps(raw), "utf-8")
    refusal(folder, "corpus.json", "`label.classes")


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"a":' * 10_000 + "1" + "}" * 10_000,
        '{"label": {"range": [NaN, Infinity]}}',
        '{"dim": 1' + "0" * 5000 + "}",
        '{"name": "\\ud800"}',
        '"' + "a" * 2**22 + '"',
        "[]",
        "",
        '{"format": ["mmmie-corpus/1"]}',
    ],
)
def test_what_is_no_description(folder, content):
    (folder / "corpus.json").write_text(content, "utf-8")
    refusal(folder, "corpus.json")


def test_no_field_of_the_description_is_named_twice(folder):
    file = folder / "corpus.json"
    told = file.read_text("utf-8")
    file.write_text(told.replace("{", '{"licence": "a", "licence": "b",', 1), "utf-8")
    refusal(folder, "corpus.json", "`licence`")
    file.write_text(told.replace("{", '{"licence": "b",', 1) + " " * 2**22, "utf-8")
    refusal(folder, "corpus.json", "characters")


def header(entries, data=bytes(64)):
    raw = entries if isinstance(entries, bytes) else json.dumps(entries).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def tensor(dtype="F32", shape=(4, 4), offsets=(0, 64)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


TENSORS = {
    "claims a header": (struct.pack("<Q", 2**63) + b"{}", "truncated"),
    "claims a large header": (header(b" " * 2**26 + b"{}"), "header"),
    "is short": (b"\0\0\0", "truncated"),
    "depth": (header(b"[" * 400_000), "header"),
    "no object": (header(b"[1]"), "header"),
    "twice": (header(b'{"text": {}, "text": {}}'), "`text`"),
    "metadata": (header({"__metadata__": {"a": [1]}}), "__metadata__"),
    "no metadata": (header({"__metadata__": 3}), "__metadata__"),
    "no entry": (header({"text": 3}), "`text`"),
    "more": (header({"text": {**tensor(), "more": 1}}), "`text`"),
    "type": (header({"text": tensor("F8_E5M2")}), "F8_E5M2"),
    "type no text": (header({"text": tensor(["F32"])}), "`text`"),
    "negative": (header({"text": tensor(shape=(-4, -4))}), "`shape`"),
    "real": (header({"text": tensor(shape=(4.0, 4))}), "`shape`"),
    "yes": (header({"text": tensor(shape=(True, 16))}), "`shape`"),
    "no list": (header({"text": tensor(shape="44")}), "`shape`"),
    "dimensions": (header({"text": tensor(shape=[1] * 70 + [4, 4])}), "`shape`"),
    "larger": (header({"text": tensor(shape=(2**60, 2**60))}), "`data_offsets`"),
    "empty and large": (header({"text": tensor(shape=(2**62, 0), offsets=(0, 0))}), "`shape`"),
    "three offsets": (header({"text": tensor(offsets=(0, 64, 64))}), "`data_offsets`"),
    "backwards": (header({"text": tensor(offsets=(64, 0))}), "`data_offsets`"),
    "before": (header({"text": tensor(offsets=(-64, 0))}), "`data_offsets`"),
    "behind": (header({"text": tensor(offsets=(64, 128))}), "truncated"),
    "overlap": (header({"text": tensor(), "audio": tensor(offsets=(0, 64))}), "overlap"),
    "many": (header({f"t{i}": tensor(shape=(0,), offsets=(0, 0)) for i in range(1001)}), "1,001"),
    "a name": (header({"t\n\x1b[31m": tensor("I8")}), "t"),
    "scalar": (header({"text": tensor(shape=(), offsets=(0, 4))}), "shape ()"),
}


@pytest.mark.parametrize("name", TENSORS)
def test_every_part_of_the_header_is_checked(folder, name):
    content, word = TENSORS[name]
    (folder / "features.safetensors").write_bytes(content)
    refusal(folder, "features.safetensors", word)


def test_a_header_of_many_tensors_is_not_taken_apart(folder):
    entries = {f"t{i}": tensor(shape=(0,), offsets=(0, 0)) for i in range(60_000)}
    (folder / "features.safetensors").write_bytes(header(entries, b""))
    with at_most(30):
        refusal(folder, "features.safetensors", "too many tensors")


def test_a_header_of_long_texts_is_not_read(folder, monkeypatch):
    monkeypatch.setattr("mmmie.corpus.safetensors_files._MOST_HEADER", 10_000)
    content = header({"__metadata__": {"a": "x" * 10_000}, "text": tensor()})
    (folder / "features.safetensors").write_bytes(content)
    refusal(folder, "features.safetensors", "10,000")


def test_offsets_are_one_number_each(folder):
    save_file(
        {"text": np.zeros((8, 4), "f4"), "text.offsets": np.zeros((5, 1), "i8")},
        folder / "features.safetensors",
    )
    raw = json.loads((folder / "corpus.json").read_text("utf-8"))
    raw["modalities"] = {"text": {"dim": 4, "level": "sequence"}}
    (folder / "corpus.json").write_text(json.dumps(raw), "utf-8")
    refusal(folder, "text.offsets")


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_plain_file_is_refused_at_once(folder, name, tmp_path):
    file = folder / name
    content = file.read_bytes()
    file.unlink()
    os.mkfifo(file)
    assert "a pipe" in refusal(folder, name)
    file.unlink()
    file.mkdir()
    refusal(folder, name)
    file.rmdir()
    file.symlink_to("/dev/zero")
    assert "a device" in refusal(folder, name)
    file.unlink()
    file.symlink_to(file)
    refusal(folder, name)
    file.unlink()
    (tmp_path / "elsewhere").write_bytes(content)
    file.symlink_to(tmp_path / "elsewhere")
    assert "leads out of its folder" in refusal(folder, name)
    file.unlink()
    (folder / "kept").write_bytes(content)
    file.symlink_to("kept")
    open_corpus_folder(folder)


def test_a_table_has_limits(folder, monkeypatch):
    file = folder / "utterances.csv"
    lines = file.read_text("utf-8").splitlines()
    wide = ",".join(f"k{i}" for i in range(1000))
    file.write_text("\n".join([f"{lines[0]},{wide}", *lines[1:]]), "utf-8")
    refusal(folder, "utterances.csv", "columns")
    for count, quote in ((100_001, ""), (100_001, '"'), (200_000, '"'), (2**25, "")):
        long = f"{quote}{'a' * count}{quote}"
        file.write_text("\n".join([f"{lines[0]},note", f"{lines[1]},{long}"]), "utf-8")
        refusal(folder, "utterances.csv", "line 2", "100,000 characters")
    file.write_text("\n".join(lines), "utf-8")
    for limit, value in (("MOST_BYTES", 500), ("MOST_CELLS", 60)):
        with monkeypatch.context() as smaller:
            smaller.setattr(text_tables, limit, value)
            refusal(folder, "utterances.csv", ".npy files")
    open_corpus_folder(folder)


def test_short_rows_are_not_filled_beyond_those_that_are_whole(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(",".join(f"k{i}" for i in range(1000)) + "\n" + "a\n" * 20_000)
    with at_most(20), pytest.raises(InputError, match="fewer cells"):
        read_text_table(file)  # all of them would take 160 MB


TABLES = {
    "columns": ({f"k{i}": [1] for i in range(1001)}, "1,001 columns"),
    "a text": ({"id": ["a", "b" * 100_001]}, "`id` holds a text"),
    "bytes": ({"id": [b"b" * 100_001]}, "`id` holds a text"),
    "one text for all": ({"id": ["b" * 90_000] * 1000}, "64 MB"),
    "one number for all": ({"id": np.zeros(9_000_000, "i8")}, "MB"),
    "nothing": ({"id": pa.nulls(9_000_000, pa.int8())}, "MB"),
    "lists": ({"id": [[]] * 600_000}, "MB"),
}


@pytest.mark.parametrize("name", TABLES)
def test_what_parquet_unpacks_to_has_limits(name, tmp_path, monkeypatch, capsys):
    columns, said = TABLES[name]
    file = tmp_path / "a.parquet"
    pq.write_table(pa.table(columns), file, compression="zstd")
    assert file.stat().st_size < 400_000
    monkeypatch.setattr(child, "limit", lambda room: None)  # of this process
    assert child.main("parquet", str(2**31), str(file)) == child.LARGE
    assert said in capsys.readouterr().out


def test_a_small_table_that_unpacks_to_much_is_refused(folder):
    (folder / "utterances.csv").unlink()
    columns = {"id": ["b" * 90_000] * 1000}
    pq.write_table(pa.table(columns), folder / "utterances.parquet", compression="zstd")
    refusal(folder, "utterances.parquet", "64 MB")


def test_a_message_of_any_length_keeps_its_ends():
    error = InputError("a.json: `x` is " + "y" * 10**6 + "; fix it", ["b.json: " + "z\n" * 10**6])
    assert str(error).startswith("a.json") and str(error).endswith("; fix it")
    assert all(len(line) < 1500 and line.isprintable() for line in (str(error), *error.faults))
