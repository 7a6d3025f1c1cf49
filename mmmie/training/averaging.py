"""The running mean of the weights, which is what a run judges and keeps."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.model.mmmie import MMMIE
from mmmie.training.objective.objective import Objective

_WARM_UP = 10  # steps, so that the first weights do not weigh on the mean for long


class WeightAverage:
    """Follows a model and its objective (Polyak and Juditsky 1992, with forgetting).

    The noise of single steps cancels in the mean, so that epochs differ less by chance.

    Args:
        share: of the past that every step keeps; 0 follows without a mean.

    Attributes:
        model: with the mean of the weights.
        objective: the same.
    """

    def __init__(self, model: MMMIE, objective: Objective, share: float) -> None:
        followed: list[nn.Module] = [model, objective]
        self._means: list[AveragedModel] = []
        self._share, self._steps = share, 0
        self.model, self.objective = model, objective
        if share > 0:
            self._means = [AveragedModel(part) for part in followed]
            self.model = cast("MMMIE", self._means[0].module)
            self.objective = cast("Objective", self._means[1].module)
        # once: to walk through all modules takes a tenth of a small step
        self._weights = [
            (list(mean.module.parameters()), list(part.parameters()))
            for mean, part in zip(self._means, followed, strict=False)
        ]

    @torch.no_grad()
    def update(self) -> None:
        """Take a step of the training into the mean."""
        kept = min(self._share, (1 + self._steps) / (_WARM_UP + self._steps)) if self._steps else 0
        for mean, (own, followed) in zip(self._means, self._weights, strict=True):
            get_ema_multi_avg_fn(kept)(cast("Any", own), cast("Any", followed), mean.n_averaged)
            mean.n_averaged += 1
        self._steps += 1

    def state_dict(self) -> list[dict[str, Any]]:
        """What resumption needs."""
        return [mean.state_dict() for mean in self._means]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Take up where `state_dict` left off."""
        for mean, state in zip(self._means, states, strict=True):
            mean.load_state_dict(state)
            self._steps = int(mean.n_averaged)
