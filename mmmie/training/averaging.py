"""The running mean of the weights, which is what a run judges and keeps."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.model.mmmie import MMMIE
from mmmie.training.objective import Objective

_WARM_UP = 10  # steps, so that the first weights do not weigh on the mean for long


class WeightAverage:
    """Follows a model and its objective (Polyak and Juditsky 1992, with forgetting).

    The noise of single steps cancels in the mean, so that epochs differ less by chance.

    Args:
        model: in training.
        objective: its critics and learned conditionals.
        share: of the past that is kept a step; 0 follows without a mean.

    Attributes:
        model: with the mean of the weights.
        objective: the same.
    """

    def __init__(self, model: MMMIE, objective: Objective, share: float) -> None:
        self._followed: list[nn.Module] = [model, objective]
        self._means: list[AveragedModel] = []
        self.model, self.objective = model, objective
        if share > 0:
            self._means = [
                AveragedModel(part, multi_avg_fn=_forgetting(share)) for part in self._followed
            ]
            self.model = cast("MMMIE", self._means[0].module)
            self.objective = cast("Objective", self._means[1].module)

    def update(self) -> None:
        """Take a step of the training into the mean."""
        for mean, followed in zip(self._means, self._followed, strict=False):
            mean.update_parameters(followed)

    def state_dict(self) -> list[dict[str, Any]]:
        """What resumption needs."""
        return [mean.state_dict() for mean in self._means]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        """Take up where `state_dict` left off."""
        for mean, state in zip(self._means, states, strict=True):
            mean.load_state_dict(state)


def _forgetting(share: float) -> Any:
    def average(means: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
        steps = int(count)
        kept = min(share, (1 + steps) / (_WARM_UP + steps))
        get_ema_multi_avg_fn(kept)(means, current, torch.tensor(steps))

    return average
