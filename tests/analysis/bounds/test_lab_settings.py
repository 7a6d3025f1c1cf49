"""What a run of the lab does: checked, kept and read again."""

import json
from dataclasses import asdict, replace

import pytest

from mmmie.analysis.bounds.lab_tasks import LabSettings, parse_settings
from mmmie.errors import InputError


def test_settings_make_one_task_a_level():
    tasks = LabSettings(family="cubic", dim=3, nats=(1.0, 2.0)).tasks()
    assert [task.mi for task in tasks] == [1.0, 2.0]
    assert {task.dim_y for task in tasks} == {3}


def test_what_is_kept_as_json_is_read_again():
    settings = LabSettings(estimators=("ksg", "cca"), transform="copula", question="Which?")
    assert parse_settings(json.loads(json.dumps(asdict(settings)))) == settings


@pytest.mark.parametrize("raw", [{}, {"colour": "red"}])
def test_other_things_are_refused(raw):
    with pytest.raises(InputError, match="no settings of the estimator lab"):
        parse_settings(raw)


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
