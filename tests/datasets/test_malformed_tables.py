"""Tables, arrays, Arrow, Parquet and HDF5 that are damaged or lie: one line each."""

import io
import json
import os
import pickle
import time

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus.isolated_reading import probe
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from tests.datasets import layouts

LEVELS = {"text": "sequence", "audio": "sequence", "vision": "sequence"}


@pytest.fixture
def corpus(make_corpus):
    return make_corpus(levels=LEVELS, splits=("train", "valid", "test"), conversations=3, dim=3)


@pytest.fixture
def folder(corpus, tmp_path):
    return layouts.table_with_npy(corpus, tmp_path / "mine")


def refused(path, *words):
    started = time.process_time()
    with pytest.raises(InputError) as caught:
        load_corpus(path)
    line = str(caught.value)
    assert time.process_time() - started < 5
    assert "\n" not in line and len(line) < 1500
    for word in (str(path), *words):
        assert word in line, line
    return line


def npy(array):
    out = io.BytesIO()
    np.save(out, array, allow_pickle=True)
    return out.getvalue()


def claimed(shape, kind="<f4"):
    """A .npy header that says more than the file holds."""
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (117 - len(header)) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + b"\x00" * 64


class Runs:
    def __reduce__(self):
        return eval, ("1 / 0",)


def bad_arrays():
    good = npy(np.ones((15, 4, 3), np.float32))
    return {
        "empty": b"",
        "magic only": good[:6],
        "truncated": good[:-1],
        "header cut": good[:40],
        "header broken": good[:20] + b"\x00" * 20 + good[40:],
        "header open": good.replace(b"}", b" "),
        "header a call": good.replace(b"(15, 4, 3)", b"open('x') "),
        "pickle": pickle.dumps(np.ones(3)),
        "objects": npy(np.array([Runs()] * 15, object)),
        "an archive": b"PK\x03\x04" + good,
        "text": npy(np.array(["a"] * 15)),
        "records": npy(np.zeros(15, [("a", "f4")])),
        "complex": npy(np.ones((15, 3), complex)),
        "one number": npy(np.float32(1)),
        "flat": npy(np.ones(15)),
        "too few": npy(np.ones((14, 3))),
        "too many": npy(np.ones((16, 3))),
        "no channel": npy(np.ones((15, 0))),
        "four dimensions": npy(np.ones((15, 2, 2, 2))),
        "not a number": npy(np.full((15, 3), np.nan)),
        "infinite": npy(np.full((15, 3), -np.inf)),
        "too large for float32": npy(np.full((15, 3), 1e300)),
        **{f"claims {n}": claimed((15, n)) for n in (10**6, 2**40, 2**62, -1)},
        "claims rows": claimed((2**40, 3)),
        "claims a type": claimed((15, 3), "|V4"),
        "claims objects": claimed((15, 3), "|O"),
    }


def test_arrays(folder):
    (folder / "audio_lengths.npy").unlink()
    for name, content in bad_arrays().items():
        (folder / "audio.npy").unlink(missing_ok=True)
        (folder / "audio.npy").write_bytes(content)
        assert "audio" in refused(folder), name


def test_lengths(folder):
    for content in (npy(np.ones(14)), npy(-np.ones(15)), npy(np.full(15, 0.5)), b"x"):
        (folder / "audio_lengths.npy").write_bytes(content)
        refused(folder, "audio_lengths")


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda t: t.drop(columns="label"), "has no labels; only `mmmie predict` can use it"),
        (lambda t: t.drop(columns=["id", "conversation"]), "neither `id` nor `conversation`"),
        (lambda t: t.assign(label="nan"), "label"),
        (lambda t: t.assign(label=["inf", *t["label"][1:]]), "label of row 1"),
        (lambda t: t.assign(label=["good", *t["label"][1:]]), "label of row 1"),
        (lambda t: t.assign(label=[f"c{i % 3}" if i else "" for i in range(15)]), "'c0_0' first"),
        (lambda t: t.assign(split="holdout"), "use train, valid or test"),
        (lambda t: t.assign(position="x"), "`position` of row 1"),
        (lambda t: t.assign(conversation=""), "conversation"),
        (lambda t: t.assign(transcript="a" * 100_001), "100,000 characters"),
        (lambda t: t.iloc[:0], "no utterance"),
        (lambda t: t.assign(smell="../../etc/x.npy"), "outside its folder"),
        (lambda t: t.assign(smell="/etc/x.npy"), "outside its folder"),
        (lambda t: t.assign(smell="absent.npy"), "no such file"),
        (lambda t: t.reindex(columns=[*t, *map(str, range(1100))]), "columns"),
        (lambda t: t.rename(columns={"speaker": "label"}), "occurs twice"),
    ],
)
def test_tables(corpus, folder, change, word):
    change(corpus.utterances).to_csv(folder / "labels.csv", index=False)
    refused(folder, word)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n\n",
        b"\xff\xfe\x00label",
        b'id,label\n"a,1\nb,2\n',
        b"id,label\na,1,2,3\n",
        b"\x00" * 1000,
        b"id,label\n" + b"\xff" * 50 + b",1\n",
        b"PAR1 no",
        b"," * 100_000,
    ],
)
def test_bytes_that_are_no_table(folder, content):
    (folder / "labels.csv").write_bytes(content)
    refused(folder)


