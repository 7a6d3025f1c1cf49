"""SMILE: DV whose normaliser is clipped, which trades variance for bias."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE, SMILE_CLIP
from mmmie.mi.estimators.dv import LogMeanEstimator, dv, dv_terms
from mmmie.mi.estimators.js import js

_CLIPPED_MASS = 0.02


def smile(scores: Tensor, clip: float = SMILE_CLIP) -> Tensor:
    """SMILE from the scores of every x against every y.

    Mean over the joint pairs of T minus ln of the mean over all others of exp(T), with T clipped
    to ± clip in the second term alone. No lower bound where scores exceed the clip: with the best
    critic the normaliser is then too small and the value too large, by 2 nats at I = 10 in 20
    dimensions.

    Source: I_SMILE of Song and Ermon 2020 (arXiv 1910.06222), section 5.

    Args:
        scores: (..., B, B), the diagonal holds the joint pairs.
        clip: in nats; infinite for DV.

    Returns:
        (...) nats; 0 for B = 1, where there is nothing to compare with.

    Raises:
        ValueError: the matrix is not square.

    Example:
        >>> round(smile(2 * torch.eye(3)).item(), 4)
        2.0
    """
    return dv(scores, clip)


class SMILE(LogMeanEstimator):
    """SMILE with a critic learned by the Jensen-Shannon objective, as in the paper."""

    facts = CATALOGUE["smile"]
    clip: ClassVar[float] = SMILE_CLIP
    objective = staticmethod(js)

    @staticmethod
    def terms(scores: Tensor) -> Tensor:
        return dv_terms(scores, SMILE_CLIP)

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        joint = [self.scores(*few).diagonal() for few in self.batches(x, y, batch)]
        return *super().evidence(x, y, batch), torch.cat(joint) > SMILE_CLIP

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """As of every critic, and `clipped`, the share of joint pairs beyond the clip."""
        return {**super().quality(evidence), "clipped": evidence[1].float().mean().item()}

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        # under the best critic, this share of the normaliser lies beyond the clip
        if quality["clipped"] > _CLIPPED_MASS:
            return (
                f"{quality['clipped']:.0%} of the pairs score beyond its clip of "
                f"{SMILE_CLIP:.0f} nats, so that it can exceed the truth"
            )
        return super().doubt_of(quality, nats, std)
