"""Critics that score every x against every y, and what the estimators that learn one share."""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn

from mmmie.mi.closed.canonical import CanonicalCorrelations
from mmmie.mi.estimator import Estimator
from mmmie.mi.learned.networks import SkipMLP, residual_mlp
from mmmie.mi.pair_matrix import joint_and_others
from mmmie.mi.rows import RankScores

CriticKind = Literal["separable", "joint"]

_GAINS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROWS_TO_CHOOSE_BY = 2048
_BATCH_TO_CHOOSE_BY = 64
_CAPS = (1.0, 0.99, 0.9, 0.75, 0.5)  # quantiles of the scores of joint pairs
_FEW_PAIRS = 10
_LEAST_EMBEDDING = 32
_FIRST_SCALE = 0.1
_LARGEST_SCORE = 40.0


class Critic(nn.Module):
    """Starts as the log-ratio of a Gaussian fitted in closed form, and learns what is missing.

    Jointly Gaussian data need no learning at all then, and few pairs are not overfitted.
    """

    def __init__(self, dim_x: int, dim_y: int) -> None:
        super().__init__()
        self.gaussian = CanonicalCorrelations(dim_x, dim_y)
        self.gain = nn.Parameter(torch.tensor(0.0))
        self.offset = nn.Parameter(torch.tensor(0.0))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, B) scores, entry [i, j] compares x_i (B, dim_x) with y_j (B, dim_y)."""
        return self.gain * self.gaussian.log_ratio(x, y) + self.offset + self.learned(x, y)

    def learned(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, B) what is added to the log-ratio of the Gaussian."""
        raise NotImplementedError


class SeparableCritic(Critic):
    """f(x) · g(y): cheap, since every x and every y is read once per batch."""

    def __init__(self, dim_x: int, dim_y: int, hidden: int) -> None:
        super().__init__(dim_x, dim_y)
        width = min(hidden, max(_LEAST_EMBEDDING, dim_x, dim_y))
        # the same start for both sides, so that swapping x and y changes nothing
        state = torch.get_rng_state()
        self.embed_x = SkipMLP(dim_x, width, hidden)
        torch.set_rng_state(state)
        self.embed_y = SkipMLP(dim_y, width, hidden)
        self.scale = nn.Parameter(torch.tensor(_FIRST_SCALE / math.sqrt(width)))

    def learned(self, x: Tensor, y: Tensor) -> Tensor:
        return (self.scale * self.embed_x(x)) @ self.embed_y(y).mT


class JointCritic(Critic):
    """An MLP of x and y together: sees every interaction, at B² passes per batch."""

    def __init__(self, dim_x: int, dim_y: int, hidden: int) -> None:
        super().__init__(dim_x, dim_y)
        self.first_x = nn.Linear(dim_x, hidden)
        self.first_y = nn.Linear(dim_y, hidden, bias=False)
        self.rest = nn.Sequential(nn.SiLU(), residual_mlp(hidden, 1, hidden))

    def learned(self, x: Tensor, y: Tensor) -> Tensor:
        return self.rest(self.first_x(x)[:, None] + self.first_y(y)[None]).squeeze(-1)


_CRITICS: dict[CriticKind, type[SeparableCritic | JointCritic]] = {
    "separable": SeparableCritic,
    "joint": JointCritic,
}


