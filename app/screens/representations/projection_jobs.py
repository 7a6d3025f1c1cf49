"""UMAPs and t-SNEs that are being computed in processes of their own, shared by all sessions."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
import streamlit as st

from mmmie.analysis.codes.projections import (
    How,
    Projection,
    cached_projection,
    fitted_codes,
    start_projections,
)
from mmmie.files import WriteError

_Key = tuple[str, How]
_MOST_HELD = 60
STOPPED = "it was stopped"


@dataclass(frozen=True)
class Progress:
    """How far a process is.

    Attributes:
        seconds: since it was started.
        remaining: seconds that the rest takes at most, at the pace of those that are there;
            None before the first. A large one takes less than its share.
    """

    seconds: float
    remaining: float | None


@dataclass
class _Jobs:
    lock: Lock = field(default_factory=Lock)
    processes: dict[_Key, subprocess.Popen[bytes]] = field(default_factory=dict)
    started: dict[_Key, float] = field(default_factory=dict)
    failed: dict[_Key, str] = field(default_factory=dict)
    done: dict[tuple[_Key, str], Projection] = field(default_factory=dict)


@st.cache_resource
def _jobs() -> _Jobs:
    return _Jobs()


def projections(
    name: str, spaces: dict[str, np.ndarray], cache: Path, how: How
) -> dict[str, Projection]:
    """The projections that are there; starts one process for those that are not.

    Args:
        name: what the spaces belong to, by their content; one process at a time works for a
            name and a way to project.
        spaces: space → codes (n, d).
        cache: where they are kept.
        how: ``umap`` or ``tsne``.
    """
    jobs, key = _jobs(), (name, how)
    with jobs.lock:
        # first the process, then its files: it may end between the two looks
        process = jobs.processes.get(key)
        ended = process is not None and process.poll() is not None
        found = {space: _look(jobs, key, space, codes, cache) for space, codes in spaces.items()}
        missing = [spaces[space] for space, projection in found.items() if projection is None]
        if process is not None and ended:
            _, stderr = jobs.processes.pop(key).communicate()
            if missing:
                jobs.failed[key] = _reason(process.returncode, stderr)
        missing.sort(key=len)  # the quick ones first
        if missing and key not in jobs.processes and key not in jobs.failed:
            try:
                jobs.processes[key] = start_projections(missing, cache, how)
                jobs.started[key] = time.monotonic()
            except WriteError as error:
                jobs.failed[key] = str(error)
    return {space: projection for space, projection in found.items() if projection is not None}


def progress(
    name: str, spaces: dict[str, np.ndarray], ready: dict[str, Projection], how: How
) -> Progress:
    """How far the process is that `projections` started; `ready` is what that found."""
    elapsed = time.monotonic() - _jobs().started.get((name, how), time.monotonic())
    took = sum(projection.seconds or 0.0 for projection in ready.values())
    effort = {space: fitted_codes(len(codes), how) for space, codes in spaces.items()}
    done = sum(effort[space] for space in ready)
    if not done:
        return Progress(elapsed, None)
    left = took / done * (sum(effort.values()) - done)
    return Progress(elapsed, max(left - max(elapsed - took, 0.0), 0.0))


def failure(name: str, how: How) -> str | None:
    """Why projections could not be computed, `STOPPED` by a reader say; None while all is well."""
    return _jobs().failed.get((name, how))


def stop(name: str, how: How) -> None:
    """End the process; what it has computed stays."""
    jobs, key = _jobs(), (name, how)
    with jobs.lock:
        process = jobs.processes.pop(key, None)
        if process is not None:
            process.terminate()
            process.communicate()
            jobs.failed[key] = STOPPED


def try_again(name: str, how: How) -> None:
    """Forget a failure, so that `projections` starts anew."""
    _jobs().failed.pop((name, how), None)


def _reason(status: int, stderr: bytes) -> str:
    """Why a process ended, in one line."""
    lines = stderr.decode("utf-8", "replace").strip().splitlines()
    if status < 0:
        return f"its process was ended by signal {-status}; the memory may be too small"
    return lines[-1] if lines else f"exit status {status}"


def _look(jobs: _Jobs, key: _Key, space: str, codes: np.ndarray, cache: Path) -> Projection | None:
    """A projection that was read before, else from the disk, else None."""
    if (key, space) not in jobs.done:
        found = cached_projection(codes, cache, key[1])
        if found is None:
            return None
        while len(jobs.done) >= _MOST_HELD:
            del jobs.done[next(iter(jobs.done))]
        jobs.done[key, space] = found
    return jobs.done[key, space]
