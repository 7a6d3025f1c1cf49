"""Maps of the codes."""

import numpy as np
import pandas as pd
import pytest

from app.views.colouring import colouring
from app.views.maps import Shown, code_maps, fused_map, points_frame, quality, thinned
from app.views.style import FADED, modality_colour
from mmmie.analysis.projections import Projection
from mmmie.corpus import Label

MODALITIES = ["text", "audio"]
N = 30


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(N)],
            "transcript": ["<script>alert(1)</script> & more"] * N,
            "label": np.linspace(-3, 3, N),
            "prediction": np.zeros(N),
        }
    )


def projection(n, seed=0, method="pca"):
    points = np.random.default_rng(seed).normal(size=(n, 2))
    return Projection(points, method, 0.43 if method == "pca" else None, 0.91)


def shown(frame, selected=(), by="modality", rows=None):
    colours = None
    if by != "modality":
        colours = colouring(frame, by, Label("s", "regression", range=(-3.0, 3.0)))
    rows = np.arange(len(frame)) if rows is None else rows
    return Shown(frame, rows, list(selected), 4, by, colours)


def maps(frame, **options):
    specific = {m: projection(N, i + 1) for i, m in enumerate(MODALITIES)}
    return code_maps(projection(2 * N), specific, MODALITIES, shown(frame, **options))


def selectable(figure):
    return [t for t in figure.data if t.customdata is not None]


def test_every_map_carries_the_ids_and_the_right_points(frame):
    figure = maps(frame)
    traces = selectable(figure)
    assert len(traces) == 4
    for trace in traces:
        assert list(trace.customdata) == frame["id"].tolist()
    common = projection(2 * N).points.reshape(2, N, 2)
    z_audio = next(t for t in traces if t.xaxis == "x2")
    assert np.allclose(np.stack([z_audio.x, z_audio.y], 1), common[1])


def test_modality_is_hue_and_code_is_fill(frame):
    by_axis = {t.xaxis: t for t in selectable(maps(frame))}
    for m, name in enumerate(MODALITIES):
        z, s = by_axis["x" if m == 0 else "x2"], by_axis[f"x{m + 3}"]
        assert z.marker.color == s.marker.color == modality_colour(name, MODALITIES)
        assert (z.marker.symbol, s.marker.symbol) == ("circle", "circle-open")


def test_a_number_is_coloured_on_one_axis_for_all_maps(frame):
    figure = maps(frame, by="label")
    assert all(t.marker.coloraxis == "coloraxis" for t in selectable(figure))
    assert figure.layout.coloraxis.cmin == -3


def test_the_rest_fades_only_for_a_selection_of_several(frame):
    several = selectable(maps(frame, selected=[1, 2]))[0].marker.opacity
    assert several[1] == several[2] == 1 and several[0] == FADED
    assert min(selectable(maps(frame, selected=[1]))[0].marker.opacity) > 0.5


def test_invariant_maps_share_their_limits_and_show_the_partner(frame):
    figure = maps(frame)
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.xaxis3.range != figure.layout.xaxis4.range
    common = projection(2 * N).points.reshape(2, N, 2)
    joined = [t for t in figure.data if t.mode == "lines+markers"]
    assert np.allclose(joined[0].x, [common[0, 4, 0], common[1, 4, 0]])


def test_transcripts_are_text(frame):
    hover = selectable(maps(frame))[0].text[0]
    assert "<script>" not in hover and "&lt;script&gt;" in hover


def test_one_modality_and_the_fused_map(frame):
    one = code_maps(projection(N), {"text": projection(N)}, ["text"], shown(frame))
    assert len(selectable(one)) == 2
    figure = fused_map(projection(N, method="umap"), ["text"], shown(frame))
    assert len(selectable(figure)) == 1
    assert "UMAP, trust 0.91" in figure.layout.annotations[0].text


def test_thinning_keeps_what_must_be_there():
    assert thinned(500, 7, [3]).tolist() == list(range(500))
    rows = thinned(50_000, 7, [3, 49_999])
    assert len(rows) <= 20_000 // 7 + 2 and {3, 49_999} <= set(rows.tolist())
    assert (np.diff(rows) > 0).all()
    assert (thinned(50_000, 7, [3, 49_999]) == rows).all()  # the same sample every time
    assert len(thinned(50_000, 1, [])) == 6000


def test_only_the_sample_is_drawn(frame):
    traces = selectable(maps(frame, rows=np.array([2, 4, 9])))
    assert list(traces[0].customdata) == ["u2", "u4", "u9"] and len(traces[0].x) == 3


def test_quality_says_how_far_to_trust():
    assert quality(projection(5)) == "43% of variance, trust 0.91"
    few = Projection(np.zeros((2, 2)), "pca", 1.0, float("nan"))
    assert quality(few) == "100% of variance"


def test_the_download_holds_every_point_of_every_map(frame):
    specific = {m: projection(N, method="umap") for m in MODALITIES}
    table = points_frame(frame, projection(2 * N), specific, projection(N), MODALITIES)
    assert len(table) == 5 * N
    assert set(table.loc[table["space"] == "specific.text", "method"]) == {"umap"}
    own = table[table["space"] == "invariant.audio"]
    assert np.allclose(own[["x", "y"]], projection(2 * N).points[N:])
