"""What every logger writes: the contract of TensorBoard, MLflow and whatever comes next."""

from __future__ import annotations

from typing import Any, Literal, Protocol

End = Literal["finished", "stopped", "failed"]


class Writer(Protocol):
    """One way to log: what `Logging` calls.

    A writer keeps what an interrupted run has written and finds it again in `start`.
    """

    def start(self, settings: dict[str, Any], primary: str) -> int:
        """Begin, or continue an interrupted run.

        Args:
            settings: dotted key → value of the configuration.
            primary: the metric that chooses the epoch, such as ``valid/mae``.

        Returns:
            the last epoch that is written already, 0 for none.
        """

    def write(self, metrics: dict[str, float], epoch: int) -> None:
        """Write the finite metrics of an epoch."""

    def end(self, state: End) -> None:
        """Close, also where `start` failed."""
