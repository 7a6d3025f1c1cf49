"""What is in a corpus: a summary for JSON, and tables of speakers, labels and lengths to draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mmmie.analysis.corpora.quality import lacking
from mmmie.corpus import NO_LABEL, SPLITS, Corpus

_LABEL_BINS = 24
_FEW_VALUES = 12


def corpus_summary(corpus: Corpus) -> dict[str, Any]:
    """Counts, lengths and labels of a corpus, ready for JSON.

    Returns:
        The metadata (``label`` is None where the corpus does not say) and counts of utterances,
        conversations and ``speakers`` (None where unknown); ``splits`` → counts and labels;
        ``modalities`` → dimensions, lengths, utterances that lack it or have only zeros for it;
        ``notes``: what was guessed, repaired, clipped or left out when it was opened.
    """
    table = corpus.utterances
    speakers = table["speaker"].nunique() if corpus.has_speakers else None
    label: dict[str, Any] = {"name": corpus.label.name, "kind": corpus.label.kind}
    if corpus.label.range:
        label["range"] = list(corpus.label.range)
    if corpus.label.classes:
        label["classes"] = list(corpus.label.classes)
    per_conversation = table.groupby("conversation").size()
    return {
        "name": corpus.name,
        "description": corpus.description,
        "label": None if corpus.label == NO_LABEL else label,
        "utterances": len(corpus),
        "labelled": int(corpus.labelled.sum()),
        "conversations": len(per_conversation),
        "utterances_per_conversation": _spread(per_conversation.to_numpy()),
        "speakers": speakers,
        "transcripts": "transcript" in table,
        "splits": {s: _split(corpus, s) for s in SPLITS if s in corpus.splits},
        "modalities": {name: _modality(corpus, name) for name in corpus.modalities},
        "source": corpus.source,
        "licence": corpus.licence,
        "notes": list(corpus.notes),
    }


def _spread(counts: np.ndarray) -> dict[str, Any]:
    middle = float(np.median(counts))
    return {"min": int(counts.min()), "median": middle, "max": int(counts.max())}


def _split(corpus: Corpus, split: str) -> dict[str, Any]:
    rows = corpus.rows(split)
    table = corpus.utterances.iloc[rows]
    entry: dict[str, Any] = {
        "utterances": len(rows),
        "conversations": int(table["conversation"].nunique()),
    }
    labels = table["label"].dropna()
    if corpus.label.classes:
        entry["classes"] = {name: int((labels == name).sum()) for name in corpus.label.classes}
    elif len(labels):
        entry["label_mean"] = float(labels.mean())
        entry["label_std"] = float(labels.std(ddof=0))
    return entry


def _modality(corpus: Corpus, name: str) -> dict[str, Any]:
    modality, features = corpus.modalities[name], corpus.features[name]
    absent, zeros = lacking(features)
    entry: dict[str, Any] = {
        "dim": modality.dim,
        "level": modality.level,
        "missing": int(absent.sum()),
        "zeros": int(zeros.sum()),
    }
    if features.lengths is not None:
        entry["steps"] = _spread(features.lengths)
    if modality.channels:
        entry["channels"] = list(modality.channels)
    if modality.source:
        entry["source"] = modality.source
    return entry


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
        One row per split and class: `split`, `label`, `utterances`, `share` of the split. Numbers
        have one per split and value, with a `width` of 0, or, of more than twelve different
        values, one per split and bin, with the middle as `label` and the bin's `width`.
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
            width = edges[1] - edges[0]
            part = pd.DataFrame({"label": middles, "width": width, "utterances": counts})
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
