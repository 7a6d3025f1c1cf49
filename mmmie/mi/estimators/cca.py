"""CCA: the mutual information of jointly Gaussian variables, from canonical correlations."""

from __future__ import annotations

from torch import Tensor

from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.closed.canonical import LARGEST_CORRELATION, CanonicalCorrelations
from mmmie.mi.closed.misfit import doubt_of_misfit, misfit
from mmmie.mi.estimator import Estimator


class CCA(Estimator):
    """Mean log-ratio of a fitted Gaussian over held-out pairs.

    On Gaussian data it is the best there is, in no time: for others it is what a Gaussian of the
    same correlations would share.
    """

    facts = CATALOGUE["cca"]
    fitted = "once"

    def __init__(self, dim_x: int, dim_y: int, hidden: int = 256) -> None:
        super().__init__(dim_x, dim_y, hidden)
        self.gaussian = CanonicalCorrelations(dim_x, dim_y)

    def prepare(self, x: Tensor, y: Tensor) -> None:
        self.gaussian.fit(x, y)

    def row_terms(self, x: Tensor, y: Tensor) -> Tensor:
        return self.gaussian.log_ratio_of_pairs(x, y)

    def batch_terms(self, x: Tensor, y: Tensor, batch: int) -> Tensor:
        size = min(batch, len(x))
        return self.row_terms(x, y)[: len(x) // size * size].unflatten(0, (-1, size))

    def evidence(self, x: Tensor, y: Tensor, batch: int) -> tuple[Tensor, ...]:
        """What `misfit` asks for, and the largest correlation, once for every pair."""
        white, residuals, columns = self.gaussian.explain(x, y)
        largest = self.gaussian.correlations.max().expand(len(x), 1)
        return x, white, residuals, columns, largest

    def quality(self, evidence: tuple[Tensor, ...]) -> dict[str, float]:
        """What a Gaussian misses, see `misfit`, and the `largest` of its correlations."""
        *rows, largest = evidence
        return {**misfit(*rows), "largest": largest.max().item()}

    def doubt_of(self, quality: dict[str, float], nats: float, std: float) -> str | None:
        if quality["largest"] >= LARGEST_CORRELATION:
            return "a correlation is too near 1 to be told from it, so that they may share far more"
        return doubt_of_misfit(quality, nats, std)
