"""What linear probes read from the codes."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import state
from app.components.figures import figure
from app.components.layout import wide_columns
from app.views.probes import probe_frame, probe_strip, retrieval_frame, strip_frame

_AT_ONCE = 3000  # utterances; more take longer than a reader waits unasked

_EXPLANATION = """
Every row is a code, every column a **linear probe**: the simplest reader there is. What it finds
is there; what it misses may still be there in another form. Each is fitted on four fifths of the
conversations and scored on the rest, five times.

- **which modality**: how often a logistic regression names the modality that a code comes from.
  At chance the modalities have become one; at 1 they lie apart.
- **label**: share of the label's variance that a ridge readout explains (R²; below 0 it does
  worse than the mean).
- **latents**: the same for what generated the corpus, where it is known: what all modalities share,
  and what belongs to one.

The objective wants *z* to hold what is shared and nothing private, and *s* the reverse.
"""


def probes(view: state.View) -> dict[str, Any] | None:
    """The report, where it is quick or was asked for; else None after an offer."""
    key = (view.checkpoint.fingerprint, view.corpus.fingerprint, view.split)
    asked = st.session_state.setdefault("probes_asked", set())
    if len(view.frame) > _AT_ONCE and key not in asked:
        st.write(f"Probing {len(view.frame):,} utterances takes a while.")
        if not st.button("Run the probes", icon=":material/search:"):
            return None
        asked.add(key)
    return _report(*key, view)


def draw_probes(view: state.View, report: dict[str, Any]) -> None:
    """The heat strip and the retrieval table."""
    strip, pairs = wide_columns([3, 2], key="probes-and-pairs", least=320, gap="large")
    with strip:
        st.subheader("What do the codes hold?")
        figure(
            probe_strip(strip_frame(report)),
            key="probes",
            caption=f"Linear probes, cross-validated by conversation, {len(view.frame):,} "
            f"utterances of the {view.split} split. 0 pale, 1 dark.",
            explanation=_EXPLANATION,
            data=probe_frame(report),
            alt="Accuracy and R² of linear probes, one row a code.",
        )
    table = retrieval_frame(report)
    with pairs:
        st.subheader("Is the same utterance found across modalities?")
        if table.empty:
            st.write("This model reads one modality, so there is no pair to compare.")
            return
        percent = {
            "recall_at_1": "nearest",
            "recall_at_10": "of ten nearest",
            "chance_at_1": "chance",
        }
        st.dataframe(
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
        st.caption(
            "How often the z of the same utterance in the other modality is the nearest by "
            "cosine, among blocks of up to 500 utterances, both ways."
        )


@st.cache_data(show_spinner="Probing the codes", max_entries=50)
def _report(fingerprint: str, corpus: str, split: str, _view: state.View) -> dict[str, Any]:
    from mmmie.analysis.probes import probe_report

    return probe_report(_view.corpus, _view.outputs)
