"""UMAPs that are being computed in processes of their own, shared by all sessions."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
import streamlit as st

from mmmie.analysis.projections import Projection, cached_umap, start_umaps


@dataclass
class _Jobs:
    lock: Lock = field(default_factory=Lock)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@st.cache_resource
def _jobs() -> _Jobs:
    return _Jobs()


def umaps(name: str, spaces: dict[str, np.ndarray], cache: Path) -> dict[str, Projection]:
    """The UMAPs that are there; starts one process for those that are not.

    Args:
        name: what the spaces belong to; one process at a time works for a name.
        spaces: space → codes (n, d).
        cache: where they are kept.
    """
    jobs = _jobs()
    with jobs.lock:
        # first the process, then its files: it may end between the two looks
        process = jobs.processes.get(name)
        ended = process is not None and process.poll() is not None
        found = {space: cached_umap(codes, cache) for space, codes in spaces.items()}
        missing = [spaces[space] for space, projection in found.items() if projection is None]
        if process is not None and ended:
            _, stderr = jobs.processes.pop(name).communicate()
            if missing:
                lines = stderr.decode("utf-8", "replace").strip().splitlines()
                jobs.failed[name] = lines[-1] if lines else f"exit status {process.returncode}"
        if missing and name not in jobs.processes and name not in jobs.failed:
            jobs.processes[name] = start_umaps(missing, cache)
    return {space: projection for space, projection in found.items() if projection is not None}


def umap_failure(name: str) -> str | None:
    """Why the UMAPs of a name could not be computed; None while all is well."""
    return _jobs().failed.get(name)


def try_again(name: str) -> None:
    """Forget a failure, so that `umaps` starts anew."""
    _jobs().failed.pop(name, None)
