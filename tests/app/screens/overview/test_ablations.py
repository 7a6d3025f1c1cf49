"""The title of the ablations says how this checkpoint stands."""

import pandas as pd
import pytest

from app.screens.overview.ablations import _title


@pytest.mark.parametrize(
    ("values", "higher", "said"),
    [
        ({"mine": 0.2, "without context": 0.4, "without identity": 0.5}, False, "Best of 3"),
        ({"without context": 0.1, "mine": 0.2}, False, "1 of 1 others does better"),
        ({"without context": 0.8, "without x": 0.7, "mine": 0.6}, True, "2 of 2 others do better"),
        ({"mine": 0.6, "without context": 0.5}, True, "Best of 2"),
        ({"mine": 0.6}, True, "What is this F1 worth?"),
    ],
)
def test_titles(values, higher, said):
    table = pd.DataFrame({"label": list(values), "value": list(values.values())})
    title = _title(table, "F1", higher, "mine")
    assert title.startswith(said)
    if said.startswith("Best of 3"):
        assert title.endswith("without identity")


@pytest.mark.parametrize(
    ("told_apart", "said"),
    [
        (
            [False, False, True],
            "Better than 1 of 2, level with 1; furthest behind: without identity",
        ),
        ([False, False, False], "Level with all 2 others"),
        ([True, False, True], "1 of 2 others does better: without MI"),
    ],
)
def test_a_difference_within_chance_counts_for_neither(told_apart, said):
    labels, values = ["without MI", "mine", "without identity"], [0.19, 0.2, 0.5]
    table = pd.DataFrame({"label": labels, "value": values, "told_apart": told_apart})
    assert _title(table, "MAE", False, "mine") == said
