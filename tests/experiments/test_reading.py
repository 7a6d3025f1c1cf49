"""The folder of an experiment as the dashboard reads it: known numbers, and what can be torn."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.experiments import reading
from mmmie.experiments.folder import TrialFolder
from mmmie.experiments.reading import read_results, read_results_apart
from tests.experiments.made import make_experiment

OFF = {"base": {0: 0.1, 1: 0.3, 2: 0.2}, "worse": {0: 0.5, 1: 0.9, 2: 0.7}, "late": {1: 0.4}}


@pytest.fixture
def made(data, tmp_path):
    """An experiment whose predictions are all off by a known number."""
    corpus = load_corpus(data)
    outputs = {
        name: {seed: corpus.targets + np.float32(by) for seed, by in own.items()}
        for name, own in OFF.items()
    }
    outputs["constant"] = {0: np.zeros(len(corpus), np.float32)}
    return make_experiment(tmp_path / "out", corpus, outputs, baselines=("constant",))


def test_rows_are_paired_with_the_reference_seed_by_seed(made):
    found = read_results(made)
    (split,) = found.splits
    assert (split.name, split.utterances, split.conversations) == ("valid", 40, 8)
    assert next(iter(split.rows)) == "mae" and len(split.rows) == 8
    base, worse, late, constant = split.rows["mae"]
    assert base.values == pytest.approx([0.1, 0.3, 0.2], abs=1e-6) and not base.paired
    assert worse.paired == pytest.approx({0: 0.4, 1: 0.6, 2: 0.5}, abs=1e-6)
    assert worse.effect.interval.value == pytest.approx(0.5, abs=1e-6)
    # three differences, none of which depends on the conversation
    half = 4.302653 * 0.1 / np.sqrt(3)
    assert worse.effect.interval.low == pytest.approx(0.5 - half, abs=1e-5)
    assert late.paired == pytest.approx({1: 0.1}, abs=1e-6)  # the one seed that both have
    assert list(constant.paired) == [0, 1, 2]  # it would be the same for each
    assert found.unfinished == ["late, seed 0", "late, seed 2"] and not found.failed


def test_a_process_of_its_own_reads_the_same(made, data):
    assert repr(read_results_apart(made, data)) == repr(read_results(made))


def _torn(name, change):
    def tear(out):
        file = out / name
        file.write_bytes(change(file.read_bytes()))
        return file

    return tear


def _plan(**changes):
    return _torn("plan.json", lambda raw: json.dumps({**json.loads(raw), **changes}).encode())


FOLDS = {"folds": 3, "seeds": list(range(50_000))}


@pytest.mark.parametrize(
    "tear",
    [
        _torn("plan.json", lambda raw: raw[:-20]),
        _torn("plan.json", lambda raw: b"[]"),
        _plan(reference="nobody"),
        _plan(seeds=[]),
        _plan(splits=["dev"]),
        _plan(**FOLDS),
        _plan(configurations={"base": {"baseline": 3}}),
        _torn("trials/worse/1/outputs.safetensors", lambda raw: raw[:-8]),
        _torn("trials/worse/1/outputs.safetensors", lambda raw: b""),
        _torn("trials/worse/1/result.json", lambda raw: raw[:5]),
    ],
)
def test_what_is_torn_is_named_in_one_line(made, tear):
    file = tear(made)
    with pytest.raises(InputError) as caught:
        read_results(made)
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)


def test_outputs_of_another_corpus_are_refused(made, make_corpus, tmp_path):
    save_corpus_folder(make_corpus(conversations=24, seed=1), tmp_path / "other")
    with pytest.raises(InputError, match="fingerprint"):
        read_results(made, str(tmp_path / "other"))
    short = made / "trials" / "late" / "1"
    corpus = load_corpus(reading.read_kept_plan(made).found_at)
    TrialFolder(short).finish(corpus.targets[:7], {})
    with pytest.raises(InputError, match=r"\(7,\)"):
        read_results(made)
    shutil.rmtree(tmp_path / "corpus")
    with pytest.raises(InputError, match="corpus"):
        read_results(made)


def test_no_link_of_it_leads_out_of_the_folders_that_may_be_opened(made, monkeypatch, tmp_path):
    shutil.move(made / "trials" / "worse", tmp_path / "elsewhere")
    (made / "trials" / "worse").symlink_to(tmp_path / "elsewhere")
    assert len(read_results(made).splits[0].rows["mae"]) == 4
    monkeypatch.setenv("MMMIE_ROOTS", str(made))
    with pytest.raises(InputError, match="outside of the folders"):
        read_results(made)
