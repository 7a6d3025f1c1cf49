"""What probes read from the codes, and which claims about the codes hold."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.screens.representations.claims import claimed, claims_figure, claims_finding, claims_table
from app.screens.representations.probe_strip import (
    PROBE_NAMES,
    cka_figure,
    cka_finding,
    cka_frame,
    probe_frame,
    probe_strips,
    retrieval_frame,
    speaker_sentence,
    strip_frame,
)
from mmmie.analysis.codes.claims import MODALITY

_AT_ONCE = 3000  # utterances; more take longer than a reader waits unasked

_READINGS = {"Means": "means", "Samples": "samples"}
_READING_HELP = (
    "An encoder answers with a cloud, not a point: p(code | input) is a Gaussian. **Means** are "
    "the centres of the clouds; **samples** are single points from them."
)
_READING_WORDS = {
    "means": "The **means** are what predicts. A probe of them sees differences however small, "
    "even those that drown in the code's own noise: what it finds was computed, but not "
    "necessarily kept.",
    "samples": "The **samples** are what the bounds on mutual information are about, and what the "
    "network learned from: a mean with the code's own noise. What drowns in that noise is not "
    "found here.",
}

_EXPLANATION = """
Every row is a code, every column something a **probe** tries to read from it. Each probe is fitted
on four fifths of the conversations and scored on the rest, five times.

- **linear**: ridge regression and logistic regression, the simplest readers there are. What they
  find lies open.
- **non-linear**: ridge regression on the code and on its similarity to 150 landmarks (a Gaussian
  kernel). What only these find is there, but folded.
- **which modality**: how often the reader names the modality that a code comes from. At chance the
  modalities have become one; at 1 they lie apart.
- **label** and **latents**: the share of variance explained (R²; below 0 is worse than the mean).
  Latents are what generated the corpus, where that is known: what all modalities share, and what
  belongs to one.

Samples are drawn four times and what is read is averaged over the draws.
"""

_CLAIMS_EXPLANATION = """
Every row is a claim. The **grey range** is where the value should lie: the objective wants *z* to
hold what the modalities share and nothing private, and *s* the reverse. A row about latents is a
mean over them; the table names the one that stands out.

A claim **holds** or **fails** where the whole 95 % interval lies on one side of its limit, and is
**undecided** where it does not. Intervals come from drawing whole conversations, with the fitted
probes kept.

The limits are this project's own, set for the demo corpus; the paper gives none that we know.
Chance for the modality is one over their number.
"""

_CKA_EXPLANATION = """
**Linear CKA** (centred kernel alignment) asks whether two codes put the same utterances close to
each other: 1 where one is a rotation, shift or scaling of the other, 0 where they are unrelated.
The debiased estimator is used; the plain one is far above 0 for unrelated codes with many
dimensions.

