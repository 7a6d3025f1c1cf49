"""How the labels are distributed in every split."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.names import capital, figure_text, plain
from app.parts.style import SPLIT_COLOURS, blank, three_digits
from app.screens.data.figure_sizes import HEIGHT
from mmmie.analysis.corpora.summary import label_counts
from mmmie.corpus import Corpus, Label

_BALANCED = 0.04  # of the label range


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
    figure = blank(HEIGHT, barmode="group")
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
