"""All runs of this machine with their state."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from app.loading import active_status, runs
from app.parts import page_text as say
from app.parts.fragment import fragment
from mmmie.jobs import ahead, observe, run_faults
from mmmie.training.run_folder import RunFolder, Status

_MOST = 100


def runs_table(runs: list[RunFolder]) -> pd.DataFrame:
    """One row per run: name, state, epochs done and planned, progress, device, when last heard."""
    entries = []
    for run in runs[:_MOST]:
        status = observe(run)
        entries.append(
            {
                "run": run.name,
                "state": _state_words(run, status),
                "epochs": f"{status.epoch} of {status.epochs}" if status else "",
                "progress": min(status.progress, 1.0) if status else 0.0,
                "device": (status.device or "") if status else "",
                "heard": datetime.fromtimestamp(status.heartbeat) if status else None,
                "error": (status and status.error) or next(iter(run_faults(run)), ""),
            }
        )
    return pd.DataFrame(entries)


def _state_words(run: RunFolder, status: Status | None) -> str:
    if status is None:
        return "nothing written"
    waiting = len(ahead(run)) if status.state == "queued" else 0
    return f"{status.state}, {waiting} before it" if waiting else status.state


def run_list() -> None:
    """Draw the table of all runs, newest first; it refreshes itself while one runs."""
    active = _any_active(runs())
    fragment(_draw, run_every=2 if active else None)(active)


def _any_active(runs: list[RunFolder]) -> bool:
    return any(map(active_status, runs[:_MOST]))


def _draw(active: bool) -> None:
    found = runs()
    if active and not _any_active(found):
        st.rerun()  # the whole page: polling ends
    say.finding(f"{len(found)} run{'s' * (len(found) != 1)} on this machine")
    table = runs_table(found)
    if not table["error"].any():
        table = table.drop(columns="error")
    say.grid(
        table,
        hide_index=True,
        width="stretch",
        column_config={
            "run": "Run",
            "state": "State",
            "epochs": "Epochs",
            "progress": st.column_config.ProgressColumn("Progress", format="percent"),
            "device": "Device",
            "heard": st.column_config.DatetimeColumn("Last heard", format="calendar"),
            "error": st.column_config.TextColumn("Error", width="medium"),
        },
    )
