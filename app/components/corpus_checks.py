"""What to know of a corpus before training on it: checks, gaps and channels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.components.figures import figure, figure_footer
from app.views.corpus import channels_figure, channels_shown, gaps_figure, turns_figure
from app.views.corpus_quality import (
    EXPLANATION,
    channels_title,
    checks,
    checks_table,
    checks_title,
    gaps_title,
    turns_title,
)
from app.views.names import channel_words, plain
from app.views.style import modality_colour
from mmmie.analysis.corpus_quality import (
    channel_table,
    conversation_lengths,
    gaps,
    label_shifts,
    repeated_features,
    repeated_transcripts,
)
from mmmie.corpus import Corpus


def draw_checks(corpus: Corpus) -> None:
    """The list of what was looked at, with what was found first."""
    tables = quality(corpus.fingerprint, corpus)
    found = checks(
        tables["gaps"],
        tables["channels"],
        tables["transcripts"],
        tables["features"],
        tables["shifts"],
        tables["turns"],
        list(corpus.modalities),
        corpus.label.classes is not None,
    )
    st.subheader(checks_title(found))
    table = checks_table(found)
    st.table(table, border="horizontal", hide_index=True)
    rows = int(tables["channels"]["rows"].max())
    figure_footer(
        key="corpus-checks",
        caption=f"All {len(corpus):,} utterances; channels from at most {rows:,} rows of each "
        "modality, evenly spaced.",
        explanation=EXPLANATION,
        data=pd.DataFrame([(c.what, c.found, c.finding) for c in found],
                          columns=["looked at", "something found", "found"]),
    )  # fmt: skip


def draw_gaps(corpus: Corpus) -> None:
    """The share of utterances without a modality, speaker or transcript, where there are any."""
    table = quality(corpus.fingerprint, corpus)["gaps"]
    if not table["missing"].any():
        return
    st.subheader(gaps_title(table))
    figure(
        gaps_figure(table),
        key="missing",
        caption="A modality is missing where an utterance has no step of it, or zeros only.",
        explanation=(
            "The fusion does not see tokens of a modality without a step; in training whole "
            "modalities are hidden at random so that it can do without them. Zeros it does see."
        ),
        data=table,
        alt="Share of utterances without each modality, speaker or transcript, per split",
    )


def draw_turns(corpus: Corpus) -> None:
    """How long conversations are."""
    table = quality(corpus.fingerprint, corpus)["turns"]
    st.subheader(turns_title(table))
    figure(
        turns_figure(table),
        key="turns",
        caption=f"All {len(table):,} conversations, stacked by split.",
        explanation="Utterances of every conversation. The context of the model is a window in "
        "one conversation, so the first and the last turns see less of it.",
        data=table,
        alt="Distribution of the length of conversations",
    )


@st.fragment
def draw_channels(corpus: Corpus) -> None:
    """How the values of the channels of one modality are spread."""
    table = quality(corpus.fingerprint, corpus)["channels"]
    names = list(corpus.modalities)
    heading = st.empty()
    name = names[0]
    if len(names) > 1:
        name = str(
            st.segmented_control(
                "Channels of",
                names,
                format_func=plain,
                default=names[0],
                required=True,
                key=f"channels-of-{corpus.fingerprint}",
                wrap=True,
                label_visibility="collapsed",
            )
        )
    part = table[table["modality"] == name]
    heading.subheader(channels_title(part, name))
    shown = channels_shown(part)
    if shown.empty:
        st.write("Half of all values or more are the same in every channel.")
        return
    figure(
        channels_figure(shown, _titles(shown), modality_colour(name, names)),
        key="channels",
        caption=f"The {len(shown)} of {len(part):,} channels with most values far out, over "
        f"{int(part['rows'].iloc[0]):,} rows.",
        explanation="Every row is a channel on a scale of its own: 0 is the median, 1 the width of "
        "the middle half. Thick: the middle half of the values. Thin: 1 % to 99 %. Ticks: the "
        "smallest and the largest value. Far out: more than 3 beyond the middle half.",
        data=part,
        alt=f"Spread of the values of the channels of {name}",
    )


@st.cache_data(show_spinner="Looking through the corpus", max_entries=8)
def quality(fingerprint: str, _corpus: Corpus) -> dict[str, pd.DataFrame]:
    """All tables of `mmmie.analysis.corpus_quality`, by short names."""
    return {
        "gaps": gaps(_corpus),
        "channels": channel_table(_corpus),
        "transcripts": repeated_transcripts(_corpus),
        "features": repeated_features(_corpus),
        "shifts": label_shifts(_corpus),
        "turns": conversation_lengths(_corpus),
    }


def _titles(shown: pd.DataFrame) -> list[str]:
    """One a channel, each once; a number tells channels of the same name apart."""
    words = [" ".join(channel_words(str(name))).strip() for name in shown["name"]]
    twice = np.array([words.count(word) > 1 for word in words])
    numbers = shown["channel"].to_numpy()
    return [f"{w} ({i})" if t else w for w, i, t in zip(words, numbers, twice, strict=True)]
