"""Experiment files: what they resolve to, and one line for what is wrong in them."""

from pathlib import Path

import pytest

from mmmie.errors import InputError
from mmmie.experiments.plan import flatten, folder_name, nest, read_plan, settings_of
from mmmie.training.config import Config


@pytest.fixture
def write(tmp_path):
    def write(text):
        file = tmp_path / "file.toml"
        file.write_text(text, "utf-8")
        return file

    return write


def test_settings_come_from_defaults_base_and_configuration_in_this_order(write):
    plan = read_plan(
        write(
            """
            name = "try"
            seeds = [3, 5]
            split = ["valid", "test"]
            [base.model]
            dim = 16
            heads = 2
            [configurations.full]
            [configurations."narrow, alone"]
            "model.dim" = 8
            model.context = { enabled = false, past = 2 }
            """
        )
    )
    full, narrow = (c.config for c in plan.configurations)
    assert (full.model.dim, full.model.heads, full.model.context.enabled) == (16, 2, True)
    assert (narrow.model.dim, narrow.model.heads, narrow.model.context.past) == (8, 2, 2)
    assert full.training.epochs == Config().training.epochs
    assert plan.seeds == (3, 5) and plan.splits == ("valid", "test") and plan.reference == "full"
    assert [(t.seed, t.configuration.name) for t in plan.trials] == [
        (3, "full"),
        (3, "narrow, alone"),
        (5, "full"),
        (5, "narrow, alone"),
    ]
    assert plan.trials[3].config.training.seed == 5
    assert plan.trials[3].folder == Path("narrow-alone/5")


def test_a_grid_is_every_combination(write):
    plan = read_plan(
        write(
            """
            name = "grid"
            seeds = 1
            [grid]
            model.modalities = [["text"], ["text", "audio"]]
            "training.modality_dropout" = ["auto", { text = 0.5 }]
            """
        )
    )
    found = {
        c.name: (c.config.model.modalities, c.config.training.modality_dropout)
        for c in plan.configurations
    }
    assert list(found.values()) == [
        (["text"], "auto"),
        (["text"], {"text": 0.5}),
        (["text", "audio"], "auto"),
        (["text", "audio"], {"text": 0.5}),
    ]
    assert "model.modalities=text+audio, training.modality_dropout=auto" in found


def test_a_plain_value_replaces_a_section_and_the_reverse(write):
    text = """
        name = "x"
        [base.training]
        modality_dropout = {first}
        [configurations.a]
        training.modality_dropout = {second}
        """
    for first, second, expected in (
        ("0.5", "{ text = 0.1 }", {"text": 0.1}),
        ("{ text = 0.1 }", "0.5", 0.5),
        ("{ text = 0.1, audio = 0.2 }", "{ text = 0.3 }", {"text": 0.3, "audio": 0.2}),
        ("0.5", "{}", {}),
    ):
        plan = read_plan(write(text.replace("{first}", first).replace("{second}", second)))
        assert plan.configurations[0].config.training.modality_dropout == expected


def test_baselines_join_and_deterministic_ones_run_once(write):
    plan = read_plan(write('name = "x"\nseeds = 3\nbaselines = ["constant", "mlp"]'), "some/data")
    assert plan.reference == "constant" and plan.data == "some/data"
    counts = {c.name: sum(t.configuration == c for t in plan.trials) for c in plan.configurations}
    assert counts == {"constant": 1, "mlp": 3}


def test_without_configurations_the_base_is_the_only_one(write):
    plan = read_plan(write('name = "x"\n[base]\nmodel.dim = 8'))
    assert [c.name for c in plan.configurations] == ["base"]
    assert plan.configurations[0].config.model.dim == 8


def test_the_fingerprint_follows_the_settings(write):
    text = 'name = "x"\n[base.model]\ndim = 8'
    first = read_plan(write(text)).fingerprint
    assert read_plan(write(text)).fingerprint == first
    assert read_plan(write(text.replace("8", "16"))).fingerprint != first


def test_settings_survive_the_way_through_dotted_keys():
    config = Config()
    config.training.modality_dropout = {"text": 0.1, "audio": 0.0}
    flat = settings_of(config)
    assert Config.model_validate(nest(flat, "here")) == config
    assert flatten({"a": {"b": {}}}) == {"a.b": {}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seeds = 2", "`name` is missing"),
        ('name = "x"\ncolour = 1', "`colour` does not exist; known here: name"),
        ('name = "x"\nseeds = 0', "`seeds` is 0"),
        ('name = "x"\nseeds = []', "`seeds` is empty"),
        ('name = "x"\nsplit = "dev"', "`split` is 'dev'"),
        ('name = "x"\nreference = "y"', "`reference` is 'y'; use one of base"),
        ('name = "x"\n[base]\nmodel.dmi = 3', "configuration `base`: key `model.dmi` does not"),
        ('name = "x"\n[configurations.a]\nmodel.dim = "wide"', "configuration `a`: `model.dim`"),
        ('name = "x"\n[base.training]\nseed = 3', "`training.seed` is set by `seeds`"),
        ('name = "x"\n[base]\ndata = "demo"', "`data` is set for all"),
        ('name = "x"\n[grid]\nmodel.dim = 8', "grid: `model.dim` is 8; give a list"),
        ('name = "x"\n[grid]\nmodel.dim = [8, 8]', "`model.dim=8` comes twice"),
        ('name = "x"\nbaselines = ["oracle"]', "baseline `oracle` is unknown"),
        (
            'name = "x"\nbaselines = ["mlp"]\n[configurations.mlp]',
            "`mlp` is a configuration and a baseline",
        ),
        (
            'name = "x"\n[configurations."a b"]\n[configurations."a-b"]',
            "would share the folder a-b",
        ),
        (
            'name = "x"\n[configurations.a]\n"model" = 3\n"model.dim" = 8',
            "`model.dim` is set, and `model` too",
        ),
        ("name = ", "is not readable TOML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(write, text, said):
    with pytest.raises(InputError) as caught:
        read_plan(write(text))
    assert said in str(caught.value) and "file.toml" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="nothing.toml: there is no such file"):
        read_plan(tmp_path / "nothing.toml")


def test_folder_names_are_short_and_differ():
    long = ["x" * 200 + end for end in "ab"]
    assert len({folder_name(name) for name in long}) == 2
    assert all(len(folder_name(name)) < 100 for name in long)
    assert folder_name("../..") not in ("", ".", "..") and "/" not in folder_name("../..")


EXAMPLES = Path(__file__).parents[2] / "experiments"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_examples_are_whole(file):
    plan = read_plan(file)
    assert len(plan.configurations) + plan.unproposed > 1 and plan.data == "demo"
