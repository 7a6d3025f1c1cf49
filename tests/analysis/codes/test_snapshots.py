"""The codes over the epochs, on one projection."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from mmmie.analysis.codes.snapshots import (
    fit_axes,
    half_width,
    label_share,
    place,
    read_history,
    snapshot_files,
)

IDS = [f"u{i}" for i in range(12)]


def write(folder, epoch, ids, spaces):
    folder.mkdir(exist_ok=True)
    file = folder / f"epoch-{epoch:04d}.safetensors"
    tensors = {name: value.astype(np.float16) for name, value in spaces.items()}
    save_file(tensors, file, metadata={"ids": json.dumps(ids)})


@pytest.fixture
def run(tmp_path):
    """Three epochs in which audio turns from the opposite of text to its equal."""
    random = np.random.default_rng(0)
    text = random.normal(size=(12, 4))
    for epoch, weight in ((1, -1.0), (2, 0.0), (10, 1.0)):
        audio = weight * text + (1 - abs(weight)) * random.normal(size=(12, 4))
        spaces = {"invariant.text": text, "invariant.audio": audio, "fused": text * epoch}
        write(tmp_path / "snapshots", epoch, IDS, spaces)
    (tmp_path / "best").mkdir()
    return tmp_path


def test_snapshots_are_found_from_the_checkpoint_and_in_order(run):
    files = snapshot_files(run / "best")
    history = read_history(files, ["text", "audio"])
    assert history.epochs == [1, 2, 10] and history.ids == IDS
    assert history.invariant["audio"].shape == (3, 12, 4) and history.specific == {}
    (run / "else" / "where").mkdir(parents=True)
    assert snapshot_files(run / "else" / "where") == []


def test_a_snapshot_of_another_sample_is_left_out(run):
    write(
        run / "snapshots",
        5,
        ["other"],
        {"invariant.text": np.ones((1, 4)), "fused": np.ones((1, 4))},
    )
    assert read_history(snapshot_files(run), ["text"]).epochs == [1, 2, 10]


def test_specific_codes_are_read_where_every_snapshot_holds_them(tmp_path):
    random = np.random.default_rng(0)
    spaces = {name: random.normal(size=(12, 4)) for name in ("invariant.text", "specific.text")}
    for epoch in (1, 2):
        write(tmp_path / "snapshots", epoch, IDS, {**spaces, "fused": np.ones((12, 4))})
    history = read_history(snapshot_files(tmp_path), ["text"])
    assert history.specific["text"].shape == (2, 12, 4)
    assert np.allclose(history.specific["text"][1], spaces["specific.text"], atol=1e-2)


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
