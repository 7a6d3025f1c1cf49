"""What may be concluded from the bounds of a run."""

import math
from pathlib import Path

import pytest

from mmmie.analysis.bounds.history import (
    bounds_at,
    bounds_history,
    bounds_table,
    ceilings,
    measured,
    pair_of,
    quantity,
)
from mmmie.corpus import Label, Modality
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import load_config

HISTORY = [  # of before errors were recorded
    {"epoch": 1, "mi/max/text-audio": 0.01, "mi/min/text": 9.0, "mi/ceiling": 6.2, "seconds": 1.0},
    {
        "epoch": 2,
        "mi/max/text-audio": 2.0,
        "mi/min/text": 5.0,
        "mi/min_specific/text": None,
        "mi/separation/text": 0.5,
        "mi/ceiling": 6.2,
    },
    {"epoch": 3, "mi/max/text-audio": 5.9, "mi/min/text": 5.5, "mi/ceiling": 6.2},
]

WITH_ERRORS = [{**line, "mi/std/max/text-audio": 0.1, "mi/std/min/text": 0.1} for line in HISTORY]

NEW = [
    {
        "epoch": 1,
        "mi/max/text-audio": 0.3,
        "mi/std/max/text-audio": 0.1,
        "mi/ceiling": 6.2,
        "mi/check/text-audio": 0.01,
        "mi/check_std/text-audio": 0.02,
        "mi/check_ceiling": 6.2,
    },
    {
        "epoch": 2,
        "mi/max/text-audio": 0.4,
        "mi/std/max/text-audio": 0.1,
        "mi/ceiling": 6.2,
        "mi/check/text-audio": 1.25,
        "mi/check_std/text-audio": 0.02,
        "mi/check_ceiling": 6.2,
    },
    {
        "epoch": 3,
        "mi/max/text-audio": 0.5,
        "mi/std/max/text-audio": 0.1,
        "mi/ceiling": 6.2,
        "mi/min/text": 9.0,
        "mi/std/min/text": 0.3,
        "mi/lower/text": 3.0,
        "mi/std/lower/text": 0.2,
        "mi/upper/text": 4.5,
        "mi/std/upper/text": 0.25,
        "mi/min_specific/text": 30.0,
        "mi/lower_specific/text": 6.1,
        "mi/upper_specific/text": 20.0,
    },
]


def info(*overrides, epoch=2, facts=None, modalities=("text", "audio")):
    return CheckpointInfo(
        folder=Path("runs/x/best"),
        config=load_config(overrides=list(overrides)),
        label=Label("sentiment", "regression", range=(-3.0, 3.0)),
        modalities={m: Modality(m, 4, "utterance") for m in modalities},
        corpus={"name": "demo", "path": None, "fingerprint": "0"},
        metrics={},
        epoch=epoch,
        carryover={},
        facts=facts or {},
    )


def test_the_history_is_taken_apart():
    frame = bounds_history(HISTORY)
    assert set(frame["family"]) == {"pair", "invariant", "separation"}
    assert len(frame) == 7  # what is null is left out
    assert ceilings(HISTORY)["pair"] == ceilings(HISTORY)["lower"] == 6.2
    assert bounds_history([]).empty and ceilings([]) == {}
    assert list(bounds_history([]).columns) == ["epoch", "family", "name", "nats", "std"]
    assert frame["std"].isna().all()  # a history of before errors were recorded
    assert bounds_table(info(), HISTORY)[["std", "low", "high", "check"]].isna().all(axis=None)


def test_the_chosen_epoch_or_the_nearest_one():
    assert set(bounds_at(HISTORY, 2)["epoch"]) == {2}
    assert set(bounds_at(HISTORY, 9)["epoch"]) == {3}
    assert bounds_table(info(), []).empty


def test_a_lower_bound_beside_the_truth_and_the_ceiling():
    row = bounds_table(info(facts={"true_mi/text-audio": 4.0}), WITH_ERRORS).iloc[0]
    assert (row["bound"], row["quantity"]) == ("lower", "I(z text; z audio)")
    assert (row["truth"], row["ceiling"]) == (4.0, 6.2)
    assert "at least 1.8 nats" in row["conclusion"] and "45%" in row["conclusion"]
    near = bounds_table(info(epoch=3), WITH_ERRORS).iloc[0]
    assert math.isnan(near["truth"]) and "ceiling" in near["conclusion"]
    nothing = bounds_table(info(epoch=1), WITH_ERRORS).iloc[0]
    assert nothing["conclusion"].startswith("No shared information")
    above = bounds_table(info(epoch=3, facts={"true_mi/text-audio": 4.0}), WITH_ERRORS).iloc[0]
    assert "one of the two is wrong" in above["conclusion"]


