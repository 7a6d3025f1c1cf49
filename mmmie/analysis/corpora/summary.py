"""What is in a corpus, in numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmmie.analysis.corpora.quality import lacking
from mmmie.corpus import NO_LABEL, SPLITS, Corpus


def corpus_summary(corpus: Corpus) -> dict[str, Any]:
    """Counts, lengths and labels of a corpus, ready for JSON.

    Returns:
        name, description, label (None where the corpus does not say), ``utterances``, how many
        of them are ``labelled``, ``conversations``, ``speakers`` (None where unknown), ``splits``
        → counts and label distribution, ``modalities`` → dimensions, lengths, how many utterances
        lack it and how many have only zeros for it.
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
        "utterances_per_conversation": {
            "min": int(per_conversation.min()),
            "median": float(per_conversation.median()),
            "max": int(per_conversation.max()),
        },
        "speakers": speakers,
        "transcripts": "transcript" in table,
        "splits": {s: _split(corpus, s) for s in SPLITS if s in corpus.splits},
        "modalities": {name: _modality(corpus, name) for name in corpus.modalities},
        "source": corpus.source,
        "licence": corpus.licence,
    }


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
        entry["steps"] = {
            "min": int(features.lengths.min()),
            "median": float(np.median(features.lengths)),
            "max": int(features.lengths.max()),
        }
    if modality.channels:
        entry["channels"] = list(modality.channels)
    if modality.source:
        entry["source"] = modality.source
    return entry
