"""What a model says of utterances of which nobody needs to know the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mmmie.corpus import Corpus, absent_features

if TYPE_CHECKING:
    from mmmie.analysis.checkpoints import Checkpoint
    from mmmie.training.checkpoint import CheckpointInfo


def missing_modalities(info: CheckpointInfo, corpus: Corpus) -> list[str]:
    """The modalities that a model takes and a corpus has not."""
    return [name for name in info.modalities if name not in corpus.modalities]


def completed(info: CheckpointInfo, corpus: Corpus) -> Corpus:
    """A corpus with all that a model takes: what it has not, no utterance has.

    Where no utterance is labelled, or the classes of those that are are some of the model's, the
    corpus predicts what the model does.

    Raises:
        InputError: it has no modality of the model, one of another shape, or labels of another
            kind.
    """
    missing = missing_modalities(info, corpus)
    if len(missing) < len(info.modalities):  # else the check says which is wanted
        lacking = {name: info.modalities[name] for name in missing}
        absent = {name: absent_features(one, len(corpus)) for name, one in lacking.items()}
        corpus = replace(
            corpus,
            modalities={**corpus.modalities, **lacking},
            features={**corpus.features, **absent},
        )
    same = set(corpus.label.classes or ()) & set(info.label.classes or ())
    if not corpus.labelled.any() or (same and same == set(corpus.label.classes or ())):
        corpus = replace(corpus, label=info.label)
    info.check_corpus(corpus)
    return corpus


def predict_rows(
    checkpoint: Checkpoint, corpus: Corpus, missing: Sequence[str] = ()
) -> tuple[list[Any], np.ndarray]:
    """What a model says of every utterance of a corpus whose conversations are whole.

    Args:
        checkpoint: the model.
        corpus: with the modalities that it takes; labels and splits are not looked at.
        missing: modalities that the model is told are missing in every utterance.

    Returns:
        Predictions (n), numbers or classes, and the output they are from: (n,) in label units or
        (n, classes) logits.
    """
    from mmmie.model.features import FeatureStore
    from mmmie.model.inference import encode_rows, predict_windows, windows_of

    model, rows = checkpoint.model, np.arange(len(corpus))
    names = list(model.modalities)
    codes = encode_rows(model, FeatureStore(corpus, names, checkpoint.device), rows)
    presence = codes.present.float()
    presence[:, [names.index(name) for name in missing]] = 0
    windows = windows_of(corpus, rows, model.settings)
    output = predict_windows(model, codes, windows, presence=presence).output.astype(float)
    classes = checkpoint.info.label.classes
    return [classes[i] for i in output.argmax(1)] if classes else list(output), output
