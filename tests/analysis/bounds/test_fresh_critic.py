"""The independent check, on codes of an untrained model, here and in a process of its own."""

import math

import pandas as pd
import pytest

from mmmie.analysis.bounds import fresh_critic
from mmmie.analysis.bounds.fresh_critic import FreshCritic, check_table, fresh_estimates, verdict


@pytest.mark.slow
def test_pairs_and_inputs_are_bounded_from_below(saved):
    found = list(fresh_estimates(*saved, "valid", steps=80))
    names = [(row["family"], row["name"]) for row in found]
    assert names == [("pair", "text-audio"), ("invariant", "text"), ("invariant", "audio")]
    by = {row["name"]: row for row in found}
    for row in found:
        assert row["n"] == 300 and row["nats"] <= row["ceiling"]
    # an untrained z still depends on its own input, whose signal both modalities have
    assert by["audio"]["nats"] > 0.05


@pytest.mark.slow
def test_the_codes_are_those_of_training_so_noise_lowers_the_bound(saved):
    checkpoint, corpus = saved
    noisy = list(fresh_estimates(checkpoint, corpus, "valid", steps=80))
    checkpoint.model.settings.stochastic = False
    clean = list(fresh_estimates(checkpoint, corpus, "valid", steps=80))
    assert clean[2]["nats"] > noisy[2]["nats"] + 0.1


@pytest.mark.slow
def test_the_process_leaves_its_result_in_the_cache(saved, tmp_path, monkeypatch, work_at_once):
    critic = FreshCritic(*saved, "valid", tmp_path)
    assert critic.table() is None and critic.work.state is None
    critic.start()
    assert critic.work.state == "done", critic.work.failure
    table = FreshCritic(*saved, "valid", tmp_path).table()
    assert set(table["family"]) == {"pair", "invariant"} and len(table) == critic.count == 3
    monkeypatch.setattr(fresh_critic, "STEPS", 7)  # another effort is another result
    assert FreshCritic(*saved, "valid", tmp_path).table() is None
    monkeypatch.undo()
    (critic.work.folder / "ended.json").unlink()
    assert critic.table() is None  # half a check is none


@pytest.mark.parametrize(
    ("in_training", "bound", "fresh", "said"),
    [
        (2.0, "lower", 2.05, "Confirmed"),
        (2.0, "lower", 2.2, "more: at least 2.16"),
        (0.01, "lower", 0.02, "no shared information"),
        (2.0, "lower", 1.95, "Confirmed"),
        (2.0, "lower", 1.0, "1.00 nats less"),
        (2.0, "lower", 4.6, "ceiling"),
        (9.0, "upper", 3.0, "between 2.96 and 9.00"),
        (9.0, "upper", -0.2, "between 0.00 and 9.00"),
        (2.0, "upper", 3.0, "Contradiction"),
        (0.5, "neither", 3.0, "At least 2.96"),
        (math.nan, "", 3.0, "At least 2.96"),
    ],
)
def test_verdicts(in_training, bound, fresh, said):
    assert said in verdict(in_training, bound, fresh, std=0.02, ceiling=4.8)


def test_rows_are_matched_by_family_and_name():
    bounds = pd.DataFrame(
        {
            "family": ["pair", "invariant", "specific"],
            "name": ["text-audio", "text", "text"],
            "nats": [2.0, 9.0, 7.0],
            "std": 0.5,
            "bound": ["lower", "upper", "upper"],
        }
    )
    check = pd.DataFrame(
        {
            "family": ["pair", "invariant", "invariant"],
            "name": ["text-audio", "text", "audio"],
            "nats": [2.2, 3.0, 1.0],
            "std": 0.1,
            "ceiling": 4.8,
            "n": 100,
        }
    )
    table = check_table(bounds, check)
    assert table["in_training"].tolist()[:2] == [2.0, 10.0]
    assert math.isnan(table["in_training"].iloc[2]) and table["bound"].iloc[2] == ""
    assert check_table(bounds[:0], check)["in_training"].isna().all()


def test_the_bracket_of_the_run_narrows_what_both_say():
    bounds = pd.DataFrame(
        {
            "family": ["invariant", "invariant"],
            "name": ["text", "audio"],
            "nats": [30.0, 9.0],
            "std": 0.5,
            "bound": ["upper", "upper"],
            "low": [3.5, math.nan],
            "high": [7.0, math.nan],
        }
    )
    check = pd.DataFrame(
        {
            "family": ["invariant", "invariant"],
            "name": ["text", "audio"],
            "nats": [2.0, 1.0],
            "std": 0.1,
            "ceiling": 4.8,
            "n": 100,
        }
    )
    table = check_table(bounds, check)
    assert table["in_training"].tolist() == [7.0, 10.0]
    assert "between 3.50 and 7.00" in table["verdict"][0]
    assert "between 0.80 and 10.00" in table["verdict"][1]
