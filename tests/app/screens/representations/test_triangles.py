"""The maps over epochs: what the component is told, and what is said of the pull."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app.parts.style import FUSED, modality_colour
from app.runs.shared_codes import Side, at_epochs, pairing_finding
from app.screens.representations.triangles import Rest, triangle_places
from mmmie.analysis.codes.snapshots import CodeHistory
from mmmie.analysis.errors.resampling import Interval

EPOCHS, N = [1, 2, 5], 8
MODALITIES = ["text", "audio"]


def codes(seed=0, scale=1.0):
    return scale * np.random.default_rng(seed).normal(size=(3, N, 2))


def side(pulled, value=0.5):
    apart = [Interval(value, value - 0.1, value + 0.1)] * 3
    return Side(f"model-{pulled}", pulled, {"text": codes(), "audio": codes(1) + 4}, apart)


REST = Rest({"text": codes(2), "audio": codes(3)}, 0.2, None, codes(4), [0.1, 0.2, np.nan])


def sent(places, name):
    return np.frombuffer(places.buffers[name], "<u2").reshape(3, N, 2).astype(float)


def test_modalities_share_one_range_that_every_epoch_fills():
    shrinking = {m: c * [[[1]], [[10]], [[100]]] for m, c in side(True).places.items()}
    places = triangle_places(EPOCHS, [replace(side(True), places=shrinking)], REST, "discriminant")
    assert places.epochs == (1, 2, 5)
    text, audio = (sent(places, f"What they share {m}") for m in MODALITIES)
    joint = np.stack([shrinking["text"], shrinking["audio"]])
    for epoch in range(3):
        scale = np.polyfit(joint[0, epoch, :, 0], text[epoch, :, 0], 1)
        expected = np.clip(np.polyval(scale, joint[1, epoch, :, 0]), 0, 65_535)  # the rim
        assert expected == pytest.approx(audio[epoch, :, 0], abs=2)
        assert np.stack([text, audio])[:, epoch].std() == pytest.approx(
            np.stack([text, audio])[:, 0].std(), rel=0.35
        )


def test_the_maps_are_the_two_sides_the_own_codes_and_the_fused_one():
    panels = triangle_places(EPOCHS, [side(False), side(True)], REST, "discriminant").panels
    hues = [modality_colour(m, MODALITIES) for m in MODALITIES]
    without, with_pull, own, fused = panels
    for panel in (without, with_pull, own):
        assert panel.together and [panel.hue, *(hue for hue, *_ in panel.others)] == hues
    assert [p.triangles for p in panels] == [True, True, False, False]
    assert "without" in without.name and "with the pull" in with_pull.name
    assert own.ring and fused.hue == FUSED and not fused.together
    assert all(len(panel.told) == 3 for panel in (without, with_pull, fused))


def test_a_run_without_own_codes_has_one_map_less():
    bare = replace(REST, own={})
    assert len(triangle_places(EPOCHS, [side(True)], bare, "principal").panels) == 2


def test_the_finding_tells_both_sides_and_which_is_which():
    found = pairing_finding([side(False, 0.98), side(True, 0.25)])
    assert found.index("25%") < found.index("with") < found.index("98%")
    alone = replace(side(True), places={"text": codes()}, apart=[None] * 3)
    assert "%" not in pairing_finding([alone])


def history(epochs, ids="abc"):
    z = np.arange(float(len(epochs)))[:, None, None] * np.ones((1, len(ids), 2))
    return CodeHistory(list(epochs), list(ids), {"text": z, "audio": z}, z)


def test_another_run_stands_beside_at_the_epoch_it_had_reached():
    theirs = at_epochs(history([1, 6, 11]), history([1, 8, 20, 30]))
    assert theirs is not None
    assert theirs.invariant["text"][:, 0, 0].tolist() == [0, 1, 2, 2]
    assert theirs.epochs == [1, 8, 20, 30]
    late = at_epochs(history([4, 9]), history([1, 9]))
    assert late is not None and late.invariant["text"][:, 0, 0].tolist() == [0, 1]


def test_runs_on_other_utterances_do_not_stand_beside_each_other():
    assert at_epochs(history([1], "abd"), history([1])) is None
    assert at_epochs(history([1]), history([])) is None
