"""The codes over the epochs, on one projection."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from mmmie.analysis.codes.snapshots import agreement, on_last_axes, read_history, snapshot_files

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


def test_agreement_is_the_cosine_between_modalities(run):
    history = read_history(snapshot_files(run), ["text", "audio"])
    alike = agreement(history)
    assert alike[0] == pytest.approx(-1, abs=1e-2) and alike[2] == pytest.approx(1, abs=1e-2)
    assert abs(alike[1]) < 0.5
    assert agreement(read_history(snapshot_files(run), ["text"])) is None


def test_a_snapshot_of_another_sample_is_left_out(run):
    write(
        run / "snapshots",
        5,
        ["other"],
        {"invariant.text": np.ones((1, 4)), "fused": np.ones((1, 4))},
    )
    assert read_history(snapshot_files(run), ["text"]).epochs == [1, 2, 10]


def test_all_epochs_share_the_axes_of_the_last_one():
    random = np.random.default_rng(1)
    last = random.normal(size=(40, 5)) * [5, 3, 0.1, 0.1, 0.1]
    codes = np.stack([last + np.array([0, 2, 0, 0, 0]), last])
    points = on_last_axes(codes)
    assert points.shape == (2, 40, 2)
    assert np.allclose(points[1].mean(0), 0, atol=1e-9)
    moved = np.linalg.norm(points[0] - points[1], axis=1)
    assert moved == pytest.approx(np.full(40, 2.0), rel=0.05)
    assert on_last_axes(last[None, :, :1]).shape == (1, 40, 2)


def test_specific_codes_are_read_where_every_snapshot_holds_them(tmp_path):
    random = np.random.default_rng(0)
    spaces = {name: random.normal(size=(12, 4)) for name in ("invariant.text", "specific.text")}
    for epoch in (1, 2):
        write(tmp_path / "snapshots", epoch, IDS, {**spaces, "fused": np.ones((12, 4))})
    history = read_history(snapshot_files(tmp_path), ["text"])
    assert history.specific["text"].shape == (2, 12, 4)
    assert np.allclose(history.specific["text"][1], spaces["specific.text"], atol=1e-2)
