"""Five corpora unlike the demo: what the dashboard and the commands must take as they are.

    python benchmarks/odd_corpora.py FOLDER

Writes each as a corpus folder. In all of them a mood moves through every conversation, features
lean towards it and labels follow it, so that a model finds something; between them they hold what
real corpora hold and the demo does not: modalities of other names, no transcripts, no speakers or
some unknown, ids in any script, conversations of one utterance, sequences of one step, splits that
lack a class, integer labels and names that look like markup.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Features, Label, Level, Modality
from mmmie.corpus.folder import save_corpus_folder

CLASSES = ("<b>joy</b>", "anger & *rage*", "fear", "悲しみ", "$surprise$", "neutral_[none](x)")
WORDS = ("well", "no", "the", "meal", "déjà", "вкусно", "好吃", "<i>slow</i>", "*really*", "$5")
SPLITS = ("train", "train", "train", "valid", "test")


@dataclass(frozen=True)
class Shape:
    """What a corpus looks like.

    Attributes:
        label: what is predicted.
        levels: modality → level and channels.
        utterances: how many, in conversations of 1 to `longest`.
        speakers: names to draw from; none if empty, None for somebody unknown.
        transcripts: whether there are any.
        splits: given to whole conversations in turn.
        aligned: sequences of all modalities have the same steps.
        half: float16 features.
    """

    label: Label
    levels: dict[str, tuple[Level, int]]
    utterances: int = 420
    longest: int = 9
    speakers: tuple[str | None, ...] = ()
    transcripts: bool = True
    splits: Sequence[str] = SPLITS
    aligned: bool = False
    half: bool = False


SHAPES = {
    "two": Shape(
        Label("arousal", "regression", range=(-1.0, 1.0)),
        {"physiology": ("sequence", 6), "audio": ("utterance", 12)},
        transcripts=False,
        splits=("train", "train", "valid"),
    ),
    "likert": Shape(
        Label("helpfulness", "regression", range=(1.0, 5.0)),
        {"text": ("sequence", 24), "audio": ("sequence", 10), "vision": ("sequence", 8)},
        speakers=("Ann", "Bo", None),
        aligned=True,
        half=True,
    ),
    "four": Shape(
        Label("sentiment", "regression", range=(-3.0, 3.0)),
        {
            "text": ("utterance", 32),
            "audio": ("sequence", 12),
            "vision": ("sequence", 8),
            "physiology (skin conductance)": ("sequence", 3),
        },
        speakers=("Zoë <script>", "李雷", "x" * 60),
    ),
    "six": Shape(
        Label("emotion", "classification", classes=CLASSES),
        {"text": ("utterance", 24), "face": ("utterance", 16), "voice": ("sequence", 8)},
        utterances=600,
        speakers=("A", "B", "C"),
    ),
    "large": Shape(
        Label("sentiment", "regression", range=(-3.0, 3.0)),
        {"text": ("utterance", 64), "audio": ("sequence", 16), "vision": ("sequence", 12)},
        utterances=50_000,
        longest=25,
        speakers=tuple(f"speaker {i}" for i in range(1_000)),
        half=True,
    ),
}


def make_corpus(name: str, seed: int = 0) -> Corpus:
    """One of the five (see `SHAPES`), the same for the same seed."""
    shape, random = SHAPES[name], np.random.default_rng(seed)
    conversation, position = _conversations(shape, random)
    n = len(conversation)
    mood = _mood(conversation, random)
    table = pd.DataFrame(
        {
            "id": [f"№{c} – ü/{p}" for c, p in zip(conversation, position, strict=True)],
            "conversation": [f"talk {c:04d}, séance" for c in conversation],
            "position": position,
            "split": [shape.splits[c % len(shape.splits)] for c in conversation],
            "label": _labels(shape.label, mood, random),
        }
    )
    if shape.label.classes:  # the last class is in no split but train
        elsewhere = (table["split"] != "train") & (table["label"] == shape.label.classes[-1])
        table.loc[elsewhere, "label"] = shape.label.classes[0]
    if shape.speakers:
        table["speaker"] = random.choice(np.array(shape.speakers, object), n)
    if shape.transcripts:
        table["transcript"] = [
            " ".join(random.choice(WORDS, size)) for size in random.integers(1, 15, n)
        ]
    table["place_of_recording"] = random.choice(["home", "street <br>", "laboratory"], n)
    steps = [_steps(n, random) for _ in shape.levels]
    modalities = {key: Modality(key, dim, level) for key, (level, dim) in shape.levels.items()}
    features = {
        key: _features(modality, mood, steps[0 if shape.aligned else i], random)
        for i, (key, modality) in enumerate(modalities.items())
    }
    if shape.half:
        features = {
            k: Features(f.values.astype(np.float16), f.offsets) for k, f in features.items()
        }
    return Corpus(name, shape.label, modalities, table, features, "Generated; means nothing.")


def _conversations(shape: Shape, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Conversation and position of every utterance (n,), (n,); the third has one utterance."""
    lengths = random.integers(1, shape.longest + 1, shape.utterances)
    lengths[2] = 1
    conversation = np.repeat(np.arange(len(lengths)), lengths)[: shape.utterances]
    first = np.searchsorted(conversation, conversation)
    return conversation, np.arange(len(conversation)) - first


def _mood(conversation: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A standard normal (n,) of which half the variance is the conversation's."""
    return (
        random.normal(size=conversation[-1] + 1)[conversation]
        + random.normal(size=len(conversation))
    ) / np.sqrt(2)


def _labels(label: Label, mood: np.ndarray, random: np.random.Generator) -> list[str] | np.ndarray:
    """Labels that follow the mood; whole numbers where the range is one of ratings."""
    noisy = mood + 0.3 * random.normal(size=len(mood))
    if label.classes:
        edges = np.quantile(noisy, np.linspace(0, 1, len(label.classes) + 1)[1:-1])
        return [label.classes[i] for i in np.digitize(noisy, edges)]
    assert label.range is not None
    low, high = label.range
    values = np.clip(label.centre + noisy * (high - low) / 5, low, high)
    return values.round().astype(np.int64) if low > 0 else values.round(3)


def _steps(n: int, random: np.random.Generator) -> np.ndarray:
    """Steps per utterance (n,); every tenth sequence has one."""
    steps = random.integers(1, 12, n)
    steps[::10] = 1
    return steps


def _features(
    modality: Modality, mood: np.ndarray, steps: np.ndarray, random: np.random.Generator
) -> Features:
    """A third of the channels lean towards the mood."""
    offsets = None
    if modality.level == "sequence":
        offsets = np.concatenate([[0], steps.cumsum()]).astype(np.int64)
        mood = np.repeat(mood, steps)
    values = random.standard_normal((len(mood), modality.dim), np.float32)
    values[:, : modality.dim // 3 + 1] += mood[:, None]
    return Features(values, offsets)


def main() -> None:
    """Write the corpora."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    for name in SHAPES:
        save_corpus_folder(make_corpus(name), options.folder / name)


if __name__ == "__main__":
    main()
