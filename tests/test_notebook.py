"""The example notebook runs from top to bottom, and is kept as somebody first opens it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmmie import load_checkpoint
from mmmie.analysis.ask.preset_questions import PRESETS

FILE = Path(__file__).parents[1] / "docs" / "notebook.ipynb"
CODE = [c for c in json.loads(FILE.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]


def test_it_is_kept_without_outputs() -> None:
    assert CODE and not any(cell["outputs"] or cell["execution_count"] for cell in CODE)


@pytest.mark.slow
def test_its_cells_run_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    known: dict[str, Any] = {}
    for cell in CODE:
        exec("".join(cell["source"]), known)
    rows, label = known["rows"], known["label"]
    checkpoint = load_checkpoint(tmp_path / "runs" / "notebook")
    assert known["metrics"]["mae"] == pytest.approx(checkpoint.info.metrics["mae"], abs=1e-5)
    assert 0.4 < known["metrics"]["corr"] < 1 and known["metrics"]["n"] == len(rows) == len(label)
    assert known["text"].shape == known["voice"].shape == (len(rows), 8)
    assert all(0.1 < share < 1 for share in known["found_in"].values())
    assert 0.3 < known["found"].nats < known["found"].ceiling
    assert known["parts"].redundant > 3 * known["parts"].redundant_std
    by_turns = known["table"].set_index(["told", "turns"])["MAE"].unstack()
    assert len(by_turns) == len(PRESETS)
    trained = by_turns.loc["as trained"]
    assert trained["ambiguous"] > trained["the others"]
    parts = known["ambiguous"].mean()
    whole = parts * trained["ambiguous"] + (1 - parts) * trained["the others"]
    assert whole == pytest.approx(known["metrics"]["mae"], abs=1e-5)
    assert sum(len(trace["x"]) for trace in known["figure"].data) == len(known["table"])
