"""Two groups of runs; within each they differ in the seed alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.numbers import listed
from app.screens.compare.comparison import (
    Names,
    difference_svg,
    difference_title,
    differences_finding,
    values_table,
)
from app.screens.compare.overview import sample_words
from app.screens.compare.seed_words import Sample, differences_line
from app.screens.compare.variants import draw_variants, pick_metric
from mmmie.analysis.configurations import SeedGroup, describe_difference, seed_groups
from mmmie.analysis.outputs import TRAINED
from mmmie.experiments.statistics import Row, compare_outputs
from mmmie.metrics import metric_names
from mmmie.training.checkpoint_files import CheckpointInfo

_FIRST, _SECOND = "group", "group_with"
_QUESTION = "Do two configurations differ, whatever the seed?"

EXPLANATION = """
One row per metric; right of the line the second group is better, left of it the first. The
difference is paired: the same seeds on the **same utterances**. Its 95 % interval is over **seeds
and conversations** together, as both are a sample of what there could be. A filled dot: a
difference is shown, corrected for the number of metrics (Bonferroni), so the two *configurations*
differ, not only these trainings.
"""


def draw_seed_groups() -> None:
    """Both groups that the address names, else the first two; without two it ends the page."""
    heading = st.empty()
    heading.title(_QUESTION)
    infos = {choice.name: checkpoint.info for choice, checkpoint in state.readable_checkpoints()}
    groups = named_groups(seed_groups(infos))
    left, right, metric_box = wide_columns([3, 3, 2], key="group-controls", least=150)
    with left:
        first = _pick("First group", groups, _FIRST)
    others = _same_corpus(first, groups, infos)
    with right:
        second = _pick("Second group", others, _SECOND)
    if first is None or second is None:
        _too_few(groups)
    assert first is not None and second is not None
    names = (first, second)
    members = (groups[first], groups[second])
    view, rows = _measured(names, members)
    with metric_box:
        metric = pick_metric(list(rows))
    table = differences_table(rows)
    unpaired = rows[metric][1].effect is None
    title = (
        differences_line(rows[metric], metric, names[0])
        if unpaired
        else difference_title(table, metric, names)
    )
    say.title(plain(title), place=heading)
    before, after = (infos[group.first] for group in members)
    difference = describe_difference(after, before)
    say.words(
        f":gray-badge[first] **{plain(names[0])}** &nbsp; :orange-badge[second] "
        f"**{plain(names[1])}** &nbsp; {plain(_without_seed(difference))}"
    )
    for group in members:
        if group.repeated:
            st.caption(
                f"{plain(listed(group.repeated))}: left out, another run of the group has its seed."
            )
    inside = view.frame[view.within]
    sample = Sample(view.split, len(inside), int(inside["conversation"].nunique()))
    if not unpaired:
        _all_metrics(view, table, names, rows[metric][1].paired)
    draw_variants(rows[metric], metric, names[0], sample)


def named_groups(groups: Sequence[SeedGroup]) -> dict[str, SeedGroup]:
    """Name → group; where several have one name, that of its member with the lowest seed."""
    counts = Counter(group.name for group in groups)
    return {group.name if counts[group.name] == 1 else group.first: group for group in groups}


def _pick(label: str, groups: Mapping[str, SeedGroup], key: str) -> str | None:
    """A list that the address remembers; None where it would be empty."""
    state.forget_unless(key, groups)
    if not groups:
        return None
    own = st.session_state.get("checkpoint")
    at = [own in group.members.values() for group in groups.values()]
    first = at.index(True) if True in at else 0
    return str(st.selectbox(label, list(groups), first, key=key, bind="query-params"))


def _same_corpus(
    first: str | None, groups: Mapping[str, SeedGroup], infos: Mapping[str, CheckpointInfo]
) -> dict[str, SeedGroup]:
    """The other groups that were trained on the same corpus."""
    corpora = {n: infos[group.first].corpus["fingerprint"] for n, group in groups.items()}
    return {
        n: g for n, g in groups.items() if n != first and corpora[n] == corpora.get(first or "")
    }


def _too_few(groups: Mapping[str, SeedGroup]) -> None:
    found = "Only one group" if groups else "No group"
    state.empty_state(
        f"{found} of runs that differ in the seed alone.",
        "Two groups are needed, on the same corpus: train each of two settings with the same "
        "seeds, for example 0, 1 and 2.",
        "Train a model",
        "train",
    )


def _without_seed(difference: str) -> str:
    """A difference in words, but for the seed, in which the first members may differ."""
    parts = [part for part in difference.split(", ") if not part.startswith("seed ")]
    return ", ".join(parts)


def _measured(
    names: Names, groups: tuple[SeedGroup, SeedGroup]
) -> tuple[state.View, dict[str, list[Row]]]:
    """The first member on its corpus, and metric → both groups as rows."""
    available = state.choices()
    views = {
        name: {seed: state.view_of(available[member]) for seed, member in group.members.items()}
        for name, group in zip(names, groups, strict=True)
    }
    prints = tuple(
        (name, seed, view.checkpoint.fingerprint)
        for name, own in views.items()
        for seed, view in own.items()
    )
    view = next(iter(views[names[0]].values()))
    with state.readable_errors():
        return view, _rows(prints, view.corpus.fingerprint, view.split, view.slice, views)


@st.cache_data(show_spinner="Comparing the seeds", max_entries=20)
def _rows(
    prints: tuple[tuple[str, int, str], ...],
    corpus: str,
    split: str,
    part: str,
    _views: dict[str, dict[int, state.View]],
) -> dict[str, list[Row]]:
    outputs: dict[str, dict[int, np.ndarray]] = {
        name: {seed: view.outputs.output[TRAINED] for seed, view in own.items()}
        for name, own in _views.items()
    }
    reference, views = next(iter(_views.items()))
    view = next(iter(views.values()))
    return {
        metric: compare_outputs(
            view.corpus, view.outputs.rows, outputs, reference, metric, view.within
        )
        for metric in metric_names(view.corpus.label)
    }


def differences_table(rows: Mapping[str, list[Row]]) -> pd.DataFrame:
    """Every metric of two groups, as `mmmie.analysis.errors.comparison.metric_differences` has it.

    Means are over all seeds of a group, differences over those that both have.
    """
    entries = []
    for metric, (first, second) in rows.items():
        found = second.effect.interval if second.effect else None
        apart = (found.value, found.low, found.high) if found else (np.nan,) * 3
        entries.append((metric, first.over_seeds.value, second.over_seeds.value, *apart))
    columns = ["metric", "first", "second", "difference", "low", "high"]
    return pd.DataFrame(entries, columns=columns)


def _all_metrics(
    view: state.View, table: pd.DataFrame, names: Names, paired: Collection[int]
) -> None:
    left, right = wide_columns(2, key="group-metrics", gap="large")
    with left:
        say.finding(differences_finding(table, seeds=len(paired)))
        drawn_figure(
            difference_svg(table, "Paired differences of the metrics with 95 % intervals.", names),
            key="group-differences",
            caption=f"Seeds {listed([*map(str, paired)])}, paired on {sample_words(view)}; 95 % "
            "intervals over seeds and conversations.",
            explanation=EXPLANATION,
            data=table,
        )
    with right:
        say.finding("All metrics, means over seeds")
        say.table(values_table(table, names), border="horizontal", hide_index=True)
