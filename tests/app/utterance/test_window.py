from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from app.parts.style import modality_colour, sentiment_colour
from app.utterance.window import attention_svg, class_prediction_svg, prediction_svg
from mmmie.corpus import Label

Drawing = ElementTree.Element


def shares(values: list[list[float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"offset": place - 1, "modality": name, "share": share}
            for place, row in enumerate(values)
            for name, share in zip(["text", "audio"], row, strict=True)
        ]
    )


def number(element: Drawing, name: str) -> float:
    return float(element.get(name, "nan").removesuffix("%"))


def bars(root: Drawing) -> list[Drawing]:
    return [r for r in root.findall("rect") if r.find("title") is not None]


def words(root: Drawing) -> list[str]:
    return [text.text or "" for text in root.iter("text")]


def test_attention_is_stacked_by_modality_in_its_hue_and_to_one_scale() -> None:
    tables = {"as trained": shares([[0.1, 0.2], [0.3, 0.4]]), "off": shares([[0.5, 0], [0, 0.5]])}
    places = {-1: "-1  Ann <b>", 0: "target  Bo"}
    root = ElementTree.fromstring(attention_svg(tables, places, ["text", "audio"], alt="attention"))
    drawn = bars(root)
    widths = np.array([number(bar, "width") for bar in drawn])
    assert widths / widths[0] == pytest.approx([1, 2, 3, 4, 5, 0, 0, 5], abs=1e-3)
    assert number(drawn[1], "x") == pytest.approx(number(drawn[0], "x") + widths[0], abs=0.01)
    assert number(drawn[0], "y") < number(drawn[2], "y")  # the past on top
    assert drawn[1].get("fill") == modality_colour("audio", ["text", "audio"])
    assert drawn[0].findtext("title") == "-1  Ann <b>\ntext 10.0%"
    assert {"text", "audio", "-1  Ann <b>", "target  Bo", "as trained", "off"} <= set(words(root))


def test_numbers_of_one_panel_stay_clear_of_the_next() -> None:
    tables = {name: shares([[0.5, 0.5]]) for name in ("as trained", "off", "other")}
    root = ElementTree.fromstring(attention_svg(tables, {-1: "-1"}, ["text", "audio"], alt="a"))
    ends = [(t.get("text-anchor"), t.text) for t in root.iter("text") if (t.text or "")[-1:] == "%"]
    assert ends == 3 * [("start", "0%"), ("middle", "50%"), ("end", "100%")]


def test_what_one_window_lacks_gets_no_attention() -> None:
    tables = {"as trained": shares([[0.4, 0.6]]), "other": shares([[0.1, 0.2], [0.3, 0.4]])}
    places = {-1: "-1", 0: "target"}
    root = ElementTree.fromstring(attention_svg(tables, places, ["text", "audio"], alt="attention"))
    assert [number(bar, "width") for bar in bars(root)][2:4] == [0, 0]


def test_predictions_stand_against_one_truth() -> None:
    label = Label("sentiment", "regression", range=(-3.0, 3.0))
    values = {"as trained": 1.0, "off": 4.0}
    root = ElementTree.fromstring(prediction_svg(values, 0.5, label, (-3, 3), alt="prediction"))
    truths = [c for c in root.findall("circle") if c.get("fill") == "none"]
    filled = [c for c in root.findall("circle") if c.get("fill") != "none"]
    assert truths[0].get("cx") == truths[1].get("cx")
    places = [number(c, "cx") for c in (truths[0], *filled)]
    assert (places[2] - places[1]) / (places[1] - places[0]) == pytest.approx(3 / 0.5, abs=0.01)
    assert places[2] < 100  # a prediction outside the range is not cut off
    assert filled[0].get("fill") == sentiment_colour(1.0, (-3, 3))
    [carried] = [e for e in root.findall("line") if e.get("stroke-dasharray")]
    assert carried.get("x1") == filled[0].get("cx")


def test_the_true_class_is_outlined() -> None:
    values = {"as trained": np.array([0.2, 0.8]), "off": np.array([0.6, 0.4])}
    root = ElementTree.fromstring(class_prediction_svg(values, "yes", ["no", "yes"], alt="classes"))
    outlined = [bar for bar in bars(root) if bar.get("stroke")]
    plain = [bar for bar in bars(root) if not bar.get("stroke")]
    assert [bar.findtext("title") for bar in outlined] == [
        "as trained\nyes 0.800", "off\nyes 0.400",
    ]  # fmt: skip
    ratios = [number(bar, "width") for bar in (*plain, *outlined)]
    assert np.array(ratios) / ratios[0] == pytest.approx([1, 3, 4, 2], abs=1e-3)
    assert "yes (truth)" in words(root)


def test_large_letters_make_a_taller_drawing() -> None:
    label = Label("sentiment", "regression", range=(-3.0, 3.0))
    small, large = (
        ElementTree.fromstring(
            prediction_svg({"a": 0.0}, 0.0, label, (-3, 3), alt="p", letters=size)
        )
        for size in (12, 15)
    )
    assert number(large, "height") > number(small, "height")
    assert "font-size: 15px" in large.get("style", "")
