"""The tasks of the lab: the truth that was asked for, and the optimum where it is known."""

import json
import subprocess
import sys
from dataclasses import asdict, replace

import pytest

from mmmie.analysis.bounds.lab_tasks import FAMILIES, LabSettings, optimum, parse_settings
from mmmie.errors import InputError
from mmmie.mi.tasks.closed_forms import club_value, infonce_value


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_task_has_the_truth_that_was_asked_for(name, share):
    family = FAMILIES[name]
    for dim in {family.dims[0], min(8, family.dims[1])}:
        low, high = family.nats(dim)
        nats = low + share * (min(high, 12.0) - low)
        task = family.task(dim, nats)
        assert task.mi == pytest.approx(nats, rel=1e-6, abs=1e-6)
        x, y = task.sample(10, 0)
        assert x.shape == (10, task.dim_x) and y.shape == (10, task.dim_y)


@pytest.mark.parametrize(
    ("name", "dim", "nats", "message"),
    [
        ("spiral", 2, 1.0, "dim is 2; use 3 to 100"),
        ("uniform", 2, 1.0, "dim is 2; use 1"),
        ("sparse", 5, 9.0, "9 nats in 5 dimensions is out of range; use 0 to 8.4"),
        ("student", 20, 0.5, "use 0.8 to 240.79"),
        ("gaussian", 5, float("nan"), "nan nats"),
    ],
)
def test_what_there_is_not_is_said(name, dim, nats, message):
    with pytest.raises(InputError, match=message):
        FAMILIES[name].task(dim, nats)


def test_a_map_that_can_be_undone_leaves_the_best_critic_as_it_is():
    expected = infonce_value(5, 2.0, 64).value
    for name in ("gaussian", "cubic", "asinh"):
        assert optimum(FAMILIES[name], "infonce", 5, 2.0, 64) == expected
    # only two of the columns matter, however many there are
    few = infonce_value(2, 2.0, 64).value
    for name in ("sparse", "spiral"):
        assert optimum(FAMILIES[name], "infonce", 5, 2.0, 64) == few


@pytest.mark.parametrize("estimator", ["club", "vclub-s", "l1out", "vub", "doe", "ba", "cca"])
def test_a_gaussian_q_needs_gaussian_pairs(estimator):
    def known(name, how="none"):
        return optimum(FAMILIES[name], estimator, 5, 2.0, 16, how) is not None

    assert known("gaussian") and known("sparse")
    assert known("cubic", "copula") and not known("cubic")
    assert not known("spiral", "copula") and not known("student", "copula")


def test_the_optimum_of_each_kind():
    gaussian, student = FAMILIES["gaussian"], FAMILIES["student"]
    assert optimum(gaussian, "vclub-s", 20, 6.0, 64) == club_value(20, 6.0)
    assert optimum(gaussian, "cca", 20, 6.0, 64) == 6.0
    assert optimum(gaussian, "ksg", 20, 6.0, 64) is None
    assert optimum(student, "nwj", 5, 2.0, 64) == 2.0
    assert optimum(student, "infonce", 5, 2.0, 64) is None


def test_a_menu_of_tasks_needs_no_torch():
    code = (
        "import sys, mmmie.analysis.bounds.lab_tasks as s; s.LabSettings().tasks();"
        "assert not {'torch', 'scipy.stats'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


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
