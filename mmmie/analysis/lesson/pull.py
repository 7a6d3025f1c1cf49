"""The game that InfoNCE plays: whose code of one modality belongs to which of another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mmmie.analysis.codes.readouts import code_name, read_codes
from mmmie.analysis.errors.resampling import conversation_codes
from mmmie.analysis.outputs import SplitOutputs
from mmmie.corpus import Corpus

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_BATCH = 512
_MOST_PAIRS = 1024  # approximate pairs per point of `bound_by_batch`
_LEAST_DEVIATION = 1e-6
_LARGEST_CORRELATION = 0.995


@dataclass(frozen=True)
class PairGame:
    """Codes of two modalities, of utterances that the critic was not fitted to.

    Attributes:
        rows: (k,) indices into the split, the chosen utterance first.
        first: (k, d) codes z of one modality, sampled as in training and standardised.
        second: (k, d) those of the other.
        correlation: (d,) ρ of every dimension, from the other conversations of the split.
        fitted: how many utterances that were.
    """

    rows: np.ndarray
    first: np.ndarray
    second: np.ndarray
    correlation: np.ndarray
    fitted: int

    def scores(self, batch: np.ndarray) -> np.ndarray:
        """The critic's scores of a batch (B,) of indices into `rows`.

        Returns:
            (B, B) nats, entry [i, j] for `first` of i with `second` of j.
        """
        return np.asarray(self._scores(batch).numpy())

    def bound(self, batch: np.ndarray) -> float:
        """InfoNCE of a batch in nats."""
        from mmmie.mi.estimators.infonce import infonce

        return infonce(self._scores(batch).double()).item()

    def _scores(self, batch: np.ndarray) -> Tensor:
        import torch

        from mmmie.training.objective.critics import GaussianCritic

        critic = GaussianCritic(len(self.correlation))
        with torch.no_grad():
            critic.raw.copy_(torch.as_tensor(self.correlation).atanh())
            return critic(*(torch.as_tensor(c[batch]).float() for c in (self.first, self.second)))


def pair_game(
    corpus: Corpus,
    outputs: SplitOutputs,
    present: np.ndarray,
    pair: tuple[str, str],
    index: int,
) -> PairGame | None:
    """Set the game up for one utterance, row `index` of the split.

    The critic is that of the objective, `GaussianCritic`. A checkpoint does not keep it, so its one
    number per dimension is measured: the correlation of the two codes, its optimum where they are
    jointly normal. It is measured on one half of the conversations and plays on the other.
    `present` (n, M) bool says which modalities are there.

    Returns:
        None where the utterance lacks one of the two, or either half has fewer than two
        utterances that have both.
    """
    m, n = (outputs.modalities.index(name) for name in pair)
    both = present[:, m] & present[:, n]
    groups = conversation_codes(corpus, outputs.rows)
    playing = groups % 2 == groups[index] % 2
    fit, judged = np.flatnonzero(both & ~playing), np.flatnonzero(both & playing)
    if not both[index] or min(len(fit), len(judged)) < 2:
        return None
    sampled = read_codes(outputs, "samples")[0]
    codes = [sampled[code_name("invariant", name)] for name in pair]
    mean = [c[fit].mean(0) for c in codes]
    deviation = [c[fit].std(0) + _LEAST_DEVIATION for c in codes]
    x, y = ((c - mu) / sd for c, mu, sd in zip(codes, mean, deviation, strict=True))
    rows = np.concatenate([[index], judged[judged != index]])
    correlation = (x[fit] * y[fit]).mean(0).clip(-_LARGEST_CORRELATION, _LARGEST_CORRELATION)
    return PairGame(rows, x[rows], y[rows], correlation, len(fit))


def bound_error(scores: np.ndarray) -> float:
    """The standard error of InfoNCE over a batch, in nats, from `scores` (B, B)."""
    from scipy.special import logsumexp

    each = scores.diagonal() - (logsumexp(scores, 0) + logsumexp(scores, 1)) / 2
    return float(each.std(ddof=1)) / math.sqrt(len(each))


def draw_batch(game: PairGame, size: int, seed: int) -> np.ndarray:
    """The chosen utterance and random others, (B,) indices into ``game.rows``."""
    others = np.random.default_rng(seed).permutation(np.arange(1, len(game.rows)))
    return np.concatenate([[0], others[: size - 1]])


def bound_by_batch(game: PairGame, seed: int = 0) -> pd.DataFrame:
    """What InfoNCE says with small and large batches: mean over random batches.

    Returns:
        `batch_size` (2, 4, … and the largest there is, at most `LARGEST_BATCH`), `nats`, and
        `ceiling`, ln of the batch size.
    """
    most = min(len(game.rows), LARGEST_BATCH)
    sizes = sorted({*(2**k for k in range(1, 10) if 2**k <= most), most})
    random = np.random.default_rng(seed)
    rows = []
    for size in sizes:
        draws = max(1, min(32, _MOST_PAIRS // size))
        values = [game.bound(random.permutation(len(game.rows))[:size]) for _ in range(draws)]
        rows.append((size, float(np.mean(values)), math.log(size)))
    return pd.DataFrame(rows, columns=["batch_size", "nats", "ceiling"])


def chances(scores: np.ndarray) -> np.ndarray:
    """With what probability each row chooses each column, (B, B): the softmax of its scores."""
    exponent = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(exponent / exponent.sum(1, keepdims=True))
