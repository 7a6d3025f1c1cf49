"""Projections in a process of their own: one process, found when done, a failure said once."""

import numpy as np
import pytest

from app.components import projection_jobs
from mmmie.analysis.projections import How, Projection

CODES = {"a": np.zeros((5, 2)), "b": np.ones((5, 2))}
HOW = How("umap")


def look(folder, how=HOW):
    return projection_jobs.projections("x", CODES, folder, how)


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
    jobs, done, started = projection_jobs._Jobs(), {}, []

    def start(spaces, cache, how):
        started.append((Process(), len(spaces)))
        return started[-1][0]

    monkeypatch.setattr(projection_jobs, "_jobs", lambda: jobs)
    monkeypatch.setattr(projection_jobs, "start_projections", start)
    monkeypatch.setattr(
        projection_jobs, "cached_projection", lambda codes, cache, how: done.get(codes.sum())
    )
    return done, started


def projection():
    return Projection(np.zeros((5, 2)), "umap", None, 0.9)


def test_one_process_computes_what_is_missing(world, tmp_path):
    done, started = world
    done[0.0] = projection()
    assert set(look(tmp_path)) == {"a"}
    assert look(tmp_path).keys() == {"a"}
    assert [count for _, count in started] == [1]  # only b, and only once
    done[10.0] = projection()
    started[0][0].returncode = 0
    assert set(look(tmp_path)) == {"a", "b"}
    assert len(started) == 1 and projection_jobs.failure("x", HOW) is None


def test_a_failure_is_said_and_not_repeated_until_asked(world, tmp_path):
    _, started = world
    look(tmp_path)
    started[0][0].returncode = 1
    assert look(tmp_path) == {}
    assert projection_jobs.failure("x", HOW) == "ValueError: no luck"
    look(tmp_path)
    assert len(started) == 1
    projection_jobs.try_again("x", HOW)
    look(tmp_path)
    assert len(started) == 2 and projection_jobs.failure("x", HOW) is None


def test_another_seed_is_another_job(world, tmp_path):
    done, started = world
    done[0.0] = done[10.0] = projection()
    assert set(look(tmp_path)) == {"a", "b"}
    done.clear()
    assert set(look(tmp_path)) == {"a", "b"}  # held, not read again
    assert look(tmp_path, How("umap", 2, 1)) == {}
    assert len(started) == 1
