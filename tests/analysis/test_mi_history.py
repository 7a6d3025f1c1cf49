"""What may be concluded from the bounds of a run."""

import math
from pathlib import Path

import pytest

from mmmie.analysis.mi_history import (
    bounds_at,
    bounds_history,
    bounds_table,
    ceiling_of,
    measured,
    pair_of,
    quantity,
)
from mmmie.corpus import Label, Modality
from mmmie.training.checkpoint import CheckpointInfo
from mmmie.training.config import load_config

HISTORY = [
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
    assert ceiling_of(HISTORY) == 6.2
    assert bounds_history([]).empty and ceiling_of([]) is None
    assert list(bounds_history([]).columns) == ["epoch", "family", "name", "nats"]


def test_the_chosen_epoch_or_the_nearest_one():
    assert set(bounds_at(HISTORY, 2)["epoch"]) == {2}
    assert set(bounds_at(HISTORY, 9)["epoch"]) == {3}
    assert bounds_table(info(), []).empty


def test_a_lower_bound_beside_the_truth_and_the_ceiling():
    row = bounds_table(info(facts={"true_mi/text-audio": 4.0}), HISTORY).iloc[0]
    assert (row["bound"], row["quantity"]) == ("lower", "I(z text; z audio)")
    assert (row["truth"], row["ceiling"]) == (4.0, 6.2)
    assert "at least 2 nats" in row["conclusion"] and "50%" in row["conclusion"]
    near = bounds_table(info(epoch=3), HISTORY).iloc[0]
    assert math.isnan(near["truth"]) and "ceiling" in near["conclusion"]
    nothing = bounds_table(info(epoch=1), HISTORY).iloc[0]
    assert nothing["conclusion"].startswith("No dependence is shown")
    above = bounds_table(info(epoch=3, facts={"true_mi/text-audio": 4.0}), HISTORY).iloc[0]
    assert "sampling error" in above["conclusion"]


def test_an_upper_bound_needs_noise_in_the_encoder():
    table = bounds_table(info(), HISTORY).set_index("family")
    assert table.loc["invariant", "bound"] == "upper"
    assert "at most 5 nats" in table.loc["invariant", "conclusion"]
    without = bounds_table(info("model.stochastic=false"), HISTORY).set_index("family")
    assert without.loc["invariant", "bound"] == "neither"
    assert "infinite" in without.loc["invariant", "conclusion"]


def test_a_conditional_that_was_never_trained_says_nothing():
    assert measured(info(), "separation").believable
    for override in ("objective.minimise.separation=0", "objective.minimise.enabled=false"):
        table = bounds_table(info(override), HISTORY).set_index("family")
        assert table.loc["separation", "conclusion"].startswith("Nothing")
    both = info("objective.minimise.enabled=false", "model.stochastic=false")
    assert not measured(both, "invariant").believable
    assert measured(info("objective.minimise.enabled=false"), "invariant").believable


def test_modalities_may_have_hyphens_in_their_names():
    names = ["text", "audio-low", "audio-high"]
    assert pair_of("text-audio-low", names) == ("text", "audio-low")
    assert quantity("pair", "audio-low-audio-high", names) == "I(z audio-low; z audio-high)"
    with pytest.raises(ValueError, match="no pair"):
        pair_of("text-video", names)
