"""Words can be read on their grounds: WCAG 2.2, level AA, 4.5 to 1 for text of usual size."""

import tomllib
from pathlib import Path

import pytest

from app.parts import layout
from app.parts.style import ON_PRIMARY, PALE_INSTEAD

ROOT = Path(__file__).parents[3]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
LEAST = 4.5
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
        assert contrast(ink, below) >= LEAST, what


def test_grey_words_in_figures_stand_out():
    assert contrast("#808495", "#ffffff") < LEAST  # those of Streamlit would not
    assert contrast(PALE_INSTEAD, CONFIG["light"]["backgroundColor"]) >= LEAST


@pytest.mark.parametrize("place", [0, 1], ids=["light", "dark"])
def test_words_on_buttons_stand_out(place, monkeypatch):
    theme = CONFIG[("light", "dark")[place]]
    assert contrast(ON_PRIMARY[place], theme["primaryColor"]) >= LEAST
    sent = []
    monkeypatch.setattr(layout.st, "html", sent.append)
    layout.draw_page_style()
    assert f"light-dark({', '.join(ON_PRIMARY)})" in sent[0]
