"""UMAPs in a process of their own: one process, found when done, a failure said once."""

import numpy as np
import pytest

from app.components import umap_jobs
from mmmie.analysis.projections import Projection

CODES = {"a": np.zeros((5, 2)), "b": np.ones((5, 2))}


class Process:
    """A process that the test ends."""

    def __init__(self):
        self.returncode = None

    def poll(self):
        return self.returncode

    def communicate(self):
        return b"", b"Traceback\nValueError: no luck\n"


@pytest.fixture
def world(monkeypatch):
    """Jobs of their own, and a cache and processes that the test holds."""
    jobs, done, started = umap_jobs._Jobs(), {}, []

    def start(spaces, cache):
        started.append((Process(), len(spaces)))
        return started[-1][0]

    monkeypatch.setattr(umap_jobs, "_jobs", lambda: jobs)
    monkeypatch.setattr(umap_jobs, "start_umaps", start)
    monkeypatch.setattr(umap_jobs, "cached_umap", lambda codes, cache: done.get(codes.sum()))
    return done, started


def projection():
    return Projection(np.zeros((5, 2)), "umap", None, 0.9)


def test_one_process_computes_what_is_missing(world, tmp_path):
    done, started = world
    done[0.0] = projection()
    assert set(umap_jobs.umaps("x", CODES, tmp_path)) == {"a"}
    assert umap_jobs.umaps("x", CODES, tmp_path).keys() == {"a"}
    assert [count for _, count in started] == [1]  # only b, and only once
    done[10.0] = projection()
    started[0][0].returncode = 0
    assert set(umap_jobs.umaps("x", CODES, tmp_path)) == {"a", "b"}
    assert len(started) == 1 and umap_jobs.umap_failure("x") is None


def test_a_failure_is_said_and_not_repeated_until_asked(world, tmp_path):
    _, started = world
    umap_jobs.umaps("x", CODES, tmp_path)
    started[0][0].returncode = 1
    assert umap_jobs.umaps("x", CODES, tmp_path) == {}
    assert umap_jobs.umap_failure("x") == "ValueError: no luck"
    umap_jobs.umaps("x", CODES, tmp_path)
    assert len(started) == 1
    umap_jobs.try_again("x")
    umap_jobs.umaps("x", CODES, tmp_path)
    assert len(started) == 2 and umap_jobs.umap_failure("x") is None
