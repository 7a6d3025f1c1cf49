"""The predictions of two checkpoints on the page."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from app import state
from app.screens.compare.overview import _marks


def test_marks_follow_the_utterances_into_the_order_of_the_comparison(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = SimpleNamespace(ids=("a", "c", "of another split"), primary="a")
    monkeypatch.setattr(state, "selection", lambda: chosen)
    both = pd.DataFrame(
        {"id": ["b", "a", "c"], "gain": [0.1, -0.1, 0.2], "within": [True, False, True]}
    )
    view = SimpleNamespace(frame=pd.DataFrame({"id": ["a", "b", "c"]}), primary=0, pinned=2)
    marks = _marks(cast(Any, view), both, ("one", "two"))
    assert (list(marks.selected), marks.primary, marks.pinned) == ([1, 2], 1, 2)
    assert list(marks.within) == [True, False, True]
    alone = _marks(
        cast(Any, SimpleNamespace(frame=view.frame, primary=1, pinned=None)), both, ("one", "two")
    )
    assert (alone.primary, alone.pinned) == (0, None)
