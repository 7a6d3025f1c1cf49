from __future__ import annotations

import pytest

from app.runs.training_curves import (
    curves_frame,
    seconds_left,
    training_figure,
)


def history(epochs: int) -> list[dict[str, object]]:
    return [
        {
            "epoch": e,
            "seconds": float(e),
            "train/loss": 1 / e,
            "train/task": 0.5 / e,
            "train/maximise": -0.1,
            "valid/mae": abs(e - 3) + 0.1,
            "valid/corr": None,
            "mi/max/text-audio": 0.1 * e,
            "mi/min/text": 5.0,
            "mi/min_specific/text": 4.0,
            "mi/ceiling": 6.2,
        }
        for e in range(1, epochs + 1)
    ]


def test_curves_hold_what_is_drawn_and_nothing_missing() -> None:
    frame = curves_frame(history(2))
    assert set(frame["panel"]) == {"loss", "valid", "mi"}
    assert set(frame.loc[frame["panel"] == "mi", "curve"]) == {"max/text-audio", "min/text"}
    assert "corr" not in set(frame["curve"])


def test_the_axis_is_as_long_as_the_run_is_planned() -> None:
    figure = training_figure(curves_frame(history(4)), 20, "mae", False, ["text", "audio"])
    assert tuple(figure.layout.xaxis.range) == (0.5, 20.5)


@pytest.mark.parametrize(("higher", "best"), [(False, 3), (True, 1)])
def test_the_best_epoch_is_marked(higher: bool, best: int) -> None:
    figure = training_figure(curves_frame(history(4)), 4, "mae", higher, ["text"])
    (mark,) = [t for t in figure.data if t.name == "best"]
    assert mark.x[0] == best


def test_lower_bounds_are_solid_and_upper_dashed() -> None:
    figure = training_figure(curves_frame(history(4)), 4, "mae", False, ["text"])
    dashes = {t.name: t.line.dash for t in figure.data if "bound" in (t.name or "")}
    assert dashes == {
        "text-audio, lower bound": "solid",
        "I(x; z) text, upper bound": "dash",
    }


def test_time_left_follows_the_latest_epochs() -> None:
    assert seconds_left([], 0, 5) is None
    assert seconds_left(history(10), 10, 12) == pytest.approx(2 * (6 + 7 + 8 + 9 + 10) / 5)
    assert seconds_left(history(3), 3, 3) == 0
