"""What a Gaussian fitted to x and y misses, in nats."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from mmmie.mi.closed.canonical import whitening
from mmmie.mi.thresholds import SURE, UNSEEN, UNSEEN_OF_A_COLUMN, material

_FARTHEST = 4.0
_WAVES = 48
_LEAST_GAP = 1e-12
_MOST_ROWS = 5000
_ROWS_FOR_ALL = 2500
_MEETINGS = (
    ("columns", "squares"),
    ("columns", "by length"),
    ("squares", "columns"),
    ("squares", "squares"),
    ("by length", "columns"),
    ("by length", "by length"),
)
_MOST_PRODUCTS = 8
_LEAST_ROWS = 20
_LARGEST = 0.999
_LARGEST_ERROR = 0.5  # nats
_NOISE = 3.0  # standard errors


def misfit(x: Tensor, white: Tensor, residuals: Tensor, columns: Tensor) -> dict[str, float]:
    """What a Gaussian q(y | x) and a Gaussian q(y) miss, from pairs that they were not fitted to.

    The mean of ln q(y | x) / q(y) is I(x; y) + `marginal` - `residual` - `remaining`: the
    divergence of y from q(y), less that of the residuals from N(0, I) and what x still tells about
    them.

    Args:
        x: (N, dim_x) standardised.
        white: (N, dim_y) y, standard normal where q(y) fits.
        residuals: (N, dim_y) what is left of y, standard normal where q(y | x) fits.
        columns: (N, K) the residuals as columns of y, standardised or not.

    Returns:
        `marginal`: KL(p(y) || q(y)) in nats; `residual`: KL of the residuals from N(0, I), both
        from below; `remaining`: I(x; residuals), as far as simple functions show it.
        `repeated`: the share of rows of y that another one equals, which no density allows.
        `unseen`: what may be missed besides, as `UNSEEN` has it.
    """
    found = {
        "marginal": divergence_from_normal(white),
        "residual": divergence_from_normal(residuals),
        "remaining": shared(x[:_MOST_ROWS], columns[:_MOST_ROWS]),
    }
    shapes = found["marginal"] + found["residual"]
    share = UNSEEN_OF_A_COLUMN if white.shape[1] == 1 else UNSEEN
    found["repeated"] = _repeated(white)
    return {**found, "unseen": share * shapes + UNSEEN * found["remaining"]}


def doubt_of_misfit(quality: dict[str, float], nats: float, std: float) -> str | None:
    """Why a value that takes both densities to be Gaussian should not be believed, if so.

    What is missed is seen in part, so a multiple of it is taken for uncertain.
    """
    marginal, residual, remaining = (quality[key] for key in ("marginal", "residual", "remaining"))
    off = abs(marginal - residual - remaining)
    # an error so large that all is within it is part of the fault
    enough = material(nats, min(std, _LARGEST_ERROR))
    if off + quality["unseen"] <= enough:
        return None
    if remaining > max(marginal, residual):
        return (
            f"x still tells about {remaining:.2f} nats of what is left of y, so the dependence is "
            f"not Gaussian"
        )
    return (
        f"y or what x leaves of it is not Gaussian, as it takes both to be (by "
        f"{max(marginal, residual):.2f} nats); the copula transform may fix it"
    )


def divergence_from_normal(rows: Tensor) -> float:
    """KL of rows (N, d) from N(0, I), in nats, from below and beyond noise.

    The sum over columns, or that of the length of rows, whichever is larger: both are less than the
    whole, by what columns tell of each other and by what directions tell.

    Example:
        >>> rows = torch.randn(4000, 3, generator=torch.Generator().manual_seed(0))
        >>> divergence_from_normal(rows) < 0.01
        True
        >>> round(divergence_from_normal(2 * rows), 1)  # 3 (3/2 - ln 2)
        2.4
    """
    n, d = rows.shape
    if n < 2:
        return 0.0
    columns = _divergence_from_uniform(torch.special.ndtr(rows.double()))
    # gammainc is the distribution function of the squared length of d standard normals
    squares = rows.double().square().sum(1, keepdim=True)
    half = torch.tensor(d / 2, dtype=torch.float64)
    length = _divergence_from_uniform(torch.special.gammainc(half, squares / 2))
    of_columns = columns.sum().item() - SURE * math.sqrt(d) * _noise(n)
    return max(of_columns, length.item() - SURE * _noise(n), 0.0)


def _divergence_from_uniform(places: Tensor) -> Tensor:
    """KL of columns (N, d) in [0, 1] from uniform, (d,), by gaps of m (Vasicek 1976)."""
    n = len(places)
    m = _gap(n)
    # numpy sorts in a tenth of the time
    ordered = torch.from_numpy(np.sort(places.mT.contiguous().cpu().numpy(), axis=1))
    ordered = nn.functional.pad(nn.functional.pad(ordered, (1, 0)), (0, 1), value=1.0)
    gaps = (ordered[:, m:] - ordered[:, :-m]).clamp_min(_LEAST_GAP)
    count = torch.tensor([m, n + 1.0], dtype=places.dtype).digamma()
    return (count[0] - count[1]) - gaps.log().mean(1)


def _repeated(rows: Tensor) -> float:
    values = rows.cpu().numpy()
    if len(np.unique(values[:, 0])) == len(values):  # the common case, in a tenth of the time
        return 0.0
    return 1 - len(np.unique(values, axis=0)) / len(values)


def _noise(n: int) -> float:
    """The standard error of `_divergence_from_uniform` for uniform columns, by simulation."""
    return 0.68 / math.sqrt(n * _gap(n))


def _gap(n: int) -> int:
    return max(int(math.sqrt(n) / 2), 1)


def shared(x: Tensor, y: Tensor) -> float:
    """What x and y share going by the correlations of simple functions of both, in nats.

    Canonical correlations of columns, their squares, products with each other and with the length
    of the row, and waves of them, as if these were Gaussian, in directions from one half of the
    rows and by their correlations in the other. In many dimensions few rows show more where one
    kind of function meets one other, so the larger counts: of all kinds together, or their sum.
    Near 0 where x tells nothing; no bound, since functions of one column tell of each other.
    """
    if len(x) < 2 * _LEAST_ROWS:
        return 0.0
    of_x, of_y = functions(x), functions(y)
    of_all = [
        _halves(torch.cat([kind[:_ROWS_FOR_ALL] for kind in kinds.values()], 1))
        for kinds in (of_x, of_y)
    ]
    met_x = {one: _halves(of_x[one]) for one, _ in _MEETINGS}
    met_y = {other: _halves(of_y[other]) for _, other in _MEETINGS}
    by_kind = sum(_in_common(met_x[one], met_y[other]) for one, other in _MEETINGS)
    return max(_in_common(*of_all), by_kind)


def _halves(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves of rows (N, d), centred, and of unit covariance in the first."""
    half = len(rows) // 2
    known, rest = (part - part.mean(0) for part in (rows[:half], rows[half:]))
    white = whitening(known)
    return known @ white, rest @ white


