"""The maps over epochs: what the component is told."""

import numpy as np
import pytest

from app.parts.style import FUSED, modality_colour
from app.screens.representations.epoch_slider import epoch_places

EPOCHS, N = [1, 2, 5], 8


def codes(seed=0):
    return np.random.default_rng(seed).normal(size=(3, N, 2))


def sent(places, name):
    return np.frombuffer(places.buffers[name], "<u2").reshape(3, N, 2).astype(float)


def test_every_epoch_is_sent_and_modalities_share_one_range():
    together = {"text": codes(), "audio": codes(1) + 4}
    places = epoch_places(EPOCHS, together, "fused", codes(2))
    assert places.epochs == (1, 2, 5)
    scale = np.polyfit(together["text"][..., 0].ravel(), sent(places, "text")[..., 0].ravel(), 1)
    for name, points in together.items():
        assert np.polyval(scale, points[..., 0]) == pytest.approx(sent(places, name)[..., 0], abs=1)
    assert sent(places, "own")[1].std() > 0


def test_modalities_are_together_in_their_hues_and_a_specific_code_is_rings():
    left, right = epoch_places(
        EPOCHS, {"text": codes(), "audio": codes(1)}, "fused", codes()
    ).panels
    hues = [modality_colour(m, ["text", "audio"]) for m in ("text", "audio")]
    assert left.together and [left.hue, *(hue for hue, *_ in left.others)] == hues
    assert not right.ring and right.hue == FUSED
    own = epoch_places(EPOCHS, {"text": codes()}, "s text", codes()).panels
    assert own[0].others == () and own[1].ring and own[1].hue == hues[0]
