"""Figures of the bounds, and the words about them."""

import math

import numpy as np
import pandas as pd
import pytest

from app.views.bounds import UNITS, modality_panels, pair_panels
from app.views.bounds_words import bounds_headline, conclusions, modality_title, pair_title
from app.views.style import LOWER_LINE, NEITHER_LINE, UPPER_LINE
from mmmie.training.config import ObjectiveSettings

NAMES = ["text", "audio", "vision"]
NATS = UNITS["nats"]
HISTORY = pd.DataFrame(
    [
        {"epoch": e, "family": f, "name": n, "nats": v + 0.1 * e}
        for e in (1, 2, 3)
        for f, n, v in [
            ("pair", "text-audio", 1.0),
            ("pair", "text-vision", 2.0),
            ("invariant", "text", 9.0),
            ("specific", "text", 5.0),
            ("separation", "text", 0.5),
        ]
    ]
)
CHECK = pd.DataFrame({"name": ["text-audio"], "fresh": [1.4], "std": [0.1]})


def table(truth=math.nan, bound="upper"):
    rows = HISTORY[HISTORY["epoch"] == 3].copy()
    pair = rows["family"] == "pair"
    rows["bound"] = np.where(pair, "lower", bound)
    rows["truth"] = np.where(pair, truth, np.nan)
    rows["ceiling"] = np.where(pair, 6.2, np.nan)
    return rows.assign(quantity="I", estimator="E", conclusion="C").reset_index(drop=True)


def pairs(unit=NATS, truth=None, check=None):
    return pair_panels(
        HISTORY, unit, modalities=NAMES, ceiling=6.2, truth=truth or {}, chosen=2, check=check
    )


def lines(figure):
    return [t for t in figure.data if t.mode == "lines+markers"]


def test_a_lower_bound_is_solid_and_shaded_above():
    figure = pairs()
    assert [t.line.dash for t in lines(figure)] == [LOWER_LINE] * 2
    shade = next(t for t in figure.data if t.fill == "toself")
    assert max(shade.y) == figure.layout.yaxis.range[1] > 6.2
    assert min(shade.y) == pytest.approx(1.1)
    titles = [a.text for a in figure.layout.annotations]
    assert "<b>text and audio</b>" in titles and "ceiling" in titles
    assert "truth (inputs)" not in titles


def test_the_truth_is_a_line_where_it_is_known():
    figure = pairs(truth={"text-vision": 6.8})
    levels = [s.y0 for s in figure.layout.shapes if s.y0 == s.y1]
    assert levels.count(6.2) == 2 and levels.count(6.8) == 1
    assert figure.layout.yaxis.range[1] > 6.8


def test_bits_are_nats_over_ln_2():
    nats, bits = (lines(pairs(UNITS[u]))[0] for u in ("nats", "bits"))
    assert np.allclose(bits.y, np.asarray(nats.y) / math.log(2))
    assert "bits" in bits.text[0]
    assert pairs(UNITS["bits"]).layout.yaxis.title.text.endswith("bits")


def test_a_fresh_critic_stands_at_the_chosen_epoch():
    mark = next(t for t in pairs(check=CHECK).data if t.name == "fresh critic, at least")
    assert (list(mark.x), list(mark.y)) == ([2], [1.4])
    assert mark.error_y.value == pytest.approx(0.2)


@pytest.mark.parametrize(("bound", "dash"), [("upper", UPPER_LINE), ("neither", NEITHER_LINE)])
def test_an_upper_bound_is_dashed_and_what_bounds_nothing_dotted(bound, dash):
    figure = modality_panels(
        HISTORY, NATS, modalities=NAMES, bound=bound, separation=True, chosen=2
    )
    z, s, between = lines(figure)
    assert z.line.dash == s.line.dash == dash
    assert (z.marker.symbol, s.marker.symbol) == ("circle", "circle-open")
    assert between.line.dash == NEITHER_LINE
    assert any(t.fill == "toself" for t in figure.data) == (bound == "upper")
    without = modality_panels(
        HISTORY, NATS, modalities=NAMES, bound=bound, separation=False, chosen=2
    )
    assert len(lines(without)) == 2


def test_a_modality_of_one_is_enough():
    alone = HISTORY[HISTORY["family"] == "invariant"]
    figure = modality_panels(
        alone, NATS, modalities=["text"], bound="upper", separation=False, chosen=0
    )
    assert len(lines(figure)) == 1 and not figure.layout.shapes


def test_titles_are_findings():
    assert bounds_headline(table(), NAMES) == (
        "Text and vision are shown to share 2.3 nats or more"
    )
    faint = table().assign(nats=0.01)
    assert bounds_headline(faint, NAMES).startswith("No pair")
    alone = table()[lambda t: t["family"] != "pair"]
    assert bounds_headline(alone, NAMES) == "z keeps at most 9.3 nats of text"
    assert bounds_headline(alone[:0], NAMES).endswith("?")
    objective = ObjectiveSettings()
    assert pair_title(table(truth=4.6), objective, NATS) == (
        "The pairs share at least 1.3 to 2.3 nats, 39% of what their inputs share"
    )
    objective.maximise.enabled = False
    assert pair_title(table(), objective, NATS).startswith("Without MI maximisation")
    assert "z at most 9.3 nats" in modality_title(table(), True, NATS)
    assert "nothing bounds" in modality_title(table(), False, NATS)


def test_the_final_table_writes_the_side_of_every_bound():
    shown = conclusions(table(bound="neither"), NATS)
    assert shown["value, nats"].tolist()[:3] == ["≥ 1.3", "≥ 2.3", "≈ 9.3"]
    assert shown["ceiling"].tolist()[2] == "–"
    assert "truth (inputs)" not in shown
    assert "truth (inputs)" in conclusions(table(truth=4.0), NATS)


def test_bounds_at_zero_are_said_to_be_so():
    assert pair_title(table().assign(nats=-0.2), ObjectiveSettings(), NATS).endswith("at zero")
    shown = conclusions(table().assign(nats=-0.2), NATS)
    assert shown["value, nats"].tolist()[0] == "≥ −0.2"


@pytest.mark.parametrize(("span", "step"), [(1, 1), (7, 1), (13, 2), (39, 10), (200, 50)])
def test_epochs_have_whole_ticks(span, step):
    from app.views.style import epoch_ticks

    assert epoch_ticks(span) == step
