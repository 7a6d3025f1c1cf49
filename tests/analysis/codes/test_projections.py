"""Maps: PCA and trustworthiness against scikit-learn, slow methods in their process."""

import errno
from pathlib import Path
from threading import Thread

import numpy as np
import pytest

from mmmie.analysis.codes import projections
from mmmie.analysis.codes.projections import (
    How,
    cached_projection,
    pca,
    start_projections,
    trustworthiness,
)
from mmmie.files import WriteError
from mmmie.training.run_folder import lock


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


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_a_slow_method_runs_in_a_process_of_its_own_and_is_found_again(codes, tmp_path, method):
    how = How(method, 3 if method == "umap" else 2, seed=4)
    assert cached_projection(codes, tmp_path, how) is None
    process = start_projections([codes], tmp_path, how)
    _, errors = process.communicate(timeout=280)
    assert process.returncode == 0, errors
    found = cached_projection(codes, tmp_path, how)
    assert found.points.shape == (200, how.dimensions) and found.trustworthiness > 0.7
    assert found.fitted is None and found.method == method and found.seconds > 0
    assert cached_projection(codes + 1, tmp_path, how) is None
    assert cached_projection(codes, tmp_path, How(method, how.dimensions, seed=5)) is None
    assert [f.suffix for f in tmp_path.iterdir()] == [".npz"]


def test_what_another_process_is_at_is_waited_for(monkeypatch, codes, tmp_path):
    out, computed = tmp_path / "out.npz", []
    monkeypatch.setattr(projections, "_project", lambda *_: computed.append(1))
    waiting = Thread(target=projections._compute, args=(codes, out, How("tsne")))
    with lock(out.with_suffix(".lock")) as holder:
        assert holder is None
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
        out.touch()  # what the other process was at
    waiting.join(20)
    assert not waiting.is_alive() and not computed
    assert [f.name for f in tmp_path.iterdir()] == ["out.npz"]


def test_a_full_disk_leaves_nothing_and_says_so(monkeypatch, codes, tmp_path):
    def full(file, *_, **__):
        if isinstance(file, Path):
            file.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    monkeypatch.setattr(projections, "_tsne", lambda codes, how: (codes[:, :2], len(codes)))
    with pytest.raises(WriteError, match="the disk is full"):
        start_projections([codes], tmp_path, How("umap"))
    with pytest.raises(WriteError, match="the disk is full"):
        projections._project(codes[:20], tmp_path / "out.npz", How("tsne"))
    assert list(tmp_path.iterdir()) == []


def test_codes_beyond_the_fitted_ones_stand_among_their_neighbours(monkeypatch):
    random = np.random.default_rng(0)
    codes = np.concatenate([random.normal(size=(60, 4)), random.normal(size=(60, 4)) + 20])
    monkeypatch.setattr(projections, "_TSNE_MOST", {2: 60})
    points, fitted = projections._tsne(codes.astype(np.float32), How("tsne"))
    assert fitted == 60 and np.isfinite(points).all()
    near = [np.linalg.norm(points[i] - points, axis=1).argsort()[1] // 60 for i in range(120)]
    assert near == [i // 60 for i in range(120)]  # each by one of its own cluster
