"""The pickle for MMSA holds the corpus, and MMSA's own loader reads it."""

import pickle

import numpy as np
import pytest

from mmmie.datasets.formats.mmsa_export import MODALITIES, save_mmsa, to_mmsa
from mmmie.errors import InputError

LEVELS = {"text": "sequence", "audio": "sequence", "vision": "utterance"}
SPLITS = ("train", "valid", "test")


@pytest.fixture
def corpus(make_corpus):
    made = make_corpus(levels=LEVELS, splits=SPLITS, dim=3)
    made.utterances.loc[:2, "label"] = [0.0, 0.4, -3.0]
    return made.select(np.random.default_rng(0).permutation(len(made)))


def test_what_is_read_back_is_the_corpus(corpus, tmp_path):
    save_mmsa(corpus, tmp_path / "corpus.pkl")
    content = pickle.loads((tmp_path / "corpus.pkl").read_bytes())
    assert list(content) == list(SPLITS)
    table = corpus.utterances
    for split, held in content.items():
        rows = corpus.rows(split)
        assert held["raw_text"] == table["transcript"].iloc[rows].tolist()
        np.testing.assert_array_equal(held["regression_labels"], corpus.targets[rows])
        assert held["regression_labels"].dtype == np.float32
        for at, row in enumerate(rows):
            conversation, position = held["id"][at].rsplit("$_$", 1)
            assert conversation == table["conversation"].iloc[row]
            assert int(position) == table["position"].iloc[row]
            for name in MODALITIES:
                steps = corpus.features[name].of(row).reshape(-1, 3)
                length = held[f"{name}_lengths"][at]
                np.testing.assert_array_equal(held[name][at, :length], steps)
                assert not held[name][at, length:].any()
    longest = corpus.features["audio"].lengths.max()
    assert {held["audio"].shape[1:] for held in content.values()} == {(longest, 3)}
    assert {held["vision"].shape[1:] for held in content.values()} == {(1, 3)}


def test_signs_are_those_of_the_label(corpus):
    for held in to_mmsa(corpus).values():
        signs = np.sign(held["regression_labels"]) + 1
        np.testing.assert_array_equal(held["classification_labels"], signs)
        words = [["Negative", "Neutral", "Positive"][int(sign)] for sign in signs]
        assert held["annotations"] == words


def test_the_middle_of_another_range_is_neutral(make_corpus):
    corpus = make_corpus(levels=LEVELS, label_range=(1.0, 5.0))
    corpus.utterances["label"] = 3.0
    assert set(to_mmsa(corpus)["train"]["annotations"]) == {"Neutral"}


def test_a_split_that_is_not_there_is_empty(make_corpus):
    corpus = make_corpus(levels=LEVELS, splits=("train", "valid"))
    held = to_mmsa(corpus)["test"]
    assert held["id"] == [] and held["regression_labels"].shape == (0,)
    assert held["text"].shape[0] == 0 and held["text"].ndim == 3


def test_no_transcripts_and_half_precision(make_corpus):
    corpus = make_corpus(levels=LEVELS)
    corpus.utterances = corpus.utterances.drop(columns="transcript")
    corpus.features["vision"] = type(corpus.features["vision"])(
        corpus.features["vision"].values.astype(np.float16)
    )
    held = to_mmsa(corpus)["train"]
    assert set(held["raw_text"]) == {""} and held["vision"].dtype == np.float32


def test_what_mmsa_cannot_take(make_corpus, tmp_path):
    with pytest.raises(InputError, match="`label.kind` is classification"):
        save_mmsa(make_corpus(levels=LEVELS, classes=("a", "b")), tmp_path / "a.pkl")
    with pytest.raises(InputError, match="no modality `vision`, which MMSA needs; it holds text"):
        save_mmsa(make_corpus(), tmp_path / "a.pkl")
    assert not list(tmp_path.iterdir())


def test_files_are_never_overwritten(corpus, tmp_path):
    file = tmp_path / "a.pkl"
    file.write_text("mine")
    with pytest.raises(InputError, match=r"a\.pkl: exists; name a new file"):
        save_mmsa(corpus, file)
    assert file.read_text() == "mine"
    with pytest.raises(InputError, match="there is no folder"):
        save_mmsa(corpus, tmp_path / "none" / "a.pkl")


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("limits", [(-3.0, 3.0), (1.0, 5.0)])
def test_the_loader_of_mmsa_reads_it(make_corpus, tmp_path, limits, aligned):
    pytest.importorskip("MMSA", reason="MMSA is not installed", exc_type=ImportError)
    from MMSA.data_loader import MMDataLoader

    corpus = make_corpus(levels=LEVELS, splits=SPLITS, dim=3, label_range=limits)
    half = corpus.features["audio"]
    corpus.features["audio"] = type(half)(half.values.astype(np.float16), half.offsets)
    save_mmsa(corpus, tmp_path / "corpus.pkl")
    settings = {
        "dataset_name": "mosi",
        "custom_feature": str(tmp_path / "corpus.pkl"),
        "feature_T": "",
        "feature_A": "",
        "feature_V": "",
        "feature_dims": [0, 0, 0],
        "seq_lens": [0, 0, 0],
        "need_data_aligned": aligned,
        "batch_size": 4,
    }
    loaders = MMDataLoader(settings, num_workers=0)
    longest = [1 if f.lengths is None else f.lengths.max() for f in corpus.features.values()]
    assert settings["feature_dims"] == [3, 3, 3]
    assert list(settings["seq_lens"]) == longest
    for split in SPLITS:
        rows, seen = corpus.rows(split), 0
        for batch in loaders[split]:
            for at, index in enumerate(batch["index"].tolist()):
                row = rows[index]
                assert float(batch["labels"]["M"][at]) == corpus.targets[row]
                for name in MODALITIES:
                    steps = np.atleast_2d(corpus.features[name].of(row)).astype(np.float32)
                    held = batch[name][at].numpy()
                    np.testing.assert_array_equal(held[: len(steps)], steps)
                    assert not held[len(steps) :].any()
                    if not aligned and name != "text":
                        assert int(batch[f"{name}_lengths"][at]) == len(steps)
                seen += 1
        assert seen == len(rows)
