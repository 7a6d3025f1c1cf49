"""Estimates that are being computed in processes of their own, shared by all sessions."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import streamlit as st

from mmmie.analysis.bounds.side_by_side import SideBySide


@dataclass
class _Jobs:
    lock: Lock = field(default_factory=Lock)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


@st.cache_resource
def _jobs() -> _Jobs:
    return _Jobs()


def start_job(task: SideBySide, estimators: Sequence[str]) -> None:
    """Compute what is missing, unless a process is already at work on the same question."""
    jobs = _jobs()
    with jobs.lock:
        jobs.failed.pop(task.key, None)
        if task.key not in jobs.processes:
            jobs.processes[task.key] = task.start(estimators)


def stop_job(task: SideBySide) -> None:
    """End the process; what it has found stays."""
    jobs = _jobs()
    with jobs.lock:
        process = jobs.processes.pop(task.key, None)
    if process is not None:
        process.terminate()
        process.communicate()


def job_runs(task: SideBySide) -> bool:
    """Whether a process is at work; one that ended badly leaves its reason in `job_failure`."""
    jobs = _jobs()
    with jobs.lock:
        process = jobs.processes.get(task.key)
        if process is None:
            return False
        if process.poll() is None:
            return True
        _, stderr = jobs.processes.pop(task.key).communicate()
        if process.returncode:
            lines = stderr.decode("utf-8", "replace").strip().splitlines()
            jobs.failed[task.key] = lines[-1] if lines else f"exit status {process.returncode}"
        return False


def job_failure(task: SideBySide) -> str | None:
    """Why the last process failed; None while all is well."""
    return _jobs().failed.get(task.key)
