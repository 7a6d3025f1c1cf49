"""Names that would be markup, wherever somebody else may name something."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from mmmie.corpus import Corpus, Features, Label, Modality

HOST = "evil.example"
# What is written, and its beginning that no page may hold where Markdown would read it.
KINDS = {
    f"![a](https://{HOST}/image.png)": "![a](",
    f"[a](https://{HOST}/link)": "[a](",
    "<b>evil</b>": "<b>",
    f'<img src="https://{HOST}/tag.png" onerror=evil()>': "<img",
    f'<a href="https://{HOST}/tag">evil</a>': "<a href",
    "$evil_x$": "$evil",
    ":material/home:": ":material/home:",
    ":red[evil]": ":red[",
    ":rocket:": ":rocket:",
    "`evil`": "`evil",
    "**evil**": "**evil",
    "~~evil~~": "~~evil",
    "# evil": "# evil",
    f"https://{HOST}/bare": f"https://{HOST}/bare",
    f"www.{HOST}": f"www.{HOST}",
    f"evil@{HOST}": f"evil@{HOST}",
    "=evil()": None,  # to a spreadsheet alone
    "%{x} evil": None,  # to Plotly alone
}
NAMES = list(KINDS)


def unescaped(text: str) -> list[str]:
    """The kinds of markup of these names that a text holds, if Markdown reads it."""
    found = (re.search(rf"(?<!\\){re.escape(start)}", text) for start in KINDS.values() if start)
    return [match.group() for match in found if match]


def hostile_corpus(classes: bool) -> Corpus:
    """A corpus all of whose texts would be markup.

    With classes and three modalities, or with numbers on a scale from 1 to 5 and four modalities.
    """
    length, conversations = 6, 15
    n = length * conversations
    random = np.random.default_rng(0)
    signal = random.normal(size=n)
    names = [NAMES[:5], NAMES[5:11], NAMES[11:]]
    if not classes:
        names = [NAMES[:4], NAMES[4:8], NAMES[8:12], NAMES[12:]]
    modalities = {
        " ".join(part): Modality(
            " ".join(part), 4, "sequence" if i == 0 else "utterance",
            channels=tuple(f"{one} {i}" for one in NAMES[i : i + 4]), source=NAMES[i],
        )
        for i, part in enumerate(names)
    }  # fmt: skip
    features: dict[str, Features] = {}
    for i, name in enumerate(modalities):
        lengths = random.integers(2, 5, n) if i == 0 else np.ones(n, int)
        values = random.normal(size=(lengths.sum(), 4)).astype(np.float32)
        values[:, 0] = np.repeat(signal, lengths)
        offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64) if i == 0 else None
        features[name] = Features(values, offsets)
    every = np.resize(np.array(NAMES, object), n)
    label: Label = Label(" ".join(NAMES[:3]), "regression", range=(1.0, 5.0))
    targets: Any = np.clip(3 + signal, 1, 5)
    if classes:
        label = Label(" ".join(NAMES[:3]), "classification", classes=tuple(NAMES[:4]))
        targets = np.array(NAMES[:4], object)[np.digitize(signal, [-0.7, 0.0, 0.7])]
    table = pd.DataFrame(
        {
            "id": [f"{name} {i}" for i, name in enumerate(every)],
            "conversation": [f"{NAMES[i // length]} c" for i in range(n)],
            "position": np.arange(n) % length,
            "split": [("train", "train", "valid")[i // length % 3] for i in range(n)],
            "label": targets,
            "speaker": [NAMES[(i * 7) % len(NAMES)] for i in range(n)],
            "transcript": [
                f"{one} said {two}" for one, two in zip(every, every[::-1], strict=True)
            ],
            "mood": np.resize(np.array(NAMES[:6], object), n),
            **{name: np.arange(n) % 3 for name in NAMES[:6]},
        }
    )
    return Corpus(
        " ".join(NAMES[:6]), label, modalities, table, features,
        description=" ".join(NAMES), source=" ".join(NAMES), licence=NAMES[0],
    )  # fmt: skip
