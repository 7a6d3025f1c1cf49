"""Maps: PCA and trustworthiness against scikit-learn, slow methods in their process."""

import errno
import time
from pathlib import Path

import numpy as np
import pytest

from mmmie.analysis.codes import projections
from mmmie.analysis.codes.projections import (
    How,
    Projections,
    pca,
    trustworthiness,
)
from mmmie.errors import InputError
from mmmie.files import WriteError


@pytest.fixture
def codes():
    random = np.random.default_rng(0)
    return random.normal(size=(200, 8)) * [5, 3, 1, 1, 0.5, 0.5, 0.1, 0.1] + 4


def test_pca_agrees_with_scikit_learn(codes):
    from sklearn.decomposition import PCA

    reference = PCA(2).fit(codes)
    ours = pca(codes)
    theirs = reference.transform(codes)
    for axis in range(2):
        assert abs(np.corrcoef(ours.points[:, axis], theirs[:, axis])[0, 1]) > 0.999999
    assert ours.explained == pytest.approx(reference.explained_variance_ratio_.sum())


def test_signs_do_not_flip_with_the_order(codes):
    order = np.random.default_rng(1).permutation(len(codes))
    assert np.allclose(pca(codes).points[order], pca(codes[order]).points)


@pytest.mark.parametrize("shape", [(5, 1), (2, 8), (3, 3)])
def test_few_codes_or_channels(shape):
    result = pca(np.random.default_rng(0).normal(size=shape), 3)
    assert result.points.shape == (shape[0], 3) and np.isfinite(result.points).all()


def test_trustworthiness_agrees_with_scikit_learn(codes):
    from sklearn.manifold import trustworthiness as reference

    for points in (codes[:, :2], np.random.default_rng(2).normal(size=(200, 2))):
        ours = trustworthiness(codes, points)
        assert ours == pytest.approx(reference(codes, points, n_neighbors=10), abs=1e-9)


@pytest.mark.slow
def test_umap_runs_in_a_process_of_its_own(codes, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")  # to compile takes longer than so few codes
    slow = Projections({"z": codes[:14]}, tmp_path, How("umap", 3))
    slow.start()
    deadline = time.monotonic() + 280
    while slow.work.active and time.monotonic() < deadline:
        time.sleep(0.2)
    assert slow.work.state == "done", slow.work.failure
    found = slow.ready()["z"]
    assert found.points.shape == (14, 3) and found.trustworthiness > 0.7
    assert found.fitted is None and found.method == "umap" and found.seconds > 0


def test_what_a_slow_method_found_is_found_again(codes, tmp_path, work_at_once):
    how = How("tsne", seed=4)
    slow = Projections({"z": codes, "s": codes[:50]}, tmp_path, how)
    assert slow.ready() == {}
    slow.start()
    assert slow.work.state == "done", slow.work.failure
    assert [line["space"] for line in slow.work.lines()] == ["s", "z"]  # the quick one first
    found = Projections({"z": codes}, tmp_path, how).ready()["z"]
    assert found.points.shape == (200, 2) and found.trustworthiness > 0.7
    assert found.fitted is None and found.method == "tsne" and found.seconds > 0
    assert Projections({"z": codes + 1}, tmp_path, how).ready() == {}
    other = Projections({"z": codes}, tmp_path, How("tsne", seed=5))
    assert other.ready() == {} and other.work != slow.work
    assert sorted(f.suffix for f in tmp_path.iterdir()) == ["", ".npz", ".npz"]
    assert not (slow.work.folder / "given.npz").exists()


def test_only_what_is_missing_is_computed(codes, tmp_path, monkeypatch):
    monkeypatch.setattr("mmmie.jobs.background_work.spawn", lambda arguments, log: (0, None))
    slow = Projections({"z": codes, "s": codes[:50]}, tmp_path, How("umap"))
    np.savez(slow._files["s"], points=codes[:50, :2], trustworthiness=1, fitted=50, seconds=20.0)
    ready = slow.ready()
    slow.start()
    assert ready.keys() == {"s"} and slow.work.given["files"].keys() == {"z"}
    # four times as many codes as those that took twenty seconds
    assert slow.remaining({}) is None and slow.remaining(ready) == pytest.approx(80, abs=1)


def test_a_full_disk_leaves_nothing_and_says_so(monkeypatch, codes, tmp_path):
    def full(file, *_, **__):
        if isinstance(file, Path):
            file.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr(projections, "_tsne", lambda codes, how: (codes[:, :2], len(codes)))
    with pytest.raises(WriteError, match="the disk is full"):
        projections._project(codes[:20], tmp_path / "out.npz", How("tsne"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="the disk is full"):
        Projections({"z": codes}, tmp_path, How("umap")).start()


def test_codes_beyond_the_fitted_ones_stand_among_their_neighbours(monkeypatch):
    random = np.random.default_rng(0)
    codes = np.concatenate([random.normal(size=(60, 4)), random.normal(size=(60, 4)) + 20])
    monkeypatch.setattr(projections, "_TSNE_MOST", {2: 60})
    points, fitted = projections._tsne(codes.astype(np.float32), How("tsne"))
    assert fitted == 60 and np.isfinite(points).all()
    near = [np.linalg.norm(points[i] - points, axis=1).argsort()[1] // 60 for i in range(120)]
    assert near == [i // 60 for i in range(120)]  # each by one of its own cluster
