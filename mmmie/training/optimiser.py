"""Optimisers, learning rates, and the mean of the weights that a run judges and keeps."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import OneCycleLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mmmie.model.mmmie import MMMIE
from mmmie.training.config import Config
from mmmie.training.objective.objective import Objective

_RISE = 0.3  # of all steps


def make_optimiser(model: MMMIE, objective: Objective, config: Config) -> AdamW:
    """For the model and its critics."""
    return AdamW(
        parameter_groups(model, objective, config),
        lr=config.training.learning_rate,
        weight_decay=config.training.weight_decay,
        fused=True,
    )


def parameter_groups(model: MMMIE, objective: Objective, config: Config) -> list[dict[str, Any]]:
    """The model and its critics; then, with a rate of its own, a text encoder that is fine-tuned.

    What a transformer learned before is lost at the rate that fresh layers need.
    """
    text = [] if model.text_encoder is None else list(model.text_encoder.parameters())
    of_text = {id(parameter) for parameter in text}
    fresh = [p for p in model.parameters() if id(p) not in of_text]
    groups = [{"params": [*fresh, *objective.critics], "lr": config.training.learning_rate}]
    if text:
        groups.append({"params": text, "lr": config.model.text_encoder.learning_rate})
    return groups


def one_cycle(optimiser: Optimizer, steps: int) -> OneCycleLR:
    """Learning rates that rise for three tenths of all `steps`, then fall to almost 0."""
    rates = [group["lr"] for group in optimiser.param_groups]
    return OneCycleLR(optimiser, rates, total_steps=steps, pct_start=_RISE)


def take_up_schedule(schedule: OneCycleLR, state: dict[str, Any]) -> bool:
    """Set a schedule to where another stood, and the learning rates with it.

    Where the other was for fewer steps the rest follows this one, from the same step on.

    Args:
        state: the ``state_dict`` of the other.

    Returns:
        Whether the other was for fewer steps.
    """
    if state["total_steps"] == schedule.total_steps:
        schedule.load_state_dict(state)
        return False
    own = schedule.state_dict()
    shape = {key: own[key] for key in ("total_steps", "_schedule_phases")}
    # The rate of the next step was set by the other: that one step is taken again.
    schedule.load_state_dict({**state, **shape, "last_epoch": state["last_epoch"] - 1})
    schedule.step()
    return True


def conditional_optimiser(objective: Objective, config: Config) -> Adam | None:
    """For learned conditionals q, which have steps of their own; None where there are none."""
    if not objective.conditionals:
        return None
    return Adam(objective.conditionals, lr=config.training.conditional_learning_rate, fused=True)


_WARM_UP = 10  # steps, so that the first weights do not weigh on the mean for long


class WeightAverage:
    """Follows a model and its objective (Polyak and Juditsky 1992, with forgetting).

    The noise of single steps cancels in the mean, so that epochs differ less by chance. `model`
    and `objective` have it; every step keeps a `share` of the past, and 0 follows without a mean.
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
