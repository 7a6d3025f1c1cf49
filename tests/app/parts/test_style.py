"""Colours stay apart for readers who see no red or no green.

Dichromats are simulated after Viénot, Brettel and Mollon (1999, Color Research & Application 24);
distances are CIE76 in CIELAB, where 2.3 is just noticeable.
"""

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from app.parts import layout
from app.parts.style import (
    CATEGORIES,
    ERROR_SCALE,
    ON_PRIMARY,
    PALE_INSTEAD,
    SENTIMENT_SCALE,
    SEQUENTIAL_SCALE,
    SPLIT_COLOURS,
    class_colours,
    modality_colour,
)

# From linear RGB, by the simplified linear transformations for the two kinds of missing cones.
SIGHTS = {
    "all colours": np.eye(3),
    "no red": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "no green": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}
LEAST = 18
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, sight: str) -> np.ndarray:
    """A colour ``#rrggbb`` in CIELAB (3,) as it is seen."""
    encoded = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.asarray(SIGHTS[sight]) @ linear, 0, 1)
    ratio = TO_XYZ @ seen / TO_XYZ.sum(1)
    f = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def nearest(colours, sight: str) -> tuple[float, tuple[str, str]]:
    """The smallest distance between two of some colours, and which two they are."""
    pairs = combinations(dict.fromkeys(colours), 2)
    return min((float(np.linalg.norm(lab(a, sight) - lab(b, sight))), (a, b)) for a, b in pairs)


def test_the_simulation_confuses_what_it_should():
    assert nearest(["#ffffff", "#000000"], "no red")[0] == pytest.approx(100, abs=0.1)
    assert lab("#808080", "no green") == pytest.approx(lab("#808080", "all colours"), abs=0.5)
    for sight in ("no red", "no green"):
        red_and_green = ["#cc5050", "#7f8a20"]
        assert nearest(red_and_green, sight)[0] < nearest(red_and_green, "all colours")[0] * 0.7


PALETTES = {
    "modalities": [
        modality_colour(m, ["text", "audio", "vision"])
        for m in ("text", "audio", "vision", "fused")
    ],
    "named otherwise": [modality_colour(f"m{i}", [f"m{j}" for j in range(4)]) for i in range(4)],
    "sentiment classes": list(class_colours(["negative", "neutral", "positive"]).values()),
    "seven classes": list(class_colours([f"c{i}" for i in range(7)]).values()),
    "ten categories": list(CATEGORIES),
    "splits": list(SPLIT_COLOURS.values()),
}


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("name", PALETTES)
def test_no_two_colours_of_a_palette_look_alike(name, sight):
    distance, pair = nearest(PALETTES[name], sight)
    assert distance > LEAST, f"{pair}: {distance:.1f}"


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("scale", [ERROR_SCALE, SEQUENTIAL_SCALE])
def test_a_sequential_scale_darkens_all_the_way(scale, sight):
    lightness = [lab(colour, sight)[0] for _, colour in scale]
    assert all(np.diff(lightness) < -10)


@pytest.mark.parametrize("sight", SIGHTS)
def test_both_ends_of_the_sentiment_scale_stay_apart(sight):
    ends = [SENTIMENT_SCALE[i][1] for i in (1, 3)]
    assert nearest(ends, sight)[0] > 20
    assert lab(SENTIMENT_SCALE[2][1], sight)[0] > max(lab(c, sight)[0] for c in ends) + 20


ROOT = Path(__file__).parents[3]
CONFIG = tomllib.loads((ROOT / "app" / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
LEAST_CONTRAST = 4.5
CAPTION = 0.6  # how strong Streamlit writes captions


def luminance(colour: str) -> float:
    encoded = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def laid(colour: str, ground: str, strength: float) -> str:
    parts = [(int(colour[i : i + 2], 16), int(ground[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(strength * c + (1 - strength) * g):02x}" for c, g in parts)


def test_the_measure_knows_the_extremes():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # of the standard
    assert laid("#000000", "#ffffff", 0.5) == "#808080"


@pytest.mark.parametrize("ground", ["backgroundColor", "secondaryBackgroundColor"])
@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_words_stand_out_from_both_grounds(place, ground):
    theme = CONFIG[("light", "dark")[place]]
    below = theme[ground]
    for what, ink in {
        "text": theme["textColor"],
        "caption": laid(theme["textColor"], below, CAPTION),
        "link": theme["primaryColor"],
    }.items():
        assert contrast(ink, below) >= LEAST_CONTRAST, what


def test_grey_words_in_figures_stand_out():
    assert contrast("#808495", "#ffffff") < LEAST_CONTRAST  # those of Streamlit would not
    assert contrast(PALE_INSTEAD, CONFIG["light"]["backgroundColor"]) >= LEAST_CONTRAST


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_words_on_buttons_stand_out(place, monkeypatch):
    theme = CONFIG[("light", "dark")[place]]
    assert contrast(ON_PRIMARY[place], theme["primaryColor"]) >= LEAST_CONTRAST
    sent = []
    monkeypatch.setattr(layout.st, "html", sent.append)
    layout.draw_page_style()
    assert f"light-dark({', '.join(ON_PRIMARY)})" in sent[0]
