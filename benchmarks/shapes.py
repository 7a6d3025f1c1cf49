"""Generated corpora of the size and shape of public ones, for benchmarks of speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Features, Label, Modality

RANGE = (-3.0, 3.0)
DIMS = {"text": 768, "audio": 5, "vision": 20}
STRENGTH = {"text": 1.0, "audio": 0.3, "vision": 0.4}
MOOD = 0.45  # correlation of a label with the one before it


@dataclass(frozen=True)
class Shape:
    """Utterances and conversations of every split."""

    utterances: tuple[int, int, int]
    conversations: tuple[int, int, int]


SHAPES = {
    "mosi": Shape((1284, 229, 686), (52, 10, 31)),
    "mosei": Shape((16_326, 1871, 4659), (2249, 300, 676)),
}
LONGEST = 50


def corpus_like(name: str, words: bool = False, seed: int = 0) -> Corpus:
    """A corpus of the shape `name`: 50 steps of (768, 5, 20) channels.

    Every step is noise plus the label, blurred for every modality anew, times a direction of that
    modality; labels of a conversation follow each other as moods do.

    Args:
        name: a key of `SHAPES`.
        words: sequences as long as sentences are (4 to 50 steps, 14 in the median), not all full.
        seed: of everything random.
    """
    shape, random = SHAPES[name], np.random.default_rng(seed)
    table = _table(shape, random)
    n = len(table)
    label = table["label"].to_numpy()
    lengths = np.full(n, LONGEST)
    if words:
        lengths = np.clip(np.exp(random.normal(np.log(14), 0.6, n)), 4, LONGEST).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    features = {}
    for modality, dim in DIMS.items():
        said = STRENGTH[modality] * (label + random.normal(0, 1, n))
        values = random.standard_normal((int(offsets[-1]), dim), np.float32)
        direction = random.standard_normal(dim, np.float32) / np.sqrt(dim)
        values += np.repeat(said, lengths)[:, None].astype(np.float32) * direction
        features[modality] = Features(values, offsets)
    modalities = {m: Modality(m, dim, "sequence") for m, dim in DIMS.items()}
    scale = Label("sentiment", "regression", range=RANGE)
    return Corpus(f"like-{name}", scale, modalities, table, features)


def _table(shape: Shape, random: np.random.Generator) -> pd.DataFrame:
    parts = []
    for split, count, conversations in zip(
        ("train", "valid", "test"), shape.utterances, shape.conversations, strict=True
    ):
        conversation = np.sort(np.arange(count) % conversations)
        begins = np.concatenate([[True], np.diff(conversation) > 0])
        first = np.maximum.accumulate(np.where(begins, np.arange(count), 0))
        mood = random.normal(size=count)
        for i in np.flatnonzero(~begins):
            mood[i] = MOOD * mood[i - 1] + np.sqrt(1 - MOOD**2) * mood[i]
        names = [f"{split}{c:04d}" for c in conversation]
        position = np.arange(count) - first
        parts.append(
            pd.DataFrame(
                {
                    "id": [f"{name}_{p}" for name, p in zip(names, position, strict=True)],
                    "conversation": names,
                    "position": position,
                    "split": split,
                    "label": np.clip(1.5 * mood, *RANGE).round(2),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