class CriticEstimator(Estimator):
    """An estimator that learns a critic.

    Args:
        dim_x: channels of x.
        dim_y: channels of y.
        hidden: width of the networks.
        critic: `separable` or `joint`.
    """

    cap: Tensor

    def __init__(
        self, dim_x: int, dim_y: int, hidden: int = 256, critic: CriticKind = "separable"
    ) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.standardise_x, self.standardise_y = RankScores(dim_x), RankScores(dim_y)
        self.critic = _CRITICS[critic](dim_x, dim_y, hidden)
        self.register_buffer("cap", torch.tensor(_LARGEST_SCORE))

    @staticmethod
    def objective(scores: Tensor) -> Tensor:
        """What the critic learns to maximise: a scalar from its scores (B, B)."""
        raise NotImplementedError

    @staticmethod
    def terms(scores: Tensor) -> Tensor:
        """The terms (B,) in nats whose mean is the bound, for B of at least 2."""
        raise NotImplementedError

    def loss(self, x: Tensor, y: Tensor) -> Tensor:
        return -self.objective(self.scores(x, y))

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return self.terms(self.scores(x, y)) if len(x) > 1 else x.new_zeros(1)

    def scores(self, x: Tensor, y: Tensor) -> Tensor:
        """(B, B) critic values for standardised x and y, no larger than `cap`.

        Any function is a critic, and so is one that is cut off: bounds stay bounds. Without it,
        one pair far from those fitted could make an exponential of its score overflow.
        """
        return self.critic(x, y).clamp(max=self.cap)

    @torch.no_grad()
    def start(self, x: Tensor, y: Tensor) -> None:
        self.critic.gaussian.fit(x, y)
        few = self.batches(x[:_ROWS_TO_CHOOSE_BY], y[:_ROWS_TO_CHOOSE_BY], _BATCH_TO_CHOOSE_BY)
        losses = []
        self.eval()
        for gain in _GAINS:
            self.critic.gain.fill_(gain)
            values = [self.loss(*pairs) for pairs in few]
            losses.append(torch.stack(values).mean().nan_to_num(torch.inf).item())
        self.critic.gain.fill_(_GAINS[losses.index(min(losses))])
        self.train()

    @torch.no_grad()
    def settle(self, x: Tensor, y: Tensor) -> None:
        """Cut scores off where that serves the value best on the pairs it is fitted to."""
        few = self.batches(x[:_ROWS_TO_CHOOSE_BY], y[:_ROWS_TO_CHOOSE_BY], _BATCH_TO_CHOOSE_BY)
        joint = torch.cat([self.scores(*pairs).diagonal() for pairs in few])
        levels = joint.quantile(joint.new_tensor(_CAPS))
        values = []
        for level in levels:
            self.cap.copy_(level)
            parts = torch.stack([self.parts(*pairs) for pairs in few])
            values.append(self.combine(parts).nan_to_num(-torch.inf).item())
        self.cap.copy_(levels[values.index(max(values))])

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        """(K, 4) of every batch: how often joint pairs win, sums over the others, how many."""
        found = []
        for few in self.batches(x, y, batch):
            joint, others = joint_and_others(self.scores(*few), "scores")
            if others.shape[-1] == 0:
                continue
            beaten = joint[:, None] > others.unflatten(-1, (len(joint), -1))
            sums = others.logsumexp(-1), (2 * others).logsumexp(-1)
            found.append(
                torch.stack([beaten.float().mean(), *sums, others.new_tensor(len(others))])
            )
        return (torch.stack(found) if found else x.new_zeros(0, 4),)

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """How well the critic fits.

        Returns:
            `tells_apart`: how often it scores a joint pair above another one of the same x; 0.5
            where it has found nothing.
            `log_normaliser`: ln of the mean of exp(score) over other pairs; 0 where the scores
            are log-ratios of densities. Of no matter to InfoNCE and DV.
            `effective_pairs`: on how many of the other pairs that mean rests (Kish's effective
            sample size).
        """
        if not len(evidence[0]):
            return {}
        better, normalisers, squares, counts = evidence[0].unbind(1)
        total, square = normalisers.logsumexp(0), squares.logsumexp(0)
        return {
            "tells_apart": better.mean().item(),
            "log_normaliser": total.item() - math.log(counts.sum().item()),
            "effective_pairs": (2 * total - square).exp().item(),
        }

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if self.facts.exponential and quality.get("effective_pairs", _FEW_PAIRS) < _FEW_PAIRS:
            return (
                f"its mean of exponentials rests on about {quality['effective_pairs']:.0f} of the "
                f"held-out pairs, which is noise"
            )
        return None