def test_a_link_out_of_the_folder_is_not_followed(corpus, folder, tmp_path):
    np.save(tmp_path / "secret.npy", np.ones((2, 3)))
    (folder / "inside.npy").symlink_to(tmp_path / "secret.npy")
    table = corpus.utterances.assign(smell="inside.npy")
    table.to_csv(folder / "labels.csv", index=False)
    refused(folder, "outside its folder")


@pytest.mark.parametrize("name", ["labels.csv", "audio.npy"])
def test_no_file_of_a_folder_leads_out_or_waits(folder, tmp_path, name):
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    refused(folder, "leads out of its folder")
    (folder / name).unlink()
    os.mkfifo(folder / name)
    refused(folder)


def test_parquet(corpus, tmp_path):
    folder = layouts.table_with_npy(corpus, tmp_path / "mine", parquet=True)
    whole = (folder / "labels.parquet").read_bytes()
    broken = bytearray(whole)
    broken[-200:-100] = b"\xff" * 100
    for content in (whole[: len(whole) // 2], whole[:4] + whole[100:], bytes(broken)):
        (folder / "labels.parquet").write_bytes(content)
        refused(folder, "labels.parquet")


def test_hugging_face(corpus, tmp_path, monkeypatch):
    folder = layouts.saved_dataset(corpus, tmp_path / "dataset")
    with monkeypatch.context() as patch:
        asked = []
        read = "mmmie.datasets.formats.hugging_face.probe"
        patch.setattr(read, lambda kind, *files: asked.extend(files))
        load_corpus(folder)
        assert {file.parent.name for file in asked} == {"train", "valid", "test"}
    state, arrow = folder / "train" / "state.json", folder / "train" / "data-00000-of-00001.arrow"
    whole, told = arrow.read_bytes(), state.read_text()
    for content in (whole[: len(whole) // 3], whole[:8] + b"\xff" * 100 + whole[108:]):
        arrow.write_bytes(content)
        refused(folder, "data-00000-of-00001.arrow")
    arrow.write_bytes(whole)
    for name in ("../../x.arrow", "/etc/passwd", 3, None):
        state.write_text(json.dumps({"_data_files": [{"filename": name}]}))
        refused(folder, "no files of its own folder")
    state.write_text(json.dumps({"_data_files": [], "_indices_data_files": [{}]}))
    refused(folder, "flatten_indices")
    state.write_text("[" * 100_000)
    refused(folder, "state.json")
    state.write_text(told)
    (folder / "dataset_dict.json").write_text('{"splits": ["../other"]}')
    refused(folder, "train, valid and test")


def test_columns_of_lists_that_do_not_fit(corpus, tmp_path):
    (tmp_path / "clone" / "data").mkdir(parents=True)
    table = corpus.utterances.iloc[corpus.rows("train")].drop(columns="split")
    n = len(table)
    for wrong in (
        [[1.0] * (i + 1) for i in range(n)],
        [[]] * n,
        [[["a"]]] * n,
        [[[[1.0]]]] * n,
        [[[1.0], None], *[[[1.0]]] * (n - 1)],
    ):
        frame = table.assign(audio=pd.Series(wrong, dtype=object, index=table.index))
        frame.to_parquet(tmp_path / "clone" / "data" / "train.parquet")
        refused(tmp_path / "clone", "`audio`")


def test_csd(corpus, tmp_path):
    h5py = pytest.importorskip("h5py")
    folder = layouts.csd(corpus, tmp_path / "csd")
    file = folder / "CMU_MOSI_COVAREP.csd"
    whole = file.read_bytes()
    for content in (b"", whole[:2000], whole[: len(whole) // 2], whole[:64] + whole[128:]):
        file.write_bytes(content)
        refused(folder, "COVAREP")
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as stream:
        stream["x"] = np.ones((3, 2))

    def rebuilt(make):
        file.unlink()
        with h5py.File(file, "w") as stream:
            group = stream.create_group("COVAREP/data/c0")
            group["intervals"] = np.array([[0, 1], [1, 2], [2, 3]])
            make(h5py, group)
        return refused(folder)

    def outside(h5py, group):
        group["features"] = h5py.ExternalLink(str(other), "x")

    def soft(h5py, group):
        group["features"] = h5py.SoftLink("/elsewhere")

    def raw(h5py, group):
        group.create_dataset("features", (3, 2), "f4", external=[(str(other), 0, 24)])

    def virtual(h5py, group):
        layout = h5py.VirtualLayout((3, 2), "f8")
        layout[:] = h5py.VirtualSource(str(other), "x", (3, 2))
        group.create_virtual_dataset("features", layout)

    def claim(h5py, group):
        del group["intervals"]
        for name, width in (("features", 4), ("intervals", 2)):
            group.create_dataset(name, (10**12, width), "f4", chunks=(1000, width))

    def ragged(h5py, group):
        group["features"] = np.ones((2, 2))

    def words(h5py, group):
        group.create_dataset("features", (3, 1), h5py.string_dtype())

    for make in (outside, soft):
        assert "a link" in rebuilt(make)
    for make in (raw, virtual):
        assert "another file" in rebuilt(make)
    assert "claims" in rebuilt(claim)
    for make in (ragged, words):
        rebuilt(make)
    file.unlink()
    (folder / "CMU_MOSI_Opinion_Labels.csd").unlink()
    refused(folder, "labels")


def test_the_child_opens_no_external_storage(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "a.csd", "w") as file:
        outside = [(str(tmp_path / "missing"), 0, 24)]
        file.create_dataset("features", (3, 2), "f4", external=outside)
    probe("hdf5", tmp_path / "a.csd")  # to read what is not there would be an error


def test_the_child_takes_the_fall(tmp_path, monkeypatch):
    (tmp_path / "a.parquet").write_bytes(b"x")
    child = tmp_path / "child.py"
    monkeypatch.setattr("mmmie.corpus.isolated_reading._CHILD", child)
    child.write_text("import os; os.abort()")
    with pytest.raises(InputError, match=r"a\.parquet: is damaged .*its reader broke off"):
        probe("parquet", tmp_path / "a.parquet")
    child.write_text("import time; time.sleep(60)")
    monkeypatch.setattr("mmmie.corpus.isolated_reading._SECONDS", 0.5)
    with pytest.raises(InputError, match="takes too long"):
        probe("parquet", tmp_path / "a.parquet")


def test_a_file_that_was_read_well_is_read_again_only_when_it_changed(tmp_path, monkeypatch):
    child = tmp_path / "child.py"
    monkeypatch.setattr("mmmie.corpus.isolated_reading._CHILD", child)
    files = [tmp_path / name for name in ("a.parquet", "b.parquet")]
    for file in files:
        file.write_bytes(b"x")
    child.write_text("")
    probe("parquet", *files)
    child.write_text("import os, sys; print(*sys.argv[2:], sep='\\n', flush=True); os.abort()")
    probe("parquet", *files)
    with pytest.raises(InputError, match=r"a\.parquet"):
        probe("arrow", files[0])  # by another reader
    files[1].write_bytes(b"y")
    with pytest.raises(InputError, match=r"b\.parquet: is damaged .*its reader broke off"):
        probe("parquet", *files)
    os.utime(files[0], ns=(0, 0))
    with pytest.raises(InputError, match=r"a\.parquet"):
        probe("parquet", files[0])
