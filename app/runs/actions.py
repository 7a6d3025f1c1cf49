"""What can be done with a run: steer it, copy it, delete it, open it on the other pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app import loading, state
from app.access.rights import check_may_steer, may_steer
from app.pages import PAGES, switch_to
from app.parts.names import plain
from mmmie.errors import InputError
from mmmie.hosting import read_only
from mmmie.jobs import observe, run_summary
from mmmie.jobs.steer import remove_run, steer
from mmmie.limits import Limits
from mmmie.training.checkpoint_files import checkpoint_folder
from mmmie.training.run_folder import ENDED, RunFolder, Status

CLONE = "train-clone"
_STARTED = "runs-of-session"
# wish → (button, icon, states in which it can be made, what it does)
_WISHES = {
    "pause": (
        "Pause",
        ":material/pause:",
        ("running",),
        "After the current batch. The process keeps its memory.",
    ),
    "step": (
        "Step",
        ":material/skip_next:",
        ("running", "paused"),
        "Train to the end of one epoch, then pause.",
    ),
    "resume": (
        "Resume",
        ":material/play_arrow:",
        ("paused", "stopped", "failed", "unreadable"),
        "Continue. A run that ended continues after its last whole epoch, in a new process.",
    ),
    "stop": (
        "Stop",
        ":material/stop:",
        ("queued", "running", "paused"),
        "End the run. Its checkpoints stay and it can be resumed.",
    ),
}


def steering(run: RunFolder, status: Status) -> None:
    """The buttons that steer a run, copy it and delete it; those that do not apply are greyed.

    A read-only server has none of them.
    """
    if read_only():
        return
    path, allowed = str(run.path), may_steer(run.path)
    with st.container(horizontal=True, gap="xsmall"):
        for wish, (name, icon, states, help_text) in _WISHES.items():
            st.button(
                name,
                icon=icon,
                help=help_text,
                disabled=not allowed or status.state not in states,
                key=f"steer-{wish}",
                on_click=_wish,
                args=(path, wish),
            )
        if st.button(
            "Copy",
            icon=":material/content_copy:",
            help="Fill the form with this run's configuration, to change it there and start.",
            key="steer-clone",
            on_click=clone,
            args=(path,),
        ):
            st.rerun()  # the form is beside this fragment
        if st.button(
            "Delete",
            icon=":material/delete:",
            help="Asks first. Only a run that ended can be deleted.",
            disabled=not allowed or status.state not in ENDED,
            key="steer-delete",
        ):
            _confirm_deletion(path)
    if not allowed:
        st.caption("Only who started this run, or the teacher, may steer or delete it.")
    said = st.session_state.pop("steered", None)
    if said is not None:
        words, icon, anew = said
        st.toast(plain(words), icon=icon)
        if anew:
            st.rerun()  # a new process: the page begins to poll again


def clone(path: str, changes: dict[str, Any] | None = None) -> None:
    """Have the form filled with a run's configuration, `changes` (dotted keys) made in it."""
    st.session_state[CLONE] = (path, changes or {})


def check_may_start() -> None:
    """Check that this session may start one more run.

    Raises:
        InputError: as many of its runs as may, see `Limits`, have not ended.
    """
    most = Limits.read().runs_per_session
    started: list[str] = st.session_state.get(_STARTED, [])
    active = [path for path in started if loading.active_status(RunFolder(path)) is not None]
    st.session_state[_STARTED] = active
    if len(active) >= most:
        raise InputError(
            f"You have {len(active)} runs that train or wait, as many as may "
            f"(MMMIE_RUNS_PER_SESSION): {', '.join(RunFolder(p).name for p in active)}; stop one "
            f"or wait for its end"
        )


def count_start(path: Path | str) -> None:
    """Remember that this session started a run."""
    st.session_state[_STARTED] = [*st.session_state.get(_STARTED, []), str(path)]


def other_pages(run: RunFolder, key: str) -> None:
    """Buttons that open the best epoch of a run on the other pages; none before it has one.

    Compare has it beside the shipped checkpoint of its corpus, where there is one.
    """
    try:
        checkpoint_folder(run.path)
    except InputError:
        return
    name = f"runs/{run.name}"
    shipped = shipped_on(run_summary(run).corpus)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.caption("Open it in", width="content")
        for page in PAGES.values():
            pair = page.slug == "compare" and shipped is not None
            if page.slug != "train" and st.button(
                f"Compare with {plain(str(shipped))}" if pair else page.title,
                icon=page.icon,
                type="tertiary",
                key=f"{key}-{page.slug}",
                on_click=pick_pair if pair else _pick_checkpoint,
                args=(name, shipped) if pair else (name,),
            ):
                switch_to(page.slug)


def shipped_on(corpus: str | None) -> str | None:
    """The first shipped checkpoint of a corpus."""
    for choice, checkpoint in state.readable_checkpoints():
        if choice.kind == "shipped" and checkpoint.info.corpus["name"] == corpus:
            return choice.name
    return None


def _wish(path: str, wish: str) -> None:
    status = observe(RunFolder(path))
    ended = status is None or status.state in ENDED
    anew = ended and wish == "resume"
    try:
        check_may_steer(path)
        if anew:
            check_may_start()
        steer(path, wish)
        if anew:
            count_start(path)
    except InputError as error:
        st.session_state["steered"] = (str(error), ":material/report:", False)
        return
    if ended:
        words = f"{RunFolder(path).name} continues in a new process"
        st.session_state["steered"] = (words, ":material/play_arrow:", True)


def pick_pair(first: str, second: str) -> None:
    """Have the pages show one checkpoint and compare it with another."""
    st.session_state["checkpoint"], st.session_state["compare"] = first, second


def _pick_checkpoint(name: str) -> None:
    st.session_state["checkpoint"] = name


def delete(path: str) -> None:
    """Delete a run.

    Raises:
        InputError: this visitor may not, or `remove_run` refuses; nothing is deleted.
    """
    check_may_steer(path)
    remove_run(path, loading.runs_folder())


@st.dialog("Delete this run?", icon=":material/delete:")
def _confirm_deletion(path: str) -> None:
    name = RunFolder(path).name
    st.write(
        f"**{plain(name)}** goes with its checkpoints, curves, snapshots and log. This cannot be "
        "undone."
    )
    left, right = st.columns(2)
    if left.button("Keep it", width="stretch", key="deletion-no"):
        st.rerun()
    if right.button("Delete it", type="primary", width="stretch", key="deletion-yes"):
        try:
            delete(path)
        except InputError as error:
            st.error(plain(str(error)), icon=":material/report:")
            return
        st.session_state["deleted"] = name
        st.rerun()
