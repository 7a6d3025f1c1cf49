"""What a run of the lab does: checked, written and read again."""

from dataclasses import replace

import pytest

from mmmie.analysis.bounds.lab_settings import LabSettings, read_settings
from mmmie.errors import InputError


def test_settings_make_one_task_a_level():
    tasks = LabSettings(family="cubic", dim=3, nats=(1.0, 2.0)).tasks()
    assert [task.mi for task in tasks] == [1.0, 2.0]
    assert {task.dim_y for task in tasks} == {3}


def test_what_is_written_is_read_again(tmp_path):
    settings = LabSettings(estimators=("ksg", "cca"), transform="copula", question="Which?")
    settings.write(tmp_path / "settings.json")
    assert read_settings(tmp_path / "settings.json") == settings


@pytest.mark.parametrize("text", [None, "", "[1]", '{"colour": "red"}', "{"])
def test_other_files_are_refused(tmp_path, text):
    if text is not None:
        (tmp_path / "settings.json").write_text(text)
    with pytest.raises(InputError, match="no settings of the estimator lab"):
        read_settings(tmp_path / "settings.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "cauchy"}, "family `cauchy` is unknown"),
        ({"estimators": ()}, "estimators are 0; choose 1 to 4"),
        ({"estimators": ("cca",) * 5}, "estimators are 5"),
        ({"nats": ()}, "nats are none"),
        ({"batch_size": 1}, "batch_size is 1; use 2 to 1024"),
        ({"steps": 0}, "steps is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"critic": "deep"}, "critic is `deep`"),
        ({"transform": "log"}, "transform is `log`"),
        ({"dim": 0}, "dim is 0"),
    ],
)
def test_a_setting_out_of_range_is_named(change, message):
    with pytest.raises(InputError, match=message):
        replace(LabSettings(), **change).tasks()
