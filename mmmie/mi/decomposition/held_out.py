"""What is known of the label of every row, by models that saw no row of its group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mmmie.mi.decomposition.label import CodedLabel
from mmmie.mi.decomposition.predictor import learned_chances

_FOLDS = 4
_BAGS, _ENOUGH = 3, 6000  # so many networks per fold, or fewer that learn from so many rows
_WATCHED = 0.2
_FEWEST = 4  # groups to learn from, of which some can be watched; else rows are
_ROUNDS = 100
_LEAST = 1e-12


@dataclass(frozen=True)
class HeldOut:
    """Chances of N rows, each from models that saw no row of its group.

    Attributes:
        first: (N, K) given x1.
        second: (N, K) given x2.
        both: (N, K) given x1 and x2.
        gained: (N,) nats that models of x1 and x2 gain when they learn from twice the rows.
    """

    first: np.ndarray
    second: np.ndarray
    both: np.ndarray
    gained: np.ndarray


def held_out(x1: Tensor, x2: Tensor, label: CodedLabel, groups: np.ndarray, seed: int) -> HeldOut:
    """Learn p(y | x1), p(y | x2) and p(y | x1, x2) on three quarters of the groups each time.

    Up to three networks per fold watch different groups and are averaged. What is used is a
    mixture of the network and of simpler answers, weighted by what the watched rows say: without
    input, and for both inputs also each alone and their product, so that two inputs know no less
    than one.

    Args:
        x1: (N, d1) float32, standardised.
        x2: (N, d2) float32, standardised.
        groups: (N,) int, 0 to G - 1.
    """
    random = np.random.default_rng(seed)
    count = int(groups.max()) + 1
    folds, bags_each = min(_FOLDS, count), int(np.clip(_ENOUGH // len(groups) + 1, 1, _BAGS))
    fold_of = (random.permutation(count) * folds // count)[groups]
    fit, watch, half = [], [], []
    for fold in range(folds):
        known = np.flatnonzero(fold_of != fold)
        unit = groups[known] if len(np.unique(groups[known])) >= _FEWEST else known
        for _ in range(bags_each):
            order = random.permutation(np.unique(unit))
            cut = max(1, round(len(order) * _WATCHED))
            watch.append(known[np.isin(unit, order[:cut])])
            rest = order[cut:] if len(order) > cut else order
            fit.append(known[np.isin(unit, rest)])
        half.append(known[np.isin(unit, rest[: max(1, len(rest) // 2)])])
    both = torch.hstack([x1, x2])
    apart = [learned_chances(x, label, fit, watch, seed).numpy() for x in (x1, x2, both)]
    fewer = learned_chances(both, label, half, watch[bags_each - 1 :: bags_each], seed).numpy()

    found = [np.empty((len(groups), label.count)) for _ in range(3)]
    gained = np.empty(len(groups))
    for fold in range(folds):
        out = np.flatnonzero(fold_of == fold)
        bags = range(fold * bags_each, (fold + 1) * bags_each)
        for which, kept in enumerate(found):
            parts = [_candidates(apart, which, bag, label.shares) for bag in bags]
            weights = _weights(
                np.concatenate(
                    [
                        part[:, watch[bag], label.codes[watch[bag]]]
                        for part, bag in zip(parts, bags, strict=True)
                    ],
                    1,
                )
            )
            kept[out] = np.einsum("c,cnk->nk", weights, np.mean([p[:, out] for p in parts], 0))
        at = out, label.codes[out]
        gained[out] = np.log(apart[2][bags[-1]][at] + _LEAST) - np.log(fewer[fold][at] + _LEAST)
    return HeldOut(found[0], found[1], found[2], gained)


def _candidates(apart: list[np.ndarray], which: int, member: int, shares: np.ndarray) -> np.ndarray:
    """(candidates, N, K) for x1, x2 or both."""
    own = apart[which][member]
    held = [own, np.broadcast_to(shares, own.shape)]
    if which == 2:
        one, two = apart[0][member], apart[1][member]
        product = one * two / shares + _LEAST
        middle = np.sqrt(one * two) + _LEAST
        held += [one, two, *(p / p.sum(1, keepdims=True) for p in (product, middle))]
    return np.stack(held)


def _weights(chances: np.ndarray) -> np.ndarray:
    """The weights of a mixture that make rows most likely; chances (candidates, rows) of theirs."""
    weights = np.full(len(chances), 1 / len(chances))
    for _ in range(_ROUNDS):
        parts = weights[:, None] * (chances + _LEAST)
        weights = (parts / parts.sum(0)).mean(1)
    return weights
