"""What is in a corpus, in numbers and figures; each title says what the figure shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from app.parts import say
from app.parts.figures import figure
from app.parts.layout import wide_columns
from app.parts.names import capital, figure_text, plain
from app.parts.numbers import listed
from app.parts.style import (
    NEUTRAL,
    SPLIT_COLOURS,
    blank,
    modality_colour,
    short_number,
    three_digits,
)
from app.screens.data.checks import draw_checks
from app.screens.data.gaps_and_channels import draw_channels, draw_gaps, draw_turns
from mmmie.analysis.corpora.summary import corpus_summary
from mmmie.analysis.corpora.tables import (
    label_counts,
    sequence_lengths,
    speaker_counts,
    transcript_words,
)
from mmmie.corpus import Corpus, Label

_BALANCED = 0.04  # of the label range


def corpus_overview(corpus: Corpus) -> None:
    """Draw the summary and the figures of a corpus."""
    summary = summary_of(corpus.fingerprint, corpus)
    _numbers(summary)
    _modalities(corpus, summary)
    draw_checks(corpus)
    left, right = wide_columns(2, key="corpus-figures")
    with left:
        _labels(corpus)
        _lengths(corpus)
        draw_channels(corpus)
    with right:
        _speakers(corpus)
        _words(corpus)
        draw_turns(corpus)
    draw_gaps(corpus)


def corpus_title(summary: dict[str, Any]) -> str:
    """A corpus in one line of Markdown."""
    who = ""
    if summary["speakers"]:
        who = f" by {summary['speakers']:,} speaker{'s' * (summary['speakers'] != 1)}"
    return (
        f"{plain(summary['name'])}: {summary['utterances']:,} utterances in "
        f"{summary['conversations']:,} conversations{who}"
    )


def _numbers(summary: dict[str, Any]) -> None:
    if summary["description"]:
        say.words(plain(summary["description"]))
    label, turns = summary["label"], summary["utterances_per_conversation"]
    scale: tuple[str, str, str | None] = (
        capital(plain(label["name"])),
        "number",
        "Labels have no range.",
    )
    if "range" in label:
        low, high = map(short_number, label["range"])
        scale = (capital(plain(label["name"])), f"{low} to {high}", None)
    elif "classes" in label:
        scale = ("Classes", str(len(label["classes"])), plain(", ".join(label["classes"])))
    cells = [
        ("Utterances", f"{summary['utterances']:,}", None),
        *[
            (
                split.capitalize(),
                f"{entry['utterances']:,}",
                f"{entry['conversations']:,} conversations",
            )
            for split, entry in summary["splits"].items()
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


def _modalities(corpus: Corpus, summary: dict[str, Any]) -> None:
    entries = []
    for name, entry in summary["modalities"].items():
        steps = entry.get("steps")
        entries.append(
            {
                "modality": name,
                "channels": entry["dim"],
                "level": entry["level"],
                "steps": f"{steps['median']:g} ({steps['min']} to {steps['max']})" if steps else "",
                "missing": (entry["missing"] + entry["zeros"]) / len(corpus),
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


def _labels(corpus: Corpus) -> None:
    counts = label_counts(corpus)
    say.finding(label_title(corpus))
    figure(
        label_figure(counts, corpus.label),
        key="labels",
        caption=f"All {len(corpus):,} utterances, each split on its own.",
        explanation=(
            "Shares of the utterances of each split. Where the splits differ, a model chosen on "
            "one of them may do worse on another for that reason alone."
        ),
        data=counts,
        alt="Distribution of the labels in every split",
    )


def label_title(corpus: Corpus) -> str:
    """What the labels look like, in a line of Markdown."""
    labels, label = corpus.utterances["label"], corpus.label
    if label.classes is not None:
        shares = labels.value_counts(normalize=True)
        commonest = str(shares.index[0])
        return f"{capital(plain(commonest))} is the commonest class: {shares.iloc[0]:.0%}"
    mean = float(labels.mean())
    said = f"mean {three_digits(mean)}, standard deviation {three_digits(float(labels.std()))}"
    if label.range is None:
        return f"The labels have {said}"
    lean = (mean - label.centre) / (label.range[1] - label.range[0])
    if abs(lean) < _BALANCED:
        return f"Labels are balanced around {label.centre:g}: {said}"
    sides = ("negative", "positive") if label.centre == 0 else ("lower", "upper")
    return f"Labels lean to the {sides[lean > 0]} side: {said}"


def _speakers(corpus: Corpus) -> None:
    counts = speaker_counts(corpus)
    if counts.empty:
        say.finding("Nobody knows who speaks")
        say.words(
            "This corpus has no `speaker` column with a name in it, so the speaker term of the "
            "identity embedding is told “unknown” everywhere."
        )
        return
    most = counts.iloc[0]
    say.finding(f"{plain(str(most['speaker']))} speaks most: {most['share']:.1%} of utterances")
    figure(
        speaker_figure(counts),
        key="speakers",
        caption=f"The first {min(len(counts), 20)} of {len(counts):,} speakers, by utterances.",
        explanation="Utterances of every speaker over all conversations and splits.",
        data=counts,
        alt="Utterances of the most talkative speakers",
    )


def _lengths(corpus: Corpus) -> None:
    lengths = sequence_lengths(corpus)
    if lengths.empty:
        say.finding("Every modality is one vector an utterance")
        say.words("No modality is at sequence level, so there are no lengths to show.")
        return
    medians = lengths.groupby("modality", sort=False)["steps"].median()
    said = listed([f"{plain(str(name))} {median:g}" for name, median in medians.items()])
    say.finding(f"Steps of a usual utterance: {said}")
    figure(
        length_figure(lengths, list(corpus.modalities)),
        key="lengths",
        caption=f"All {len(corpus):,} utterances; medians in the title.",
        explanation=(
            "How many feature vectors an utterance has in each modality at sequence level. "
            "Zero steps mean that the modality is missing there."
        ),
        data=lengths,
        alt="Distribution of sequence lengths for every modality",
    )


def _words(corpus: Corpus) -> None:
    words = transcript_words(corpus)
    if words is None:
        say.finding("There are no transcripts")
        say.words("Add a `transcript` column to read along; the model does not need it.")
        return
    say.finding(f"The median utterance has {np.median(words):g} words, the longest {words.max():,}")
    figure(
        words_figure(words),
        key="words",
        caption=f"Transcripts of all {len(corpus):,} utterances, parted at blanks.",
        explanation="Words of every transcript. The model reads features, not these words.",
        data=pd.DataFrame({"id": corpus.utterances["id"], "words": words}),
        alt="Distribution of transcript lengths in words",
    )


@st.cache_data(show_spinner=False, max_entries=16)
def summary_of(fingerprint: str, _corpus: Corpus) -> dict[str, Any]:
    """`corpus_summary`, once a corpus."""
    return corpus_summary(_corpus)


_HEIGHT = 300
_MOST_SPEAKERS = 20
_LETTERS = 24
_LENGTH_BINS = 40


def label_figure(counts: pd.DataFrame, label: Label) -> go.Figure:
    """How labels are distributed in every split, as shares of it.

    Args:
        counts: from `mmmie.analysis.corpora.tables.label_counts`.
        label: what is predicted.
    """
    figure = blank(_HEIGHT, barmode="group")
    for split, part in counts.groupby("split", sort=False):
        name, colour = str(split), SPLIT_COLOURS[str(split)]
        hover = f"{name}<br>%{{x:.3g}}: %{{y:.1%}}<extra></extra>"
        if label.classes is not None or not part["width"].any():
            places = part["label"] if label.classes is None else part["label"].map(figure_text)
            figure.add_bar(
                x=places, y=part["share"], name=name, marker={"color": colour},
                hovertemplate=hover.replace(":.3g", ""),
            )  # fmt: skip
        else:
            figure.add_scatter(
                x=part["label"], y=part["share"], name=name, mode="lines", hovertemplate=hover,
                line={"color": colour, "width": 2, "shape": "hvh"},
            )  # fmt: skip
    figure.update_xaxes(title=figure_text(label.name))
    figure.update_yaxes(title="share of the split", tickformat=".0%", rangemode="tozero")
    return figure


def speaker_figure(counts: pd.DataFrame) -> go.Figure:
    """How many utterances the most talkative speakers have.

    Args:
        counts: from `mmmie.analysis.corpora.tables.speaker_counts`.
    """
    shown = counts[:_MOST_SPEAKERS]
    names = [str(name) for name in shown["speaker"]]
    figure = blank(_HEIGHT, showlegend=False)
    figure.add_bar(
        x=names, y=shown["utterances"], marker={"color": NEUTRAL},
        customdata=shown[["conversations", "share"]],
        hovertext=[figure_text(name) for name in names],
        hovertemplate="%{hovertext}<br>%{y} utterances (%{customdata[1]:.1%}) in "
        "%{customdata[0]} conversations<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(
        type="category", tickvals=names, ticktext=[figure_text(name, _LETTERS) for name in names],
        tickangle=-45 if len(shown) > 8 else 0,
    )  # fmt: skip
    figure.update_yaxes(title="utterances")
    return figure


def length_figure(lengths: pd.DataFrame, modalities: list[str]) -> go.Figure:
    """How long the sequences of every modality are.

    Args:
        lengths: `modality`, `steps`.
        modalities: of the corpus, for their hues.
    """
    figure = blank(_HEIGHT)
    most = int(lengths["steps"].max())
    edges = np.linspace(-0.5, most + 0.5, min(most + 1, _LENGTH_BINS) + 1)
    for name in lengths["modality"].unique():
        steps = lengths.loc[lengths["modality"] == name, "steps"]
        counts = np.histogram(steps, edges)[0]
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2, y=counts, mode="lines", name=figure_text(str(name)),
            line={"color": modality_colour(str(name), modalities), "width": 2, "shape": "hvh"},
            hovertemplate=f"{figure_text(str(name))}<br>about %{{x:.0f}} steps: %{{y}} utterances"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(title="steps of an utterance", rangemode="tozero")
    figure.update_yaxes(title="utterances", rangemode="tozero")
    return figure


def words_figure(words: np.ndarray) -> go.Figure:
    """How many words utterances have.

    Args:
        words: (N,).
    """
    figure = blank(_HEIGHT, showlegend=False)
    most = int(np.quantile(words, 0.995))
    width = max(1, -(-most // _LENGTH_BINS))
    figure.add_histogram(
        x=np.minimum(words, most), marker={"color": NEUTRAL},
        xbins={"start": -0.5, "end": most + width, "size": width},
        hovertemplate="%{x} words: %{y} utterances<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"words of the transcript (the last bar: {most} or more)")
    figure.update_yaxes(title="utterances")
    return figure
