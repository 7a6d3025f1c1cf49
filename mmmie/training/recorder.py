"""Callbacks that keep a run folder: status, metrics, checkpoints, snapshots, wishes."""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
import sys
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from mmmie.files import append_line, explained, replace_folder, surviving_folder, write_text
from mmmie.training.callbacks import Callback, Training
from mmmie.training.config import config_toml
from mmmie.training.run_folder import RunFolder, State, Status, Wish, process_start

_HEARTBEAT_SECONDS = 0.5
_WAIT_SECONDS = 0.1
_RESERVED_BYTES = 64 * 1024


class Recorder(Callback):
    """Writes everything in a run folder; all but a heartbeat must be written, or the run fails."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        before = run.read_status() or Status("running")
        self.status = replace(
            before,
            state="running",
            pid=os.getpid(),
            pid_started=process_start(os.getpid()),
            error=None,
            queued_at=before.queued_at if before.state == "queued" else None,
        )
        self._beat = -math.inf
        self._unwritten = False

    def on_start(self, trainer: Training) -> None:
        self._clear_up()
        self.status.epochs = trainer.config.training.epochs
        self.status.device = str(trainer.device)
        write_text(self.run.config, config_toml(trainer.config))
        if not surviving_folder(self.run.last).exists():
            replace_folder(self.run.best, trainer.save_checkpoint)
            replace_folder(self.run.last, trainer.save_state)
        self._write(trainer, 0.0)
        self.log(f"{'resumed after' if trainer.epoch else 'started at'} epoch {trainer.epoch}")
        if trainer.extended:
            self.log(
                f"extended to {trainer.config.training.epochs} epochs: from here on the learning "
                f"rate is that of so many"
            )

    def on_batch(self, trainer: Training, step: int, steps: int) -> None:
        if self._beat_is_due():
            self._write(trainer, step / steps)

    def on_epoch(self, trainer: Training, metrics: dict[str, Any], improved: bool) -> None:
        if improved:
            replace_folder(self.run.best, trainer.save_checkpoint)
        self._snapshot(trainer)
        self.run.append_metrics(metrics)
        replace_folder(self.run.last, trainer.save_state)
        self._write(trainer, 0.0)
        mark = " *" if improved else ""
        name = trainer.primary
        self.log(
            f"epoch {trainer.epoch}: loss {metrics['train/loss']:.4f}, "
            f"valid {name} {metrics[f'valid/{name}']:.4f}{mark}"
        )

    def on_end(self, trainer: Training) -> None:
        stopped = trainer.stop_reason == "stop"
        self._progress(trainer, 0.0)
        if not stopped:
            self.status.progress = 1.0
        why = f" ({trainer.stop_reason})" if trainer.stop_reason else ""
        self._end("stopped" if stopped else "finished", f"{why}; best epoch {trainer.best_epoch}")

    def fail(self, message: str) -> None:
        """Record that the run failed."""
        self.status.error = message
        self._end("failed", f": {message}")

    def stop(self, why: str) -> None:
        """Record that the run was ended from outside of the training loop."""
        self._end("stopped", f" {why}")

    def queue(self, device: str) -> None:
        """Record that the run waits for a device, since it was launched or else since now."""
        self.status.device = device
        self.status.queued_at = self.status.queued_at or time.time()
        self.set_state("queued")

    def set_state(self, state: State) -> None:
        """Record that the run waits, is paused or runs; repeat it to show that it lives."""
        if self.status.state != state or self._beat_is_due():
            self.status.state = state
            self._write_status()

    def log(self, line: str) -> None:
        """Add a line with the time to log.txt, or to stderr where that cannot be written."""
        line = f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}"
        try:
            append_line(self.run.log, line)
        except OSError:
            with contextlib.suppress(OSError):
                print(line, file=sys.stderr, flush=True)

    def _clear_up(self) -> None:
        """Remove what a killed trainer left half-written, and set space aside for the end."""
        for file in (self.run.status_file, self.run.config, self.run.metrics_file):
            for scratch in self.run.path.glob(f".{file.name}.*"):
                scratch.unlink(missing_ok=True)
        for folder in (self.run.best, self.run.last):
            shutil.rmtree(folder.with_name(f".{folder.name}.new"), ignore_errors=True)
        with explained(self.run.reserve_file):
            self.run.reserve_file.write_bytes(os.urandom(_RESERVED_BYTES))

    def _end(self, state: State, words: str) -> None:
        with contextlib.suppress(OSError):
            self.run.reserve_file.unlink(missing_ok=True)
        self.status.state = state
        self.log(f"{state}{words}")
        self.run.write_status(self.status)

    def _beat_is_due(self) -> bool:
        return time.monotonic() - self._beat > _HEARTBEAT_SECONDS

    def _write(self, trainer: Training, within_epoch: float) -> None:
        self._progress(trainer, within_epoch)
        self._write_status()

    def _write_status(self) -> None:
        self._beat = time.monotonic()
        try:
            self.run.write_status(self.status)
        except OSError as error:
            if not self._unwritten:
                self.log(f"continues, but {error}")
            self._unwritten = True
        else:
            self._unwritten = False

    def _progress(self, trainer: Training, within_epoch: float) -> None:
        self.status.epoch = trainer.epoch
        self.status.progress = min((trainer.epoch + within_epoch) / max(self.status.epochs, 1), 1.0)

    def _snapshot(self, trainer: Training) -> None:
        """Codes of a fixed sample of validation utterances, float16, one file per epoch."""
        from safetensors.numpy import save

        count = trainer.config.training.snapshot_utterances
        if count == 0:
            return
        codes, outputs = trainer.validated
        pick = snapshot_sample(len(trainer.valid_rows), count)
        tensors = {"fused": outputs.representation[pick].astype(np.float16)}
        for kind in ("invariant", "specific"):
            mean = getattr(codes, kind).mean.cpu().numpy()
            for m, name in enumerate(trainer.corpus.modalities):
                tensors[f"{kind}.{name}"] = np.ascontiguousarray(mean[pick, m]).astype(np.float16)
        ids = trainer.corpus.utterances["id"].to_numpy()[trainer.valid_rows[pick]]
        file = self.run.snapshots / f"epoch-{trainer.epoch:04d}.safetensors"
        scratch = file.with_suffix(".new")
        with explained(file):
            self.run.snapshots.mkdir(exist_ok=True)
            scratch.write_bytes(save(tensors, metadata={"ids": json.dumps([str(i) for i in ids])}))
            scratch.replace(file)


class Control(Callback):
    """Follows control.json: pause, resume, step one epoch, stop."""

    def __init__(self, run: RunFolder, recorder: Recorder) -> None:
        self.run, self.recorder = run, recorder
        self._obeyed = 0.0
        self._pause_after_epoch = False

    def on_batch(self, trainer: Training, step: int, steps: int) -> None:
        wish = self._new_wish()
        if wish == "pause":
            self._wait(trainer)
        elif wish == "stop":
            trainer.stop_reason = "stop"
        elif wish == "step":
            self._pause_after_epoch = True

    def on_epoch(self, trainer: Training, metrics: dict[str, Any], improved: bool) -> None:
        if self._pause_after_epoch and trainer.epoch < trainer.config.training.epochs:
            self._pause_after_epoch = False
            self._wait(trainer)

    def _new_wish(self) -> Wish | None:
        """A wish not obeyed yet; whether it seems older tells nothing, clocks are moved."""
        wish, at = self.run.read_wish()
        if at == self._obeyed:
            return None
        self._obeyed = at
        return wish

    def _wait(self, trainer: Training) -> None:
        began = time.perf_counter()
        wish: Wish | None = None
        self.recorder.log("paused")
        while not trainer.stop_reason and wish not in ("resume", "step", "stop"):
            self.recorder.set_state("paused")
            time.sleep(_WAIT_SECONDS)
            wish = self._new_wish()
        self._pause_after_epoch = wish == "step"
        if wish == "stop":
            trainer.stop_reason = "stop"
        trainer.waited += time.perf_counter() - began
        self.recorder.set_state("running")
        self.recorder.log("running")


def snapshot_sample(count: int, wanted: int) -> np.ndarray:
    """Which of `count` validation utterances a snapshot keeps: a fixed sample, in order."""
    return np.sort(np.random.default_rng(0).permutation(count)[: min(count, wanted)])
