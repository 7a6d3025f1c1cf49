"""The model of this package without what the paper adds: a plain transformer over the context."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from mmmie.corpus import Corpus

SETTINGS = [
    "model.context.past=8",
    "model.context.future=3",
    "model.identity.enabled=false",
    "model.stochastic=false",
    "objective.maximise.enabled=false",
    "objective.minimise.enabled=false",
    "objective.reconstruction=0",
    "training.mi_check_every=0",
    "training.snapshot_utterances=0",
]
"""What differs from the defaults of the model."""


def context_transformer(corpus: Corpus, seed: int) -> np.ndarray:
    """Encoders and a transformer over eight utterances before the target and three after it.

    No bound on mutual information, no reconstruction, no identity embedding, deterministic codes;
    all else is as in the model. (The critic still learns, as in every run without MI maximisation,
    but the codes are not trained by it.)

    Returns:
        (N,) in label units, or (N, classes) probabilities.

    Raises:
        InputError: a split is missing.
        TrainingError: a term of the loss is not finite.
    """
    from scipy.special import softmax

    from mmmie.analysis.checkpoint import load_checkpoint, predict_rows
    from mmmie.training.config import load_config
    from mmmie.training.run import train

    config = load_config(overrides=[*SETTINGS, f"training.seed={seed}"])
    with tempfile.TemporaryDirectory() as scratch:
        run = train(corpus, Path(scratch) / "run", config)
        checkpoint = load_checkpoint(run.path)
        output = predict_rows(checkpoint, corpus)[1].logits.astype(float)
    return output if corpus.label.classes is None else softmax(output, axis=1)