The objective wants the *z* of two modalities alike, and *z* and *s* of one modality unrelated.
"""


def probe_controls(view: state.View) -> tuple[str, bool]:
    """What is read, ``means`` or ``samples``, and whether non-linear probes are wanted too."""
    say.finding("What do the codes hold?")
    reading = "means"
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        if view.outputs.deviations:
            chosen = st.segmented_control(
                "Read from",
                list(_READINGS),
                default="Means",
                required=True,
                key="probe_reading",
                label_visibility="collapsed",
                bind="query-params",
                help=_READING_HELP,
            )
            reading = _READINGS[str(chosen)]
        nonlinear = st.toggle(
            "Non-linear probes too",
            key="probe_nonlinear",
            bind="query-params",
            help="They find what is folded as well. About ten seconds for a thousand utterances.",
        )
    if view.outputs.deviations:
        say.caption(_READING_WORDS[reading])
    else:
        say.caption("The encoders of this model are deterministic: a code is a point, its mean.")
    return reading, nonlinear


def known_probes(view: state.View) -> dict[str, Any] | None:
    """The report of the linear probes, where it is quick or was asked for; else None."""
    key = (view.checkpoint.fingerprint, view.corpus.fingerprint, view.split)
    if len(view.frame) > _AT_ONCE and key not in st.session_state.get("probes_asked", set()):
        return None
    return _report(*key, False, view)


def probes(view: state.View, nonlinear: bool) -> dict[str, Any] | None:
    """The report, where it is quick or was asked for; else None after an offer."""
    key = (view.checkpoint.fingerprint, view.corpus.fingerprint, view.split)
    asked = st.session_state.setdefault("probes_asked", set())
    if len(view.frame) > _AT_ONCE and key not in asked:
        say.words(f"Probing {len(view.frame):,} utterances takes a while.")
        if not st.button("Run the probes", icon=":material/search:"):
            return None
        asked.add(key)
    return _report(*key, nonlinear, view)


def draw_probes(view: state.View, report: dict[str, Any], reading: str) -> None:
    """What the codes hold, how alike they are, which claims hold, and retrieval."""
    strip, pairs = wide_columns([3, 2], key="probes-and-pairs", least=320, gap="large")
    with strip:
        _draw_strips(view, report, reading)
    with pairs:
        _draw_cka(view, report, reading)
    _draw_claims(view, report, reading)
    _draw_retrieval(report)


def _draw_strips(view: state.View, report: dict[str, Any], reading: str) -> None:
    found = report["readings"][reading]
    names = [probe for probe in PROBE_NAMES if probe in found]
    figure(
        _kept(
            _key(view, reading, *names),
            lambda: probe_strips({probe: strip_frame(found[probe]) for probe in names}),
        ),
        key="probes",
        caption=f"Probes of the {reading}, cross-validated by conversation, "
        f"{len(view.frame):,} utterances of the {view.split} split. 0 pale, 1 dark. "
        + speaker_sentence(report, reading),
        explanation=_EXPLANATION,
        data=_all_probes(report),
        alt="Accuracy and R² of probes, one row per code.",
    )


def _draw_cka(view: state.View, report: dict[str, Any], reading: str) -> None:
    cka, modalities = report["readings"][reading]["cka"], view.outputs.modalities
    say.words(f"**{cka_finding(cka, modalities)}**")
    figure(
        _kept(_key(view, reading, "cka"), lambda: cka_figure(cka, modalities)),
        key="cka",
        caption=f"Linear CKA of the {reading}, debiased; {len(view.frame):,} utterances of the "
        f"{view.split} split.",
        explanation=_CKA_EXPLANATION,
        data=cka_frame(cka),
        alt="How alike every pair of codes is, from 0 to 1.",
    )


def _draw_claims(view: state.View, report: dict[str, Any], reading: str) -> None:
    from mmmie.analysis.codes.probes import leakage_tables

    leakage = leakage_tables(report)
    claims = claimed(leakage, reading)
    if claims.empty:
        return
    say.finding(claims_finding(claims))
    left, right = wide_columns(2, key="claims", least=320, gap="large")
    for column, kind, title in (
        (left, "invariant", "*z*, what modalities are to share"),
        (right, "specific", "*s*, what is a modality's own"),
    ):
        if (claims["kind"] == kind).any():
            say.words(f"**{title}**", place=column)
            with column:
                figure(
                    _kept(
                        _key(view, reading, "claims", kind, *report["readings"][reading]),
                        partial(claims_figure, claims, kind, view.outputs.modalities),
                    ),
                    key=f"claims-{kind}",
                    caption=f"Probes of the {reading}, 95 % intervals; grey: where the claim "
                    "wants the value.",
                    explanation=_CLAIMS_EXPLANATION,
                    data=leakage[leakage["kind"] == kind],
                    alt=f"What is read from the {kind} codes against what is wanted.",
                )
    say.grid(
        claims_table(claims),
        hide_index=True,
        width="stretch",
        column_config={"code": st.column_config.TextColumn(width=70)},
    )
    say.caption("Every claim in words; those that fail come first.")
    if (claims["target"] == MODALITY).any() and len(set(claims["target"])) == 2:
        say.caption(
            "What the modalities share and what is private is known of generated corpora alone, "
            "such as the demo."
        )


def _draw_retrieval(report: dict[str, Any]) -> None:
    table = retrieval_frame(report)
    say.finding("Is the same utterance found across modalities?")
    if table.empty:
        say.words("This model reads one modality, so there is no pair to compare.")
        return
    percent = {
        "recall_at_1": "nearest",
        "recall_at_10": "of ten nearest",
        "chance_at_1": "chance",
    }
    say.grid(
        table.assign(**{name: table[name] * 100 for name in percent}),
        hide_index=True,
        width="stretch",
        column_config={
            "pair": "z of",
            **{
                name: st.column_config.NumberColumn(title, format="%.1f %%")
                for name, title in percent.items()
            },
        },
    )
    say.caption(
        "How often the z of the same utterance in the other modality is the nearest by "
        "cosine, among blocks of up to 500 utterances, both ways; of the means."
    )


def _all_probes(report: dict[str, Any]) -> pd.DataFrame:
    """Everything that was read, for the download."""
    return pd.concat(
        [
            probe_frame(found[probe]).assign(reading=reading, probe=probe)
            for reading, found in report["readings"].items()
            for probe in PROBE_NAMES
            if probe in found
        ],
        ignore_index=True,
    )


def _key(view: state.View, *what: str) -> tuple[str, ...]:
    return (view.checkpoint.fingerprint, view.corpus.fingerprint, view.split, *what)


@st.cache_resource(show_spinner=False, max_entries=64)
def _kept(key: tuple[str, ...], _build: Callable[[], go.Figure]) -> go.Figure:
    """A figure that no control of the sidebar changes; building one takes longer than drawing."""
    return _build()


@st.cache_data(show_spinner="Probing the codes", max_entries=50)
def _report(
    fingerprint: str, corpus: str, split: str, nonlinear: bool, _view: state.View
) -> dict[str, Any]:
    from mmmie.analysis.codes.probes import probe_report

    return probe_report(_view.corpus, _view.outputs, nonlinear)
