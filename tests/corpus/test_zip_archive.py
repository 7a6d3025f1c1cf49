"""Corpora as zip files: what is packed is unpacked, and nothing else gets out of an archive."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmmie.corpus import Corpus
from mmmie.corpus import zip_archive as corpus_archive
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.corpus.zip_archive import pack_corpus, unpack_corpus, unpack_folder
from mmmie.errors import InputError

MakeCorpus = Callable[..., Corpus]


@pytest.fixture
def parts(make_corpus: MakeCorpus, tmp_path: Path) -> dict[str, bytes]:
    """The three files of a small corpus."""
    folder = tmp_path / "source"
    save_corpus_folder(make_corpus(), folder)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def zipped(files: dict[str, bytes], folder: str = "mine/") -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return stream


def faults_of(stream: io.BytesIO, into: Path, **options: int) -> list[str]:
    with pytest.raises(InputError) as caught:
        unpack_corpus(stream, into, name="sent.zip", **options)
    assert list(into.iterdir()) == []  # nothing stays
    assert all("\n" not in fault and fault.startswith("sent.zip") for fault in caught.value.faults)
    return caught.value.faults


def test_what_is_packed_is_unpacked(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus = make_corpus(classes=("no", "yes"))
    file = tmp_path / "one.zip"
    pack_corpus(corpus, file)
    found = unpack_corpus(file, tmp_path / "corpora")
    assert found == tmp_path / "corpora" / "small"
    back = open_corpus_folder(found)
    assert back.fingerprint == corpus.fingerprint and back.label == corpus.label


def test_a_corpus_without_labels_is_unpacked_only_to_be_predicted(
    parts: dict[str, bytes], tmp_path: Path
) -> None:
    lines = parts["utterances.csv"].decode().splitlines()
    place = lines[0].split(",").index("label")
    rows = [line.split(",") for line in lines]
    parts["utterances.csv"] = "\n".join(
        ",".join([*row[:place], *row[place + 1 :]]) for row in rows
    ).encode()
    faults = faults_of(zipped(parts), tmp_path / "corpora")
    assert "has no labels; only `mmmie predict` can use it" in faults[0]
    found = unpack_corpus(zipped(parts), tmp_path / "corpora", unlabelled=True)
    assert not open_corpus_folder(found, unlabelled=True).labelled.any()


@pytest.mark.parametrize("folder", ["", "mine/", "./mine/"])
def test_files_lie_at_the_top_or_in_one_folder(
    parts: dict[str, bytes], tmp_path: Path, folder: str
) -> None:
    found = unpack_corpus(zipped(parts, folder), tmp_path / "corpora", name="sent.zip")
    assert found.name == ("mine" if folder else "sent")
    assert sorted(f.name for f in found.iterdir()) == sorted(parts)


def test_an_existing_corpus_is_never_touched(parts: dict[str, bytes], tmp_path: Path) -> None:
    taken = tmp_path / "mine"
    taken.mkdir()
    names = [unpack_corpus(zipped(parts), tmp_path).name for _ in range(2)]
    assert names == ["mine-2", "mine-3"] and list(taken.iterdir()) == []


def test_what_file_managers_add_is_left_out(parts: dict[str, bytes], tmp_path: Path) -> None:
    extra = {"__MACOSX/mine/._corpus.json": b"x", "mine/.DS_Store": b"x"}
    files = {**{f"mine/{name}": content for name, content in parts.items()}, **extra}
    found = unpack_corpus(zipped(files, ""), tmp_path / "corpora")
    assert sorted(f.name for f in found.iterdir()) == sorted(parts)


@pytest.mark.parametrize(
    "name",
    ["../corpus.json", "/etc/corpus.json", "mine/../../corpus.json", "C:/corpus.json",
     "mine\\..\\corpus.json", "../"],
)  # fmt: skip
def test_no_path_leads_out(parts: dict[str, bytes], tmp_path: Path, name: str) -> None:
    (tmp_path / "corpora").mkdir()
    stream = zipped({**{f"mine/{part}": content for part, content in parts.items()}}, "")
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), b"")
    assert "leads out" in faults_of(stream, tmp_path / "corpora")[0]


def test_links_are_refused(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    table = parts.pop("utterances.csv")
    stream = zipped(parts)
    link = zipfile.ZipInfo("mine/utterances.csv")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    assert table and "is a link" in faults_of(stream, tmp_path / "corpora")[0]


def test_every_fault_of_an_archive_is_listed(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    del parts["features.safetensors"]
    files = {f"mine/{name}": content for name, content in parts.items()}
    files |= {"mine/run.py": b"print()", "mine/deep/er/corpus.json": b"{}", "other/x.csv": b""}
    files["mine/utterances.parquet"] = b""
    said = "\n".join(faults_of(zipped(files, ""), tmp_path / "corpora"))
    for words in ("run.py", "too deep", "x.csv", "features.safetensors is missing", "holds both"):
        assert words in said


def test_a_corpus_twice_or_torn_apart(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    twice = {f"{folder}/{name}": b"" for folder in "ab" for name in parts}
    said = "\n".join(faults_of(zipped(twice, ""), tmp_path / "corpora"))
    assert "not in one folder" in said and "holds corpus.json twice" in said


def test_no_more_is_unpacked_than_agreed(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    bomb = {**parts, "features.safetensors": bytes(5_000_000)}
    stream = zipped(bomb)
    assert len(stream.getvalue()) < 20_000
    faults = faults_of(stream, tmp_path / "corpora", most_bytes=1_000_000)
    assert any("features.safetensors would be 4.8 MB" in fault for fault in faults)
    description = {**parts, "corpus.json": bytes(2_000_000)}
    assert "at most 1.0 MB" in faults_of(zipped(description), tmp_path / "corpora")[0]


def test_a_small_archive_does_not_unpack_to_much(
    parts: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpora").mkdir()
    monkeypatch.setattr(corpus_archive, "_LEAST_ROOM", 2**20)
    unpack_corpus(zipped(parts), tmp_path / "other")
    bomb = zipped({**parts, "features.safetensors": bytes(5_000_000)})
    assert any("4.8 MB" in fault for fault in faults_of(bomb, tmp_path / "corpora"))
    (tmp_path / "scratch").mkdir()
    with pytest.raises(InputError, match="4.8 MB"):
        unpack_folder(zipped({"a.npy": bytes(5_000_000)}), tmp_path / "scratch", name="sent.zip")
    several = zipped({f"{name}.npy": bytes(1_000_000) for name in "abcde"})
    with pytest.raises(InputError, match="4.8 MB"):  # each is small, all together are not
        unpack_folder(several, tmp_path / "scratch", name="sent.zip")


@pytest.mark.parametrize("damage", ["text", "cut", "flipped"])
def test_a_damaged_archive_is_told(parts: dict[str, bytes], tmp_path: Path, damage: str) -> None:
    (tmp_path / "corpora").mkdir()
    content = bytearray(zipped(parts).getvalue())
    if damage == "flipped":
        content[200:220] = bytes(20)
    said = {"text": b"no zip", "cut": bytes(content[:-40]), "flipped": bytes(content)}[damage]
    assert "is damaged or no zip" in faults_of(io.BytesIO(said), tmp_path / "corpora")[0]


def test_every_fault_of_the_corpus_is_listed(parts: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "corpora").mkdir()
    described = json.loads(parts["corpus.json"])
    del described["name"]
    described["modalities"]["audio"]["dim"] = 9
    table = parts["utterances.csv"].decode().replace(",train,", ",learn,", 3)
    broken = {**parts, "corpus.json": json.dumps(described).encode(),
              "utterances.csv": table.encode()}  # fmt: skip
    faults = faults_of(zipped(broken), tmp_path / "corpora")
    said = "\n".join(faults)
    assert "sent.zip/corpus.json: `name`" in said
    assert "sent.zip/utterances.csv: `split`" in said and "(3 rows like this)" in said
    assert "sent.zip/features.safetensors: tensor `audio`" in said
    assert str(tmp_path) not in said


def test_names_become_one_folder_on_any_system(make_corpus: MakeCorpus, tmp_path: Path) -> None:
    corpus = make_corpus()
    corpus.name = "../Où est-ce?\n" + 90 * "x"
    stream = io.BytesIO()
    pack_corpus(corpus, stream)
    found = unpack_corpus(stream, tmp_path)
    assert found.parent == tmp_path and len(found.name) <= 60
    assert np.all([letter.isalnum() or letter in "-._" for letter in found.name])
