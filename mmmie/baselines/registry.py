"""The baselines by name. A new one is a function in a file of its own and an entry here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmmie.corpus import Corpus
from mmmie.errors import InputError

NEIGHBOURS = 2
"""Utterances before the target, and after it, that a ridge with context sees."""

_ONE_MODALITY = "ridge-"


@dataclass(frozen=True)
class Baseline:
    """A baseline and what it is.

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
    from mmmie.baselines.ridge import ridge

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
    names = ["constant", *names, *BASELINES]
    return list(dict.fromkeys(names))


def _constant(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.constant import constant

    return constant(corpus)


def _ridge_single(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.ridge import ridge

    return ridge(corpus, list(corpus.modalities), neighbours=0)


def _ridge(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.ridge import ridge

    return ridge(corpus, list(corpus.modalities), NEIGHBOURS)


def _mlp(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.mlp import mlp

    return mlp(corpus, list(corpus.modalities), seed)


def _late_fusion(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.late_fusion import late_fusion

    return late_fusion(corpus, seed)


def _context_transformer(corpus: Corpus, seed: int) -> np.ndarray:
    from mmmie.baselines.context_transformer import context_transformer

    return context_transformer(corpus, seed)


BASELINES: dict[str, Baseline] = {
    "constant": Baseline("the best constant of the train split", True, _constant),
    "ridge-single": Baseline("linear, all modalities, no neighbours", True, _ridge_single),
    "ridge": Baseline("linear, all modalities, two neighbours on either side", True, _ridge),
    "mlp": Baseline("one hidden layer, all modalities, no neighbours", False, _mlp),
    "late-fusion": Baseline("one MLP per modality, weighted mean", False, _late_fusion),
    "context-transformer": Baseline(
        "the model without MI terms, reconstruction, identity or noise", False, _context_transformer
    ),
}
"""name → baseline; beside these, ``ridge-<modality>`` for every modality of a corpus."""
