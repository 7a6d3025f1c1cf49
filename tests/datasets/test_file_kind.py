"""Files that hold no corpus are named for what they are, with the way out."""

import bz2
import gzip
import lzma
import pickle
import tarfile
import zipfile
import zlib

import numpy as np
import pytest

from mmmie.datasets import load_corpus
from mmmie.errors import InputError

RAW = pickle.dumps({"train": {"id": ["a$_$0"], "regression_labels": [1.0], "text": [[1.0]]}}, 4)


def refusal(path):
    with pytest.raises(InputError) as caught:
        load_corpus(path)
    line = str(caught.value)
    assert "\n" not in line and path.name in line and "damaged" not in line
    return line


@pytest.mark.parametrize("name", ["a.pkl", "a.pkl.gz", "my file.p", "a"])
@pytest.mark.parametrize(
    ("pack", "program"),
    [(gzip.compress, "gzip -d"), (bz2.compress, "bzip2 -d"), (lzma.compress, "xz -d")],
)
def test_packed_pickles(tmp_path, name, pack, program):
    (tmp_path / name).write_bytes(pack(RAW))
    assert program in refusal(tmp_path / name)


def test_archives(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pkl", "w") as archive:
        archive.writestr("b.pkl", RAW)
    assert "zip archive" in refusal(tmp_path / "a.pkl")
    np.savez(tmp_path / "b.npz", text=np.ones((2, 2)))
    np.savez_compressed(tmp_path / "train.pkl.npz", text=np.ones((2, 2)))
    for name in ("b.npz", "train.pkl.npz"):
        assert "numpy.save" in refusal(tmp_path / name)
    for name, mode in (("c.tar", "w"), ("c.tar.gz", "w:gz"), ("c.tgz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.add(tmp_path / "a.pkl", "a.pkl")
        assert "tar -xf" in refusal(tmp_path / name)
    (tmp_path / "d.joblib").write_bytes(zlib.compress(RAW))
    assert "joblib.load" in refusal(tmp_path / "d.joblib")


def test_tensors_hdf5_and_what_is_not_the_file(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"a": torch.ones(2)}, tmp_path / "a.pt")
    assert "torch.save" in refusal(tmp_path / "a.pt")
    heads = {
        "mosi.h5": (b"\x89HDF\r\n\x1a\n", "HDF5"),
        "mosi.mat": (b"MATLAB 7.3 MAT-file, Platform", "MATLAB"),
        "old.mat": (b"MATLAB 5.0 MAT-file, Platform", "loadmat"),
        "lfs.pkl": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        "page.pkl": (b"<!DOCTYPE html><html>", "web page"),
    }
    for name, (head, word) in heads.items():
        (tmp_path / name).write_bytes(head + bytes(600))
        assert word in refusal(tmp_path / name)


def test_a_folder_tells_of_the_files_in_it(tmp_path):
    (tmp_path / "mosi").mkdir()
    (tmp_path / "mosi" / "unaligned_50.pkl").write_bytes(RAW)
    assert "unaligned_50.pkl" in refusal(tmp_path / "mosi")
    (tmp_path / "misa").mkdir()
    for name in ("train.pkl", "dev.pkl"):
        (tmp_path / "misa" / name).write_bytes(gzip.compress(RAW))
    with pytest.raises(InputError, match=r"train\.pkl: .*gzip"):
        load_corpus(tmp_path / "misa")


def test_what_a_pickle_holds_is_said(tmp_path):
    for value, words in (
        ({"X_train": np.ones(2), "y\n": 1}, ["'X_train'", r"'y\n'"]),
        ((np.ones((2, 3)), "a"), ["2 entries", "(2, 3)"]),
    ):
        (tmp_path / "a.pkl").write_bytes(pickle.dumps(value))
        assert all(word in refusal(tmp_path / "a.pkl") for word in words)
