"""Variants of a model that were trained with several seeds: means, differences and every seed."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure_footer
from app.parts.layout import wide_columns
from app.parts.numbers import metric
from app.screens.compare.paired_differences import draw_paired_differences
from app.screens.compare.seed_words import Sample, seed_table, tidy
from app.screens.compare.variant_means import draw_variant_means
from mmmie.experiments.statistics import Row


def pick_metric(names: Sequence[str]) -> str:
    """The metric that the figures show; the address remembers it."""
    state.forget_unless("metric", names)
    return str(
        st.selectbox(
            "Metric", names, key="metric", bind="query-params",
            format_func=lambda name: metric(name).name,
        )
    )  # fmt: skip


def draw_variants(rows: Sequence[Row], name: str, reference: str, sample: Sample) -> None:
    """Both figures and the table of one metric; arguments as for `draw_variant_means`."""
    left, right = wide_columns(2, key="variants", gap="large")
    with left:
        draw_variant_means(rows, name, sample)
    with right:
        draw_paired_differences(rows, name, reference, sample)
    draw_every_seed(rows, name, sample)


def draw_every_seed(rows: Sequence[Row], name: str, sample: Sample) -> None:
    """The table: a row per variant, a column per seed."""
    known, table = metric(name), seed_table(rows, name)
    form = "percent" if known.share else "%.3f"
    say.finding(f"{known.name}, seed by seed")
    numbers = {
        column: st.column_config.NumberColumn(f"seed {column}", format=form)
        for column in table.columns[6:]
    }
    say.grid(
        table,
        hide_index=True,
        width="stretch",
        column_config={
            "variant": st.column_config.TextColumn("Variant", pinned=True),
            "mean": st.column_config.NumberColumn("Mean", format=form),
            "seeds": "95 % over seeds",
            "conversations": "95 % over conversations",
            "difference": st.column_config.TextColumn("Difference", width="medium"),
            "p": st.column_config.NumberColumn("p, corrected", format="%.3f"),
            **numbers,
        },
    )
    figure_footer(
        key="every-seed",
        caption=sample.words,
        explanation="One row per variant. The difference is paired and has its 95 % interval over "
        "seeds and conversations; p is two-sided and corrected for the number of variants (Holm).",
        data=tidy(rows, name),
    )
