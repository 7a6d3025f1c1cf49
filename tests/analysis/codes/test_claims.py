"""Verdicts follow the intervals, and values the probes."""

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.codes.claims import OTHERS, OWN, SHARED, leakage_table, owner_of, verdict_of
from mmmie.analysis.codes.readouts import Contents
from mmmie.analysis.codes.speaker_probe import SpeakerTask


@pytest.mark.parametrize(
    ("wanted", "low", "high", "verdict"),
    [
        ("present", 0.6, 0.7, "holds"),
        ("present", 0.3, 0.4, "fails"),
        ("present", 0.4, 0.6, "undecided"),
        ("absent", 0.3, 0.4, "holds"),
        ("absent", 0.6, 0.7, "fails"),
        ("absent", 0.4, 0.6, "undecided"),
        ("absent", np.nan, np.nan, "undecided"),
        ("either", 0.6, 0.7, "no claim"),
    ],
)
def test_verdicts(wanted, low, high, verdict):
    assert verdict_of(wanted, 0.5, (low + high) / 2, low, high) == verdict


def test_the_longest_modality_owns_a_latent():
    assert owner_of("latent_body_pose_x", ["body", "body_pose"]) == "body_pose"
    assert owner_of("latent_body_x", ["body", "body_pose"]) == "body"


def contents(n=60):
    """Two modalities whose readers miss a known share of each latent."""
    total = {
        "label": np.ones(n),
        "latent_shared_a": np.ones(n),
        "latent_shared_b": np.ones(n),
        "latent_text_t": np.ones(n),
        "latent_mood": np.ones(n),
        "latent_audio_constant": np.zeros(n),
    }
    missed = {
        "label": 0.4, "latent_shared_a": 0.05, "latent_shared_b": 0.15, "latent_text_t": 0.7,
        "latent_mood": 0.5, "latent_audio_constant": 0.0,
    }  # fmt: skip
    codes = [f"{kind}.{m}" for kind in ("invariant", "specific") for m in ("text", "audio")]
    told = {c: np.ones(n) if c.endswith("text") else np.zeros(n) for c in codes}
    return Contents({c: {t: v * total[t] for t, v in missed.items()} for c in codes}, total, told)


def row(table, code, target):
    return table[(table["code"] == code) & (table["target"] == target)].iloc[0]


def test_rows_are_means_over_latents_by_owner():
    table = leakage_table(contents(), ["text", "audio"], np.arange(60) // 5)
    shared = row(table, "z text", SHARED)
    assert shared["value"] == pytest.approx(0.9)
    assert (shared["low"], shared["high"]) == pytest.approx((0.9, 0.9))
    assert shared["verdict"] == "holds"
    assert (shared["worst"], shared["worst_value"]) == ("latent_shared_b", pytest.approx(0.85))
    assert row(table, "s text", SHARED)["verdict"] == "fails"
    assert row(table, "s text", SHARED)["worst"] == "latent_shared_a"
    assert row(table, "z text", OWN)["value"] == pytest.approx(0.3)
    assert row(table, "z audio", OTHERS)["value"] == pytest.approx(0.3)
    # what does not vary, and what is nobody's, is no target
    assert not ((table["code"] == "z audio") & (table["target"] == OWN)).any()


def test_always_guessing_one_modality_tells_nothing():
    table = leakage_table(contents(), ["text", "audio"], np.arange(60) // 5)
    found = row(table, "z", "modality")
    assert (found["value"], found["chance"]) == (0.5, 0.5)
    assert pd.isna(found["modality"])
    assert found["limit"] == pytest.approx(0.5875)
    assert found["verdict"] == "holds"
    assert row(table, "s", "modality")["verdict"] == "fails"


def test_speakers_count_where_they_take_part():
    who = np.where(np.arange(60) < 40, np.arange(60) % 2, -1)
    told = np.where(np.arange(60) < 20, 1.0, 0.0)
    table = leakage_table(
        contents(),
        ["text", "audio"],
        np.arange(60) // 5,
        SpeakerTask(who, None),
        {"invariant.text": told},
    )
    found = row(table, "z text", "speaker")
    assert (found["value"], found["chance"], found["verdict"]) == (0.5, 0.5, "no claim")
    assert (table["target"] == "speaker").sum() == 1


def test_limits_of_r2_intervals_stay_in_order():
    random = np.random.default_rng(0)
    known = contents()
    for by_target in known.missed.values():
        by_target["latent_shared_a"] = random.random(60)
    table = leakage_table(known, ["text", "audio"], np.arange(60) // 5)
    assert (table["low"] <= table["value"] + 1e-12).all()
    assert (table["value"] <= table["high"] + 1e-12).all()
