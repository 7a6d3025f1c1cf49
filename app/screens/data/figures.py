"""The figures of a corpus: labels, lengths of conversations and sequences, speakers, words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.names import capital, figure_text, plain
from app.parts.numbers import listed
from app.parts.style import NEUTRAL, SPLIT_COLOURS, blank, modality_colour, three_digits
from mmmie.analysis.corpora.summary import (
    label_counts,
    sequence_lengths,
    speaker_counts,
    transcript_words,
)
from mmmie.corpus import SPLITS, Corpus, Label

_HEIGHT = 300
_MOST_BINS = 40
_BALANCED = 0.04  # of the label range
_MOST_SPEAKERS = 20
_LETTERS = 24


def draw_labels(corpus: Corpus) -> None:
    """The labels of every split, with what they look like as the title."""
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


def label_figure(counts: pd.DataFrame, label: Label) -> go.Figure:
    """How labels are distributed in every split, as shares of it."""
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


def draw_turns(table: pd.DataFrame) -> None:
    """How long conversations are."""
    say.finding(turns_title(table))
    figure(
        turns_figure(table),
        key="turns",
        caption=f"All {len(table):,} conversations, stacked by split.",
        explanation="Utterances of every conversation. The context of the model is a window in "
        "one conversation, so the first and the last turns see less of it.",
        data=table,
        alt="Distribution of the length of conversations",
    )


def turns_title(turns: pd.DataFrame) -> str:
    """How long conversations are."""
    held = turns["turns"]
    if held.min() == held.max():
        return f"Every conversation has {held.min()} utterance{'' if held.min() == 1 else 's'}"
    span = f"{held.min()} to {held.max()}"
    return f"The median conversation has {held.median():g} utterances, all have {span}"


def turns_figure(lengths: pd.DataFrame) -> go.Figure:
    """How many utterances conversations have, stacked by split."""
    most = int(lengths["turns"].max())
    width = max(1, -(-most // _MOST_BINS))
    edges = np.arange(0.5, most + width + 0.5, width)
    figure = blank(_HEIGHT, barmode="stack")
    for split in SPLITS:
        turns = lengths.loc[lengths["split"] == split, "turns"]
        if turns.empty:
            continue
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2, y=np.histogram(turns, edges)[0], name=split,
            marker={"color": SPLIT_COLOURS[split]}, width=0.9 * width,
            hovertemplate=f"{split}<br>about %{{x:.0f}} utterances: %{{y}} conversations"
            "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(legend={"traceorder": "normal"})
    figure.update_xaxes(title="utterances of a conversation", rangemode="tozero")
    figure.update_yaxes(title="conversations")
    return figure


def draw_sequence_lengths(corpus: Corpus) -> None:
    """The steps of every modality at sequence level, or that there is none."""
    lengths = sequence_lengths(corpus)
    if lengths.empty:
        say.finding("Every modality has one vector per utterance")
        say.words("No modality has sequences, so there are no lengths to show.")
        return
    medians = lengths.groupby("modality", sort=False)["steps"].median()
    said = listed([f"{plain(str(name))} {median:g}" for name, median in medians.items()])
    say.finding(f"Steps of a usual utterance: {said}")
    figure(
        length_figure(lengths, list(corpus.modalities)),
        key="lengths",
        caption=f"All {len(corpus):,} utterances; medians in the title.",
        explanation=(
            "How many feature vectors each utterance has in each modality at sequence level. "
            "Zero steps mean that the modality is missing there."
        ),
        data=lengths,
        alt="Distribution of sequence lengths for every modality",
    )


def length_figure(lengths: pd.DataFrame, modalities: list[str]) -> go.Figure:
    """How long the sequences of every modality are."""
    figure = blank(_HEIGHT)
    most = int(lengths["steps"].max())
    edges = np.linspace(-0.5, most + 0.5, min(most + 1, _MOST_BINS) + 1)
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


def draw_speakers(corpus: Corpus) -> None:
    """The most talkative speakers, or that nobody is known."""
    counts = speaker_counts(corpus)
    if counts.empty:
        say.finding("The speakers are unknown")
        say.words(
            "This corpus names no speakers, so the speaker term of the identity embedding is "
            "“unknown” everywhere."
        )
        return
    most = counts.iloc[0]
    say.finding(f"{plain(str(most['speaker']))} speaks most: {most['share']:.1%} of utterances")
    figure(
        speaker_figure(counts),
        key="speakers",
        caption=f"The first {min(len(counts), _MOST_SPEAKERS)} of {len(counts):,} speakers.",
        explanation="Utterances of every speaker over all conversations and splits.",
        data=counts,
        alt="Utterances of the most talkative speakers",
    )


def speaker_figure(counts: pd.DataFrame) -> go.Figure:
    """How many utterances the most talkative speakers have."""
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


def draw_words(corpus: Corpus) -> None:
    """The words of the transcripts, or that there are none."""
    words = transcript_words(corpus)
    if words is None:
        say.finding("There are no transcripts")
        say.words("Add a `transcript` column to read along; the model does not need it.")
        return
    say.finding(f"The median utterance has {np.median(words):g} words, the longest {words.max():,}")
    figure(
        words_figure(words),
        key="words",
        caption=f"Transcripts of all {len(corpus):,} utterances, split at spaces.",
        explanation="Words of every transcript. The model reads features, not these words.",
        data=pd.DataFrame({"id": corpus.utterances["id"], "words": words}),
        alt="Distribution of transcript lengths in words",
    )


def words_figure(words: np.ndarray) -> go.Figure:
    """How many words utterances have."""
    figure = blank(_HEIGHT, showlegend=False)
    most = int(np.quantile(words, 0.995))
    width = max(1, -(-most // _MOST_BINS))
    figure.add_histogram(
        x=np.minimum(words, most), marker={"color": NEUTRAL},
        xbins={"start": -0.5, "end": most + width, "size": width},
        hovertemplate="%{x} words: %{y} utterances<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"words of the transcript (the last bar: {most} or more)")
    figure.update_yaxes(title="utterances")
    return figure
