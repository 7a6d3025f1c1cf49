"""The baselines by name, and the constant. A new one is a function and an entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.baselines.context_transformer import context_transformer
from mmmie.baselines.late_fusion import late_fusion
from mmmie.baselines.mlp import mlp
from mmmie.baselines.ridge import ridge
from mmmie.corpus import Corpus
from mmmie.errors import InputError

NEIGHBOURS = 2
"""Utterances before the target, and after it, that a ridge with context sees."""

_ONE_MODALITY = "ridge-"


@dataclass(frozen=True)
class Baseline:
    """A baseline.

    Attributes:
        description: what it does, in a few words.
        deterministic: whether the seed makes no difference.
        outputs: (corpus, seed) → what `predict` returns.
    """

    description: str
    deterministic: bool
    outputs: Callable[[Corpus, int], np.ndarray]


def predict(name: str, corpus: Corpus, seed: int = 0) -> np.ndarray:
    """Fit a baseline on the train split and predict every utterance of the corpus.

    Args:
        name: a key of `BASELINES`, or ``ridge-<modality>`` for any modality of the corpus.
        corpus: with a train and a valid split; no label of the test split is looked at.
        seed: of whatever is drawn at random.

    Returns:
        (N,) in label units, or (N, classes) probabilities, in the row order of the corpus.

    Raises:
        InputError: no baseline has this name, a split is missing, or the labels do not suffice.

    Example:
        >>> from mmmie import load_corpus
        >>> predict("constant", load_corpus("demo")).shape
        (4810,)
    """
    if name in BASELINES:
        return BASELINES[name].outputs(corpus, seed)
    modality = name.removeprefix(_ONE_MODALITY)
    if not name.startswith(_ONE_MODALITY) or modality not in corpus.modalities:
        known = ", ".join(baseline_names(corpus))
        raise InputError(f"{corpus.where}: baseline `{name}` is unknown; use one of {known}")
    return ridge(corpus, [modality], NEIGHBOURS)


def is_deterministic(name: str) -> bool:
    """Whether a baseline gives the same predictions for every seed.

    Raises:
        InputError: no baseline can have this name.

    Example:
        >>> is_deterministic("ridge-text"), is_deterministic("mlp")
        (True, False)
    """
    if name in BASELINES:
        return BASELINES[name].deterministic
    if name.startswith(_ONE_MODALITY):
        return True
    known = ", ".join(BASELINES)
    raise InputError(f"baseline `{name}` is unknown; use one of {known}, ridge-<modality>")


def baseline_names(corpus: Corpus) -> list[str]:
    """Every baseline of a corpus by name, with one ridge per modality, the simplest first."""
    names = [f"{_ONE_MODALITY}{modality}" for modality in corpus.modalities]
    return list(dict.fromkeys(["constant", *names, *BASELINES]))


def constant(corpus: Corpus) -> np.ndarray:
    """The median label of the train split, which no other constant beats in MAE, for all (N,).

    Of classes their shares, (N, classes); an `InputError` without a train split.
    """
    labels = corpus.targets[corpus.rows("train")]
    if corpus.label.classes is None:
        return np.full(len(corpus), np.median(labels))
    shares = np.bincount(labels, minlength=len(corpus.label.classes)) / len(labels)
    return np.tile(shares, (len(corpus), 1))


BASELINES: dict[str, Baseline] = {
    "constant": Baseline(
        "the best constant of the train split", True, lambda corpus, _: constant(corpus)
    ),
    "ridge-single": Baseline(
        "linear, all modalities, no neighbours",
        True,
        lambda corpus, _: ridge(corpus, list(corpus.modalities), neighbours=0),
    ),
    "ridge": Baseline(
        "linear, all modalities, two neighbours on either side",
        True,
        lambda corpus, _: ridge(corpus, list(corpus.modalities), NEIGHBOURS),
    ),
    "mlp": Baseline(
        "one hidden layer, all modalities, no neighbours",
        False,
        lambda corpus, seed: mlp(corpus, list(corpus.modalities), seed),
    ),
    "late-fusion": Baseline("one MLP per modality, weighted mean", False, late_fusion),
    "context-transformer": Baseline(
        "the model without MI terms, reconstruction, identity or noise", False, context_transformer
    ),
}
"""name → baseline; beside these, ``ridge-<modality>`` for every modality of a corpus."""
