"""The bars of what two modalities tell about the label."""

from __future__ import annotations

import pandas as pd
import pytest

from app.parts.label_parts import QUESTION, parts_figure, parts_title, with_truth

PARTS = {"redundant": 0.4, "unique_1": 0.1, "unique_2": 0.2, "synergistic": 0.05}


def table(doubt=None, std=0.02, **change):
    parts = {**PARTS, **change}
    parts["total"] = sum(parts.values())
    errors = {f"{name}_std": std for name in parts}
    rows = [
        {"source": source, "first": "text", "second": "audio", **parts, **errors, "entropy": 1.5,
         "n": 100, "doubt": doubt}
        for source in ("codes", "features")
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_every_bar_is_as_long_as_the_entropy():
    figure = parts_figure(table(), ["text", "audio"], "bits", 2.0)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    for row in range(2):
        assert sum(trace.x[row] for trace in bars) == pytest.approx(3.0)
    assert bars[1].x[0] == pytest.approx(0.8)
    whisker = next(trace for trace in figure.data if trace.type == "scatter")
    assert whisker.error_x.array[0] == pytest.approx(2 * 0.02 * 2)


@pytest.mark.parametrize(("doubt", "shape"), [(None, ""), (float("nan"), ""), ("few rows", "/")])
def test_a_doubt_is_seen(doubt, shape):
    figure = parts_figure(table(doubt), ["text", "audio"])
    assert set(figure.data[0].marker.pattern.shape) == {shape}
    assert ("few rows" in figure.data[0].customdata[0]) == bool(shape)


def test_the_title_is_the_finding():
    said = parts_title(table())
    assert "50%" in said and "53%" in said
    assert "%" not in parts_title(table(std=1.0))
    assert parts_title(table()[:0]) == QUESTION


def test_the_truth_of_a_generator_is_a_bar_of_its_own():
    facts = {f"true_decomposition/text-audio/{name}": nats for name, nats in PARTS.items()}
    for number, name in ((1, "text"), (2, "audio")):
        key = f"true_decomposition/text-audio/unique_{name}"
        facts[key] = facts.pop(f"true_decomposition/text-audio/unique_{number}")
    facts["true_decomposition/text-audio/total"] = 0.75
    found = with_truth(table(), facts)
    truth = found[found["source"] == "truth"].iloc[0]
    assert truth["unique_2"] == 0.2 and truth["total_std"] == 0
    assert len(with_truth(table(), {})) == 2
