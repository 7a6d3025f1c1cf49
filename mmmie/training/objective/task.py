"""The first term of the loss: how far predictions are from the labels."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmmie.corpus import Label
from mmmie.training.config import TaskSettings
from mmmie.training.objective.task_settings import check_task, class_weights

_SUREST = 1e-6  # 1 − p where a class is certain


class TaskLoss(nn.Module):
    """The loss of predictions against labels: errors of numbers, or nats of classes.

    Numbers are compared in standard deviations of the label: ``l1``, ``mse``, or ``huber``, which
    is half the square up to one deviation and linear beyond. Of classes it is ``cross_entropy``,
    or ``focal`` (Lin et al., ICCV 2017), which multiplies each utterance by (1 − p)^γ. With
    weights of classes a batch has its weighted mean, as in `torch.nn.CrossEntropyLoss`.

    Args:
        label: what is predicted.
        settings: which loss.
        targets: (n,) labels of the train split; needed for balanced weights.

    Raises:
        InputError: the loss does not fit the label.

    Example:
        >>> loss = TaskLoss(Label("x", "regression"), TaskSettings(loss="mse"))
        >>> float(loss(torch.tensor([3.0]), torch.tensor([1.0]), torch.tensor(2.0)))
        1.0
    """

    weight: Tensor | None

    def __init__(
        self, label: Label, settings: TaskSettings, targets: np.ndarray | None = None
    ) -> None:
        super().__init__()
        check_task(label, settings)
        self.settings, self.of_classes = settings, label.classes is not None
        train = np.zeros(0, np.int64) if targets is None else targets
        weights = class_weights(label, settings, train)
        # made from the train split each time, so it is no part of what a run keeps
        held = None if weights is None else torch.from_numpy(weights).float()
        self.register_buffer("weight", held, persistent=False)

    def forward(self, output: Tensor, labels: Tensor, deviation: Tensor) -> Tensor:
        """A scalar.

        Args:
            output: (T,) in label units, or (T, classes) logits.
            labels: (T,) numbers or class indices.
            deviation: of the label, for numbers.
        """
        settings = self.settings
        if self.of_classes:
            if settings.loss == "focal":
                return self._focal(output, labels)
            return F.cross_entropy(
                output, labels, self.weight, label_smoothing=settings.label_smoothing
            )
        if settings.loss == "mse":
            return F.mse_loss(output, labels) / deviation.square()
        if settings.loss == "huber":
            return F.huber_loss(output / deviation, labels / deviation)
        return F.l1_loss(output, labels) / deviation

    def _focal(self, output: Tensor, labels: Tensor) -> Tensor:
        missed = F.cross_entropy(output, labels, reduction="none")  # −ln p of the true class
        # of 0 a power below 1 has no slope
        unsure = (-torch.expm1(-missed)).clamp(min=_SUREST) ** self.settings.focal_gamma
        counts = torch.ones_like(missed) if self.weight is None else self.weight[labels]
        return (counts * unsure * missed).sum() / counts.sum()
