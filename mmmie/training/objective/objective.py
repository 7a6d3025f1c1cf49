"""The loss: task − α·Σ lower bounds + β·Σ upper bounds + γ·separation + δ·reconstruction.

Bounds are those of `mmmie.mi`, by the names in `bounds` beside this file; what they are applied to
is our reading of the paper's abstract.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.mi.closed.gaussian import log_density
from mmmie.mi.learned.conditional import ConditionalGaussian
from mmmie.model.batch import Codes
from mmmie.model.encoders import Code
from mmmie.model.mmmie import MMMIE
from mmmie.training.config import ObjectiveSettings
from mmmie.training.objective.bounds import (
    LOWER,
    UPPER,
    UPPER_LEARNED,
    UpperBound,
    gaussian_information,
)
from mmmie.training.objective.critics import CosineCritic, GaussianCritic, together
from mmmie.training.objective.task import TaskLoss

_OF_INVARIANT = 0.1
_CENTRING = 100.0

Conditional = tuple[Tensor, Tensor, Tensor]


class Objective(nn.Module):
    """The terms of the loss, and what only the loss needs: critics and learned conditionals.

    Args:
        targets: (n,) labels of the train split, which balanced weights of classes are made from.

    Attributes:
        exact: whether p(code | x) is known, since the encoder is stochastic.
        task: what predictions miss, see `TaskLoss`.
        lower: the bound on what pairs of modalities share.
        upper: the bound on what codes keep of their input.
    """

    def __init__(
        self, model: MMMIE, settings: ObjectiveSettings, targets: np.ndarray | None = None
    ) -> None:
        super().__init__()
        self.settings = settings
        self.task = TaskLoss(model.label, settings.task, targets)
        self.names = list(model.modalities)
        self.pairs = list(combinations(range(len(self.names)), 2))
        dim, invariant = model.settings.dim, model.settings.invariant_dim
        both = invariant + model.settings.specific_dim
        summary = [model.encoder_of(name).encoder.summary_dim for name in self.names]
        self.exact = model.settings.stochastic
        self.lower = LOWER[settings.maximise.estimator]
        self.upper = (UPPER if self.exact else UPPER_LEARNED)[settings.minimise.estimator]
        self.of_pairs = nn.ModuleList(self._critic(invariant) for _ in self.pairs)
        self.decoders = nn.ModuleList(
            nn.Sequential(nn.Linear(both, dim), nn.GELU(), nn.Linear(dim, width))
            for width in summary
        )
        self.of_inputs = None if self.exact else _conditionals(summary, both, dim)

    @property
    def conditionals(self) -> list[nn.Parameter]:
        """Parameters trained by likelihood in steps of their own, where q is learned."""
        return [] if self.of_inputs is None else list(self.of_inputs.parameters())

    @property
    def critics(self) -> list[nn.Parameter]:
        """Parameters trained together with the model."""
        return [*self.of_pairs.parameters(), *self.decoders.parameters()]

    def _critic(self, dim: int) -> GaussianCritic | CosineCritic:
        if self.settings.maximise.critic == "gaussian":
            return GaussianCritic(dim)
        return CosineCritic(dim, offset=not self.lower.capped)

    def forward(self, codes: Codes) -> dict[str, Tensor]:
        """Name → regularising term, weighted, a scalar; those of weight 0 are left out."""
        terms: dict[str, Tensor] = {}
        maximise, minimise = self.settings.maximise, self.settings.minimise
        if self.pairs:
            on = maximise.enabled and maximise.weight > 0
            lower = torch.stack(list(self.lower_bounds(codes, learn_codes=on).values()))
            # Without MI maximisation the critic still learns, so that the bound can be reported.
            terms["maximise"] = -(maximise.weight if on else 1.0) * lower.sum()
        if minimise.enabled:
            for kind in ("invariant", "specific"):
                weight = getattr(minimise, kind)
                if weight > 0:
                    upper = self.upper_bounds(codes, kind)
                    terms[f"minimise_{kind}"] = weight * torch.stack(list(upper.values())).sum()
            if minimise.invariant > 0:
                terms["centring"] = minimise.invariant * _CENTRING * self.centring(codes)
            if minimise.separation > 0:
                between = torch.stack(list(self.separation(codes).values()))
                terms["separation"] = minimise.separation * between.sum()
        if self.settings.reconstruction > 0:
            terms["reconstruction"] = self.settings.reconstruction * self.reconstruction(codes)
        return terms

    def lower_bounds(self, codes: Codes, learn_codes: bool = True) -> dict[str, Tensor]:
        """What is maximised between the invariant codes of every pair of modalities.

        Returns:
            ``text-audio`` → a scalar tensor, see `LowerBound.learn`; 0 where fewer than two
            utterances of a batch have both.
        """
        found: dict[str, Tensor] = {}
        for pairs, scores in self._scores(codes, learn_codes):
            several = scores.shape[-1] > 1
            learned = self.lower.learn(scores) if several else 0 * scores.sum((-2, -1))
            found.update(zip(pairs, learned, strict=True))
        return found

    def scores(self, codes: Codes) -> dict[str, Tensor]:
        """``text-audio`` → (B, B) critic scores of the invariant codes of those that have both."""
        found: dict[str, Tensor] = {}
        for pairs, scores in self._scores(codes):
            found.update(zip(pairs, scores, strict=True))
        return found

    def _scores(self, codes: Codes, learn_codes: bool = True) -> Iterator[tuple[list[str], Tensor]]:
        """Pairs of modalities that the same B utterances have, and their scores (K, B, B)."""
        sample = codes.invariant.sample if learn_codes else codes.invariant.sample.detach()
        first, second = ([pair[side] for pair in self.pairs] for side in (0, 1))
        for pairs, rows in _alike(codes.present[:, first] & codes.present[:, second]):
            x, y = (_pick(sample, rows, [side[p] for p in pairs]) for side in (first, second))
            names = [f"{self.names[first[p]]}-{self.names[second[p]]}" for p in pairs]
            yield names, together([self.of_pairs[p] for p in pairs], x, y)

    def upper_bounds(self, codes: Codes, kind: str = "invariant") -> dict[str, Tensor]:
        """Modality → upper bound on I(x_m; code_m) in nats, by `input_conditionals`."""
        return _means(self.upper, self.input_conditionals(codes, kind))

    def centring(self, codes: Codes) -> Tensor:
        """Half the squared mean of the invariant code of every modality, summed, in nats.

        The divergence from the common prior is I(x; z) and how far the codes of a modality as a
        whole are from that prior. A shift of one modality against another is a part of the second
        that costs next to nothing in dimensions that hold little, yet it tells them apart.
        """
        shifts = [
            _rows(codes.invariant.mean[:, m], here).mean(0).square().sum() / 2
            for m in range(len(self.names))
            if (here := codes.present[:, m]).any()
        ]
        return torch.stack(shifts).sum() if shifts else _zero(codes.invariant.mean)

    def input_conditionals(self, codes: Codes, kind: str) -> Iterator[tuple[str, Conditional]]:
        """Modality → (sample, mean, log-variance) of p(code | x), (B, d_c) each, where present."""
        code: Code = getattr(codes, kind)
        for m, name in enumerate(self.names):
            here = codes.present[:, m]
            mean, log_variance = self._conditional(codes, code, kind, m)
            sample = _rows(code.sample[:, m], here)
            yield name, (sample, _rows(mean, here), _rows(log_variance, here))

    def _conditional(self, codes: Codes, code: Code, kind: str, m: int) -> tuple[Tensor, Tensor]:
        if self.of_inputs is None:
            return code.mean[:, m], code.log_variance[:, m]
        mean, log_variance = self.of_inputs[m](codes.summaries[m])
        width = code.mean.shape[-1]
        part = slice(0, width) if kind == "invariant" else slice(-width, None)
        return mean[:, part], log_variance[:, part]

    def separation(self, codes: Codes) -> dict[str, Tensor]:
        """Modality → nats that the means of both codes share as Gaussians.

        The specific code gets the whole gradient and the invariant one a tenth: with the whole of
        it the two codes divide what the task needs among them by chance.
        """
        found: dict[str, Tensor] = {}
        for modalities, rows in _alike(codes.present):
            z, s = (_pick(c.mean, rows, modalities) for c in (codes.invariant, codes.specific))
            apart = _apart(z, s) if z.shape[1] > 1 else 0 * s.sum((-2, -1))
            found.update(zip([self.names[m] for m in modalities], apart, strict=True))
        return found

    def mean_codes(self, codes: Codes) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Modality, and the means of its codes, invariant (B, d_z) and specific (B, d_s)."""
        for m, name in enumerate(self.names):
            here = codes.present[:, m]
            z, s = codes.invariant.mean[:, m], codes.specific.mean[:, m]
            yield name, _rows(z, here), _rows(s, here)

    def reconstruction(self, codes: Codes) -> Tensor:
        """Mean squared error of the standardised features of every modality from its codes.

        The invariant code is read as it is: only the specific one learns what is missing.
        """
        both = torch.cat([codes.invariant.sample.detach(), codes.specific.sample], -1)
        losses = [
            F.mse_loss(_rows(decoder(both[:, m]), here), _rows(codes.summaries[m], here))
            for m, decoder in enumerate(self.decoders)
            if (here := codes.present[:, m]).any()
        ]
        return torch.stack(losses).sum() if losses else _zero(both)

    def conditional_loss(self, codes: Codes) -> Tensor | None:
        """Negative log-likelihood of the learned conditionals on fixed codes."""
        if not self.settings.minimise.enabled or self.of_inputs is None:
            return None
        losses = []
        for m, conditional in enumerate(self.of_inputs):
            here = codes.present[:, m]
            if here.any():
                z, s = codes.invariant.sample[:, m], codes.specific.sample[:, m]
                both = torch.cat([z, s], -1).detach()
                mean, log_variance = conditional(codes.summaries[m])
                losses.append(_fit(both, mean, log_variance, here))
        return torch.stack(losses).sum() if losses else None


