"""How alike two codes of the same utterances are: linear CKA, and retrieval across modalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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


COMPONENTS = 10
NEIGHBOURS = 10
_MOST_CANDIDATES = 2000
_CHUNK = 1024


@dataclass(frozen=True)
class AlignedCodes:
    """Two sets of codes of the same n utterances on one map.

    Attributes:
        first: (n, 2) places of the first on its own two principal axes, in units of the root
            mean square distance of its reduced codes to their centre.
        second: (n, 2) places of the second on the same axes, after alignment.
        explained: shares of the variance of (first, second) that the two axes hold.
        kept: shares of the variance of (first, second) that the reduced codes hold.
        components: how many principal components the reduced codes have.
        disparity: share of the variance that alignment leaves over, 0 (the same up to shift,
            scale and rotation) to 1; NaN where a code is the same for all utterances.
        chance: the same where utterances are paired at random.
        moved: (n,) distance between the two reduced codes of an utterance after alignment, in
            the unit of `first`.
        overlap: (n,) share of its nearest neighbours in the original space that both agree on;
            NaN where there is no neighbour.
        overlap_by_chance: what it would be for unrelated codes.
        neighbours: how many neighbours `overlap` counts.
        candidates: among how many utterances they are looked for.
        cka: linear CKA of the original codes; None where it is not defined.
    """

    first: np.ndarray
    second: np.ndarray
    explained: tuple[float, float]
    kept: tuple[float, float]
    components: int
    disparity: float
    chance: float
    moved: np.ndarray
    overlap: np.ndarray
    overlap_by_chance: float
    neighbours: int
    candidates: int
    cka: float | None


def align_codes(
    first: np.ndarray,
    second: np.ndarray,
    *,
    components: int = COMPONENTS,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> AlignedCodes:
    """Align the codes of the second model to those of the first.

    Both are reduced to their leading principal components, because a rotation in many dimensions
    can bring unrelated codes near each other; `chance` says how near.

    Args:
        first: (n, d) codes.
        second: (n, e) codes of the same utterances.
        components: principal components that are aligned, fewer where a code has fewer.
        seed: of the random pairing and of the candidates, where not all are searched.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 3))
        >>> found = align_codes(codes, 7 - 2 * codes[:, ::-1])
        >>> round(found.disparity, 6), round(float(found.moved.max()), 6)
        (0.0, 0.0)
    """
    n = len(first)
    count = max(2, min(components, first.shape[1], second.shape[1]))
    a, of_a = _reduced(first, count)
    b, of_b = _reduced(second, count)
    aligned, disparity = _procrustes(a, b)
    shuffled = np.random.default_rng(seed).permutation(n)
    chance = _procrustes(a, b[shuffled])[1]
    unit = float(np.sqrt((a**2).sum() / max(n, 1))) or 1.0
    variance = (aligned**2).sum() or 1.0
    overlap, candidates = neighbour_overlap(first, second, neighbours, seed)
    sought = min(neighbours, n - 1)
    return AlignedCodes(
        first=a[:, :2] / unit,
        second=aligned[:, :2] / unit,
        explained=(
            float(of_a[:2].sum()),
            float((aligned[:, :2] ** 2).sum() / variance * of_b.sum()),
        ),
        kept=(float(of_a.sum()), float(of_b.sum())),
        components=count,
        disparity=disparity,
        chance=chance,
        moved=np.linalg.norm(a - aligned, axis=1) / unit,
        overlap=overlap,
        overlap_by_chance=min(1.0, sought / max(candidates - 1, 1)),
        neighbours=sought,
        candidates=candidates,
        cka=linear_cka(first, second),
    )


def neighbour_overlap(
    first: np.ndarray, second: np.ndarray, count: int = NEIGHBOURS, seed: int = 0
) -> tuple[np.ndarray, int]:
    """The share of every utterance's nearest by cosine that both spaces agree on.

    Args:
        first: (n, d) codes.
        second: (n, e) codes of the same utterances.
        seed: of the candidates, a random 2,000 where there are more utterances.

    Returns:
        (n,) shares, NaN where there is no other utterance; and among how many they were sought.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(30, 3))
        >>> neighbour_overlap(codes, 2 * codes)[0].mean()
        np.float64(1.0)
    """
    n = len(first)
    pick = np.random.default_rng(seed).permutation(n)[:_MOST_CANDIDATES]
    place = np.full(n, -1)
    place[pick] = np.arange(len(pick))
    shares = np.full(n, np.nan)
    if len(pick) < 2:
        return shares, len(pick)
    sought = min(count, len(pick) - 1)
    x, y = _unit(first), _unit(second)
    for start in range(0, n, _CHUNK):
        rows = np.arange(start, min(start + _CHUNK, n))
        near = [_nearest(space, rows, pick, place[rows], sought) for space in (x, y)]
        both = np.concatenate(near, 1)
        both.sort(1)
        shares[rows] = (both[:, 1:] == both[:, :-1]).sum(1) / sought
    return shares, len(pick)


def _nearest(
    unit: np.ndarray, rows: np.ndarray, pick: np.ndarray, own: np.ndarray, count: int
) -> np.ndarray:
    """Places in `pick` of the nearest of `rows` by cosine (r, count), themselves left out."""
    cosine = unit[rows] @ unit[pick].T
    known = np.flatnonzero(own >= 0)
    cosine[known, own[known]] = -np.inf
    return np.argpartition(-cosine, count - 1, axis=1)[:, :count]


def _unit(codes: np.ndarray) -> np.ndarray:
    codes = codes.astype(np.float32)
    return codes / np.maximum(np.linalg.norm(codes, axis=1, keepdims=True), 1e-12)


def _reduced(codes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Leading principal components (n, count), and the share of the variance that each holds."""
    centred = codes - codes.mean(0, dtype=float)
    values, axes = np.linalg.eigh(centred.T @ centred)
    values, axes = np.maximum(values[::-1][:count], 0), axes[:, ::-1][:, :count]
    if axes.shape[1] < count:
        axes = np.pad(axes, ((0, 0), (0, count - axes.shape[1])))
        values = np.pad(values, (0, count - len(values)))
    axes *= np.where(axes[np.abs(axes).argmax(0), np.arange(count)] < 0, -1, 1)
    return centred @ axes, values / max((centred**2).sum(), 1e-300)


def _procrustes(target: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, float]:
    """`moved` scaled and rotated onto `target`, both centred, and the disparity in [0, 1].

    With both at unit norm the best rotation is U Vᵀ of the singular value decomposition of
    movedᵀ target, the best scale the sum s of the singular values, and 1 - s² remains.
    """
    size, other = np.linalg.norm(target), np.linalg.norm(moved)
    if size <= 1e-9 or other <= 1e-9:
        return np.zeros_like(target), float("nan")
    u, singular, v = np.linalg.svd(moved.T @ target / (size * other))
    total = float(singular.sum())
    return moved / other @ (u @ v) * total * size, float(max(0.0, 1 - total**2))
