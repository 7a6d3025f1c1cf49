"""Predictions for utterances whose labels, or some of whose modalities, may be missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mmmie.analysis.ask.question import Question
from mmmie.corpus import Corpus, absent_features

if TYPE_CHECKING:
    from mmmie.analysis.ask.askable import Askable
    from mmmie.training.checkpoint import CheckpointInfo


def missing_modalities(info: CheckpointInfo, corpus: Corpus) -> list[str]:
    """The modalities of a model that a corpus lacks."""
    return [name for name in info.modalities if name not in corpus.modalities]


def completed(info: CheckpointInfo, corpus: Corpus) -> Corpus:
    """A corpus with every modality of a model; those it lacks are absent from every utterance.

    Where no utterance is labelled, or all labels are classes of the model, the corpus gets the
    label of the model.

    Raises:
        InputError: it has none of the modalities, one of another shape, or another kind of label.
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
    checkpoint: Askable, corpus: Corpus, missing: Sequence[str] = ()
) -> tuple[list[Any], np.ndarray]:
    """What a model says of every utterance of a corpus whose conversations are whole.

    Args:
        corpus: with the modalities that it takes; labels and splits are not looked at.
        missing: modalities that the model is told are missing in every utterance.

    Returns:
        Predictions (n), numbers or classes, and the output they are from: (n,) in label units or
        (n, classes) logits.
    """
    from mmmie.analysis.ask.asker import Asker

    told = Question(missing=tuple(missing), everywhere=True)
    [answer] = Asker(checkpoint, corpus).answer(np.arange(len(corpus)), [told])
    output = answer.logits.astype(float)
    classes = checkpoint.info.label.classes
    return [classes[i] for i in output.argmax(1)] if classes else list(output), output
