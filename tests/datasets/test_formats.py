"""Every format of the field, in its true layout, loads to the corpus it was made from."""

from pathlib import Path

import numpy as np
import pytest

from mmmie.corpus import Features, Label
from mmmie.corpus.folder import open_corpus_folder, save_corpus_folder
from mmmie.datasets import convert_corpus, load_corpus, recognise_corpus, streamed_corpus
from mmmie.datasets.formats import registry
from mmmie.datasets.formats.mmsa_export import save_mmsa
from mmmie.errors import InputError
from tests.datasets import layouts

SEQUENCES = {"text": "sequence", "audio": "sequence", "vision": "sequence"}
VECTORS = {"text": "utterance", "audio": "utterance", "vision": "utterance"}
ALL = ("text", "audio", "vision")


@pytest.fixture
def corpus(make_corpus):
    made = make_corpus(levels=SEQUENCES, splits=("train", "valid", "test"), conversations=6)
    made.utterances["label"] = made.utterances["label"].astype(np.float32).astype(float)
    return made.select(np.random.default_rng(0).permutation(len(made)))


def assert_same(read, corpus, modalities=ALL, transcripts=True, splits=True):
    """The same utterance at the same place, whatever its name and row."""
    assert list(read.modalities) == list(modalities)
    rows = {}
    for row, place in enumerate(
        zip(corpus.utterances["conversation"], corpus.utterances["position"], strict=True)
    ):
        rows[place] = row
    assert len(read) == len(corpus)
    for at in range(len(read)):
        found = read.utterances.iloc[at]
        row = rows[found["conversation"], found["position"]]
        wanted = corpus.utterances.iloc[row]
        assert found["label"] == wanted["label"]
        assert not splits or found["split"] == wanted["split"]
        assert not transcripts or found["transcript"] == wanted["transcript"]
        for name in modalities:
            np.testing.assert_array_equal(read.features[name].of(at), corpus.features[name].of(row))


def twice(file, tmp_path):
    """In memory, and streamed into a corpus folder: the same."""
    read = load_corpus(file)
    count = convert_corpus(file, tmp_path / "converted")
    again = open_corpus_folder(tmp_path / "converted")
    assert count == len(read) == len(again)
    assert again.fingerprint == read.fingerprint and again.label == read.label
    assert again.description == read.description and again.modalities == read.modalities
    return read


@pytest.mark.parametrize(
    "quirks",
    [{}, {"aligned": True}, {"lists": True, "numpy_ids": True}, {"sims": True}],
)
def test_mmsa(corpus, tmp_path, quirks):
    if quirks.get("aligned"):  # one number of steps for all modalities
        for name in ("audio", "vision"):
            corpus.features[name] = corpus.features["text"]
    if quirks.get("sims"):
        corpus.utterances["label"] /= 4
        corpus.label = Label("sentiment", "regression", (-1.0, 1.0))
    file = layouts.write_pickle(layouts.mmsa(corpus, **quirks), tmp_path / "a.pkl")
    read = twice(file, tmp_path)
    assert_same(read, corpus)
    assert read.label == corpus.label
    assert read.utterances["annotation"].isin(["Negative", "Neutral", "Positive"]).all()
    if quirks.get("sims"):
        np.testing.assert_allclose(
            read.utterances["label_vision"], read.utterances["label"] / 2, atol=1e-6
        )


@pytest.mark.parametrize("protocol", range(6))
def test_every_protocol(corpus, tmp_path, protocol):
    file = layouts.write_pickle(layouts.mmsa(corpus, lists=True), tmp_path / "a.pkl", protocol)
    assert_same(load_corpus(file), corpus)


def test_audio_that_is_not_finite_becomes_zero_and_is_told(corpus, tmp_path):
    content = layouts.mmsa(corpus)
    content["train"]["audio"][0, 0, :2] = -np.inf, np.nan
    file = layouts.write_pickle(content, tmp_path / "a.pkl")
    read = twice(file, tmp_path)
    assert "2 numbers of audio that were not finite are set to 0." in " ".join(read.notes)
    row = read.rows("train")[0]
    assert not read.features["audio"].of(row)[0, :2].any()


def test_a_video_in_two_splits_is_two_conversations(corpus, tmp_path):
    content = layouts.mmsa(corpus)
    first = content["train"]["id"][0]
    content["train"]["id"][0] = "c1$_$7"  # c1 is in valid
    file = layouts.write_pickle(content, tmp_path / "a.pkl")
    names = set(load_corpus(file).utterances["conversation"])
    assert {"c1 (train)", "c1 (valid)"} <= names and first.split("$_$")[0] in names


def test_mmsa_classes(corpus, tmp_path):
    content = layouts.mmsa(corpus)
    for part in content.values():
        del part["regression_labels"]
    read = load_corpus(layouts.write_pickle(content, tmp_path / "a.pkl"))
    assert read.label.kind == "classification"
    assert list(read.label.classes) == sorted(set(read.utterances["annotation"]))


