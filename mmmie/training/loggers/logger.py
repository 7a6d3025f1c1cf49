"""Hands the metrics of a run to the loggers that its configuration names."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from mmmie.training.callbacks import Callback, Training
from mmmie.training.config import Config, flatten
from mmmie.training.loggers.writer import End, Writer
from mmmie.training.recorder import Recorder
from mmmie.training.run_folder import RunFolder, read_metrics


class Logging(Callback):
    """Keeps a writer up to date with ``metrics.jsonl``, from before the training to its end.

    The run folder is the record, a logger a copy. One that fails, for example because its server is
    gone, is left out from there on, and catches up when the run resumes.

    Args:
        recorder: logs why a logger was left out.
    """

    def __init__(self, name: str, writer: Writer, run: RunFolder, recorder: Recorder) -> None:
        self.name, self.writer, self.run, self.recorder = name, writer, run, recorder
        self._left_out = False
        self._end: End = "failed"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            self._end = "stopped"
        try:
            self.writer.end(self._end)
        except Exception as failure:
            self._leave_out(failure)

    def on_start(self, trainer: Training) -> None:
        settings = flat_settings(trainer.config)
        try:
            written = self.writer.start(settings, f"valid/{trainer.primary}")
            for metrics in read_metrics(self.run.path):
                if metrics["epoch"] > written:
                    self._write(metrics)
        except Exception as failure:
            self._leave_out(failure)

    def on_epoch(self, trainer: Training, metrics: dict[str, Any], improved: bool) -> None:
        try:
            if not self._left_out:
                self._write(metrics)
        except Exception as failure:
            self._leave_out(failure)

    def on_end(self, trainer: Training) -> None:
        self._end = "stopped" if trainer.stop_reason == "stop" else "finished"

    def _write(self, metrics: dict[str, Any]) -> None:
        finite = {k: float(v) for k, v in metrics.items() if v is not None and math.isfinite(v)}
        del finite["epoch"]
        self.writer.write(finite, metrics["epoch"])

    def _leave_out(self, failure: Exception) -> None:
        if not self._left_out:
            why = " ".join(str(failure).split()) or type(failure).__name__
            self.recorder.log(f"continues without {self.name}: {why}")
        self._left_out = True


def check_loggers(config: Config) -> None:
    """Check that every logger of a configuration is installed.

    Raises:
        InputError: one is not; the line says how to install it.
    """
    if "tensorboard" in config.training.loggers:
        from mmmie.training.loggers.tensorboard import summary_writer

        summary_writer()
    if "mlflow" in config.training.loggers:
        from mmmie.training.loggers.mlflow import mlflow_client

        mlflow_client()


def make_loggers(config: Config, run: RunFolder, recorder: Recorder) -> list[Logging]:
    """A callback for each logger of a configuration; none is opened yet."""
    from mmmie.training.loggers.mlflow import MLflowWriter
    from mmmie.training.loggers.tensorboard import TensorBoardWriter

    writers: dict[str, Callable[[RunFolder], Writer]] = {
        "tensorboard": TensorBoardWriter,
        "mlflow": MLflowWriter,
    }
    names = dict.fromkeys(config.training.loggers)
    return [Logging(name, writers[name](run), run, recorder) for name in names]


def flat_settings(config: Config) -> dict[str, Any]:
    """Dotted key → value of every setting but the loggers, which change nothing.

    Example:
        >>> flat_settings(Config())["model.context.past"]
        6
    """
    flat = flatten(config.model_dump(exclude_none=True))
    del flat["training.loggers"]
    return flat
