"""Which parameters are trained by which optimiser, with which learning rate."""

from __future__ import annotations

from typing import Any

from torch.optim import Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import OneCycleLR

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


def conditional_optimiser(objective: Objective, config: Config) -> Adam | None:
    """For learned conditionals q, which have steps of their own; None where there are none."""
    if not objective.conditionals:
        return None
    return Adam(objective.conditionals, lr=config.training.conditional_learning_rate, fused=True)
