"""Run folders that somebody broke, a function for each way, on a run without training."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from mmmie.training.checkpoint_files import read_checkpoint_info
from mmmie.training.config import config_toml
from mmmie.training.run_folder import RunFolder, Status

_SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints" / "demo-no-mi-min"


def sound_run(path: Path) -> RunFolder:
    """A finished run at a new path, made without training."""
    run = RunFolder(path)
    run.best.mkdir(parents=True)
    for name in ("config.json", "model.safetensors", "card.md"):
        shutil.copyfile(_SHIPPED / name, run.best / name)
    shutil.copyfile(_SHIPPED / "metrics.jsonl", run.metrics_file)
    shutil.copytree(_SHIPPED / "snapshots", run.snapshots)
    run.config.write_text(config_toml(read_checkpoint_info(_SHIPPED).config))
    run.log.write_text("finished\n")
    run.write_status(Status("finished", epoch=30, epochs=30, progress=1.0, device="cpu"))
    return run


def _status(**changes: Any) -> Callable[[RunFolder], None]:
    def change(run: RunFolder) -> None:
        raw = json.loads(run.status_file.read_text())
        run.status_file.write_text(json.dumps({**raw, **changes}))

    return change


def _write(name: str, data: bytes) -> Callable[[RunFolder], None]:
    def write(run: RunFolder) -> None:
        (run.path / name).write_bytes(data)

    return write


def _instead(name: str, make: Callable[[Path], object]) -> Callable[[RunFolder], None]:
    """Something else where a file is expected: a folder, a pipe, a link to itself."""

    def replace(run: RunFolder) -> None:
        file = run.path / name
        if file.is_dir():
            shutil.rmtree(file)
        file.unlink(missing_ok=True)
        make(file)

    return replace


def _loop(file: Path) -> None:
    file.symlink_to(file.name)


def _described(**changes: Any) -> Callable[[RunFolder], None]:
    def change(run: RunFolder) -> None:
        file = run.best / "config.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    return change


def _weights(change: Callable[[dict[str, np.ndarray]], None]) -> Callable[[RunFolder], None]:
    def rewrite(run: RunFolder) -> None:
        from safetensors.numpy import load_file, save_file

        tensors = load_file(run.best / "model.safetensors")
        change(tensors)
        save_file(tensors, run.best / "model.safetensors")

    return rewrite


def _torn(run: RunFolder) -> None:
    for file in run.snapshots.iterdir():
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _snapshot(tensors: dict[str, np.ndarray], ids: str) -> Callable[[RunFolder], None]:
    def write(run: RunFolder) -> None:
        from safetensors.numpy import save_file

        save_file(tensors, run.snapshots / "epoch-0031.safetensors", {"ids": ids})

    return write


def _nan(tensors: dict[str, np.ndarray]) -> None:
    tensors["head.1.bias"] = np.full_like(tensors["head.1.bias"], np.nan)


def _wide(tensors: dict[str, np.ndarray]) -> None:
    tensors["head.1.bias"] = np.zeros((7, 7), np.float32)


STATUS: dict[str, Callable[[RunFolder], None]] = {
    "pid_text": _status(state="running", pid="x", pid_started=1.0),
    "pid_huge": _status(state="running", pid=10**30, pid_started=1.0),
    "progress_nan": _write("status.json", b'{"state": "running", "progress": NaN}'),
    "progress_list": _status(progress=[1]),
    "epoch_huge": _write("status.json", b'{"state": "running", "epoch": ' + b"9" * 5000 + b"}"),
    "heartbeat_huge": _status(heartbeat=1e300),
    "state_unknown": _status(state="dancing"),
    "half_character": _write("status.json", b'{"state": "failed", "error": "\\ud800"}'),
    "status_depth": _write("status.json", b"[" * 200_000),
    "status_binary": _write("status.json", b"\xff\xfe\x00"),
    "status_empty": _write("status.json", b""),
    "status_long": _write("status.json", b" " * 2**21),
    "status_folder": _instead("status.json", Path.mkdir),
    "status_pipe": _instead("status.json", os.mkfifo),
    "status_loop": _instead("status.json", _loop),
}
"""What makes a run unreadable."""

FILES: dict[str, tuple[str, Callable[[RunFolder], None]]] = {
    "config_nul": ("config.toml", _write("config.toml", b'data = "/nope\\u0000x"')),
    "config_depth": ("config.toml", _write("config.toml", b"a = " + b"[" * 100_000)),
    "config_binary": ("config.toml", _write("config.toml", b"data = '\xff'")),
    "config_huge": ("config.toml", _write("config.toml", b"training.epochs = 0x" + b"f" * 9000)),
    "config_pipe": ("config.toml", _instead("config.toml", os.mkfifo)),
    "config_loop": ("config.toml", _instead("config.toml", _loop)),
    "control_text": ("control.json", _write("control.json", b'{"wish": "stop", "at": "x"}')),
    "control_depth": ("control.json", _write("control.json", b'{"wish":' * 100_000)),
    "control_pipe": ("control.json", _instead("control.json", os.mkfifo)),
    "metrics_types": ("metrics.jsonl", _write("metrics.jsonl", b'{"epoch": "x"}\n{"epoch": 1}\n')),
    "metrics_nan": ("metrics.jsonl", _write("metrics.jsonl", b'{"epoch": 1, "seconds": NaN}\n')),
    "metrics_text": ("metrics.jsonl", _write("metrics.jsonl", b'{"epoch": 1, "seconds": "x"}\n')),
    "metrics_depth": ("metrics.jsonl", _write("metrics.jsonl", b"[" * 100_000 + b"\n")),
    "metrics_pipe": ("metrics.jsonl", _instead("metrics.jsonl", os.mkfifo)),
    "log_pipe": ("log.txt", _instead("log.txt", os.mkfifo)),
    "best_label": ("config.json", _described(label=3)),
    "best_depth": ("config.json", _write("best/config.json", b'{"a":' * 100_000)),
    "best_dim": ("config.json", _described(modalities={"text": {"dim": 1e30, "level": "x"}})),
    "best_pipe": ("config.json", _instead("best/config.json", os.mkfifo)),
    "weights_torn": ("model.safetensors", _write("best/model.safetensors", b"\x10\0\0\0\0\0\0\0{")),
    "weights_pipe": ("model.safetensors", _instead("best/model.safetensors", os.mkfifo)),
    "snapshots_torn": ("epoch-0001", _torn),
    "snapshot_pipe": ("epoch-0001", _instead("snapshots/epoch-0001.safetensors", os.mkfifo)),
    "snapshots_file": ("snapshots", _instead("snapshots", Path.touch)),
}
"""What is wrong with one file: its name, as the message has it, and how it comes about."""

LOADING: dict[str, Callable[[RunFolder], None]] = {
    "weights_nan": _weights(_nan),
    "weights_wide": _weights(_wide),
    "weights_more": _weights(lambda tensors: tensors.update(extra=np.zeros(3, np.float32))),
    "weights_fewer": _weights(lambda tensors: tensors.pop("head.1.bias")),
}
"""What is seen when the weights are read."""

SNAPSHOTS: dict[str, Callable[[RunFolder], None]] = {
    "ids_number": _snapshot({"fused": np.zeros((2, 4), np.float16)}, "[1, 2]"),
    "ids_missing": _snapshot({"fused": np.zeros((2, 4), np.float16)}, ""),
    "ids_fewer": _snapshot({"fused": np.zeros((2, 4), np.float16)}, '["a"]'),
    "cube": _snapshot({"fused": np.zeros((2, 4, 3), np.float16)}, '["a", "b"]'),
    "whole_numbers": _snapshot({"fused": np.zeros((2, 4), np.int64)}, '["a", "b"]'),
    "infinite": _snapshot({"fused": np.full((2, 4), np.inf, np.float16)}, '["a", "b"]'),
}
"""A snapshot that is a safetensors file and no snapshot."""
