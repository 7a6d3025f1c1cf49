"""Metrics for TensorBoard, in ``tensorboard/`` of the run folder (the extra ``tensorboard``)."""

from __future__ import annotations

from typing import Any

from mmmie.errors import InputError
from mmmie.training.loggers.writer import End
from mmmie.training.run_folder import RunFolder


class TensorBoardWriter:
    """Scalars by epoch, and the settings for its HParams page.

    A resumed run writes all its epochs again and hides the old ones (TensorBoard's purge step),
    since a killed process may have left any of them half-written.
    """

    def __init__(self, run: RunFolder) -> None:
        self.folder = run.path / "tensorboard"
        self._writer: Any = None

    def start(self, settings: dict[str, Any], primary: str) -> int:
        from torch.utils.tensorboard.summary import hparams

        again = self.folder.exists()
        self._writer = summary_writer()(str(self.folder), purge_step=1 if again else None)
        if not again:
            shown = {
                key: value if isinstance(value, (bool, int, float, str)) else str(value)
                for key, value in settings.items()
            }
            for summary in hparams(shown, {primary: 0}):
                self._writer.file_writer.add_summary(summary)
        return 0

    def write(self, metrics: dict[str, float], epoch: int) -> None:
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def end(self, state: End) -> None:
        if self._writer is not None:
            self._writer.close()


def summary_writer() -> Any:
    """torch's SummaryWriter.

    Raises:
        InputError: tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise InputError(
            'training.loggers: "tensorboard" needs the package tensorboard; run '
            '`pip install -e ".[tensorboard]"` or leave it out'
        ) from None
    return SummaryWriter
