"""Datasets of Hugging Face: missing cells, names of splits, and speakers as lists."""

import json

import numpy as np
import pytest

from mmmie.datasets import load_corpus

pa = pytest.importorskip("pyarrow")
N = 6


def saved(folder, columns, splits=("train",), bom=False):
    """What ``save_to_disk`` writes; every split has the same columns but its own conversations."""
    for at, split in enumerate(splits):
        part = folder / split
        part.mkdir(parents=True)
        own = {
            "id": [f"c{at}{i // 3}_{i % 3}" for i in range(N)],
            "label": [i / 2 for i in range(N)],
        }
        own["face"] = np.random.default_rng(at).normal(size=(N, 3)).tolist()
        made = pa.table(own | columns)
        with pa.ipc.new_stream(str(part / "data-00000-of-00001.arrow"), made.schema) as writer:
            writer.write_table(made)
        state = json.dumps({"_data_files": [{"filename": "data-00000-of-00001.arrow"}]})
        (part / "state.json").write_text(state, "utf-8-sig" if bom else "utf-8")
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": list(splits)}))
    return folder


VECTORS = [[float(i), 1.0] for i in range(N)]
STEPS = [[[float(i), 1.0]] * (i + 1) for i in range(N)]


@pytest.mark.parametrize("nothing", [None, []])
@pytest.mark.parametrize("values", [VECTORS, STEPS])
@pytest.mark.parametrize("kind", ["list", "large_list", "fixed"])
def test_a_cell_without_features_is_an_utterance_without_the_modality(
    tmp_path, nothing, values, kind
):
    inner = pa.list_(pa.float32(), 2) if kind == "fixed" else pa.list_(pa.float32())
    if kind == "fixed" and nothing == []:
        pytest.skip("a list of fixed size cannot be empty")
    if values is STEPS:
        inner = pa.large_list(inner) if kind == "large_list" else pa.list_(inner)
    cells = [nothing if i in (1, 4) else values[i] for i in range(N)]
    folder = saved(tmp_path / "set", {"audio": pa.array(cells, inner), "text": pa.array(VECTORS)})
    corpus = load_corpus(folder)
    audio = corpus.features["audio"]
    assert list(np.flatnonzero(audio.lengths == 0)) == [1, 4]
    for row in (0, 2, 5):
        np.testing.assert_array_equal(audio.of(row), np.atleast_2d(values[row]))
    assert any("2 of 6 utterances have no audio" in note for note in corpus.notes)
    assert corpus.features["text"].lengths is None


def test_validation_beside_dev_is_one_split_and_said(tmp_path):
    folder = saved(tmp_path / "set", {}, ("train", "validation", "dev"), bom=True)
    corpus = load_corpus(folder)
    assert len(corpus) == 3 * N and len(corpus.rows("valid")) == 2 * N
    assert any("`validation` and `dev`" in note for note in corpus.notes)
    corpus = load_corpus(saved(tmp_path / "two", {}, ("train", "validation")))
    assert not any("dev" in note for note in corpus.notes)


def test_one_hot_lists_of_speakers_are_no_modality(tmp_path):
    speaker = pa.array([[int(i % 3 == k) for k in range(3)] for i in range(N)])
    folder = saved(tmp_path / "set", {"speaker": speaker, "text": pa.array(VECTORS)})
    corpus = load_corpus(folder)
    assert "speaker" not in corpus.modalities and corpus.utterances["speaker"].nunique() == N
