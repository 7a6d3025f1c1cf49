"""Every baseline keeps the one contract, on numbers and on classes."""

import subprocess
import sys

import numpy as np
import pytest

from mmmie.baselines import (
    BASELINES,
    baseline_names,
    context_transformer,
    is_deterministic,
    mlp,
    predict,
)
from mmmie.baselines.choice import valid_score
from mmmie.errors import InputError

SPLITS = ("train", "train", "valid", "test")
QUICK = ["constant", "ridge-text", "ridge-audio", "ridge-single", "ridge", "mlp", "late-fusion"]
NAMES = [*QUICK, "context-transformer"]


@pytest.fixture
def epochs(monkeypatch):
    """Sets how long those that learn by epochs do so, with one penalty instead of five."""

    def fix(count):
        monkeypatch.setattr(mlp, "_EPOCHS", count)
        monkeypatch.setattr(mlp, "_PENALTIES", (0.015,))
        settings = [*context_transformer.SETTINGS, f"training.epochs={count}"]
        monkeypatch.setattr(context_transformer, "SETTINGS", settings)

    return fix


@pytest.fixture
def few_epochs(epochs):
    epochs(2)


def test_names_and_their_order(make_corpus):
    assert baseline_names(make_corpus()) == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("classes", [None, ("bad", "fair", "good")], ids=["numbers", "classes"])
@pytest.mark.slow
def test_outputs_for_all_utterances_that_beat_the_constant(make_corpus, epochs, name, classes):
    epochs(8)
    corpus = make_corpus(conversations=24, splits=SPLITS, classes=classes)
    output = predict(name, corpus)
    if classes:
        assert output.shape == (len(corpus), 3) and (output >= 0).all()
        np.testing.assert_allclose(output.sum(1), 1, atol=1e-5)
    else:
        assert output.shape == (len(corpus),)
    if name != "constant":
        constant = valid_score(corpus, predict("constant", corpus))
        assert valid_score(corpus, output) > constant + 0.2


@pytest.mark.parametrize("name", NAMES)
def test_no_label_of_the_test_split_is_looked_at(make_corpus, few_epochs, name):
    corpus = make_corpus(splits=SPLITS)
    first = predict(name, corpus)
    changed = make_corpus(splits=SPLITS)
    changed.utterances.loc[changed.rows("test"), "label"] = 3.0
    np.testing.assert_array_equal(predict(name, changed), first)


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_matters_where_it_is_said_to(make_corpus, few_epochs, name):
    corpus = make_corpus()
    first, other = predict(name, corpus, seed=0), predict(name, corpus, seed=1)
    assert np.array_equal(first, other) == is_deterministic(name)


def test_one_modality_alone_is_seen(make_corpus):
    corpus, changed = make_corpus(), make_corpus()
    changed.features["audio"].values[:] += 1
    changed.features["audio"].values[3] = 7
    np.testing.assert_array_equal(predict("ridge-text", changed), predict("ridge-text", corpus))
    assert not np.array_equal(predict("ridge-audio", changed), predict("ridge-audio", corpus))


@pytest.mark.parametrize("name", ["ridge-smell", "smell", "ridge-"])
def test_unknown_names(make_corpus, name):
    with pytest.raises(InputError, match=f"baseline `{name}` is unknown; use one of constant"):
        predict(name, make_corpus())


def test_determinism_of_unknown_names():
    with pytest.raises(InputError, match="`smell` is unknown"):
        is_deterministic("smell")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("split", ["train", "valid"])
def test_a_missing_split(make_corpus, name, split):
    corpus = make_corpus(splits=("valid", "test") if split == "train" else ("train", "test"))
    if (name, split) == ("constant", "valid"):
        assert predict(name, corpus).shape == (len(corpus),)
        return
    with pytest.raises(InputError, match=f"no utterance has split `{split}`"):
        predict(name, corpus)


def test_the_import_is_light():
    code = "import sys, mmmie.baselines; print([m for m in ('torch', 'sklearn', 'scipy') if m in "
    found = subprocess.run(
        [sys.executable, "-c", code + "sys.modules])"], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_every_baseline_describes_itself():
    assert all(baseline.description for baseline in BASELINES.values())
