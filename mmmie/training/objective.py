"""The loss: task − α·Σ lower bounds + β·Σ upper bounds + γ·separation + δ·reconstruction.

Bounds are those of `mmmie.mi`, by the names in `mmmie.training.bounds`; what they are applied to is
our reading of the paper's abstract.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.mi.conditional import ConditionalGaussian
from mmmie.mi.gaussian import log_density
from mmmie.model.encoders import Code
from mmmie.model.mmmie import MMMIE, Codes
from mmmie.training.bounds import LOWER, UPPER, UPPER_LEARNED, UpperBound, club_terms
from mmmie.training.config import ObjectiveSettings

Conditional = tuple[Tensor, Tensor, Tensor]


class Objective(nn.Module):
    """The terms of the loss, and what only the loss needs: critics and learned conditionals.

    Args:
        model: the model that is trained.
        settings: which terms, with which weight.

    Attributes:
        exact: whether p(code | x) is known, since the encoder is stochastic.
        lower: the bound on what pairs of modalities share.
        upper: the bound on what codes keep of their input.
    """

    def __init__(self, model: MMMIE, settings: ObjectiveSettings) -> None:
        super().__init__()
        self.settings = settings
        self.names = list(model.modalities)
        self.pairs = list(combinations(range(len(self.names)), 2))
        dim, code = model.settings.dim, model.settings.code_dim
        summary = [model.encoder_of(name).encoder.summary_dim for name in self.names]
        self.exact = model.settings.stochastic
        self.lower = LOWER[settings.maximise.estimator]
        self.upper = (UPPER if self.exact else UPPER_LEARNED)[settings.minimise.estimator]
        self.temperature = nn.Parameter(torch.full((len(self.pairs),), 1.5))  # ln(1 / τ)
        # what InfoNCE says does not depend on it
        offset = None if self.lower.capped else nn.Parameter(torch.zeros(len(self.pairs)))
        self.offset: nn.Parameter | None = offset
        self.decoders = nn.ModuleList(
            nn.Sequential(nn.Linear(2 * code, dim), nn.GELU(), nn.Linear(dim, width))
            for width in summary
        )
        self.between_codes = _conditionals([code] * len(self.names), code, dim)
        self.of_inputs = None if self.exact else _conditionals(summary, 2 * code, dim)

    @property
    def conditionals(self) -> list[nn.Parameter]:
        """Parameters trained by likelihood in steps of their own."""
        modules = [self.between_codes] + ([self.of_inputs] if self.of_inputs is not None else [])
        return [p for module in modules for p in module.parameters()]

    @property
    def critics(self) -> list[nn.Parameter]:
        """Parameters trained together with the model."""
        own = [self.temperature] if self.offset is None else [self.temperature, self.offset]
        return [*own, *self.decoders.parameters()]

    def task(self, model: MMMIE, output: Tensor, labels: Tensor) -> Tensor:
        """Absolute error in deviations of the label, or cross-entropy in nats."""
        if model.label.kind == "classification":
            return F.cross_entropy(output, labels)
        return F.l1_loss(output, labels) / model.label_deviation

    def forward(self, codes: Codes) -> dict[str, Tensor]:
        """Every regularising term, weighted, ready to be added to the task loss.

        Returns:
            names of the terms → scalar tensors; a term whose weight is 0 is left out.
        """
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
            if minimise.separation > 0:
                between = torch.stack(list(self.separation(codes).values()))
                terms["separation"] = minimise.separation * between.sum()
        if self.settings.reconstruction > 0:
            terms["reconstruction"] = self.settings.reconstruction * self.reconstruction(codes)
        return terms

    def lower_bounds(self, codes: Codes, learn_codes: bool = True) -> dict[str, Tensor]:
        """What is maximised between the invariant codes of every pair of modalities.

        Args:
            codes: of a batch.
            learn_codes: off, only the critic gets a gradient.

        Returns:
            ``text-audio`` → a scalar tensor, see `mmmie.training.bounds.LowerBound.learn`.
        """
        return {
            name: self.lower.learn(scores) if len(scores) else _zero(scores)
            for name, scores in self.scores(codes, learn_codes)
        }

    def scores(self, codes: Codes, learn_codes: bool = True) -> Iterator[tuple[str, Tensor]]:
        """The critic on the invariant codes of every pair of modalities.

        It is the cosine of the codes over a learned temperature, plus a learned offset where the
        bound asks for log-ratios of densities rather than for an order.

        Yields:
            ``text-audio`` and (B, B) scores of the B utterances that have both.
        """
        sample = codes.invariant.sample if learn_codes else codes.invariant.sample.detach()
        unit = F.normalize(sample, dim=-1)
        for p, (m, n) in enumerate(self.pairs):
            both = codes.present[:, m] & codes.present[:, n]
            a, b = _rows(unit[:, m], both), _rows(unit[:, n], both)
            scores = self.temperature[p].clamp(max=5).exp() * a @ b.T
            if self.offset is not None:
                scores = scores + self.offset[p]
            yield f"{self.names[m]}-{self.names[n]}", scores

    def upper_bounds(self, codes: Codes, kind: str = "invariant") -> dict[str, Tensor]:
        """Upper bound on I(x_m; code_m), exact conditional where the encoder is stochastic.

        Returns:
            modality → nats.
        """
        return _means(self.upper, self.input_conditionals(codes, kind))

    def input_conditionals(self, codes: Codes, kind: str) -> Iterator[tuple[str, Conditional]]:
        """Every code with p(code | x) of its own input, exact or learned.

        Yields:
            modality, and (sample, mean, log-variance), (B, d_z) each, of the B utterances that
            have it.
        """
        code: Code = getattr(codes, kind)
        for m, name in enumerate(self.names):
            here = codes.present[:, m]
            mean, log_variance = self._conditional(codes, code, kind, m)
            yield (
                name,
                (
                    _rows(code.sample[:, m], here),
                    _rows(mean, here),
                    _rows(log_variance, here),
                ),
            )

    def _conditional(self, codes: Codes, code: Code, kind: str, m: int) -> tuple[Tensor, Tensor]:
        if self.of_inputs is None:
            return code.mean[:, m], code.log_variance[:, m]
        mean, log_variance = self.of_inputs[m](codes.summaries[m])
        width = code.mean.shape[-1]
        part = slice(0, width) if kind == "invariant" else slice(width, 2 * width)
        return mean[:, part], log_variance[:, part]

    def separation(self, codes: Codes) -> dict[str, Tensor]:
        """CLUB with a learned q on I(z_m; s_m).

        Returns:
            modality → nats.
        """
        return _means(club_terms, self.code_conditionals(codes))

    def code_conditionals(self, codes: Codes) -> Iterator[tuple[str, Conditional]]:
        """Every specific code with the learned q(s | z); see `input_conditionals`."""
        for m, name in enumerate(self.names):
            here = codes.present[:, m]
            z = _rows(codes.invariant.sample[:, m], here)
            yield name, (_rows(codes.specific.sample[:, m], here), *self.between_codes[m](z))

    def reconstruction(self, codes: Codes) -> Tensor:
        """Mean squared error of the standardised features of every modality from its codes."""
        both = torch.cat([codes.invariant.sample, codes.specific.sample], -1)
        losses = [
            F.mse_loss(_rows(decoder(both[:, m]), here), _rows(codes.summaries[m], here))
            for m, decoder in enumerate(self.decoders)
            if (here := codes.present[:, m]).any()
        ]
        return torch.stack(losses).sum() if losses else _zero(both)

    def conditional_loss(self, codes: Codes) -> Tensor | None:
        """Negative log-likelihood of the learned conditionals on codes held fixed."""
        minimise = self.settings.minimise
        if not minimise.enabled:
            return None
        losses = []
        for m in range(len(self.names)):
            here = codes.present[:, m]
            if not here.any():
                continue
            z, s = codes.invariant.sample[:, m].detach(), codes.specific.sample[:, m].detach()
            if minimise.separation > 0:
                mean, log_variance = self.between_codes[m](z)
                losses.append(_fit(s, mean, log_variance, here))
            if self.of_inputs is not None:
                both = torch.cat([z, s], -1)
                mean, log_variance = self.of_inputs[m](codes.summaries[m])
                losses.append(_fit(both, mean, log_variance, here))
        return torch.stack(losses).sum() if losses else None


def _means(bound: UpperBound, conditionals: Iterator[tuple[str, Conditional]]) -> dict[str, Tensor]:
    """A bound for every modality; 0 where fewer than two utterances of a batch have it."""
    return {
        name: bound(*own).mean() if len(own[0]) > 1 else _zero(own[0]) for name, own in conditionals
    }


def _conditionals(inputs: list[int], outputs: int, hidden: int) -> nn.ModuleList:
    return nn.ModuleList(ConditionalGaussian(width, outputs, hidden) for width in inputs)


def _zero(like: Tensor) -> Tensor:
    """0 nats, where no utterance of a batch has the modality; part of the graph."""
    return like.sum() * 0


def _rows(x: Tensor, keep: Tensor) -> Tensor:
    return x if bool(keep.all()) else x[keep]


def _fit(y: Tensor, mean: Tensor, log_variance: Tensor, keep: Tensor) -> Tensor:
    return -log_density(_rows(y, keep), _rows(mean, keep), _rows(log_variance, keep)).mean()
