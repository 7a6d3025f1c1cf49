"""Configuration: defaults, TOML, overrides, messages."""

import pytest

from mmmie.errors import InputError
from mmmie.training.config import Config, config_toml, load_config


def test_file_then_overrides(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text("[model]\ndim = 32\nheads = 2\n[training]\nmodality_dropout = 0.3\n")
    config = load_config(file, ["model.dim=16", "objective.minimise.estimator=club"])
    assert (config.model.dim, config.model.heads) == (16, 2)
    assert config.objective.minimise.estimator == "club"
    assert config.training.modality_dropout == 0.3


def test_toml_round_trip(tmp_path):
    config = load_config(overrides=["model.modalities=['text']", "training.seed=7"])
    file = tmp_path / "config.toml"
    file.write_text(config_toml(config))
    assert load_config(file) == config


@pytest.mark.parametrize(
    "ablation",
    [
        "objective.maximise.enabled=false",
        "objective.minimise.enabled=false",
        "model.identity.enabled=false",
        "model.context.enabled=false",
    ],
)
def test_every_ablation_is_one_setting(ablation):
    assert load_config(overrides=[ablation]) != Config()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["model.dims=3"], ("`model.dims` does not exist", "dim, invariant_dim, specific_dim")),
        (["modle.dim=3"], ("`modle` does not exist", "model, objective, training")),
        (["model.dim=ten"], ("`model.dim` is 'ten'", "integer")),
        (["model.dim=0"], ("`model.dim` is 0", "greater than or equal to 4")),
        (
            ["objective.minimise.estimator=magic"],
            ("'magic'", "'club', 'vclub-s', 'l1out' or 'vub'"),
        ),
        (["objective.maximise.estimator=vub"], ("'vub'", "'infonce', 'nwj', 'dv', 'smile' or")),
        (["training.mi_check_every=-1"], ("`training.mi_check_every` is -1",)),
        (["training.epochs=-3"], ("`training.epochs` is -3",)),
        (["model.dim"], ("--set model.dim", "section.key=value")),
        (["model.dim.x=3"], ("`model.dim`",)),
    ],
)
def test_messages_name_the_key_and_the_mend(overrides, words):
    with pytest.raises(InputError) as caught:
        load_config(overrides=overrides)
    for word in words:
        assert word in str(caught.value)


def test_unreadable_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_config(tmp_path / "none.toml")
    file = tmp_path / "bad.toml"
    file.write_text("model = [")
    with pytest.raises(InputError, match="bad.toml: is not readable TOML"):
        load_config(file)
    file.write_text("[model]\nwidth = 3\n")
    with pytest.raises(InputError, match=r"bad.toml: key `model.width` does not exist"):
        load_config(file)
