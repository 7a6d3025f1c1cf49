"""A table with arrays that somebody sends becomes a corpus folder, or nothing at all."""

from __future__ import annotations

import io
import pickle

import numpy as np
import pytest

from mmmie.datasets import load_corpus
from mmmie.datasets.uploads import keep_pickle, keep_table
from mmmie.errors import InputError

TABLE = b"conversation,position,transcript\nc0,0,hello\nc0,1,=1+1\n"


def array(rows: int = 2) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(rows * 3, dtype=np.float32).reshape(rows, 3))
    return stream.getvalue()


def sent(**files: bytes) -> dict[str, io.BytesIO]:
    return {name.replace("__", "."): io.BytesIO(content) for name, content in files.items()}


def test_a_table_with_an_array_is_kept(tmp_path):
    for name in ("mine", "mine-2"):
        folder = keep_table(sent(mine__csv=TABLE, audio__npy=array()), tmp_path)
        assert folder == tmp_path / name
    corpus = load_corpus(folder, unlabelled=True)
    assert corpus.features["audio"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert list(corpus.utterances["transcript"]) == ["hello", "=1+1"]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["mine", "mine-2"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"audio.npy": array()}, "holds 0 tables"),
        ({"a.csv": TABLE, "b.csv": TABLE}, "holds 2 tables"),
        ({"a.csv": TABLE}, "a.csv: has no features"),
        ({"a.csv": TABLE, "audio.npy": array(3)}, "audio.npy"),
        ({"a.csv": TABLE, "../audio.npy": array()}, "rename it"),
        ({"a.csv": TABLE, ".npy": array()}, "rename it"),
        ({"a.csv": TABLE, "run.py": b"1"}, "rename it"),
        ({"a.csv": TABLE, f"{'a' * 200}.npy": array()}, "rename it"),
        ({"a.csv": TABLE + b"c0,1,x,../../etc/x.npy\n", "audio.npy": array()}, "a.csv"),
        ({"a.csv": b"id,audio\na_0,../x.npy\n"}, "outside its folder"),
    ],
)
def test_anything_else_is_refused_and_nothing_stays(tmp_path, files, words):
    with pytest.raises(InputError, match=words) as caught:
        keep_table({name: io.BytesIO(content) for name, content in files.items()}, tmp_path)
    assert "\n" not in str(caught.value) and ".unpacking" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../a.pkl", "a.zip", ".pkl", "a/b.pkl", f"{'a' * 200}.pkl"])
def test_the_name_of_a_pickle_leads_nowhere(tmp_path, name):
    with pytest.raises(InputError, match="rename it"):
        keep_pickle(name, io.BytesIO(b""), tmp_path / "in")
    assert list(tmp_path.rglob("*")) in ([], [tmp_path / "in"])


class Runs:
    def __reduce__(self):
        return eval, ("1 / 0",)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(Runs()), pickle.dumps({})])
def test_a_pickle_with_a_fault_leaves_nothing(tmp_path, content):
    with pytest.raises(InputError) as caught:
        keep_pickle("a.pkl", io.BytesIO(content), tmp_path)
    assert str(caught.value).startswith("a.pkl: ") and "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
