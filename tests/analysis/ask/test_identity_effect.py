"""The effect of interventions on identity over a split, and the outputs it is read from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.identity_effect import (
    RETRAINED,
    identity_changes,
    identity_effect,
    prediction_shift,
    retrained_changes,
    strongest_change,
    without_effect,
)
from mmmie.analysis.ask.preset_questions import INTERVENTIONS
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.outputs import TRAINED, SplitOutputs
from mmmie.corpus import Corpus
from mmmie.model.config import IdentitySettings, ModelSettings
from tests.analysis.untrained import untrained_checkpoint


def test_a_model_without_identity_cannot_be_moved(make_corpus, tmp_path):
    corpus = make_corpus()
    checkpoint = untrained_checkpoint(
        corpus, tmp_path / "c", identity=IdentitySettings(enabled=False)
    )
    outputs = checkpoint.outputs(corpus, "valid")
    for name in INTERVENTIONS:
        moves = prediction_shift(outputs, name).max() > 1e-6
        assert moves == (name == "no_context")


def test_a_term_that_was_not_trained_has_no_effect_alone(make_corpus, tmp_path):
    corpus = make_corpus()
    checkpoint = untrained_checkpoint(
        corpus, tmp_path / "c", identity=IdentitySettings(speaker=False)
    )
    outputs = checkpoint.outputs(corpus, "valid")
    assert prediction_shift(outputs, "no_speaker").max() < 1e-6
    assert prediction_shift(outputs, "swap_speaker").max() < 1e-6
    assert prediction_shift(outputs, "no_role").max() > 1e-4


@pytest.mark.parametrize("classes", [None, ("low", "high")])
def test_the_report_agrees_with_the_outputs_and_its_slices(make_corpus, tmp_path, classes):
    corpus = make_corpus(conversations=30, classes=classes)
    corpus.utterances["flag"] = np.arange(len(corpus)) % 2
    corpus.utterances["latent_x"] = np.arange(len(corpus)) % 2
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    outputs = checkpoint.outputs(corpus, "valid")
    report = identity_effect(corpus, outputs)
    assert {"flag=0", "flag=1", "turn=first"} <= set(report["slices"])
    assert all("=" in name and "latent" not in name for name in report["slices"])
    parts = [report["slices"][name] for name in ("flag=0", "flag=1")]
    whole = report["interventions"]["off"]["mean_abs_shift"]
    weights = [part["n"] for part in parts]
    shifts = [part["interventions"]["off"]["mean_abs_shift"] for part in parts]
    assert whole == pytest.approx(np.average(shifts, weights=weights))
    metric = "accuracy" if classes else "mae"
    assert report["trained"][metric] == pytest.approx(checkpoint.evaluate(corpus)[metric], rel=1e-5)
    off = report["interventions"]["off"]
    change = off["error"] - report["trained"]["error"]
    assert off["error_change"]["value"] == pytest.approx(change)
    assert off["error_change"]["low"] <= change <= off["error_change"]["high"]
    errors = outputs.frame(corpus, "off")["absolute_error"]
    assert off["error"] == pytest.approx(errors.mean(), rel=1e-5)
    assert ("f1_weighted_change" in off) == bool(classes)
    if classes:
        moved = off["f1_weighted"] - report["trained"]["f1_weighted"]
        assert off["f1_weighted_change"]["value"] == pytest.approx(moved)


def test_the_report_says_whom_attention_leaves(make_corpus, tmp_path):
    corpus = make_corpus(conversations=30)
    outputs = untrained_checkpoint(corpus, tmp_path / "c").outputs(corpus, "valid")
    report = identity_effect(corpus, outputs)
    trained = report["trained"]["attention"]
    assert sum(trained.values()) == pytest.approx(1)
    hidden = report["interventions"]["no_context"]["attention"]
    assert hidden["target"] == pytest.approx(1 - trained["target"])
    assert hidden["other_speakers"] == pytest.approx(-trained["other_speakers"])
    # all that neighbours had has moved, and no more
    assert hidden["total_variation"] == pytest.approx(1 - trained["target"], abs=1e-6)


def test_outputs_come_back_from_the_cache_as_they_were(make_corpus, tmp_path):
    corpus = make_corpus()
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    first = checkpoint.cached_outputs(corpus, "valid")
    files = list((tmp_path / "c" / "cache").iterdir())
    assert len(files) == 1
    fresh = Checkpoint(checkpoint.info)
    again = fresh.cached_outputs(corpus, "valid")
    assert "model" not in fresh.__dict__  # the weights were not needed
    for name, values in first.output.items():
        assert np.array_equal(values, again.output[name])
        assert np.allclose(first.attention[name], again.attention[name], atol=1e-3)
    assert all(np.array_equal(v, again.spaces[k]) for k, v in first.spaces.items())
    assert set(first.deviations) == set(first.spaces) - {"fused"} == set(again.deviations)
    assert all(np.array_equal(v, again.deviations[k]) for k, v in first.deviations.items())
    assert (again.past, again.modalities) == (first.past, first.modalities)
    changed = make_corpus()
    changed.features["audio"].values[:] += 1
    checkpoint.cached_outputs(changed, "valid")
    assert len(list((tmp_path / "c" / "cache").iterdir())) == 2


def test_deviations_are_those_of_the_encoders(make_corpus, tmp_path):
    corpus = make_corpus()
    checkpoint = untrained_checkpoint(corpus, tmp_path / "c")
    asker = Asker(checkpoint, corpus)
    codes = asker.codes(np.arange(len(corpus)))
    outputs = checkpoint.outputs(corpus, "valid")
    expected = np.exp(codes.specific.log_variance.numpy() / 2)[corpus.rows("valid")]
    for m, name in enumerate(asker.modalities):
        assert np.allclose(outputs.deviations[f"specific.{name}"], expected[:, m], atol=1e-6)
    still = untrained_checkpoint(corpus, tmp_path / "d", stochastic=False)
    assert still.outputs(corpus, "valid").deviations == {}


@pytest.mark.parametrize("classes", [None, ("low", "high")])
def test_the_frame_tells_errors(make_corpus, tmp_path, classes):
    corpus = make_corpus(classes=classes)
    outputs = untrained_checkpoint(corpus, tmp_path / "c").outputs(corpus, "valid")
    frame = outputs.frame(corpus)
    assert list(frame["id"]) == list(corpus.utterances["id"].iloc[corpus.rows("valid")])
    if classes:
        assert np.allclose(outputs.output["trained"].sum(1), 1)
        assert ((frame["error"] < 0.5) == frame["correct"]).all()
    else:
        assert np.allclose(frame["prediction"] - frame["label"], frame["error"])


MakeCorpus = Callable[..., Corpus]


def flagged(make_corpus: MakeCorpus, **options: object) -> Corpus:
    corpus = make_corpus(conversations=60, splits=("train", "valid"), **options)
    corpus.utterances["ambiguous"] = np.arange(len(corpus)) % 5 == 0
    corpus.utterances["ambiguous"] = corpus.utterances["ambiguous"].astype(int)
    return corpus


def outputs_of(corpus: Corpus, variants: dict[str, np.ndarray], width: int = 4) -> SplitOutputs:
    rows = corpus.rows("valid")
    shape = (len(rows), width)
    return SplitOutputs(
        rows=rows,
        output={name: variants.get(name, variants[TRAINED]) for name in (TRAINED, *INTERVENTIONS)},
        attention={name: np.ones((*shape, 2)) for name in (TRAINED, *INTERVENTIONS)},
        window=np.zeros(shape, int),
        relation=np.zeros(shape, int),
        past=min(2, width - 1),
        spaces={},
        modalities=["text", "audio"],
    )


def regression(make_corpus: MakeCorpus) -> tuple[Corpus, SplitOutputs]:
    """Without identity the ambiguous utterances are off by one more, the others as before."""
    corpus = flagged(make_corpus)
    rows = corpus.rows("valid")
    targets = corpus.targets[rows].astype(float)
    trained = targets + 0.5
    off = np.where(corpus.utterances["ambiguous"].to_numpy()[rows] == 1, targets + 1.5, trained)
    return corpus, outputs_of(corpus, {TRAINED: trained, "off": off})


def one(changes: pd.DataFrame, part: str, variant: str) -> pd.Series:
    return changes[(changes["slice"] == part) & (changes["variant"] == variant)].iloc[0]


def test_changes_are_known_answers(make_corpus: MakeCorpus) -> None:
    changes = identity_changes(*regression(make_corpus))
    row = one(changes, "ambiguous=1", "off")
    assert row["error"] == pytest.approx(1.5, abs=1e-5)
    assert row["change"] == pytest.approx(1, abs=1e-5)
    assert row["low"] == pytest.approx(1, abs=1e-5)  # every conversation changes by the same
    assert row["mean_abs_shift"] == pytest.approx(1, abs=1e-5)
    everything = one(changes, "all", "off")
    assert everything["change"] == pytest.approx(0.2, abs=1e-5)
    still = one(changes, "ambiguous=0", "off")
    assert (still["low"], still["high"]) == pytest.approx((0, 0), abs=1e-5)
    assert one(changes, "all", TRAINED)["error"] == pytest.approx(0.5, abs=1e-5)
    assert len(changes) == changes["slice"].nunique() * (1 + len(INTERVENTIONS))
    assert {"all", "ambiguous=1", "turn=first", "own_last_label=changed"} <= set(changes["slice"])
    assert everything["target"] == pytest.approx(0.25)
    assert everything["total_variation"] == 0


def test_a_mask_leaves_its_utterances_and_their_slices(make_corpus: MakeCorpus) -> None:
    corpus, outputs = regression(make_corpus)
    within = corpus.utterances["ambiguous"].to_numpy()[outputs.rows] == 1
    changes = identity_changes(corpus, outputs, within)
    everything = one(changes, "all", "off")
    assert everything["n"] == within.sum()
    assert everything["change"] == pytest.approx(1, abs=1e-5)
    names = set(changes["slice"])
    assert names & {"ambiguous=0", "ambiguous=1"} == set()  # nothing, and all over again
    assert (changes["n"] >= 10).all()
    others = retrained_changes(corpus, outputs, outputs, within)
    assert set(others["slice"]) == names


def test_the_error_of_classes_is_what_the_true_one_misses(make_corpus: MakeCorpus) -> None:
    corpus = flagged(make_corpus, classes=("negative", "neutral", "positive"))
    rows = corpus.rows("valid")
    right = np.eye(3)[corpus.targets[rows]]
    wrong = np.roll(right, 1, axis=1)
    half = np.where((np.arange(len(rows)) % 2 == 0)[:, None], right, wrong)
    changes = identity_changes(corpus, outputs_of(corpus, {TRAINED: right, "off": half}))
    row = one(changes, "all", "off")
    assert row["error"] == pytest.approx(0.5)
    assert row["low"] <= row["change"] <= row["high"]
    assert row["low"] > 0
    assert row["mean_abs_shift"] == pytest.approx(0.5)


def test_the_strongest_change_is_the_slice_that_moves(make_corpus: MakeCorpus) -> None:
    changes = identity_changes(*regression(make_corpus))
    found = strongest_change(changes, "off")
    assert found is not None
    assert found["slice"] == "ambiguous=1"
    assert found["trained"] == pytest.approx(0.5, abs=1e-5)
    assert strongest_change(changes, "no_role") is None


def test_one_of_many_slices_is_not_a_finding() -> None:
    """An interval that excludes zero barely is chance where twenty slices are looked at."""
    changes = pd.DataFrame(
        {
            "slice": [f"s={i}" for i in range(20)],
            "variant": "off",
            "error": 0.5,
            "change": [0.11] + [0.0] * 19,
            "low": [0.01] + [-0.1] * 19,
            "high": [0.21] + [0.1] * 19,
        }
    )
    assert strongest_change(changes, "off") is None
    alone = changes[:1]
    assert strongest_change(alone, "off") is not None


def test_no_interval_no_finding() -> None:
    changes = pd.DataFrame(
        {"slice": ["all"], "variant": "off", "error": 0.5, "change": 0.3, "low": np.nan,
         "high": np.nan}
    )  # fmt: skip
    assert strongest_change(changes, "off") is None


def test_another_model_is_measured_against_this_one(make_corpus: MakeCorpus) -> None:
    corpus, outputs = regression(make_corpus)
    targets = corpus.targets[outputs.rows].astype(float)
    other = outputs_of(corpus, {TRAINED: targets + 0.7})
    table = retrained_changes(corpus, outputs, other)
    assert set(table["variant"]) == {RETRAINED}
    assert table["slice"].tolist()[:3] == ["all", "ambiguous=0", "ambiguous=1"]
    assert list(table["slice"]) == list(identity_changes(corpus, outputs)["slice"].unique())
    assert table["change"].to_numpy() == pytest.approx(0.2, abs=1e-5)
    assert table["mean_abs_shift"].to_numpy() == pytest.approx(0.2, abs=1e-5)


@pytest.mark.parametrize(
    ("changed", "width", "inert"),
    [
        ({}, 4, set()),
        ({"identity": {"enabled": False}}, 4, set(INTERVENTIONS) - {"no_context"}),
        ({"identity": {"role": False}}, 4, {"no_role", "shuffle_roles"}),
        ({"identity": {"speaker": False}}, 4, {"no_speaker", "swap_speaker"}),
        ({"context": {"enabled": False}}, 1, {"swap_speaker", "shuffle_roles", "no_context"}),
    ],
)
def test_what_cannot_have_an_effect_is_named(
    make_corpus: MakeCorpus, changed: dict[str, object], width: int, inert: set[str]
) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus, {TRAINED: np.zeros(len(corpus.rows("valid")))}, width)
    assert set(without_effect(ModelSettings.model_validate(changed), outputs)) == inert


def test_unknown_speakers_cannot_be_swapped(make_corpus: MakeCorpus) -> None:
    corpus = make_corpus()
    outputs = outputs_of(corpus, {TRAINED: np.zeros(len(corpus.rows("valid")))})
    outputs.relation[:] = 2
    assert without_effect(ModelSettings(), outputs) == {"swap_speaker": "no speaker is known"}
