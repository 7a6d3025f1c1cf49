"""What the browser is told of the maps."""

import json
import struct

import numpy as np
import pandas as pd
import pytest

from app.parts.colouring import colouring
from app.parts.maps import (
    Axes,
    Marks,
    Panel,
    maps_message,
    plane,
    plane_ticks,
    steps,
    utterance_words,
)
from app.parts.style import CATEGORIES, NEUTRAL, modality_colour
from app.screens.representations.code_maps import (
    code_places,
    fused_places,
    points_frame,
    quality,
)
from mmmie.analysis.codes.projections import Projection
from mmmie.corpus import Label

MODALITIES = ["text", "audio"]
N = 30


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(N)],
            "transcript": ["<b>two</b>\nlines \x1f & more " + "x" * 100] * N,
            "label": np.linspace(-3, 3, N),
            "prediction": np.zeros(N),
            "topic": ["film", "book", None] * 10,
        }
    )


def projection(n, seed=0, method="pca", dimensions=2):
    points = np.random.default_rng(seed).normal(size=(n, dimensions)) * [5, 1, 1][:dimensions]
    return Projection(points, method, 0.43 if method == "pca" else None, 0.91)


def places(dimensions=2):
    specific = {m: projection(N, i + 1, dimensions=dimensions) for i, m in enumerate(MODALITIES)}
    return code_places(projection(2 * N, dimensions=dimensions), specific, MODALITIES)


def marks(frame, by="modality", **more):
    colours = None
    if by != "modality":
        colours = colouring(frame, by, Label("s", "regression", range=(-3.0, 3.0)))
    options = {"selected": [], "pinned": None, "within": np.ones(len(frame), bool), "joined": [4]}
    return Marks(primary=4, by=by, colours=colours, **{**options, **more})


def unpacked(message):
    """The head, and the buffers by name."""
    (length,) = struct.unpack_from("<I", message)
    head = json.loads(message[4 : 4 + length])
    start = 4 + length
    held = {name: message[start + a : start + a + s] for name, (a, s) in head["buffers"].items()}
    assert start + sum(s for _, s in head["buffers"].values()) == len(message)
    return head, held


def read(frame, by="modality", dimensions=2, **more):
    message = maps_message(
        places(dimensions), utterance_words(frame), marks(frame, by, **more), key=True
    )
    return unpacked(message)


def test_points_are_where_they_were_up_to_a_step(frame):
    head, held = read(frame)
    common = projection(2 * N).points
    sent = np.frombuffer(held["z text"] + held["z audio"], "<u2").reshape(-1, 2) / 65535
    assert sent.min() > 0 and sent.max() < 1  # room at the rim
    for axis in range(2):
        slope, offset = np.polyfit(sent[:, axis], common[:, axis], 1)
        assert np.allclose(slope * sent[:, axis] + offset, common[:, axis], atol=slope / 30000)
    assert [p["name"] for p in head["panels"]] == ["z text", "z audio", "s text", "s audio"]


def test_in_space_all_axes_have_one_scale(frame):
    _, held = read(frame, dimensions=3)
    sent = np.frombuffer(held["s text"], "<u2").reshape(-1, 3).astype(float)
    points = projection(N, 1, dimensions=3).points
    ratio = np.ptp(sent, axis=0) / np.ptp(points, axis=0)
    assert np.allclose(ratio, ratio[0], rtol=1e-3)


def test_modality_is_hue_code_is_fill_and_partners_are_those_of_z(frame):
    head, _ = read(frame)
    for panel, name in zip(head["panels"], MODALITIES * 2, strict=True):
        assert panel["hue"] == modality_colour(name, MODALITIES)
    assert [p["ring"] for p in head["panels"]] == [False, False, True, True]
    assert [o["points"] for o in head["panels"][0]["others"]] == ["z audio"]
    assert head["panels"][2]["others"] == [] and "colours" not in head


def test_a_number_becomes_a_level_of_the_scale_and_the_unknown_none(frame):
    frame.loc[7, "label"] = np.nan
    head, held = read(frame, by="label")
    index = np.frombuffer(held["colours"], np.uint8)
    assert (index[0], index[-1], index[7]) == (0, 254, 255)
    assert (head["colours"]["scale"]["low"], head["colours"]["scale"]["high"]) == (-3, 3)
    assert np.frombuffer(held["values"], "<f4")[0] == -3


