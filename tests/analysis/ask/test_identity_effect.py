"""The effect of interventions on identity over a split, and the outputs it is read from."""

import numpy as np
import pytest

from mmmie.analysis.ask.asker import Asker
from mmmie.analysis.ask.identity_effect import identity_effect, prediction_shift
from mmmie.analysis.ask.presets import INTERVENTIONS
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.model.config import IdentitySettings
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
