"""Which parameters are trained with which learning rate."""

from __future__ import annotations

from typing import Any

from mmmie.model.mmmie import MMMIE
from mmmie.training.config import Config
from mmmie.training.objective.objective import Objective


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
