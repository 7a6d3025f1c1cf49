"""The catalogue: its entries are true of the classes, and one entry is all that a new one needs."""

from __future__ import annotations

import inspect
import math
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmmie.errors import InputError
from mmmie.mi import ESTIMATORS, estimator_class
from mmmie.mi.catalogue import CATALOGUE, find, trained
from mmmie.mi.learned.conditional import ConditionalEstimator
from mmmie.mi.learned.critics import CriticEstimator

BOUNDS = {
    "lower": ["infonce", "nwj", "dv", "smile", "js"],
    "upper": ["club", "vclub-s", "l1out", "vub"],
    "neither": ["ba", "doe", "ksg", "cca"],
}


def test_lower_bounds_come_first_then_upper_ones_then_the_rest():
    assert list(CATALOGUE) == [name for names in BOUNDS.values() for name in names]
    for bound, names in BOUNDS.items():
        assert all(CATALOGUE[name].bound == bound for name in names)


def test_it_is_read_without_torch():
    code = "import sys, mmmie.mi.catalogue, mmmie.mi.tasks.closed_forms as c\n"
    code += "assert c.expected_value('nwj', 2, 1.0, 8) == 1.0 and 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("facts", CATALOGUE.values(), ids=list(CATALOGUE))
def test_an_entry_is_true_of_its_class(facts):
    kind = facts.load()
    assert kind.facts is facts and ESTIMATORS[facts.name] is kind and kind.__doc__
    learns = {CriticEstimator: "critic", ConditionalEstimator: "conditional"}
    bases = [word for base, word in learns.items() if issubclass(kind, base)]
    assert [facts.learns] == (bases or ["nothing"])
    assert (facts.learns == "nothing") == (kind.fitted != "steps")
    taken = {name.removesuffix("_y") for name in facts.options}
    assert taken == set(inspect.signature(kind).parameters) - {"dim_x", "dim_y", "hidden"}
    assert facts.title and facts.how and facts.to_know and facts.paper


@pytest.mark.parametrize("name", [*BOUNDS["lower"], *BOUNDS["upper"]])
def test_its_bound_is_on_the_side_that_the_entry_says(name):
    """With q or critic exact, of Gaussians that share more than a batch of 8 can show."""
    from mmmie.mi.tasks.closed_forms import expected_value

    value, truth = expected_value(name, 10, 4.0, 8), 4.0
    if CATALOGUE[name].exact != "never":
        assert value == truth
    elif name != "smile":  # which is no bound where scores exceed its clip
        assert value < truth if CATALOGUE[name].bound == "lower" else value > truth


def test_only_infonce_has_a_ceiling():
    capped = {name: facts.ceiling(64) for name, facts in CATALOGUE.items() if facts.ceiling(64)}
    assert capped == {"infonce": math.log(64)}
    scores = 1000 * torch.eye(64)
    over = [f.name for f in trained("lower") if f.load().terms(scores).mean() > math.log(64) + 1e-4]
    assert over == [f.name for f in trained("lower") if not f.capped]


@pytest.mark.parametrize(
    ("said", "meant"),
    [("InfoNCE", "infonce"), ("MINE", "dv"), ("mine", "dv"), ("gaussian", "cca"),
     ("vCLUB-S", "vclub-s"), ("vclub_s", "vclub-s"), ("vclubs", "vclub-s"), ("L1Out", "l1out"),
     ("KSG", "ksg")],
)  # fmt: skip
def test_other_ways_to_say_it_are_understood(said, meant):
    assert find(said).name == meant and estimator_class(said) is ESTIMATORS[meant]


@pytest.mark.parametrize("name", ["", "mutual", "info nce", "club2"])
def test_an_unknown_name_is_answered_with_those_there_are(name):
    with pytest.raises(InputError, match=f"`{name}` is unknown; use one of infonce, nwj, dv, smi"):
        estimator_class(name)


def test_the_readme_has_every_estimator_on_its_side():
    text = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    rows = [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")]
    side, listed = "", {}
    for first, second in rows:
        side = first.strip() or side
        listed |= {name: side for name in re.findall(r"`([\w-]+)`", second)}
    assert {name: listed.get(name) for name in CATALOGUE} == {
        name: facts.bound for name, facts in CATALOGUE.items()
    }


TOY = """
import torch
from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.learned.critics import CriticEstimator

class Toy(CriticEstimator):
    facts = CATALOGUE["toy"]
    @staticmethod
    def objective(scores):
        return scores.diagonal().mean() - scores.mean()
    @staticmethod
    def terms(scores):
        return scores.diagonal() - scores.mean(1)
    def value(self, x, y):
        return torch.tensor(0.625)
"""
ADDED = """
from mmmie.mi.catalogue import CATALOGUE, Facts
CATALOGUE["toy"] = Facts("toy", "Toy bound", "toy.Toy", "lower", "critic", how="it guesses",
                         to_know="nothing", paper="none", trained=True)

import numpy as np
from click.testing import CliRunner
from mmmie.cli.mi import mi
from mmmie.mi import Toy, estimate

x = np.random.default_rng(0).standard_normal((64, 2))
found = estimate(x, x, "toy", steps=2)
assert (found.nats, found.title, found.bound, found.ceiling) == (0.625, "Toy bound", "lower", None)
assert "js, toy." in " ".join(CliRunner().invoke(mi, ["--help"]).output.split())

from app.screens.mutual_information.lab_controls import estimator_label, estimators_explained
assert estimator_label("toy") == "Toy bound ≥" and "Toy bound" in estimators_explained()

from mmmie.training.config import load_config
from mmmie.training.objective.bounds import LOWER
assert load_config(overrides=["objective.maximise.estimator=toy"]).objective.maximise
assert LOWER["toy"].terms is Toy.terms
"""


@pytest.mark.slow
def test_a_new_estimator_is_one_file_and_one_entry(tmp_path):
    (tmp_path / "toy.py").write_text(TOY, "utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{ADDED}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