def _in_common(x: tuple[Tensor, Tensor], y: tuple[Tensor, Tensor]) -> float:
    (known_x, rest_x), (known_y, rest_y) = x, y
    half = len(known_x)
    left, _, right = torch.linalg.svd(known_x.mT @ known_y / half, full_matrices=False)
    u, v = rest_x @ left, rest_y @ right.mT
    scale = (u.square().mean(0) * v.square().mean(0)).sqrt().clamp_min(_LEAST_GAP)
    correlations = ((u * v).mean(0) / scale).clamp(0, _LARGEST)
    # of so many correlations some of unrelated functions are large
    squares = torch.where(correlations > _NOISE / math.sqrt(half), correlations, 0).square()
    squares = (squares - (1 - squares) / half).clamp_min(0)
    return -0.5 * torch.log1p(-squares).sum().item()


def functions(rows: Tensor) -> dict[str, Tensor]:
    """Simple functions of standardised rows (N, d), (N, K) each, standardised, by their kind.

    Waves, which are many, are of the first `_ROWS_FOR_ALL` rows alone.
    """
    rows = rows.clamp(-_FARTHEST, _FARTHEST)
    d = rows.shape[1]
    draw = torch.Generator().manual_seed(d)
    frequency = torch.randn(d, _WAVES, generator=draw).to(rows) * (1.5 / math.sqrt(d))
    phase = 2 * math.pi * torch.rand(_WAVES, generator=draw).to(rows)
    squares = [rows.square()]
    if 1 < d <= _MOST_PRODUCTS:
        first, second = torch.triu_indices(d, d, 1)
        squares.append(rows[:, first] * rows[:, second])
    length = rows.square().sum(1, keepdim=True) / d - 1
    kinds = {
        "columns": rows,
        "squares": torch.cat(squares, 1),
        "by length": rows * length,
        "waves": torch.cos(rows[:_ROWS_FOR_ALL] @ frequency + phase),
    }
    return {kind: _standardised(found) for kind, found in kinds.items()}


def _standardised(rows: Tensor) -> Tensor:
    rows = rows - rows.mean(0)
    return rows / rows.square().mean(0).sqrt().clamp_min(1e-6)