def test_a_category_becomes_its_place_in_the_legend(frame):
    head, held = read(frame, by="topic")
    index = np.frombuffer(held["colours"], np.uint8)[:3]
    legend = head["colours"]["legend"]
    assert [legend[i][0] for i in index[:2]] == ["film", "book"]
    assert legend[index[0]][1] in CATEGORIES
    unknown = legend[index[2]][1] if index[2] < len(legend) else head["colours"]["none"]
    assert unknown == NEUTRAL


def test_what_stands_out_is_told(frame):
    within = np.arange(N) < 10
    head, held = read(frame, selected=[1, 2], pinned=6, within=within, joined=[1, 2, 6, 4])
    assert (head["selected"], head["primary"], head["pinned"]) == ([1, 2], 4, 6)
    assert head["joined"] == [1, 2, 6, 4]
    assert np.frombuffer(held["within"], np.uint8).astype(bool).tolist() == within.tolist()
    assert "within" not in read(frame)[1]  # the whole split


def test_words_are_one_line_each_whatever_the_transcript(frame):
    lines = utterance_words(frame).decode().split("\n")
    assert len(lines) == N
    name, speaker, said, told = lines[0].split("\x1f")
    assert (name, speaker) == ("u0", "") and told == "label −3.00, predicted 0.00"
    assert said.startswith("<b>two</b> lines & more") and said.endswith("…")


def test_one_modality_and_the_fused_map(frame):
    one = code_places(projection(N), {"text": projection(N)}, ["text"])
    assert (one.columns, len(one.panels)) == (1, 2) and one.panels[0].others == ()
    fused = fused_places(projection(N, method="umap"), ["text"])
    assert fused.panels[0].quality == "UMAP, trust 0.91"


def test_quality_says_how_far_to_trust():
    assert quality(projection(5)) == "PCA, 43% of variance, trust 0.91"
    few = Projection(np.zeros((2, 2)), "pca", 1.0, float("nan"))
    assert quality(few) == "PCA, 100% of variance"
    part = Projection(np.zeros((2, 2)), "tsne", None, 0.5, fitted=4000)
    assert quality(part) == "t-SNE, fitted on 4,000, trust 0.50"


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_download_holds_every_point_of_every_map(frame, dimensions):
    specific = {m: projection(N, method="umap", dimensions=dimensions) for m in MODALITIES}
    common, fused = (projection(n, dimensions=dimensions) for n in (2 * N, N))
    table = points_frame(frame, common, specific, fused, MODALITIES)
    assert len(table) == 5 * N
    assert set(table.loc[table["space"] == "specific.text", "method"]) == {"umap"}
    own = table[table["space"] == "invariant.audio"]
    assert np.allclose(own[list("xyz"[:dimensions])], common.points[N:])


def test_axes_of_a_quantity_are_where_its_points_are(frame):
    axes = Axes("<first>", "second", plane_ticks(-1, 1))
    panel = Panel("x", "", "#000000", "x", axes=axes)
    placed = plane(np.array([-1.0, 0.0]), np.array([0.0, 1.0]), panel, -1, 1)
    at = dict((words, share) for share, words in axes.ticks)
    sent = np.frombuffer(placed.buffers["x"], "<u2").reshape(-1, 2) / 65535
    assert sent == pytest.approx(np.array([[at["−1"], at["0"]], [at["0"], at["1"]]]), abs=1e-4)
    head, _ = unpacked(maps_message(placed, utterance_words(frame), marks(frame), key=False))
    assert (head["panels"][0]["axes"]["across"], head["panels"][0]["projection"]) == (
        "<first>",
        "x",
    )


def test_all_epochs_are_on_one_range():
    points = np.zeros((2, 3, 2))
    points[0, 0], points[1, 1] = -1, 3
    sent = steps(points)
    assert sent.shape == points.shape and sent.min() == sent[0, 0, 0] < sent[0, 1, 0]
    assert sent.max() == sent[1, 1, 1]
