"""What is in a corpus: one column of figures beside another, and what they are computed from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import capital, plain
from app.parts.style import short_number
from app.screens.data.channels import draw_channels
from app.screens.data.checks import draw_checks, draw_missing
from app.screens.data.figures import (
    draw_labels,
    draw_sequence_lengths,
    draw_speakers,
    draw_turns,
    draw_words,
)
from app.screens.data.reading import draw_notes
from mmmie.analysis.corpora import quality
from mmmie.analysis.corpora.giveaways import giveaways
from mmmie.analysis.corpora.summary import corpus_summary
from mmmie.corpus import Corpus


def corpus_contents(corpus: Corpus) -> None:
    """Draw the summary, the checks and the figures of a corpus."""
    summary, tables = summary_of(corpus), _quality(corpus.fingerprint, corpus)
    modalities = list(corpus.modalities)
    draw_numbers(summary)
    draw_notes(summary["notes"])
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


def summary_of(corpus: Corpus) -> dict[str, Any]:
    """`corpus_summary`, computed once for each corpus and each way to read it."""
    return _summary(f"{corpus.fingerprint} {corpus.label} {corpus.notes}", corpus)


@st.cache_data(show_spinner=False, max_entries=16)
def _summary(key: str, _corpus: Corpus) -> dict[str, Any]:
    return corpus_summary(_corpus)


@st.cache_data(show_spinner="Looking through the corpus", max_entries=8)
def _quality(fingerprint: str, _corpus: Corpus) -> dict[str, pd.DataFrame]:
    """All tables of `mmmie.analysis.corpora.quality`, and giveaways, by short names."""
    return {
        "gaps": quality.gaps(_corpus),
        "channels": quality.channel_table(_corpus),
        "transcripts": quality.repeated_transcripts(_corpus),
        "features": quality.repeated_features(_corpus),
        "shifts": quality.label_shifts(_corpus),
        "turns": quality.conversation_lengths(_corpus),
        "giveaways": giveaways(_corpus),
    }


def draw_numbers(summary: dict[str, Any]) -> None:
    """The description, counts and the scale of the label."""
    if summary["description"]:
        say.words(plain(summary["description"]))
    label, turns = summary["label"], summary["utterances_per_conversation"]
    name = capital(plain(label["name"]))
    scale: tuple[str, str, str | None] = (name, "number", "Labels have no range.")
    if "range" in label:
        scale = (name, " to ".join(map(short_number, label["range"])), None)
    elif "classes" in label:
        count = f"{len(label['classes'])} classes"
        scale = (name, count, plain(", ".join(label["classes"])))
    cells = [
        ("Utterances", f"{summary['utterances']:,}", None),
        *[
            (split.capitalize(), f"{of['utterances']:,}", f"{of['conversations']:,} conversations")
            for split, of in summary["splits"].items()
        ],
        ("Turns", f"{turns['median']:g}", f"{turns['min']} to {turns['max']} in a conversation"),
        scale,
    ]
    numbers = wide_columns(len(cells), key="corpus-numbers", least=110)
    for column, (name, value, note) in zip(numbers, cells, strict=True):
        say.number(name, value, help=note, place=column)
    origin = [f"{k}: {summary[k]}" for k in ("source", "licence") if summary[k]]
    if origin:
        say.caption(plain(". ".join(origin)))


def draw_modalities(summary: dict[str, Any]) -> None:
    """One row per modality: channels, steps, how often it is missing, source."""
    entries = []
    for name, entry in summary["modalities"].items():
        steps = entry.get("steps")
        entries.append(
            {
                "modality": name,
                "channels": entry["dim"],
                "level": entry["level"],
                "steps": f"{steps['median']:g} ({steps['min']} to {steps['max']})" if steps else "",
                "missing": (entry["missing"] + entry["zeros"]) / summary["utterances"],
                "named": ", ".join(entry.get("channels", [])),
                "source": entry.get("source", ""),
            }
        )
    config: dict[str, Any] = {
        "modality": "Modality",
        "channels": "Channels",
        "level": "Level",
        "steps": st.column_config.TextColumn("Steps", help="Median (shortest to longest)"),
        "missing": st.column_config.NumberColumn(
            "Missing", format="percent", help="Utterances without a step of it, or zeros only."
        ),
        "named": st.column_config.TextColumn("Names of the channels", width="medium"),
        "source": st.column_config.TextColumn("Source", width="medium"),
    }
    say.grid(pd.DataFrame(entries), hide_index=True, width="stretch", column_config=config)
