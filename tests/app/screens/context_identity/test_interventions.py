from __future__ import annotations

from pathlib import Path

from app.runs.setting_fields import config_of
from app.screens.context_identity.interventions import closest_without_identity
from mmmie.corpus import Label, Modality
from mmmie.training.checkpoint_files import CheckpointInfo


def info(name: str, fingerprint: str = "f", **settings: object) -> CheckpointInfo:
    values = {key.replace("__", "."): value for key, value in settings.items()}
    return CheckpointInfo(
        folder=Path(name),
        config=config_of(values),
        label=Label("sentiment", "regression", range=(-3.0, 3.0)),
        modalities={"text": Modality("text", 4, "utterance")},
        corpus={"name": "c", "path": None, "fingerprint": fingerprint},
        metrics={},
        epoch=1,
        carryover={},
        facts={},
    )


OFF = {"model__identity__enabled": False}


def test_the_one_that_differs_least_is_compared() -> None:
    others = [
        info("full"),
        info("small", **OFF, model__dim=8, training__epochs=3),
        info("ablation", **OFF),
        info("elsewhere", "another corpus", **OFF),
    ]
    found = closest_without_identity(info("mine"), others)
    assert found is not None
    assert found.name == "ablation"


def test_there_may_be_none() -> None:
    assert closest_without_identity(info("mine"), [info("full")]) is None
    assert closest_without_identity(info("mine"), [info("x", "another corpus", **OFF)]) is None


def test_a_model_without_identity_has_no_ablation_of_it() -> None:
    assert closest_without_identity(info("mine", **OFF), [info("other", **OFF)]) is None
