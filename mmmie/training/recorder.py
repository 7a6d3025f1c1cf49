"""Callbacks that keep a run folder: status, metrics, checkpoints, snapshots, wishes."""

from __future__ import annotations

import json
import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.files import replace_folder, surviving_folder, write_text
from mmmie.training.callbacks import Callback
from mmmie.training.config import config_toml
from mmmie.training.run_folder import RunFolder, State, Status, process_start
from mmmie.training.trainer import Trainer

_HEARTBEAT_SECONDS = 0.5
_WAIT_SECONDS = 0.1


class Recorder(Callback):
    """Writes everything that a run folder holds.

    Args:
        run: the folder; it exists.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.status = Status("running", pid=os.getpid(), pid_started=process_start(os.getpid()))
        self._beat = 0.0

    def on_start(self, trainer: Trainer) -> None:
        self.status.epochs = trainer.config.training.epochs
        self.status.device = str(trainer.device)
        if not surviving_folder(self.run.last).exists():
            write_text(self.run.config, config_toml(trainer.config))
            replace_folder(self.run.best, trainer.save_checkpoint)
            replace_folder(self.run.last, trainer.save_state)
        self._write(trainer, 0.0)
        self.log(f"{'resumed after' if trainer.epoch else 'started at'} epoch {trainer.epoch}")

    def on_batch(self, trainer: Trainer, step: int, steps: int) -> None:
        if time.monotonic() - self._beat > _HEARTBEAT_SECONDS:
            self._write(trainer, step / steps)

    def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
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

    def on_end(self, trainer: Trainer) -> None:
        stopped = trainer.stop_reason == "stop"
        self.status.state = "stopped" if stopped else "finished"
        self._write(trainer, 0.0)
        why = f" ({trainer.stop_reason})" if trainer.stop_reason else ""
        self.log(f"{self.status.state}{why}; best epoch {trainer.best_epoch}")

    def fail(self, message: str) -> None:
        """Record that the run failed."""
        self.status.state, self.status.error = "failed", message
        self.run.write_status(self.status)
        self.log(f"failed: {message}")

    def interrupt(self) -> None:
        """Record that somebody ended the run at the keyboard."""
        self.status.state = "stopped"
        self.run.write_status(self.status)
        self.log("stopped at the keyboard")

    def set_state(self, trainer: Trainer, state: State) -> None:
        """Record that the run paused or goes on."""
        if self.status.state != state:
            self.log(state)
        self.status.state = state
        self._write(trainer, None)

    def log(self, line: str) -> None:
        """Add a line with the time to log.txt."""
        with self.run.log.open("a", encoding="utf-8") as stream:
            stream.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {line}\n")

    def _write(self, trainer: Trainer, within_epoch: float | None) -> None:
        self._beat = time.monotonic()
        self.status.epoch = trainer.epoch
        if within_epoch is not None:
            done = (trainer.epoch + within_epoch) / max(self.status.epochs, 1)
            self.status.progress = 1.0 if self.status.state == "finished" else min(done, 1.0)
        self.run.write_status(self.status)

    def _snapshot(self, trainer: Trainer) -> None:
        """Codes of a fixed sample of validation utterances, float16, one file an epoch."""
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
        self.run.snapshots.mkdir(exist_ok=True)
        file = self.run.snapshots / f"epoch-{trainer.epoch:04d}.safetensors"
        scratch = file.with_suffix(".new")
        scratch.write_bytes(save(tensors, metadata={"ids": json.dumps([str(i) for i in ids])}))
        scratch.replace(file)


class Control(Callback):
    """Obeys control.json: pause, resume, step one epoch, stop.

    Args:
        run: the folder.
        recorder: tells readers that the run paused.
    """

    def __init__(self, run: RunFolder, recorder: Recorder) -> None:
        self.run, self.recorder = run, recorder
        self._obeyed = run.read_wish()[1]
        self._pause_after_epoch = False

    def on_batch(self, trainer: Trainer, step: int, steps: int) -> None:
        self._obey(trainer)

    def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
        if self._pause_after_epoch and trainer.epoch < trainer.config.training.epochs:
            self._pause_after_epoch = False
            self._wait(trainer)

    def _obey(self, trainer: Trainer) -> None:
        wish, at = self.run.read_wish()
        if wish is None or at <= self._obeyed:
            return
        self._obeyed = at
        if wish == "pause":
            self._wait(trainer)
        elif wish == "stop":
            trainer.stop_reason = "stop"
        elif wish == "step":
            self._pause_after_epoch = True

    def _wait(self, trainer: Trainer) -> None:
        began = time.perf_counter()
        self.recorder.set_state(trainer, "paused")
        wish: str | None = None
        while not trainer.stop_reason:
            time.sleep(_WAIT_SECONDS)
            self.recorder.set_state(trainer, "paused")
            wish, at = self.run.read_wish()
            if wish in ("resume", "step", "stop") and at > self._obeyed:
                self._obeyed = at
                break
        self._pause_after_epoch = wish == "step"
        if wish == "stop":
            trainer.stop_reason = "stop"
        trainer.waited += time.perf_counter() - began
        self.recorder.set_state(trainer, "running")


def snapshot_sample(count: int, wanted: int) -> np.ndarray:
    """Which of `count` validation utterances a snapshot keeps: a fixed sample, in order."""
    return np.sort(np.random.default_rng(0).permutation(count)[: min(count, wanted)])


def read_snapshot(file: Path) -> tuple[list[str], dict[str, np.ndarray]]:
    """A snapshot: utterance ids (n,) and space → codes (n, d).

    Spaces are ``invariant.<modality>``, ``specific.<modality>`` and ``fused``.
    """
    from safetensors import safe_open

    with safe_open(str(file), framework="np") as stream:
        ids = json.loads((stream.metadata() or {}).get("ids", "[]"))
        return ids, {name: stream.get_tensor(name) for name in stream.keys()}  # noqa: SIM118
