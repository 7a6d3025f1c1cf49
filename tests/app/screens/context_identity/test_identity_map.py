from __future__ import annotations

import numpy as np
import pandas as pd

from app.screens.context_identity.identity_map import (
    identity_map,
    norm_finding,
    order_sentence,
    pairs_sentence,
)
from mmmie.analysis.codes.identity_vectors import RoleOrder

TABLE = pd.DataFrame(
    {
        "term": ["role", "role", "speaker"],
        "name": ["-1", "target", "other speaker"],
        "offset": [-1.0, 0.0, np.nan],
        "norm": [2.0, 2.2, 3.5],
    }
)
ALIKE = np.array([[1, 0.1, -0.6], [0.1, 1, 0.3], [-0.6, 0.3, 1]])


def test_the_map_leaves_out_the_diagonal_and_marks_moved_norms() -> None:
    heat, norms = identity_map(TABLE, ALIKE, 0.25, (1.9, 2.8)).data
    assert np.isnan(np.diag(heat.z)).all()
    assert heat.zmax == -heat.zmin == 0.6
    assert list(norms.x) == [2.0, 2.2, 3.5]
    assert norms.marker.color[0] == norms.marker.color[1] != norms.marker.color[2]


def test_colours_begin_where_chance_ends() -> None:
    figure = identity_map(TABLE, ALIKE, 0.3, (1.9, 2.8))
    places = [place for place, _ in figure.data[0].colorscale]
    assert places[1:5] == [0.25, 0.25, 0.75, 0.75]


def test_the_farthest_norm_is_named_or_none() -> None:
    assert norm_finding(TABLE, (1.9, 2.8)) == (
        "“other speaker” is longer than where training starts: 3.5 against 1.9 to 2.8"
    )
    assert norm_finding(TABLE, (1.0, 4.0)).startswith("Every identity vector is as long")
    assert norm_finding(TABLE[:1], (2.5, 3.0)).startswith("“role −1” is shorter")


def test_order_is_said_only_where_it_is_more_than_chance() -> None:
    assert order_sentence(RoleOrder(0.4, 0.01)).startswith("Roles order themselves by time")
    assert order_sentence(RoleOrder(0.2, 0.07)).startswith("Roles do not order themselves")
    assert order_sentence(None).startswith("There are too few")


def test_pairs_are_counted_against_chance() -> None:
    said = pairs_sentence(TABLE, ALIKE, 0.25)
    assert said.startswith("2 of 3 pairs have a cosine beyond ±0.25")
    assert said.endswith("Most opposed: role −1 and other speaker (−0.6).")
    assert pairs_sentence(TABLE[:1], ALIKE[:1, :1], 0.25) == ""
