"""What may watch or steer a training: the trainer calls, and knows none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmmie.training.trainer import Trainer


class Callback:
    """Override what is needed.

    A callback that wants the training to end sets ``trainer.stop_reason``.
    """

    def on_start(self, trainer: Trainer) -> None:
        """Before the first epoch; the model can be evaluated and saved."""

    def on_batch(self, trainer: Trainer, step: int, steps: int) -> None:
        """After step `step` of `steps` in the present epoch."""

    def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
        """After an epoch and its validation."""

    def on_end(self, trainer: Trainer) -> None:
        """After the last epoch, or where the training was stopped."""


class ProgressBar(Callback):
    """A bar on the terminal, one step an epoch."""

    def on_start(self, trainer: Trainer) -> None:
        from tqdm import tqdm

        self.bar = tqdm(
            total=trainer.config.training.epochs, initial=trainer.epoch, unit="epoch", leave=True
        )

    def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
        name = trainer.primary
        best = "-" if trainer.best_score is None else f"{trainer.best_score:.4f}"
        shown = metrics[f"valid/{name}"]
        self.bar.set_postfix_str(
            f"loss {metrics['train/loss']:.3f}  {name} {shown:.4f}  best {best}"
        )
        self.bar.update(1)

    def on_end(self, trainer: Trainer) -> None:
        self.bar.close()
