"""Projections in a process of their own: one process, found when done, a failure said once."""

import errno

import numpy as np
import pytest

from app.parts.maps import waiting_words
from app.screens.representations import projection_jobs
from mmmie.analysis.codes.projections import How, Projection
from mmmie.files import WriteError

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

    def terminate(self):
        self.returncode = -15

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


def test_a_reader_stops_it_and_has_it_go_on(world, tmp_path):
    done, started = world
    look(tmp_path)
    done[0.0] = projection()
    projection_jobs.stop("x", HOW)
    assert started[0][0].returncode == -15
    assert set(look(tmp_path)) == {"a"}  # what was there stays
    assert projection_jobs.failure("x", HOW) == projection_jobs.STOPPED and len(started) == 1
    projection_jobs.try_again("x", HOW)
    look(tmp_path)
    assert [count for _, count in started] == [2, 1]


def test_a_full_disk_is_said_where_nothing_can_be_started(world, monkeypatch, tmp_path):
    def full(spaces, cache, how):
        raise WriteError(cache, errno.ENOSPC)

    monkeypatch.setattr(projection_jobs, "start_projections", full)
    assert look(tmp_path) == {}
    assert "the disk is full" in projection_jobs.failure("x", HOW)


def test_a_process_that_was_killed_is_told_from_one_that_failed(world, tmp_path):
    _, started = world
    look(tmp_path)
    started[0][0].returncode = -9
    look(tmp_path)
    assert "signal 9" in projection_jobs.failure("x", HOW)


def test_the_rest_is_estimated_from_those_that_are_there(world, tmp_path):
    look(tmp_path)
    assert projection_jobs.progress("x", CODES, {}, HOW).remaining is None
    # as large as the other, which took twenty seconds
    ready = {"a": Projection(np.zeros((5, 2)), "umap", None, 0.9, seconds=20.0)}
    at = projection_jobs.progress("x", CODES, ready, HOW)
    assert at.remaining == pytest.approx(20, abs=1) and at.seconds < 5
    assert "2 of 5 maps" in waiting_words("UMAP", (2, 5), 1.0, at.remaining)
    assert "20 s more" in waiting_words("UMAP", (2, 5), 1.0, at.remaining)