@pytest.mark.parametrize("change", [False, True])
def test_what_mmsa_export_wrote_comes_back_whole(make_corpus, tmp_path, change):
    levels = {"smell": "sequence", "text": "sequence", "audio": "utterance", "vision": "sequence"}
    corpus = make_corpus(levels=levels, splits=("train", "valid"), label_range=(1.0, 5.0))
    if change:
        corpus.features["vision"] = Features(
            corpus.features["vision"].values.astype(np.float16), corpus.features["vision"].offsets
        )
        corpus.utterances["position"] += 3
        corpus.utterances["start"] = np.arange(len(corpus)) / 3
        corpus.utterances.loc[2, "speaker"] = None
        corpus.utterances.loc[1, "transcript"] = "naïve \U0001f600\n"
    corpus = corpus.select(np.random.default_rng(1).permutation(len(corpus)))
    save_mmsa(corpus, tmp_path / "a.pkl")
    read = twice(tmp_path / "a.pkl", tmp_path)
    assert read.fingerprint == corpus.fingerprint
    assert read.label == corpus.label and read.modalities == corpus.modalities
    assert read.name == corpus.name and list(read.utterances) == list(corpus.utterances)
    for name in corpus.utterances:
        held, wanted = read.utterances[name], corpus.utterances[name]
        assert list(held.where(held.notna(), "-")) == list(wanted.where(wanted.notna(), "-"))
    for name, features in corpus.features.items():
        assert read.features[name].values.dtype == features.values.dtype
        np.testing.assert_array_equal(read.features[name].values, features.values)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("ids", ["bytes", "objects"])
def test_mult(corpus, tmp_path, left, ids):
    file = layouts.write_pickle(layouts.mult(corpus, left=left, ids=ids), tmp_path / "a.pkl")
    read = twice(file, tmp_path)
    assert_same(read, corpus, transcripts=False)
    np.testing.assert_allclose(read.utterances["start"], read.utterances["position"] * 2.5)


def test_mult_iemocap(corpus, tmp_path):
    content = layouts.mult(corpus, ids=None)
    for part in content.values():
        n = len(part["labels"])
        part["labels"] = np.zeros((n, 4, 2), np.int64)
        part["labels"][..., 0] = 1
        part["labels"][np.arange(n), np.arange(n) % 4] = [0, 1]
    read = load_corpus(layouts.write_pickle(content, tmp_path / "a.pkl"))
    train = read.utterances[read.utterances["split"] == "train"]
    assert list(train["label"][:5]) == ["neutral", "happy", "sad", "angry", "neutral"]
    assert read.utterances["conversation"].is_unique


@pytest.mark.parametrize(
    "quirks",
    [
        {"words": "strings"},
        {"words": "strings", "ids": "{}_{}"},
        {"lengths": True},
        {"seven": True},
    ],
)
def test_segments_in_a_dictionary(corpus, tmp_path, quirks):
    file = layouts.write_pickle(layouts.segments(corpus, **quirks), tmp_path / "mosi.pkl")
    read = twice(file, tmp_path)
    assert_same(read.with_modalities(["audio", "vision"]), corpus, ("audio", "vision"))
    assert ("emotion_fear" in read.utterances) == bool(quirks.get("seven"))


def test_segments_in_three_files(corpus, tmp_path):
    folder = tmp_path / "MOSI"
    folder.mkdir()
    for split, part in layouts.segments(corpus).items():
        layouts.write_pickle(part, folder / f"{split}.pkl")
    assert_same(twice(folder, tmp_path), corpus, ("audio", "vision"))
    valid = load_corpus(folder / "dev.pkl")
    assert valid.splits == ["valid"] and len(valid) == len(corpus.rows("valid"))


@pytest.mark.parametrize("meld", [False, True])
def test_contextual(make_corpus, tmp_path, meld):
    classes = (
        ("neutral", "positive", "negative")
        if meld
        else ("happy", "sad", "neutral", "angry", "excited", "frustrated")
    )
    modalities = ("text", "audio") if meld else ALL
    corpus = make_corpus(levels=VECTORS, classes=classes, splits=("train", "train", "test"))
    value = layouts.contextual(corpus, meld=meld)
    file = layouts.write_pickle(value, tmp_path / "features.pkl", 2)
    read = twice(file, tmp_path)
    assert read.label.classes == classes
    assert_same(read, corpus, modalities, splits=False)
    assert read.splits == ["train", "valid", "test"]
    own = read.utterances["speaker"].str.split(" · ")
    assert set(own.str[-1]) == ({"0", "1"} if meld else {"F", "M"})
    assert not meld or list(own.str[0]) == list(read.utterances["conversation"])
    tested = set(read.utterances.loc[read.utterances["split"] == "test", "conversation"])
    assert tested == {"c2", "c5", "c8", "c11"}


@pytest.mark.parametrize(("parquet", "each"), [(False, True), (True, False)])
def test_table_with_npy(corpus, tmp_path, parquet, each):
    folder = layouts.table_with_npy(corpus, tmp_path / "mine", parquet=parquet, each=each)
    read = twice(folder, tmp_path)
    assert_same(read.with_modalities(list(ALL)), corpus)
    assert list(read.utterances["id"]) == list(corpus.utterances["id"])
    (file,) = [*folder.glob("labels.*")]
    assert load_corpus(file).fingerprint == read.fingerprint


