"""How many words utterances have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts import say
from app.parts.figures import figure
from app.parts.style import NEUTRAL, blank
from app.screens.data.figure_sizes import HEIGHT, MOST_BINS
from mmmie.analysis.corpora.summary import transcript_words
from mmmie.corpus import Corpus


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
    figure = blank(HEIGHT, showlegend=False)
    most = int(np.quantile(words, 0.995))
    width = max(1, -(-most // MOST_BINS))
    figure.add_histogram(
        x=np.minimum(words, most), marker={"color": NEUTRAL},
        xbins={"start": -0.5, "end": most + width, "size": width},
        hovertemplate="%{x} words: %{y} utterances<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(title=f"words of the transcript (the last bar: {most} or more)")
    figure.update_yaxes(title="utterances")
    return figure
