"""Parts by conversation: every utterance is judged once, by models that never saw its part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from mmmie.corpus import Corpus
from mmmie.errors import InputError

By = Literal["conversation", "speaker"]
_INNER = 8  # one in so many of the other utterances chooses the epoch


def fold_of(corpus: Corpus, folds: int, by: By = "conversation") -> np.ndarray:
    """The part (N,) of every utterance, from 0; parts have about as many utterances each.

    Args:
        folds: how many parts.
        by: what stays together: whole conversations, or all conversations that share a speaker.
            As many parts as there are speakers leave one out each.

    Raises:
        InputError: there are fewer such groups than parts, or no speakers.
    """
    groups = _groups(corpus, by)
    count = int(groups.max()) + 1 if len(groups) else 0
    if not 2 <= folds <= count:
        what = "conversations" if by == "conversation" else "groups that share no speaker"
        raise InputError(
            f"--folds {folds}: {corpus.where} has {count} {what}; give 2 to {max(count, 2)}"
        )
    sizes = np.bincount(groups)
    # Large groups first, those of one size in an order of chance; each goes where there is least.
    order = np.random.default_rng(folds).permutation(count)
    order = order[np.argsort(-sizes[order], kind="stable")]
    held, part = np.zeros(folds, int), np.zeros(count, int)
    for group in order:
        part[group] = held.argmin()
        held[part[group]] += sizes[group]
    return part[groups]


def fold_corpus(corpus: Corpus, folds: int, fold: int, by: By = "conversation") -> Corpus:
    """A corpus whose test split is one part; one in eight of the others chooses the epoch.

    The splits that the corpus came with play no role.
    """
    test = fold_of(corpus, folds, by) == fold
    groups = _groups(corpus, by)
    others = np.unique(groups[~test])
    random = np.random.default_rng([folds, fold]).permutation(others)
    sizes = np.cumsum(np.bincount(groups)[random])
    inner = random[: max(1, int(np.searchsorted(sizes, (~test).sum() / _INNER)))]
    if len(inner) == len(others):
        raise InputError(
            f"--folds {folds}: part {fold + 1} leaves one group of {corpus.where} to train on and "
            f"to choose the epoch; give more parts"
        )
    split = np.where(test, "test", np.where(np.isin(groups, inner), "valid", "train"))
    return _with_split(corpus, split)


def judged_corpus(corpus: Corpus) -> Corpus:
    """A corpus whose utterances are all judged: its test split."""
    return _with_split(corpus, np.full(len(corpus), "test"))


def _with_split(corpus: Corpus, split: np.ndarray) -> Corpus:
    return replace(corpus, utterances=corpus.utterances.assign(split=split))


def _groups(corpus: Corpus, by: By) -> np.ndarray:
    """The group (N,) of every utterance that may not be torn apart, from 0."""
    conversations: np.ndarray = corpus.utterances["conversation"].factorize()[0]
    if by == "conversation":
        return conversations
    if "speaker" not in corpus.utterances or corpus.utterances["speaker"].isna().all():
        raise InputError(f"--by speaker: {corpus.where} names no speakers; leave it out")
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    speakers: np.ndarray = corpus.utterances["speaker"].factorize()[0]
    known = speakers >= 0
    first = int(conversations.max()) + 1
    size = first + int(speakers.max()) + 1
    edges = (np.ones(known.sum()), (conversations[known], first + speakers[known]))
    labels = connected_components(coo_array(edges, (size, size)), directed=False)[1]
    return np.unique(labels[conversations], return_inverse=True)[1]


def together(outputs: Sequence[np.ndarray], part: np.ndarray) -> np.ndarray:
    """Of the outputs (N, …) of every part's model, those for the utterances of its part."""
    found = np.empty_like(outputs[0])
    for fold, output in enumerate(outputs):
        found[part == fold] = output[part == fold]
    return found
