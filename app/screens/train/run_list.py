"""The runs of this machine as a leaderboard: sort it, find two, compare them, note what matters."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.access.rights import check_may_steer, may_steer
from app.loading import active_status, runs
from app.pages import switch_to
from app.parts import page_text as say
from app.parts.fragment import fragment
from app.parts.names import plain
from app.parts.numbers import duration_words, metric
from app.runs.actions import pick_pair, shipped_on
from mmmie.errors import InputError
from mmmie.hosting import read_only
from mmmie.jobs import Notes, RunSummary, ahead, observe, run_faults, run_summary, write_notes
from mmmie.metrics import METRICS
from mmmie.training.run_folder import RunFolder, Status

_MOST = 100
_KEY = "run-list"
_SEARCHED = ("run", "corpus", "state", "tags", "notes", "changed")


def runs_table(runs: list[RunFolder], chosen: str | None = None) -> pd.DataFrame:
    """One row per run.

    Args:
        chosen: the metric to show; the one that chose each run's epoch if left out.

    Returns:
        `run`, `state`, `epochs`, `corpus`, `seed`, `metric`, `value`, `took`, `tags`, `notes`,
        `changed` (from the defaults) and `error`, what is wrong with it.
    """
    entries = []
    for run in runs[:_MOST]:
        status, found = observe(run), run_summary(run)
        name = chosen or found.metric
        entries.append(
            {
                "run": run.name,
                "state": _state_words(run, status),
                "epochs": f"{status.epoch} of {status.epochs}" if status else "",
                "corpus": found.corpus or "",
                "seed": found.seed,
                "metric": metric(name).name if name else "",
                "value": found.metrics.get(name) if name else None,
                "took": duration_words(found.seconds) if found.seconds else "",
                "tags": ", ".join(found.tags),
                "notes": found.notes,
                "changed": ", ".join(f"{key} = {value}" for key, value in found.changed.items()),
                "error": (status and status.error) or next(iter(run_faults(run)), ""),
            }
        )
    return pd.DataFrame(entries).astype({"seed": "Int64", "value": float})


def ranked(table: pd.DataFrame, chosen: str, said: str) -> pd.DataFrame:
    """The rows in which all of some words stand, the best first by a metric, or newest first.

    Args:
        table: from `runs_table`.
        chosen: a metric, or empty.
    """
    wanted = said.lower().split()
    rows = (" ".join(row[name] for name in _SEARCHED).lower() for row in table.to_dict("records"))
    table = table[[all(word in row for word in wanted) for row in rows]]
    if not chosen:
        return table
    rising = not METRICS[chosen].higher_is_better
    return table.sort_values("value", ascending=rising, kind="stable", na_position="last")


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
    known = [name for name in METRICS if any(name in run_summary(r).metrics for r in found[:_MOST])]
    chosen = ""
    with st.container(horizontal=True):
        if len(known) > 1:
            chosen = st.selectbox(
                "Metric",
                ["", *known],
                key="run-metric",
                format_func=lambda n: metric(n).name if n else "the one that chose the epoch",
                width=280,
                help="On the valid split, at the epoch that was chosen; the best run comes first.",
            )
        said = st.text_input(
            "Filter",
            key="run-filter",
            width=280,
            help="Only runs with these words in name, corpus, state, tags, notes or settings.",
        )
        table = ranked(runs_table(found, chosen or None), chosen, said)
    empty = [c for c in ("tags", "notes", "error", "changed") if not table[c].any()]
    event = say.grid(
        table.drop(columns=empty),
        hide_index=True,
        width="stretch",
        key=_KEY,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            "run": st.column_config.TextColumn("Run", pinned=True),
            "state": "State",
            "epochs": "Epochs",
            "corpus": "Corpus",
            "seed": "Seed",
            "metric": "Metric",
            "value": st.column_config.NumberColumn("Value", format="%.3f"),
            "took": "Time",
            "changed": st.column_config.TextColumn("Changed settings", width="medium"),
            "tags": "Tags",
            "notes": st.column_config.TextColumn("Notes", width="medium"),
            "error": st.column_config.TextColumn("Error", width="medium"),
        },
    )
    by_name = {run.name: run for run in found}
    shown = table["run"].tolist()
    _chosen([by_name[shown[i]] for i in event.selection.rows if i < len(shown)])


def _chosen(picked: list[RunFolder]) -> None:
    """What can be done with the rows that are chosen."""
    if len(picked) == 1:
        _one(picked[0])
    elif len(picked) == 2:
        first, second = picked
        if st.button(
            f"Compare {plain(first.name)} with {plain(second.name)}",
            icon=":material/compare:",
            on_click=pick_pair,
            args=(f"runs/{first.name}", f"runs/{second.name}"),
        ):
            switch_to("compare")
    else:
        st.caption("Choose one run to watch or note it, two to compare them.")


def _one(run: RunFolder) -> None:
    found = run_summary(run)
    shipped = shipped_on(found.corpus)
    with st.container(horizontal=True, gap="small"):
        if st.button("Watch", icon=":material/visibility:", key="run-list-watch"):
            st.session_state["watch"] = run.name
            st.rerun()
        if shipped is not None and st.button(
            f"Compare with {plain(shipped)}",
            icon=":material/compare:",
            key="run-list-shipped",
            on_click=pick_pair,
            args=(f"runs/{run.name}", shipped),
        ):
            switch_to("compare")
    if not read_only() and may_steer(run.path):
        _notes(run, found)


def _notes(run: RunFolder, found: RunSummary) -> None:
    with st.form(f"notes-{run.name}", border=False):
        tags = st.text_input("Tags", ", ".join(found.tags), help="Separated by commas.")
        notes = st.text_area("Notes", found.notes, height=80)
        if st.form_submit_button("Keep", icon=":material/save:"):
            save_notes(run, tags, notes)


def save_notes(run: RunFolder, tags: str, notes: str) -> None:
    """Keep what was written on a run; what is wrong with it is said."""
    try:
        check_may_steer(run.path)
        write_notes(run, Notes([tag.strip() for tag in tags.split(",")], notes))
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return
    st.rerun()
