"""The lab in a picture and in sentences."""

import math

import pandas as pd
import pytest

from app.parts.style import LOWER_LINE, NEITHER_LINE, UPPER_LINE
from app.screens.mutual_information.estimator_lab import lab_figure
from app.screens.mutual_information.lab_verdict import lab_levels, lab_sentences, lab_title
from mmmie.analysis.bounds.lab_tasks import LabSettings

NAN = math.nan
STEPS, TRUTHS = 100, [2.0, 10.0]
CEILING = math.log(64)


def points(**values):
    """One point a step, all of a value that depends on the level."""
    rows = [
        (name, step, step // STEPS, TRUTHS[step // STEPS], levels[step // STEPS])
        for name, levels in values.items()
        for step in range(STEPS * len(levels))
    ]
    return pd.DataFrame(rows, columns=["estimator", "step", "level", "truth", "nats"])


def row(estimator, value, truth=10.0, optimum=NAN, **more):
    plain = {"spread": 0.1, "error": 0.01, "lowest": value, "points": 25, "below": 0}
    ceiling = CEILING if estimator == "infonce" else NAN
    return {
        **{"estimator": estimator, "level": 0, "truth": truth, "value": value},
        **{"optimum": optimum, "ceiling": ceiling, **plain, **more},
    }


def table(*rows):
    return pd.DataFrame(rows)


def figure(held, rows, names):
    return lab_figure(held, rows, TRUTHS, names, STEPS)


def test_lines_say_by_their_dash_what_they_bound():
    held = points(infonce=[1.8], club=[4.0], cca=[2.0])
    rows = table(row("infonce", 1.8), row("club", 4.0), row("cca", 2.0))
    drawn = figure(held, rows, ["infonce", "club", "cca"])
    dashes = {t.name: t.line.dash for t in drawn.data if t.name}
    assert dashes["InfoNCE, lower bound"] == LOWER_LINE
    assert dashes["CLUB, upper bound"] == UPPER_LINE
    assert dashes["CCA (Gaussian), no bound"] == NEITHER_LINE
    hues = [t.line.color for t in drawn.data if t.name and t.name != "truth"]
    assert len(set(hues)) == 3


def test_truth_and_optimum_are_flat_on_every_level():
    rows = table(row("club", 4.0, optimum=4.4), row("club", 16.0, optimum=16.4, level=1))
    drawn = figure(points(club=[4.0, 16.0]), rows, ["club"])
    truth = next(t for t in drawn.data if t.name == "truth")
    assert list(truth.x) == [0, 100, None, 100, 200, None]
    assert list(truth.y) == [2.0, 2.0, None, 10.0, 10.0, None]
    optimum = next(t for t in drawn.data if t.line.width == 1)
    assert list(optimum.y) == [4.4, 4.4, None, 16.4, 16.4, None]
    unknown = figure(points(ksg=[0.4]), table(row("ksg", 0.4)), ["ksg"])
    assert not [t for t in unknown.data if t.line.width == 1]


def test_the_axes_do_not_move_while_it_runs():
    empty = figure(points(), table(row("club", 1.0))[:0], ["club"])
    late = figure(points(club=[4.0, 40.0]), table(row("club", 40.0, level=1)), ["club"])
    for axis in ("xaxis", "yaxis"):
        assert empty.layout[axis].range == late.layout[axis].range
    assert late.layout.xaxis.range == (0, 200)


def test_what_leaves_the_picture_is_named_at_its_edge():
    rows = table(
        row("club", 40.0, level=1), row("vub", 50.0, level=1), row("nwj", -90.0, level=1),
        row("infonce", 4.0, level=1),
    )  # fmt: skip
    drawn = figure(points(), rows, ["club", "vub", "nwj", "infonce"])
    edges = {a.text: a for a in drawn.layout.annotations}
    assert {"CLUB 40 ↑", "VUB 50 ↑", "NWJ -90 ↓"} < set(edges)
    assert edges["CLUB 40 ↑"].yshift != edges["VUB 50 ↑"].yshift
    assert edges["CLUB 40 ↑"].x == 150
    assert not any("InfoNCE 4" in text for text in edges)


def test_a_ceiling_is_a_labelled_line():
    drawn = figure(points(), table(row("infonce", 4.0)), ["infonce"])
    assert [s.y0 for s in drawn.layout.shapes] == [CEILING]
    assert any("ceiling of InfoNCE, ln B = 4.16" in a.text for a in drawn.layout.annotations)


def test_few_points_are_markers_without_dots():
    few = points(ksg=[0.4])[::10]
    drawn = figure(few, table(row("ksg", 0.4)), ["ksg"])
    assert [t.mode for t in drawn.data] == ["lines+markers", "lines"]
    many = figure(points(club=[4.0]), table(row("club", 4.0)), ["club"])
    assert [t.mode for t in many.data] == ["markers", "lines", "lines"]


def sentence(held, **settings):
    names = (held["estimator"],)
    return lab_sentences(table(held), LabSettings(estimators=names, **settings))[names[0]]


def test_infonce_at_its_ceiling_is_explained():
    said = sentence(row("infonce", 4.1, optimum=4.12))
    assert "**InfoNCE** says 4.1 nats, 5.9 less than the truth of 10." in said
    assert "with nothing left to learn it is 4.12" in said
    assert "one partner to pick out of 64, so it stops at ln 64 = 4.16" in said


def test_club_is_loose_by_nature_or_no_bound_at_all():
    loose = sentence(row("club", 16.3, truth=6.0, optimum=16.44))
    assert "10.3 more than the truth of 6" in loose and "even when q is exact" in loose
    below = sentence(row("club", 1.5, truth=3.5, below=90), family="spiral", dim=5, nats=(3.5,))
    assert "below the truth" in below and "until its q(y | x) fits" in below
    assert "For the first" not in below
    crossed = sentence(row("club", 9.0, truth=3.5, below=470), family="spiral", dim=5, nats=(3.5,))
    assert "For the first 470 steps of this level it lay below the truth" in crossed
    assert "a loose one. And its q(y | x) is a Gaussian, which y given x is not." in crossed


def test_what_learning_still_misses_is_said():
    said = sentence(row("l1out", 5.0, truth=6.0, optimum=7.84))
    assert "would say 7.84, so learning still misses 2.84" in said


def test_a_gaussian_q_on_what_is_not_gaussian():
    plain = sentence(row("doe", 3.2, truth=6.0), family="cubic", nats=(6.0,))
    assert "a Gaussian, which y given x is not; ranks would fix the form" in plain
    ranked = sentence(row("doe", 3.2, truth=6.0), family="cubic", nats=(6.0,), transform="copula")
    assert "ranks would" not in ranked
    cca = sentence(row("cca", 1.0, truth=3.5), family="spiral", dim=5, nats=(3.5,))
    assert "jointly Gaussian, which they are not." in cca


def test_nwj_scatters_and_ksg_is_lost_in_many_dimensions():
    noisy = sentence(row("nwj", 6.5, optimum=10.0, spread=3.0, error=0.3, lowest=-16.6))
    assert "scatter by ± 3, down to −16.6: it takes the mean of exponentials" in noisy
    assert "In 40 dimensions" in sentence(row("ksg", 1.8))
    assert "dimensions" not in sentence(row("ksg", 0.5, truth=1.0), dim=2, nats=(1.0,))


def test_an_estimate_that_is_right_says_so():
    assert sentence(row("doe", 9.9, optimum=10.0)) == "**DoE** says 9.9 nats, as good as the truth."


def test_the_title_is_the_finding_of_the_last_level():
    rows = table(row("club", 4.0), row("dv", 7.0, level=1), row("club", 34.0, level=1))
    assert lab_title(rows, TRUTHS) == "Where the truth is 10 nats, DV (MINE) says 7 and CLUB 34"
    assert lab_title(rows[:0], TRUTHS).endswith("about to start")


def test_the_table_of_levels_has_optima_in_brackets():
    settings = LabSettings(estimators=("club", "ksg"), nats=(2.0, 10.0))
    rows = table(row("club", 4.1, optimum=4.43), row("ksg", 0.4))
    shown = lab_levels(rows, settings)
    assert shown.to_dict("records") == [
        {"estimator": "CLUB", "truth 2": "4.1 (4.43)", "truth 10": "–"},
        {"estimator": "KSG", "truth 2": "0.4", "truth 10": "–"},
    ]


@pytest.mark.parametrize("name", ["infonce", "smile"])
def test_a_critic_is_not_blamed_for_its_form(name):
    said = sentence(row(name, 0.4, truth=2.0), family="student", dim=3, nats=(2.0,))
    assert "form" not in said
