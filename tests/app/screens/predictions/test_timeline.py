from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from app.parts.style import FADED, NEUTRAL, sentiment_colour
from app.screens.predictions.timeline import MOST_TURNS, timeline_svg, turns_around
from mmmie.corpus import Label
from tests.app.turns import CLASSES, NUMBER, turns

Drawing = ElementTree.Element


def drawn(frame: pd.DataFrame, label: Label = NUMBER, **options: object) -> Drawing:
    limits = (-3.0, 3.0) if label is NUMBER else (0.0, 1.0)
    primary = str(options.pop("primary", "u0"))
    return ElementTree.fromstring(
        timeline_svg(frame, label, limits, primary, alt="turns", **options)  # type: ignore[arg-type]
    )


def number(element: Drawing, name: str) -> float:
    return float(element.get(name, "nan").removesuffix("%"))


def circles(root: Drawing, hollow: bool) -> list[Drawing]:
    found = [c for c in root.findall("circle") if (c.get("fill") == "none") == hollow]
    return sorted(found, key=lambda c: number(c, "cx"))


def targets(root: Drawing) -> list[Drawing]:
    return [r for r in root.findall("rect") if r.get("data-choice") is not None]


def words(root: Drawing) -> list[str]:
    return [text.text or "" for text in root.iter("text")]


def hints(root: Drawing) -> list[str]:
    return [target.findtext("title") or "" for target in targets(root)]


def test_truth_is_hollow_and_prediction_filled_where_the_scale_says() -> None:
    labels, predictions = [0.0, 1.0, -2.0], [0.5, 1.0, 2.0]
    root = drawn(turns(labels, predictions, ["Ann", "Bo", "Ann"]))
    rules = {
        float((t.text or "").replace("−", "-")): number(t, "y") - 4
        for t in root.iter("text")
        if t.get("text-anchor") == "end" and (t.text or "").lstrip("−").isdigit()
    }
    steepness = rules[1.0] - rules[0.0]
    for hollow, values in ((True, labels), (False, predictions)):
        expected = [rules[0.0] + steepness * v for v in values]
        assert [number(c, "cy") for c in circles(root, hollow)] == pytest.approx(expected, abs=0.1)
    fills = [c.get("fill") for c in circles(root, hollow=False)]
    assert fills == [sentiment_colour(v, (-3, 3)) for v in predictions]


def test_the_line_of_a_turn_is_its_error() -> None:
    root = drawn(turns([0.0, 1.0], [0.5, -1.0], [None, None]))
    lines = [e for e in root.findall("line") if e.get("x1") == e.get("x2")]
    truth, prediction = circles(root, hollow=True), circles(root, hollow=False)
    assert [number(e, "y1") for e in lines] == [number(c, "cy") for c in truth]
    assert [number(e, "y2") for e in lines] == [number(c, "cy") for c in prediction]


def test_every_turn_can_be_chosen_over_its_whole_height() -> None:
    root = drawn(turns([0.0, 1.0], [0.5, -1.0], ["Ann", "Bo"]))
    assert [t.get("data-choice") for t in targets(root)] == ["u0", "u1"]
    assert list(root)[-2:] == targets(root)  # above all that is drawn
    first, second = targets(root)
    assert number(first, "x") + number(first, "width") == pytest.approx(number(second, "x"))


def test_the_primary_is_marked_where_it_stands() -> None:
    frame = turns([0.0, 1.0, 0.0], [0.0, 0.0, 0.0], ["Ann"] * 3)
    root = drawn(frame, primary="u2")
    [band] = [r for r in root.findall("rect") if r.get("fill-opacity") == "0.18"]
    assert band.get("x") == targets(root)[2].get("x")
    elsewhere = drawn(frame, primary="gone")
    assert not [r for r in elsewhere.findall("rect") if r.get("fill-opacity") == "0.18"]


@pytest.mark.parametrize(
    ("speakers", "lanes"),
    [(["Ann", "Bo"], ["Ann", "Bo"]), (["Ann", "Ann"], []), ([None, None], [])],
)
def test_lanes_only_where_several_speak(speakers: list[object], lanes: list[str]) -> None:
    root = drawn(turns([0.0, 1.0], [0.0, 0.0], speakers))
    assert [w for w in words(root) if w in ("Ann", "Bo")] == lanes


def test_classes_show_probabilities_and_that_of_the_truth() -> None:
    frame = turns(["positive", "neutral"], ["positive", "negative"], ["Ann", "Bo"])
    shares = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    root = drawn(frame, CLASSES, probabilities=shares)
    shaded = [r for r in root.findall("rect") if r.get("data-choice") is None][1:]
    strengths = np.array([number(r, "fill-opacity") for r in shaded]).reshape(3, 2).T
    assert strengths == pytest.approx(0.06 + 0.6 * shares, abs=1e-4)
    assert "P(true)" in words(root)
    assert [h.splitlines()[-1] for h in hints(root)] == [
        "probability of the true class 0.70",
        "probability of the true class 0.30",
    ]
    hollow = circles(root, hollow=True)
    middles = {t.text: number(t, "y") - 4 for t in root.iter("text")}
    assert [number(c, "cy") for c in hollow] == [middles["positive"], middles["neutral"]]


