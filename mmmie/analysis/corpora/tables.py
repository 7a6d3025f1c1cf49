"""What is in a corpus, as tables to draw: who speaks, labels, lengths."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus

_LABEL_BINS = 24
_FEW_VALUES = 12


def speaker_counts(corpus: Corpus) -> pd.DataFrame:
    """Who speaks how much, most first.

    Returns:
        `speaker`, `utterances`, `conversations`, `share` of the utterances with a known
        speaker; no row where no speaker is known.
    """
    if not corpus.has_speakers:
        return pd.DataFrame(columns=["speaker", "utterances", "conversations", "share"])
    groups = corpus.utterances.dropna(subset=["speaker"]).groupby("speaker")
    table = pd.DataFrame(
        {"utterances": groups.size(), "conversations": groups["conversation"].nunique()}
    )
    table["share"] = table["utterances"] / table["utterances"].sum()
    ordered = table.sort_values("utterances", ascending=False, kind="stable")
    return ordered.rename_axis("speaker").reset_index()


def label_counts(corpus: Corpus) -> pd.DataFrame:
    """How labels are distributed in every split.

    Returns:
        One row per split and class (`split`, `label`, `utterances`, `share` of the split); of
        numbers a row per split and value with a `width` of 0, where the corpus has few different
        ones, else a split and bin of equal width, where `label` is the middle and `width` its
        width.
    """
    table = corpus.utterances
    values = np.unique(table["label"]) if corpus.label.classes is None else np.empty(0)
    parts = []
    for split in corpus.splits:
        labels = table.loc[table["split"] == split, "label"]
        if corpus.label.classes is not None:
            names = list(corpus.label.classes)
            counts = labels.value_counts().reindex(names, fill_value=0).to_numpy()
            part = pd.DataFrame({"label": names, "utterances": counts})
        elif len(values) <= _FEW_VALUES:
            counts = labels.value_counts().reindex(values, fill_value=0).to_numpy()
            part = pd.DataFrame({"label": values, "width": 0.0, "utterances": counts})
        else:
            counts, edges = np.histogram(labels, bins=_LABEL_BINS, range=_label_limits(corpus))
            middles = (edges[:-1] + edges[1:]) / 2
            part = pd.DataFrame(
                {"label": middles, "width": edges[1] - edges[0], "utterances": counts}
            )
        part.insert(0, "split", split)
        part["share"] = part["utterances"] / len(labels)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def sequence_lengths(corpus: Corpus) -> pd.DataFrame:
    """Steps of every utterance in every modality at sequence level: `modality`, `steps`."""
    parts = [
        pd.DataFrame({"modality": name, "steps": features.lengths})
        for name, features in corpus.features.items()
        if features.lengths is not None
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["modality"])


def transcript_words(corpus: Corpus) -> np.ndarray | None:
    """Words in every transcript (N,), parted by blanks; None without transcripts."""
    if "transcript" not in corpus.utterances:
        return None
    transcripts = corpus.utterances["transcript"].fillna("").astype(str)
    return np.array([len(transcript.split()) for transcript in transcripts], np.int64)


def _label_limits(corpus: Corpus) -> tuple[float, float]:
    if corpus.label.range is not None:
        return corpus.label.range
    labels = corpus.utterances["label"]
    low, high = float(labels.min()), float(labels.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)
