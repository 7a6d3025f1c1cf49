"""What every logger writes: the contract of TensorBoard, MLflow and whatever comes next."""

from __future__ import annotations

from typing import Any, Literal, Protocol

End = Literal["finished", "stopped", "failed"]


class Writer(Protocol):
    """What `Logging` calls; `start` finds again what an interrupted run has written."""

    def start(self, settings: dict[str, Any], primary: str) -> int:
        """Begin, or continue an interrupted run; gives the last epoch written, 0 for none.

        Args:
            settings: dotted key → value of the configuration.
            primary: the metric that chooses the epoch, such as ``valid/mae``.
        """

    def write(self, metrics: dict[str, float], epoch: int) -> None:
        """Write the finite metrics of an epoch."""

    def end(self, state: End) -> None:
        """Close, also where `start` failed."""
