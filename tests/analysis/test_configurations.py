"""Configuration differences in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from mmmie.analysis.configurations import (
    closest,
    configuration_diff,
    describe_difference,
    maximises,
)
from mmmie.corpus import Label, Modality
from mmmie.training.checkpoint_files import CheckpointInfo
from mmmie.training.config import load_config


def info(*overrides, modalities=("text", "audio", "vision")):
    return CheckpointInfo(
        folder=Path("runs/x/best"),
        config=load_config(overrides=list(overrides)),
        label=Label("sentiment", "regression", range=(-3.0, 3.0)),
        modalities={m: Modality(m, 4, "utterance") for m in modalities},
        corpus={"name": "demo", "path": None, "fingerprint": "0"},
        metrics={},
        epoch=1,
        carryover={},
        facts={},
    )


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("model.identity.enabled=false", "without identity"),
        ("model.context.enabled=false", "without context"),
        ("objective.maximise.enabled=false", "without MI maximisation"),
        ("objective.minimise.enabled=false", "without MI minimisation"),
        ("objective.minimise.separation=0", "without separation"),
        ("objective.minimise.separation=0.5", "objective.minimise.separation 0.5"),
        ("model.stochastic=false", "without stochastic codes"),
        ("model.readout=summary", "summary readout"),
        ("training.seed=3", "seed 3"),
        ("training.epochs=7", "7 epochs"),
        ("training.epochs=1", "1 epoch"),
        ("model.invariant_dim=4", "invariant dim 4"),
    ],
)
def test_one_difference(override, words):
    assert describe_difference(info(override), info()) == words


FROZEN = ("model.text_encoder.name=some/bert",)
TUNED = (*FROZEN, "model.text_encoder.mode=fine_tuned")
RATE = "model.text_encoder.learning_rate=1e-4"


@pytest.mark.parametrize(
    ("other", "reference", "words"),
    [
        ((), (*TUNED, RATE), "without a text encoder"),
        (TUNED, (), "with a text encoder"),
        ((*TUNED, RATE), FROZEN, "text encoder fine-tuned"),
        (FROZEN, (*TUNED, RATE), "text encoder frozen"),
        ((*TUNED, RATE), TUNED, "learning rate 0.0001"),
        (("model.text_encoder.name=/a/long/way/roberta",), FROZEN, "text encoder roberta"),
    ],
)
def test_text_encoders(other, reference, words):
    assert describe_difference(info(*other), info(*reference)) == words


def test_an_encoder_that_goes_with_its_modality_is_said_once():
    fewer = info(modalities=("audio", "vision"))
    assert describe_difference(fewer, info(*TUNED)) == "without text"


def test_it_is_said_from_the_side_of_the_other_one():
    assert describe_difference(info(), info("model.identity.enabled=false")) == "with identity"


def test_the_data_is_no_difference_and_the_modalities_are():
    assert describe_difference(info('data="/elsewhere"'), info()) == "same configuration"
    fewer = info(modalities=("text", "audio"))
    assert describe_difference(fewer, info()) == "without vision"
    assert describe_difference(info(), fewer) == "on text + audio + vision"


def test_many_differences_are_counted():
    other = info(
        "model.identity.enabled=false", "model.dim=32", "training.seed=1", "model.layers=2"
    )
    assert describe_difference(other, info()).endswith(", 2 more")
    table = configuration_diff(info(), other).set_index("setting")
    assert table.loc["model.dim"].tolist() == [64, 32]
    assert len(table) == 4


def test_dropout_per_modality_is_one_setting():
    other = info("training.modality_dropout={text=0.1, audio=0.5}")
    assert describe_difference(other, info()) == "modality dropout text 0.1, audio 0.5"


OFF = "objective.maximise.enabled=false"


def pulls_not(config):
    return not maximises(config)


def named(name, *overrides):
    return replace(info(*overrides), folder=Path(name))


def test_the_closest_is_the_one_as_wanted_that_differs_least():
    elsewhere = replace(named("elsewhere", OFF), corpus={"fingerprint": "1"})
    others = [
        named("full"),
        named("small", OFF, "model.dim=8", "training.epochs=3"),
        named("ablation", OFF),
        elsewhere,
    ]
    assert closest(info(), others, pulls_not).name == "ablation"
    assert closest(info(), [others[0], elsewhere], pulls_not) is None


def test_a_weight_of_zero_maximises_nothing():
    assert maximises(info().config)
    assert pulls_not(info("objective.maximise.weight=0").config)
