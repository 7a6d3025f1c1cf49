"""Several estimators on the codes of an untrained model, here and in a process of their own."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.bounds import side_by_side
from mmmie.analysis.bounds.side_by_side import (
    SideBySide,
    bracket_of,
    estimate_row,
    frozen_pair,
    quantities,
)
from mmmie.errors import InputError

PAIR = "I(z text; z audio)"


def task_of(saved, tmp_path, name=PAIR, transform="none"):
    quantity = quantities(["text", "audio"])[name]
    return SideBySide(*saved, "valid", quantity, transform, tmp_path)


@pytest.mark.slow
def test_quantities_have_names_and_pairs():
    found = quantities(["text", "audio", "vision"])
    assert len(found) == 3 + 3 + 3 + 3 + 6 + 3 + 3
    assert found[PAIR].pair == "text-audio"
    assert found["I(input text; input audio)"].pair == "text-audio"
    assert found["I(z text; s audio)"].pair is None
    assert found["I(input text; z text)"].variables == ("input text", "z text")
    assert all(name == quantity.name for name, quantity in found.items())
    assert set(quantities(["text"])) == {
        "I(input text; z text)",
        "I(input text; s text)",
        "I(z text; s text)",
    }


@pytest.mark.slow
def test_the_variables_are_those_of_the_model(saved):
    checkpoint, corpus = saved
    of = quantities(["text", "audio"])
    x, z, groups = frozen_pair(checkpoint, corpus, "valid", of["I(input audio; z audio)"])
    assert x.shape == (300, 4) and z.shape == (300, 4)
    assert list(groups) == list(corpus.utterances["conversation"].astype(str))
    again, other, _ = frozen_pair(checkpoint, corpus, "valid", of["I(z audio; s text)"])
    assert np.array_equal(again, z) and not np.array_equal(other, z)
    checkpoint.model.settings.stochastic = False
    _, mean, _ = frozen_pair(checkpoint, corpus, "valid", of["I(input audio; z audio)"])
    assert not np.allclose(mean, z)  # with noise, as in training


@pytest.mark.slow
def test_a_row_is_an_estimate_that_json_can_hold():
    x = np.random.default_rng(0).standard_normal((400, 2))
    y = x + np.random.default_rng(1).standard_normal((400, 2))
    row = estimate_row(x, y, np.arange(400) // 5, "cca", "none")
    assert row["nats"] == pytest.approx(np.log(2), abs=0.15)
    assert (row["bound"], row["n"], row["title"]) == ("neither", 400, "CCA (Gaussian)")
    assert "CCA" in row["sentence"]
    json.dumps(row, allow_nan=False)


@pytest.mark.slow
def test_too_few_pairs_are_said_to_be_so():
    with pytest.raises(InputError, match="at least 16 pairs"):
        estimate_row(np.zeros((3, 1)), np.zeros((3, 1)), np.arange(3), "cca", "none")


@pytest.mark.slow
def test_the_process_leaves_its_results_in_the_cache(saved, tmp_path, monkeypatch, work_at_once):
    task = task_of(saved, tmp_path)
    names = ["cca", "ksg", "vub"]
    assert task.results(names).empty
    task.start(["cca", "ksg"])
    assert task.work.state == "done", task.work.failure
    table = task_of(saved, tmp_path).results(names)
    assert list(table["estimator"]) == ["cca", "ksg"] and set(table["n"]) == {300}
    # what is there is not computed again, and stays
    monkeypatch.setattr("mmmie.jobs.background_work.spawn", lambda arguments, log: (0, None))
    task.start(names)
    assert task.work.given["estimators"] == ["vub"] and len(task.results(names)) == 2


@pytest.mark.slow
def test_another_question_is_another_result(saved, tmp_path, monkeypatch):
    work = task_of(saved, tmp_path).work
    assert work == task_of(saved, tmp_path).work
    assert work != task_of(saved, tmp_path, transform="copula").work
    assert work != task_of(saved, tmp_path, name="I(z text; s audio)").work
    monkeypatch.setattr(side_by_side, "STEPS", 7)
    assert work != task_of(saved, tmp_path).work


def estimates(*rows):
    columns = ["title", "nats", "std", "bound", "ceiling", "assumes", "doubt"]
    table = pd.DataFrame(
        [(*row, None, None)[:7] if len(row) == 5 else row for row in rows], columns=columns
    )
    return table.astype({"nats": float, "ceiling": float})


NONE = math.nan
LOW, LOWER = ("InfoNCE", 1.0, 0.1, "lower", 4.8), ("NWJ", 1.4, 0.1, "lower", NONE)
HIGH, HIGHER = ("L1Out", 2.0, 0.1, "upper", NONE), ("CLUB", 9.0, 0.1, "upper", NONE)


def test_the_closest_bounds_from_both_sides_are_taken():
    found = bracket_of(estimates(LOW, LOWER, HIGHER, HIGH, ("KSG", 1.5, 0.1, "neither", NONE)))
    assert found.verdict == "bracket"
    assert (found.lower["title"], found.upper["title"]) == ("NWJ", "L1Out")


def test_what_is_doubtful_does_not_count():
    doubted = ("NWJ", 1.4, 0.1, "lower", NONE, None, "it rests on 2 pairs")
    found = bracket_of(estimates(LOW, doubted, (*HIGH, None, "q does not fit"), HIGHER))
    assert (found.lower["title"], found.upper["title"]) == ("InfoNCE", "CLUB")


def test_a_bound_that_assumes_nothing_goes_first():
    assumed = ("BA", 3.0, 0.1, "lower", NONE, "y is Gaussian", None)
    assert bracket_of(estimates(LOW, assumed)).lower["title"] == "InfoNCE"
    assert bracket_of(estimates(assumed)).lower["title"] == "BA"


@pytest.mark.parametrize(
    ("lower", "verdict"), [(2.0, "bracket"), (2.2, "equal"), (2.5, "contradiction")]
)
def test_a_contradiction_is_more_than_both_errors(lower, verdict):
    assert bracket_of(estimates(("NWJ", lower, 0.1, "lower", NONE), HIGH)).verdict == verdict


def test_one_side_or_none():
    assert bracket_of(estimates(LOW)).verdict == "lower"
    assert bracket_of(estimates(HIGH)).verdict == "upper"
    nothing = bracket_of(estimates())
    assert (nothing.verdict, nothing.lower, nothing.upper) == ("nothing", None, None)
    broken = bracket_of(estimates(("NWJ", NONE, 0.1, "lower", NONE)))
    assert broken.verdict == "nothing"


def test_a_ceiling_that_is_near_is_noticed():
    assert bracket_of(estimates(("InfoNCE", 4.0, 0.1, "lower", 4.8))).near_ceiling
    assert not bracket_of(estimates(LOW)).near_ceiling
    assert not bracket_of(estimates(LOWER)).near_ceiling
    assert not bracket_of(estimates(HIGH)).near_ceiling
