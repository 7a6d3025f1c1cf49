"""Estimators side by side on frozen codes: choose what, wait, and read what all say together."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.components.figures import figure
from app.components.side_by_side_jobs import job_failure, job_runs, start_job, stop_job
from app.views.bounds import UNITS, Unit
from app.views.estimators_side_by_side import side_by_side_figure
from app.views.estimators_words import (
    ESTIMATOR_WORDS,
    SIDE_BY_SIDE_EXPLAINED,
    bracket_reasons,
    bracket_title,
    estimates_table,
    estimator_label,
)
from app.views.names import plain
from app.views.words import listed
from mmmie.analysis.estimate_bracket import bracket_of
from mmmie.analysis.outputs import cache_folder
from mmmie.analysis.side_by_side import BATCH, STEPS, SideBySide, quantities

DEFAULT = ["infonce", "nwj", "js", "club", "l1out", "doe", "cca", "ksg"]
_POLL_SECONDS = 1
_TABLE_PIXELS = 820


def draw_side_by_side(view: state.View, unit: Unit = UNITS["nats"]) -> None:
    """Draw the choice of quantity and estimators, and below it what they find.

    Args:
        view: whose codes.
        unit: of values; sentences stay in nats.
    """
    task, estimators = _choice(view)
    if not estimators:
        st.info("Choose one estimator or more.", icon=":material/info:")
        return
    running = job_runs(task)
    done = len(task.results(estimators))
    if not done and not running:
        st.markdown(
            "Every estimator fails in its own way. Fit several to the same codes, which no longer "
            "move, and see what all of them allow to say; it takes half a minute."
        )
    _steer(task, estimators, len(estimators) - done, running)
    st.session_state["side-polled"] = running
    st.fragment(_draw, run_every=_POLL_SECONDS if running else None)(view, task, estimators, unit)


def _choice(view: state.View) -> tuple[SideBySide, list[str]]:
    offered = quantities(list(view.checkpoint.info.modalities))
    if st.session_state.get("side_quantity") not in offered:
        st.session_state.pop("side_quantity", None)
    left, right = st.columns([2, 5])
    name = left.selectbox(
        "Mutual information",
        list(offered),
        key="side_quantity",
        bind="query-params",
        help="z and s: the invariant and the specific code, sampled as in training. input: the "
        "standardised features, pooled over time.",
    )
    estimators = right.multiselect(
        "Estimators",
        list(ESTIMATOR_WORDS),
        default=DEFAULT,
        format_func=estimator_label,
        key="side_estimators",
        wrap=True,
        bind="query-params",
        help="\n".join(f"- **{w.title}**: {w.help}" for w in ESTIMATOR_WORDS.values()),
    )
    ranks = st.toggle(
        "Ranks instead of values",
        key="side_ranks",
        bind="query-params",
        help="Copula transform: every value becomes the normal quantile of its rank in its "
        "column, which leaves mutual information as it is and helps all that takes columns to be "
        "Gaussian.",
    )
    task = SideBySide(
        checkpoint=view.checkpoint,
        corpus=view.corpus,
        split=view.split,
        quantity=offered[str(name)],
        transform="copula" if ranks else "none",
        cache=cache_folder(view.checkpoint.info.folder),
    )
    order = list(ESTIMATOR_WORDS)
    return task, sorted(estimators, key=order.index)


def _steer(task: SideBySide, estimators: list[str], missing: int, running: bool) -> None:
    if running:
        st.button("Stop", icon=":material/stop:", on_click=stop_job, args=(task,))
    elif missing:
        st.button(
            f"Run {missing} estimator{'s' if missing > 1 else ''}",
            icon=":material/play_arrow:",
            type="primary",
            on_click=start_job,
            args=(task, estimators),
        )
    if failure := job_failure(task):
        st.error(f"The estimators failed: {plain(failure)}", icon=":material/report:")


def _draw(view: state.View, task: SideBySide, estimators: list[str], unit: Unit) -> None:
    running = job_runs(task)
    if st.session_state.get("side-polled") and not running:
        st.rerun()  # the whole page: polling ends, the button is there again
    estimates = task.results(estimators)
    if running:
        done, total = len(estimates), len(estimators)
        left = [
            ESTIMATOR_WORDS[n].title for n in estimators if n not in set(estimates["estimator"])
        ]
        text = f"{done} of {total} are there; next is {left[0]}" if left else "almost there"
        st.progress(done / total, text=text)
    if estimates.empty:
        return
    found = bracket_of(estimates)
    st.subheader(bracket_title(task.quantity, found, unit))
    st.markdown(plain(bracket_reasons(estimates, found, unit)))
    figure(
        side_by_side_figure(estimates, found, unit, _truth(view, task)),
        key="side-by-side",
        caption=_caption(view, task, int(estimates["n"].max())),
        explanation=SIDE_BY_SIDE_EXPLAINED,
        data=estimates,
        alt=f"Estimates of {task.quantity.name} by {listed(estimates['title'].tolist())}",
    )
    _table(estimates_table(estimates, unit))


def _table(shown: pd.DataFrame) -> None:
    """A table that scrolls sideways where sentences would become too narrow to read."""
    st.html(f"<style>.st-key-side-table table {{min-width: {_TABLE_PIXELS}px;}}</style>")
    with st.container(key="side-table"):
        st.table(shown, border="horizontal", hide_index=True)


def _truth(view: state.View, task: SideBySide) -> float | None:
    held = view.checkpoint.info.facts.get(f"true_mi/{task.quantity.pair}")
    return None if held is None else float(held)


def _caption(view: state.View, task: SideBySide, n: int) -> str:
    said = (
        f"{plain(task.quantity.name)} on {n:,} utterances of the {view.split} split, a quarter "
        f"held out; at most {STEPS} steps, batches of up to {BATCH}."
    )
    if task.transform == "copula":
        said += " Ranks instead of values."
    if "input" not in task.quantity.kinds:
        return said
    said += " An input is its features pooled over time, so upper bounds are about these alone."
    if task.quantity.kinds[1] != "input" and not view.checkpoint.info.config.model.stochastic:
        said += " This encoder has no noise, so that the true value is infinite."
    return said
