"""Means over steps against a loop over every frame."""

import numpy as np
import pytest

from mmmie.extraction.frames import Frames


def test_steps_are_means_of_what_counts():
    random = np.random.default_rng(0)
    at = np.sort(random.uniform(0, 3, 200))
    at = at[(at < 1) | (at > 1.5)]  # two steps of a quarter of a second have no frame
    values = random.normal(size=(len(at), 3))
    values[5, 0] = np.nan
    counted = random.random(values.shape) < 0.5
    slow = []
    for k in range(12):
        rows = [i for i, t in enumerate(at) if k * 0.25 <= t < (k + 1) * 0.25]
        if rows:
            one = []
            for d in range(3):
                held = [
                    values[i, d] for i in rows if counted[i, d] and values[i, d] == values[i, d]
                ]
                one.append(sum(held) / len(held) if held else 0.0)
            slow.append(one)
    found = Frames(values, at, counted).averaged(0.25)
    assert len(slow) == 10 and found.dtype == np.float32
    assert found == pytest.approx(np.array(slow), abs=1e-6)


def test_a_part_begins_at_its_own_start():
    frames = Frames(np.arange(10.0)[:, None], np.arange(10) * 0.1)
    part = frames.between(0.25, 0.75)
    assert part.values[:, 0].tolist() == [3, 4, 5, 6, 7]
    assert part.at == pytest.approx([0.05, 0.15, 0.25, 0.35, 0.45])
    assert frames.between(0.25, None).values[:, 0].tolist() == [3, 4, 5, 6, 7, 8, 9]
    assert len(frames.between(2.0, 3.0).averaged(0.1)) == 0
