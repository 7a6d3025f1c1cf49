"""How a pair of invariant codes is scored, for the lower bounds on what modalities share."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_FIRST_CORRELATION = 0.66
_LARGEST_CORRELATION = 0.999
_LARGEST_SHARPNESS = 5.0


class GaussianCritic(nn.Module):
    """The log-ratio of densities of codes that correlate dimension by dimension.

    Each code is taken for standard normal, which is what the prior of MI minimisation asks of it,
    and dimension k of both for correlated by ρ_k, which is learned. This is the optimal critic
    where that holds (the pointwise mutual information of a bivariate normal), so that the bound
    has no slack but its own; dimensions that nothing shared is left for end with ρ_k near 0.

    Example:
        >>> scores = GaussianCritic(2)(torch.zeros(3, 2), torch.zeros(3, 2))
        >>> scores.shape, bool((scores > 0).all())
        (torch.Size([3, 3]), True)
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        first = torch.full((dim,), _FIRST_CORRELATION / _LARGEST_CORRELATION)
        self.raw = nn.Parameter(first.atanh())

    @property
    def correlation(self) -> Tensor:
        """ρ (d,)."""
        return _correlation(self.raw)

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Score every x (A, d) against every y (B, d) → (A, B) nats."""
        return together([self], x[None], y[None])[0]


def _correlation(raw: Tensor) -> Tensor:
    return _LARGEST_CORRELATION * raw.tanh()


class CosineCritic(nn.Module):
    """The cosine of the codes times a learned sharpness, plus a learned offset.

    Args:
        offset: whether the bound asks for log-ratios of densities, not for an order alone. What
            InfoNCE says does not depend on an offset.
    """

    def __init__(self, dim: int, offset: bool) -> None:
        super().__init__()
        self.sharpness = nn.Parameter(torch.tensor(1.5))  # ln(1 / τ)
        self.offset = nn.Parameter(torch.zeros(())) if offset else None

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Score every x (A, d) against every y (B, d) → (A, B)."""
        return together([self], x[None], y[None])[0]


def together(critics: Sequence[nn.Module], x: Tensor, y: Tensor) -> Tensor:
    """What K critics of one kind score at once: x (K, A, d) and y (K, B, d) → (K, A, B)."""
    gaussian = [critic.raw for critic in critics if isinstance(critic, GaussianCritic)]
    if gaussian:
        return _gaussian_scores(torch.stack(tuple(gaussian)), x, y)
    cosines = [critic for critic in critics if isinstance(critic, CosineCritic)]
    sharpness = torch.stack([critic.sharpness for critic in cosines])
    scale = sharpness.clamp(max=_LARGEST_SHARPNESS).exp()[:, None, None]
    scores = scale * (F.normalize(x, dim=-1) @ F.normalize(y, dim=-1).mT)
    offsets = [critic.offset for critic in cosines if critic.offset is not None]
    return scores + torch.stack(tuple(offsets))[:, None, None] if offsets else scores


def _gaussian_scores(raw: Tensor, x: Tensor, y: Tensor) -> Tensor:
    rho = _correlation(raw)
    rest = 1 - rho.square()
    cross = (x * (rho / rest)[:, None, :]) @ y.mT
    gain = (rho.square() / rest / 2)[..., None]
    own_x, own_y = x.square() @ gain, y.square() @ gain
    return cross - own_x - own_y.mT - rest.log().sum(-1)[:, None, None] / 2