@pytest.mark.parametrize("label", [NUMBER, CLASSES])
def test_turns_whose_truth_is_unknown_show_predictions_only(label: Label) -> None:
    guesses: list[object] = [1.0, -1.0] if label is NUMBER else ["negative", "positive"]
    shares = np.array([[0.8, 0.1, 0.1], [0.1, 0.1, 0.8]]) if label is CLASSES else None
    some = turns([guesses[0], None], guesses, ["Ann", "Bo"])
    root = drawn(some, label, probabilities=shares)
    assert len(circles(root, hollow=True)) == 1
    assert ["truth" in hint for hint in hints(root)] == [True, False]
    for frame in (some.drop(columns="label"), some.assign(label=None)):
        root = drawn(frame, label, probabilities=shares)
        assert not circles(root, hollow=True)
        assert "truth" not in " ".join([*words(root), *hints(root)])
    if label is CLASSES:
        assert "P(predicted)" in words(root)


def test_words_of_the_corpus_stay_text() -> None:
    frame = turns([0.0, 0.0], [0.0, 0.0], ["<b>Ann</b>", None]).assign(transcript="<script>x")
    markup = timeline_svg(frame, NUMBER, (-3, 3), "u0", alt="<i>")
    assert "<script>" not in markup
    assert "<b>" not in markup
    first, second = hints(ElementTree.fromstring(markup))
    assert first.splitlines()[:2] == ["<b>Ann</b>", "<script>x"]
    assert second.startswith("unknown speaker")


def test_long_names_are_cut_and_said_in_full() -> None:
    name = "Bartholomew the Extraordinarily Verbose"
    root = drawn(turns([0.0, 0.0], [0.0, 0.0], [name, "Ann"]))
    [label] = [t for t in root.iter("text") if t.findtext("title") == name]
    assert len(label.text or "") <= 13


def test_turns_outside_the_slice_are_faint() -> None:
    frame = turns([0.0, 1.0, 0.0], [0.5, 0.5, 0.5], ["Ann", "Bo", "Ann"])
    root = drawn(frame, within=np.array([True, False, True]))
    for hollow in (True, False):
        assert [number(c, "opacity") for c in circles(root, hollow)] == [1, FADED, 1]


@pytest.mark.parametrize("pinned", ["u1", "elsewhere", None])
def test_the_pinned_utterance_has_a_square_if_it_is_of_this_conversation(
    pinned: str | None,
) -> None:
    root = drawn(turns([0.0, 1.0], [0.5, -1.0], ["Ann", "Bo"]), pinned=pinned)
    held = [s for s in root.findall("svg") if s.find("rect[@fill='none']") is not None]
    dot = circles(root, hollow=False)[1]
    assert [(s.get("x"), s.get("y")) for s in held] == (
        [(dot.get("cx"), dot.get("cy"))] if pinned == "u1" else []
    )
    assert ("pinned" in words(root)) == (pinned == "u1")
    assert all(s.find("rect").get("stroke") == NEUTRAL for s in held)  # type: ignore[union-attr]


@pytest.mark.parametrize(("place", "first"), [(0, 0), (500, 380), (999, 760)])
def test_of_a_long_conversation_the_turns_around_are_shown(place: int, first: int) -> None:
    long = pd.DataFrame({"id": [f"u{i}" for i in range(1000)]})
    shown = turns_around(long, f"u{place}")
    assert len(shown) == MOST_TURNS
    assert shown["id"].iloc[0] == f"u{first}"
    assert f"u{place}" in set(shown["id"])
    assert len(turns_around(long.head(3), "u1")) == 3


def test_a_turn_alone_does_not_fill_the_page() -> None:
    root = drawn(turns([0.0], [0.5], ["Ann"]))
    assert number(targets(root)[0], "width") < 25
    numbers = [t.text for t in root.iter("text") if t.get("text-anchor") == "middle"]
    assert [n for n in numbers if (n or "").isdigit()] == ["1"]


def test_long_names_get_room_on_the_left() -> None:
    def begins(names: list[str]) -> float:
        root = drawn(turns([0.0, 1.0], [0.5, 1.0], names))
        return min(number(line, "x1") for line in root.findall("line"))

    assert begins(["Ann", "Bo"]) == pytest.approx(9)
    assert begins(["Ann", "Maximilian"]) > 12
    assert begins(["Ann", 60 * "x"]) < 17  # of endless ones the beginning