def _apart(z: Tensor, s: Tensor) -> Tensor:
    """`gaussian_information` whose gradient on z is a tenth of the true one."""
    fixed = z.detach()
    return gaussian_information(fixed + _OF_INVARIANT * (z - fixed), s)


def _means(bound: UpperBound, conditionals: Iterator[tuple[str, Conditional]]) -> dict[str, Tensor]:
    """A bound for every modality; 0 where fewer than two utterances of a batch have it."""
    return {
        name: bound(*own).mean() if len(own[0]) > 1 else _zero(own[0]) for name, own in conditionals
    }


def _conditionals(inputs: list[int], outputs: int, hidden: int) -> nn.ModuleList:
    return nn.ModuleList(ConditionalGaussian(width, outputs, hidden) for width in inputs)


def _alike(here: Tensor) -> Iterator[tuple[list[int], Tensor | None]]:
    """Columns of here (U, K) that agree, and the rows (U,) where they hold; None for all rows.

    What the same utterances have is computed at once: everything, where nothing is missing.
    """
    patterns = here.T.cpu().numpy()
    groups: dict[bytes, list[int]] = {}
    for column, pattern in enumerate(patterns):
        groups.setdefault(pattern.tobytes(), []).append(column)
    for columns in groups.values():
        yield columns, None if patterns[columns[0]].all() else here[:, columns[0]]


def _pick(x: Tensor, rows: Tensor | None, columns: list[int]) -> Tensor:
    """Some rows and columns of x (U, K, d), the columns first: (K', B, d)."""
    x = (x if rows is None else x[rows]).transpose(0, 1)
    return x if columns == list(range(len(x))) else x[columns]  # all of them need no copy


def _zero(like: Tensor) -> Tensor:
    """0 nats, where no utterance of a batch has the modality; part of the graph."""
    return like.sum() * 0


def _rows(x: Tensor, keep: Tensor) -> Tensor:
    return x if bool(keep.all()) else x[keep]


def _fit(y: Tensor, mean: Tensor, log_variance: Tensor, keep: Tensor) -> Tensor:
    return -log_density(_rows(y, keep), _rows(mean, keep), _rows(log_variance, keep)).mean()
