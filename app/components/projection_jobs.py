"""UMAPs and t-SNEs that are being computed in processes of their own, shared by all sessions."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
import streamlit as st

from mmmie.analysis.projections import How, Projection, cached_projection, start_projections

_Key = tuple[str, How]
_MOST_HELD = 60


@dataclass
class _Jobs:
    lock: Lock = field(default_factory=Lock)
    processes: dict[_Key, subprocess.Popen[bytes]] = field(default_factory=dict)
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
                lines = stderr.decode("utf-8", "replace").strip().splitlines()
                jobs.failed[key] = lines[-1] if lines else f"exit status {process.returncode}"
        missing.sort(key=len)  # the quick ones first
        if missing and key not in jobs.processes and key not in jobs.failed:
            jobs.processes[key] = start_projections(missing, cache, how)
    return {space: projection for space, projection in found.items() if projection is not None}


def failure(name: str, how: How) -> str | None:
    """Why projections could not be computed; None while all is well."""
    return _jobs().failed.get((name, how))


def try_again(name: str, how: How) -> None:
    """Forget a failure, so that `projections` starts anew."""
    _jobs().failed.pop((name, how), None)


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
