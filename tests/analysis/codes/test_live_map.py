from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.codes.snapshots import fit_axes, half_width, label_share, place


def snapshot(file: Path, codes: np.ndarray, ids: list[str] | None = None) -> Path:
    from safetensors.numpy import save

    names = ids or [f"u{i}" for i in range(len(codes))]
    file.write_bytes(save({"fused": codes.astype(np.float32)}, metadata={"ids": json.dumps(names)}))
    return file


def test_a_flat_cloud_is_mapped_without_loss_and_keeps_its_axes(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    flat = random.normal(size=(40, 2)) @ random.normal(size=(2, 6))
    first = snapshot(tmp_path / "1", flat)
    axes = fit_axes(first)
    points = place(first, axes)
    assert points is not None
    apart = np.linalg.norm(flat[:, None] - flat[None], axis=-1)
    shown = np.linalg.norm(points[:, None] - points[None], axis=-1)
    assert np.allclose(apart, shown, atol=1e-4)
    moved = place(snapshot(tmp_path / "2", flat + 3 * axes.axes[0]), axes)
    assert moved is not None
    assert np.allclose(moved - points, [3, 0], atol=1e-4)


def test_a_snapshot_of_others_is_not_placed_and_large_ones_are_thinned(tmp_path: Path) -> None:
    codes = np.random.default_rng(0).normal(size=(900, 3))
    axes = fit_axes(snapshot(tmp_path / "1", codes))
    assert len(axes.ids) == 500
    assert place(snapshot(tmp_path / "2", codes, [f"v{i}" for i in range(900)]), axes) is None
    assert place(snapshot(tmp_path / "3", codes[:10]), axes) is None


@pytest.mark.parametrize("shape", [(1, 4), (3, 1)])
def test_a_single_utterance_or_channel_has_a_map(shape: tuple[int, int], tmp_path: Path) -> None:
    file = snapshot(tmp_path / "1", np.ones(shape))
    points = place(file, fit_axes(file))
    assert points is not None
    assert points.shape == (shape[0], 2)


def test_the_share_of_the_label_is_a_linear_fit() -> None:
    points = np.random.default_rng(0).normal(size=(500, 2))
    noise = np.random.default_rng(1).normal(size=500)
    assert label_share(points, points @ [1.0, -2.0] + 5) == pytest.approx(1)
    assert label_share(points, points[:, 0] + noise) == pytest.approx(0.5, abs=0.07)
    assert label_share(points, noise) < 0.03
    assert np.isnan(label_share(points, np.ones(500)))


def test_the_map_grows_in_steps_and_holds_every_point() -> None:
    first = np.array([[1.0, 0.0]])
    assert half_width(first, first * 0.5) == half_width(first, first) == pytest.approx(1.1)
    assert half_width(first, first * 1.2) == half_width(first, first * 1.4)
    assert half_width(first, first * 9) >= 9
