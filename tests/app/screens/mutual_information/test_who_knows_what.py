"""Where modalities mislead and both together tell, by slice; and the parts by epoch."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from app.screens.mutual_information.label_parts_over import epochs_figure, slices_figure
from app.screens.mutual_information.recorded_bounds import UNITS
from app.screens.mutual_information.who_knows_what import parts_rows, slices_title
from mmmie.analysis.bounds.label_information import SHIPPED, slices_table
from tests.app.parts.test_label_parts import table

NATS = UNITS["nats"]


def slices(beyond=1.9, std=0.1):
    rows = [
        ("sarcastic=1", -2.2, 1.1, 0.8, beyond),
        ("sarcastic=0", 1.0, 1.0, 1.2, -0.8),
    ]
    return pd.DataFrame(
        [
            {"first": "text", "second": "audio", "slice": name, "n": 30, "alone_1": one,
             "alone_2": two, "both": both, "beyond": more,
             **{f"{key}_std": std for key in ("alone_1", "alone_2", "both", "beyond")}}
            for name, one, two, both, more in rows
        ]
    )  # fmt: skip


def test_the_slice_with_most_synergy_is_named_with_its_value():
    assert "sarcastic" in slices_title(slices(), NATS) and "1.9" in slices_title(slices(), NATS)
    assert "1.9" not in slices_title(slices(std=1.0), NATS)


def test_slices_with_synergy_come_first_with_their_errors():
    figure = slices_figure(slices(), NATS, ["text", "audio"])
    assert [trace.x[0] for trace in figure.data] == [-2.2, 1.1, 0.8]
    assert figure.data[0].error_x.array[0] == pytest.approx(0.2)


def test_every_epoch_is_a_point():
    rows = pd.concat([table()[:1].assign(epoch=epoch) for epoch in (1, 6, 11)])
    figure = epochs_figure(rows, NATS, ["text", "audio"])
    assert all(list(trace.x) == [1, 6, 11] for trace in figure.data)
    assert len(figure.data) == 4


def test_the_table_has_intervals():
    shown = parts_rows(table(), NATS)
    assert len(shown) == 2 and any("[" in str(cell) for cell in shown.iloc[0])


def test_on_the_shipped_model_synergy_shows_on_sarcastic_turns():
    lines = Path("checkpoints/demo", SHIPPED).read_text("utf-8").splitlines()[1:]
    found = slices_table([json.loads(line) for line in lines])
    words = found[(found["slice"] == "sarcastic=1") & (found["first"] == "text")]
    assert len(words) == 4  # of codes and of features, with voice and with face
    assert (words["alone_1"] < -2 * words["alone_1_std"]).all()
    assert (words["beyond"] > 1).all()
