"""How alike two codes of the same utterances are: linear CKA, and retrieval across modalities."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from mmmie.analysis.outputs import SplitOutputs

_RETRIEVED_AMONG = 500
_FEWEST_FOR_CKA = 4


def linear_cka(x: np.ndarray, y: np.ndarray) -> float | None:
    """Linear centred kernel alignment of two sets of codes, without the bias of small samples.

    Kornblith, Norouzi, Lee and Hinton (2019, ICML, eq. 3), with the unbiased estimator of
    HSIC by Song et al. (2012, JMLR 13, eq. 5) as Nguyen, Raghu and Kornblith (2021, ICLR) use
    it: the plain one is far above 0 for unrelated codes of many dimensions.

    Args:
        x: (n, d) codes.
        y: (n, e) codes of the same utterances.

    Returns:
        1 where the codes are the same up to rotation, shift and scale, about 0 (also a little
        below) where they are unrelated; None with fewer than four utterances or where a code
        is the same for all of them.

    Example:
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> round(linear_cka(x, 1 - 2 * x[:, ::-1]), 6)
        1.0
    """
    if len(x) < _FEWEST_FOR_CKA or np.allclose(x, x[:1]) or np.allclose(y, y[:1]):
        return None
    of_x, of_y = _hsic(x, x), _hsic(y, y)
    if of_x <= 0 or of_y <= 0:
        return None
    return _hsic(x, y) / float(np.sqrt(of_x * of_y))


def cka_table(draws: Sequence[dict[str, np.ndarray]]) -> dict[str, dict[str, float | None]]:
    """Linear CKA of every pair of codes.

    Args:
        draws: name of a code → (n, d), once for means or once a draw of samples.

    Returns:
        name → name → CKA, a mean over draws; None where it is not defined in one of them.
    """
    names = list(draws[0])
    table: dict[str, dict[str, float | None]] = {a: dict.fromkeys(names, 1.0) for a in names}
    for a, b in combinations(names, 2):
        found = [linear_cka(spaces[a], spaces[b]) for spaces in draws]
        known = [value for value in found if value is not None]
        table[a][b] = table[b][a] = sum(known) / len(known) if len(known) == len(found) else None
    return table


def retrieval_report(outputs: SplitOutputs) -> dict[str, dict[str, float]]:
    """How often the code of the same utterance in another modality is the nearest by cosine.

    The means of the invariant codes are compared among blocks of up to 500 utterances, in both
    directions.

    Returns:
        ``text-audio`` → {``recall_at_1``, ``recall_at_10``, ``chance_at_1``}.
    """
    n = len(outputs.rows)
    blocks = np.array_split(np.random.default_rng(0).permutation(n), -(-n // _RETRIEVED_AMONG))
    report = {}
    for a, b in combinations(outputs.modalities, 2):
        ranks = np.concatenate(
            [
                _ranks(outputs.spaces[f"invariant.{a}"][i], outputs.spaces[f"invariant.{b}"][i])
                for i in blocks
            ]
        )
        report[f"{a}-{b}"] = {
            "recall_at_1": float((ranks < 1).mean()),
            "recall_at_10": float((ranks < 10).mean()),
            "chance_at_1": float(np.mean([1 / len(i) for i in blocks])),
        }
    return report


def _hsic(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased HSIC of two linear kernels, from features, so that no (n, n) is needed.

    With K = X Xᵀ and L = Y Yᵀ without their diagonals it is
    [tr(K L) + 1ᵀK1 · 1ᵀL1 / ((n - 1)(n - 2)) - 2 · 1ᵀK L1 / (n - 2)] / (n (n - 3)).
    """
    n = len(x)
    # shifts change nothing but rounding
    x, y = x - x.mean(0, dtype=float), y - y.mean(0, dtype=float)
    of_x, of_y = (x**2).sum(1), (y**2).sum(1)  # the diagonals
    trace = ((x.T @ y) ** 2).sum() - of_x @ of_y
    # centred codes sum to 0, so what is left of a row of K is minus its diagonal
    both = of_x.sum() * of_y.sum() / ((n - 1) * (n - 2))
    rows = of_x @ of_y
    return float((trace + both - 2 * rows / (n - 2)) / (n * (n - 3)))


def _ranks(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How many others are nearer than the true partner, in both directions (2n,).

    Ties count half, so that codes which are all the same score no better than chance.
    """
    x = x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    y = y / np.maximum(np.linalg.norm(y, axis=1, keepdims=True), 1e-9)
    similarity = x @ y.T
    true = similarity.diagonal()
    ranks = []
    for matrix in (similarity, similarity.T):
        nearer = (matrix > true[:, None]).sum(1)
        tied = (matrix == true[:, None]).sum(1) - 1
        ranks.append(nearer + tied / 2)
    return np.concatenate(ranks)
