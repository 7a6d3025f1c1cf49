from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app.runs.setting_fields import config_of, differences, nested, setting_fields
from mmmie.errors import InputError
from mmmie.training.config import Config

FIELDS = {field.key: field for field in setting_fields()}


def leaves(values: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in values.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def test_every_setting_of_the_configuration_has_a_field() -> None:
    assert set(FIELDS) == leaves(Config().model_dump())


def test_defaults_bounds_and_help_are_those_of_the_types() -> None:
    dim = FIELDS["model.dim"]
    assert (dim.kind, dim.default, dim.low, dim.high) == ("whole", Config().model.dim, 4, 2048)
    assert dim.help == "Width of encoders and fusion."
    rate = FIELDS["training.learning_rate"]
    assert (rate.kind, rate.low, rate.high) == ("number", 0, 1)
    readout = FIELDS["model.readout"]
    assert (readout.kind, readout.choices) == ("choice", ("target", "summary"))
    assert FIELDS["model.identity.enabled"].kind == "switch"
    assert FIELDS["training.precision"].choices == ("auto", "float32", "bfloat16")
    assert FIELDS["training.compile"].kind == "switch"
    assert FIELDS["training.modality_dropout"].kind == "toml"
    assert FIELDS["model.context.past"].section == "model.context"


def test_differences_name_what_was_changed() -> None:
    assert differences(Config(data="elsewhere")) == []
    config = config_of({"model.dim": 32, "model.identity.enabled": False, "data": "demo"})
    found = {key: (was, now) for key, was, now in differences(config)}
    assert found == {
        "model.dim": (Config().model.dim, 32),
        "model.identity.enabled": (True, False),
    }


def test_a_wrong_value_is_a_readable_line() -> None:
    with pytest.raises(InputError, match="model.dim"):
        config_of({"model.dim": 1})


def test_nested_joins_sections() -> None:
    assert nested({"a.b": 1, "a.c.d": 2, "e": 3}) == {"a": {"b": 1, "c": {"d": 2}}, "e": 3}


def page() -> None:
    import streamlit as st

    from app.runs.setting_fields import config_of, settings_form

    weights = {"fear": 3.0, "no joy": 0.5}
    preset = {"model.identity.enabled": False, "objective.task.class_weights": weights}
    chosen = settings_form(preset, {"data"}, key="f")
    st.session_state["chosen"] = chosen
    st.session_state["config"] = config_of(chosen).model_dump()


def test_the_form_gives_what_is_not_at_its_default() -> None:
    at = AppTest.from_function(page).run(timeout=30)
    assert not at.exception
    given = {
        "model.identity.enabled": False,
        "objective.task.class_weights": {"fear": 3.0, "no joy": 0.5},
    }
    assert at.session_state["chosen"] == given
    at.number_input(key="f-model.dim").set_value(32)
    at.selectbox(key="f-model.readout").set_value("summary")
    at.number_input(key="f-training.learning_rate").set_value(0.001)
    at.text_input(key="f-training.modality_dropout").set_value("{ text = 0.25 }")
    at.run(timeout=30)
    assert at.session_state["chosen"] == {
        **given,
        "model.dim": 32,
        "model.readout": "summary",
        "training.learning_rate": 0.001,
        "training.modality_dropout": {"text": 0.25},
    }
    assert at.session_state["config"]["training"]["modality_dropout"] == {"text": 0.25}


def test_every_widget_has_its_description() -> None:
    at = AppTest.from_function(page).run(timeout=30)
    widget = at.number_input(key="f-objective.maximise.weight")
    assert FIELDS["objective.maximise.weight"].help in widget.help
    assert "objective.maximise.weight" in widget.help
    assert (widget.min, widget.max) == (0, 100)
