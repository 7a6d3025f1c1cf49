"""What is in a corpus: one column of figures beside another, and what they are computed from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.parts.layout import wide_columns
from app.parts.names import plain
from app.screens.data.channels import draw_channels
from app.screens.data.checks import draw_checks
from app.screens.data.conversation_lengths import draw_turns
from app.screens.data.labels import draw_labels
from app.screens.data.missing import draw_missing
from app.screens.data.numbers_and_modalities import draw_modalities, draw_numbers
from app.screens.data.sequence_lengths import draw_sequence_lengths
from app.screens.data.speakers import draw_speakers
from app.screens.data.transcript_words import draw_words
from mmmie.analysis.corpora import quality
from mmmie.analysis.corpora.summary import corpus_summary
from mmmie.corpus import Corpus


def corpus_contents(corpus: Corpus) -> None:
    """Draw the summary, the checks and the figures of a corpus."""
    summary, tables = summary_of(corpus.fingerprint, corpus), _quality(corpus.fingerprint, corpus)
    modalities = list(corpus.modalities)
    draw_numbers(summary)
    draw_modalities(summary)
    draw_checks(tables, modalities, corpus.label.classes is not None, len(corpus))
    left, right = wide_columns(2, key="corpus-figures")
    with left:
        draw_labels(corpus)
        draw_sequence_lengths(corpus)
        draw_channels(tables["channels"], modalities, corpus.fingerprint)
    with right:
        draw_speakers(corpus)
        draw_words(corpus)
        draw_turns(tables["turns"])
    draw_missing(tables["gaps"])


def corpus_title(summary: dict[str, Any]) -> str:
    """A corpus in one line of Markdown."""
    who = ""
    if summary["speakers"]:
        who = f" by {summary['speakers']:,} speaker{'s' * (summary['speakers'] != 1)}"
    return (
        f"{plain(summary['name'])}: {summary['utterances']:,} utterances in "
        f"{summary['conversations']:,} conversations{who}"
    )


@st.cache_data(show_spinner=False, max_entries=16)
def summary_of(fingerprint: str, _corpus: Corpus) -> dict[str, Any]:
    """`corpus_summary`, computed once for each corpus."""
    return corpus_summary(_corpus)


@st.cache_data(show_spinner="Looking through the corpus", max_entries=8)
def _quality(fingerprint: str, _corpus: Corpus) -> dict[str, pd.DataFrame]:
    """All tables of `mmmie.analysis.corpora.quality`, by short names."""
    return {
        "gaps": quality.gaps(_corpus),
        "channels": quality.channel_table(_corpus),
        "transcripts": quality.repeated_transcripts(_corpus),
        "features": quality.repeated_features(_corpus),
        "shifts": quality.label_shifts(_corpus),
        "turns": quality.conversation_lengths(_corpus),
    }
