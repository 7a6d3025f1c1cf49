"""What may watch or steer a training: the trainer calls, and knows none of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmmie.corpus import Corpus
from mmmie.training.config import Config

if TYPE_CHECKING:
    import torch

    from mmmie.model.batch import Codes
    from mmmie.model.inference import Outputs


class Training(ABC):
    """What a callback sees of a training; `mmmie.training.trainer.Trainer` is one.

    Attributes:
        config: model, objective and training settings.
        corpus: with the modalities of the model.
        valid_rows: (n,) row numbers of its valid split.
        device: where the model is.
        primary: the validation metric that chooses the epoch.
        epoch: epochs done.
        best_score: best validation score so far, None before one.
        best_epoch: its epoch, 0 before one.
        validated: codes and outputs for the valid split at the last validation.
        extended: whether it continues a run that was to end earlier.
        stop_reason: set it to end the training after the present step.
        waited: seconds of the present epoch that a callback spent waiting, in a pause for example.
    """

    config: Config
    corpus: Corpus
    valid_rows: np.ndarray
    device: torch.device
    primary: str
    epoch: int
    best_score: float | None
    best_epoch: int
    validated: tuple[Codes, Outputs]
    extended: bool
    stop_reason: str | None
    waited: float

    @abstractmethod
    def save_checkpoint(self, folder: Path) -> None:
        """Write model, configuration and card into an existing, empty folder."""

    @abstractmethod
    def save_state(self, folder: Path) -> None:
        """`save_checkpoint`, and what exact resumption needs."""


class Callback:
    """Override what is needed; set ``trainer.stop_reason`` to end the training."""

    def on_start(self, trainer: Training) -> None:
        """Before the first epoch; the model can be evaluated and saved."""

    def on_batch(self, trainer: Training, step: int, steps: int) -> None:
        """After step `step` of `steps` in the present epoch."""

    def on_epoch(self, trainer: Training, metrics: dict[str, Any], improved: bool) -> None:
        """After an epoch and its validation."""

    def on_end(self, trainer: Training) -> None:
        """After the last epoch, or where the training was stopped."""


class ProgressBar(Callback):
    """A bar on the terminal, one step per epoch."""

    def on_start(self, trainer: Training) -> None:
        from tqdm import tqdm

        self.bar = tqdm(
            total=trainer.config.training.epochs, initial=trainer.epoch, unit="epoch", leave=True
        )

    def on_epoch(self, trainer: Training, metrics: dict[str, Any], improved: bool) -> None:
        name = trainer.primary
        best = "-" if trainer.best_score is None else f"{trainer.best_score:.4f}"
        shown = metrics[f"valid/{name}"]
        self.bar.set_postfix_str(
            f"loss {metrics['train/loss']:.3f}  {name} {shown:.4f}  best {best}"
        )
        self.bar.update(1)

    def on_end(self, trainer: Training) -> None:
        self.bar.close()
