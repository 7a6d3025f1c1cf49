"""Turns of a conversation, for tests of what draws them."""

from __future__ import annotations

import pandas as pd

from mmmie.corpus import Label

NUMBER = Label("sentiment", "regression", range=(-3.0, 3.0))
CLASSES = Label("sentiment", "classification", classes=("negative", "neutral", "positive"))


def turns(labels: list[object], predictions: list[object], speakers: list[object]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"u{i}" for i in range(len(labels))],
            "conversation": "c0",
            "position": range(len(labels)),
            "label": labels,
            "prediction": predictions,
            "speaker": speakers,
            "transcript": "hello",
        }
    )