def test_an_upper_bound_needs_noise_in_the_encoder():
    table = bounds_table(info(), WITH_ERRORS).set_index("family")
    assert table.loc["invariant", "bound"] == "upper"
    assert "at most 5.2 nats" in table.loc["invariant", "conclusion"]
    without = bounds_table(info("model.stochastic=false"), HISTORY).set_index("family")
    assert without.loc["invariant", "bound"] == "neither"
    assert "infinite" in without.loc["invariant", "conclusion"]


def test_a_conditional_that_was_never_trained_says_nothing():
    assert measured(info("objective.minimise.enabled=false"), "separation").believable
    both = info("objective.minimise.enabled=false", "model.stochastic=false")
    assert not measured(both, "invariant").believable
    assert measured(info("objective.minimise.enabled=false"), "invariant").believable


def test_modalities_may_have_hyphens_in_their_names():
    names = ["text", "audio-low", "audio-high"]
    assert pair_of("text-audio-low", names) == ("text", "audio-low")
    assert quantity("pair", "audio-low-audio-high", names) == "I(z audio-low; z audio-high)"
    with pytest.raises(ValueError, match="no pair"):
        pair_of("text-video", names)


def test_errors_brackets_and_checks_are_in_the_history():
    frame = bounds_history(NEW).set_index(["epoch", "family", "name"])
    assert frame.loc[(3, "upper", "text"), "std"] == 0.25
    assert frame.loc[(3, "pair", "text-audio"), "std"] == 0.1
    assert frame.loc[(2, "check", "text-audio")].tolist() == [1.25, 0.02]
    assert math.isnan(frame.loc[(3, "upper_specific", "text"), "std"])
    assert set(frame.index.get_level_values("family")) == {
        "pair",
        "check",
        "invariant",
        "specific",
        "lower",
        "upper",
        "lower_specific",
        "upper_specific",
    }
    assert ceilings(NEW)["check"] == 6.2


def test_brackets_and_checks_stand_beside_what_they_are_about():
    table = bounds_table(info(epoch=3), NEW).set_index("family")
    assert list(table.index) == ["pair", "invariant", "specific"]
    assert table.loc["invariant", ["low", "high", "std"]].tolist() == [2.6, 5.0, 0.3]
    said = table.loc["invariant", "conclusion"]
    assert "shared code of text" in said and "between 2.6 and 5 nats" in said
    near = [{**line, "mi/std/lower_specific/text": 0.1, "mi/std/upper_specific/text": 0.5}
            for line in NEW]  # fmt: skip
    said = bounds_table(info(epoch=3), near).set_index("family").loc["specific", "conclusion"]
    assert "between 5.9 and 21" in said and "ceiling of the lower end is 6.2" in said
    assert table.loc["specific", "conclusion"].startswith("Nothing")  # without an error
    # the check is from the nearest epoch that has one
    assert table.loc["pair", ["check", "check_std"]].tolist() == [1.25, 0.02]
    assert "after epoch 2 shows more, at least 1.21 nats" in table.loc["pair", "conclusion"]
    assert "after epoch 1 shows no" in bounds_table(info(epoch=1), NEW)["conclusion"].iloc[0]


def test_the_estimator_of_the_configuration_is_named():
    for estimator, words in (("nwj", "NWJ"), ("js", "JS"), ("dv", "DV"), ("infonce", "InfoNCE")):
        how = measured(info(f"objective.maximise.estimator={estimator}"), "pair")
        assert how.bound == "lower" and how.estimator.startswith(words) and how.caveat is None
    assert measured(info("objective.minimise.estimator=vclub-s"), "invariant").bound == "upper"
    assert "vCLUB-S" in measured(info("objective.minimise.estimator=vclub-s"), "specific").estimator
    for family in ("lower", "lower_specific", "check"):
        assert measured(info(), family).bound == "lower"
    for family in ("upper", "upper_specific"):
        assert measured(info(), family).bound == "upper"
    assert quantity("check", "text-audio", ["text", "audio"]) == "I(z text; z audio)"
    assert quantity("upper_specific", "text", ["text", "audio"]) == "I(input text; s text)"


def test_smile_is_a_bound_with_a_caveat():
    how = info("objective.maximise.estimator=smile")
    assert measured(how, "pair").bound == "lower"
    assert "within ±5 nats" in bounds_table(how, HISTORY)["conclusion"].iloc[0]


def test_a_run_whose_bounds_have_no_ceiling():
    errors = {"mi/std/lower_specific/text": 0.1, "mi/std/upper_specific/text": 0.5}
    history = [{k: v for k, v in {**line, **errors}.items() if k != "mi/ceiling"} for line in NEW]
    table = bounds_table(info("objective.maximise.estimator=nwj", epoch=3), history)
    assert table["ceiling"].isna().all()
    assert (
        "ceiling of the lower end is 6.2" in table["conclusion"].iloc[2]
    )  # the check's is the same