def test_a_table_under_other_names_and_without_splits(corpus, tmp_path):
    table = corpus.utterances.drop(columns=["id", "split"])
    names = {"conversation": "Dialogue_ID", "position": "Utterance_ID", "transcript": "Utterance"}
    (tmp_path / "mine").mkdir()
    table.rename(columns=names).to_csv(tmp_path / "mine" / "train_set.csv", index=False)
    np.save(tmp_path / "mine" / "audio.npy", np.ones((len(corpus), 3)))
    read = load_corpus(tmp_path / "mine")
    assert list(read.utterances["transcript"]) == list(corpus.utterances["transcript"])
    assert {"train", "valid"} <= set(read.splits) and read.modalities["audio"].level == "utterance"
    assert "70 %" in read.notes[0]


def test_hugging_face(corpus, tmp_path):
    folder = layouts.saved_dataset(corpus, tmp_path / "dataset")
    assert_same(twice(folder, tmp_path), corpus)


def test_hugging_face_itself_writes_what_is_read(corpus, tmp_path):
    datasets = pytest.importorskip("datasets")
    parts = {}
    for split in corpus.splits:
        own = corpus.select(corpus.rows(split))
        columns = {name: own.utterances[name].tolist() for name in own.utterances}
        columns["label"] = [int(x > 0) for x in columns["label"]]
        for name in ALL:
            columns[name] = [own.features[name].of(row).tolist() for row in range(len(own))]
        columns["vision"] = [own.features["vision"].of(row)[:2].tolist() for row in range(len(own))]
        made = datasets.Dataset.from_dict(columns)
        made = made.cast_column("label", datasets.ClassLabel(names=["low", "high"]))
        made = made.cast_column("vision", datasets.Array2D((2, 4), "float32"))
        parts["validation" if split == "valid" else split] = made
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "dataset"))
    read = twice(tmp_path / "dataset", tmp_path)
    assert read.label.classes == ("high", "low") and len(read) == len(corpus)
    assert (read.features["vision"].lengths == 2).all()


def test_a_clone_with_parquet_files(corpus, tmp_path):
    data = tmp_path / "clone" / "data"
    data.mkdir(parents=True)
    for split in corpus.splits:
        own = corpus.select(corpus.rows(split))
        table = own.utterances.drop(columns="split")
        for name in ALL:
            table[name] = [own.features[name].of(row).tolist() for row in range(len(own))]
        table.to_parquet(data / f"{layouts.DEV[split]}-00000-of-00001.parquet")
    assert_same(twice(tmp_path / "clone", tmp_path), corpus)


@pytest.mark.parametrize("seven", [False, True])
def test_csd(corpus, tmp_path, seven):
    pytest.importorskip("h5py")
    folder = layouts.csd(corpus, tmp_path / "csd", seven=seven)
    read = twice(folder, tmp_path)
    assert_same(read, corpus)
    assert set(read.utterances["id"]) == {f"c{c}[{i}]" for c in range(6) for i in range(5)}
    (folder / "splits.csv").unlink()
    assert "not the standard ones" in load_corpus(folder).notes[0]


def test_csd_without_h5py_says_what_to_install(tmp_path, monkeypatch):
    (tmp_path / "labels.csd").write_bytes(b"\x89HDF\r\n\x1a\n")
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(InputError, match=r"labels\.csd: needs h5py to be read; run `pip install"):
        load_corpus(tmp_path)


def test_large_features_go_to_a_temporary_file(corpus, tmp_path, monkeypatch):
    file = layouts.write_pickle(layouts.mmsa(corpus), tmp_path / "a.pkl")
    small = load_corpus(file)
    monkeypatch.setattr(streamed_corpus, "IN_MEMORY", 0)
    monkeypatch.setattr(streamed_corpus, "_BLOCK", 100)
    large = load_corpus(file)
    assert isinstance(large.features["audio"].values, np.memmap)
    assert large.fingerprint == small.fingerprint


def test_folders_stay_as_they_are(corpus, tmp_path):
    save_corpus_folder(corpus, tmp_path / "c")
    name, read = recognise_corpus(tmp_path / "c")
    assert name == "corpus folder" and isinstance(read.features["text"].values, np.memmap)
    with pytest.raises(InputError, match="there is no such folder"):
        load_corpus(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"corpus\.json: is missing"):
        load_corpus(tmp_path / "empty")


def test_the_name_of_the_format(corpus, tmp_path):
    named = {
        "MMSA pickle": layouts.mmsa(corpus),
        "MulT pickle": layouts.mult(corpus),
        "MISA, MMIM or MAG-BERT lists": layouts.segments(corpus),
    }
    for i, (name, value) in enumerate(named.items()):
        file = layouts.write_pickle(value, tmp_path / f"{i}.pkl")
        assert recognise_corpus(file)[0] == name


def test_every_file_with_a_format_is_registered():
    folder = Path(registry.__file__).parent
    with_format = {file.stem for file in folder.glob("*.py") if "\nFORMAT = " in file.read_text()}
    assert with_format == {*registry.FORMATS} and len(registry.all_formats()) == 7
