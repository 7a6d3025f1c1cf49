"""What somebody sends, under whatever name, becomes a corpus folder, or nothing at all."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.datasets.uploads import keep_upload
from mmmie.errors import InputError
from tests.datasets import layouts

TABLE = b"conversation,position,transcript\nc0,0,hello\nc0,1,=1+1\n"
SEQUENCES = {"text": "sequence", "audio": "sequence", "vision": "sequence"}


def array(rows: int = 2) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.arange(rows * 3, dtype=np.float32).reshape(rows, 3))
    return stream.getvalue()


def sent(files: dict[str, bytes]) -> dict[str, io.BytesIO]:
    return {name: io.BytesIO(content) for name, content in files.items()}


def zipped(folder: Path, top: str = "", more: dict[str, bytes] | None = None) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, top + file.relative_to(folder).as_posix())
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def refused(tmp_path: Path, files: dict[str, bytes]) -> str:
    with pytest.raises(InputError) as caught:
        keep_upload(sent(files), tmp_path / "in", unlabelled=True)
    line = str(caught.value)
    assert "\n" not in line and str(tmp_path) not in line
    assert [p for p in tmp_path.rglob("*") if p.name != "in"] == []
    return line


@pytest.fixture
def corpus(make_corpus):
    return make_corpus(levels=SEQUENCES, splits=("train", "valid", "test"), conversations=6)


@pytest.fixture
def mmsa(corpus) -> bytes:
    return pickle.dumps(layouts.mmsa(corpus), 4)


def test_a_table_with_an_array_is_kept(tmp_path):
    for name in ("mine", "mine-2"):
        files = sent({"mine.csv": TABLE, "audio.npy": array()})
        folder = keep_upload(files, tmp_path, unlabelled=True)
        assert folder == tmp_path / name
    corpus = load_corpus(folder, unlabelled=True)
    assert corpus.features["audio"].values.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert list(corpus.utterances["transcript"]) == ["hello", "=1+1"]
    assert sorted(f.name for f in tmp_path.iterdir()) == ["mine", "mine-2"]


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("数据.pkl", "数据"),
        ("corpus.pkl", "corpus"),
        ("unaligned_50 (1).pkl", "unaligned_50-1"),
        ("mosi.p", "mosi"),
        ("mosi.PKL", "mosi"),
        ("my data v1.2.pickle", "my-data-v1.2"),
        ("ends with a dot.pkl.", "ends-with-a-dot"),
        ("mosi", "mosi"),
        ("😀.pkl", "corpus"),
        ("été.pkl", "été"),
        ("\u202egnp.pkl", "gnp"),
        ("con.pkl", None),
        ("a:b*c?.pkl", "a-b-c"),
        ("=cmd.pkl", "cmd"),
        ("x" * 250 + ".pkl", None),
        ("数" * 200 + ".pkl", None),
    ],
)  # fmt: skip
def test_any_name_is_kept_and_leads_nowhere(tmp_path, mmsa, name, folder):
    twice = folder in (None, "unaligned_50-1")  # the second gets a number
    for _ in range(1 + twice):
        found = keep_upload(sent({name: mmsa}), tmp_path / "in")
        assert found.parent == tmp_path / "in" and len(found.name.encode()) < 250
    assert len(load_corpus(found)) == 30
    assert folder is None or found.name == f"{folder}{'-2' * twice}"
    assert len(list((tmp_path / "in").iterdir())) == 1 + twice
    assert list(tmp_path.iterdir()) == [tmp_path / "in"]


def test_arrays_keep_their_names_as_modalities(tmp_path):
    files = sent({"表.csv": TABLE, "语音.npy": array(), "my face.npy": array()})
    found = load_corpus(keep_upload(files, tmp_path, unlabelled=True), unlabelled=True)
    assert set(found.modalities) == {"语音", "my face"} and found.path == tmp_path / "表"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"audio.npy": array(), "text.npy": array()}, "table"),
        ({"a.csv": TABLE}, "a.csv: has no features"),
        ({"a.csv": TABLE, "audio.npy": array(3)}, "upload/audio.npy|`audio.npy`"),
        ({"a.csv": TABLE, "../audio.npy": array()}, "rename it"),
        ({"a.csv": TABLE, "..\\audio.npy": array()}, "rename it"),
        ({"a.csv": TABLE, ".npy": array()}, "rename it"),
        ({"/a.csv": TABLE}, "rename it"),
        ({"a.csv": TABLE, "audio.npy": array(), "Audio.npy": array()}, "rename one"),
        ({"a.csv": TABLE, "\u00e9.npy": array(), "e\u0301.npy": array()}, "rename one"),
        ({"a.csv": TABLE, "b.zip": b""}, "send it alone"),
        ({"run.py": b"1"}, "is of no known format"),
        ({"a.csv": TABLE + b"c0,1,x,../../etc/x.npy\n", "audio.npy": array()}, "upload"),
        ({"a.csv": b"id,audio\na_0,../x.npy\n"}, "outside its folder"),
    ],
)
def test_anything_else_is_refused_and_nothing_stays(tmp_path, files, words):
    line = refused(tmp_path, files)
    assert any(word in line for word in words.split("|")), line
    assert ".unpacking" not in line


@pytest.mark.parametrize("name", ["../a.pkl", "a/b.pkl", "..\\b.pkl", ".pkl", "/etc/a.pkl"])
def test_a_path_is_no_name(tmp_path, name):
    assert "rename it" in refused(tmp_path, {name: b""})


class Runs:
    def __reduce__(self):
        return eval, ("1 / 0",)


@pytest.mark.parametrize("content", [b"", b"no pickle", pickle.dumps(Runs()), pickle.dumps({})])
def test_a_pickle_with_a_fault_leaves_nothing(tmp_path, content):
    assert refused(tmp_path, {"a.pkl": content}).startswith("a.pkl: ")


def test_1000_files_may_be_sent_at_most(tmp_path):
    with pytest.raises(InputError, match="1,001 files"):
        keep_upload({f"{i}.npy": io.BytesIO() for i in range(1001)}, tmp_path / "corpora")


def test_labels_may_be_missing_only_where_they_are_not_needed(tmp_path):
    files = {"mine.csv": TABLE, "audio.npy": array()}
    with pytest.raises(InputError, match="has no labels"):
        keep_upload(sent(files), tmp_path)
    assert list(tmp_path.iterdir()) == []


def hugging_face_clone(corpus, folder):
    (folder / "data").mkdir(parents=True)
    for split, rows in layouts.rows_of(corpus).items():
        table = corpus.utterances.iloc[rows].drop(columns="split").reset_index(drop=True)
        table["audio"] = [corpus.features["audio"].of(row).tolist() for row in rows]
        table.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


def misa(corpus, folder):
    folder.mkdir()
    keys = {"train": "train", "valid": "dev", "test": "test"}
    for name, part in layouts.segments(corpus).items():
        layouts.write_pickle(part, folder / f"{keys.get(name, name)}.pkl")
    return folder


def one_pickle(corpus, folder):
    folder.mkdir()
    layouts.write_pickle(layouts.mmsa(corpus), folder / "unaligned_50 (1).pkl")
    return folder


def csd(corpus, folder):
    pytest.importorskip("h5py")
    layouts.csd(corpus, folder)
    return folder


FOLDERS = {
    "table": layouts.table_with_npy,
    "files in folders": lambda c, f: layouts.table_with_npy(c, f, each=True),
    "saved": layouts.saved_dataset,
    "clone": hugging_face_clone,
    "misa": misa,
    "pickle": one_pickle,
    "csd": csd,
}


TOPS = {  # of each a folder of files alone, and one with folders in it
    "": ("table", "pickle", "saved"),
    "mine/": ("misa", "pickle", "files in folders"),
    "下载/mine/": ("csd", "pickle", "clone"),
}


@pytest.mark.parametrize(("top", "kind"), [(top, kind) for top in TOPS for kind in TOPS[top]])
def test_a_zip_of_every_folder_that_can_be_opened(tmp_path, corpus, top, kind):
    folder = FOLDERS[kind](corpus, tmp_path / "mine")
    files = list(folder.iterdir())
    wanted = load_corpus(files[0] if len(files) == 1 and files[0].is_file() else folder)
    junk = {"__MACOSX/._x": b"x", f"{top}README.md": b"# mine", f"{top}.DS_Store": b""}
    archive = zipped(folder, top, junk)
    found = load_corpus(keep_upload({"mine.zip": archive}, tmp_path / "in"))
    assert found.fingerprint == wanted.fingerprint and found.label == wanted.label
    assert found.modalities == wanted.modalities and found.notes == wanted.notes
    [kept] = (tmp_path / "in").iterdir()
    assert kept.name in ("mine", "unaligned_50-1")


def test_a_zip_of_a_corpus_folder_is_read_as_one(tmp_path, corpus):
    save_corpus_folder(corpus, tmp_path / "mine")
    found = keep_upload({"我的.zip": zipped(tmp_path / "mine")}, tmp_path / "in")
    assert found.name == "我的" and load_corpus(found).fingerprint == corpus.fingerprint
    (tmp_path / "mine" / "run.py").write_text("")
    with pytest.raises(InputError, match=r"run\.py"):
        keep_upload({"mine.zip": zipped(tmp_path / "mine")}, tmp_path / "in")


@pytest.mark.parametrize(
    "name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "C:/x.csv", "a\\..\\x.csv", "../"]
)
def test_no_path_in_a_zip_leads_out(tmp_path, corpus, name):
    folder = layouts.table_with_npy(corpus, tmp_path / "mine")
    archive = zipped(folder, "", {name: b""})
    with pytest.raises(InputError, match="leads out"):
        keep_upload({"mine.zip": archive}, tmp_path / "in")
    assert list((tmp_path / "in").iterdir()) == []


def test_links_bombs_and_doubles_in_a_zip_are_refused(tmp_path, corpus):
    folder = layouts.table_with_npy(corpus, tmp_path / "mine")
    link = zipfile.ZipInfo("x.npy")
    link.external_attr = 0o120777 << 16
    stream = zipped(folder)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    for content, words in (
        (stream, "is a link"),
        (zipped(folder, "", {"LABELS.csv": b""}), "twice"),
        (zipped(folder, "", {"/".join("abcdefgh"): b""}), "too deep"),
        (zipped(folder, "", {f"{i}.txt": b"" for i in range(10_001)}), "entries"),
        (io.BytesIO(b"PK no zip"), "is damaged or no zip"),
    ):
        content.seek(0)
        with pytest.raises(InputError, match=words) as caught:
            keep_upload({"mine.zip": content}, tmp_path / "in")
        assert "\n" not in str(caught.value) and str(tmp_path) not in str(caught.value)
    assert list((tmp_path / "in").iterdir()) == []


def test_files_of_a_folder_can_be_sent_one_by_one(tmp_path, corpus):
    folder = misa(corpus, tmp_path / "mine")
    files = sent({file.name: file.read_bytes() for file in folder.iterdir()})
    found = load_corpus(keep_upload(files, tmp_path / "in"))
    assert found.fingerprint == load_corpus(folder).fingerprint
    table = pd.read_csv(tmp_path / "in" / found.path.name / "utterances.csv")
    assert len(table) == len(corpus)
