"""The devices of this machine and their free memory, asked in processes of their own."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field

import streamlit as st

_FRESH_SECONDS = 10.0
_PATIENCE_SECONDS = 5.0
_QUERY = ["--query-gpu=name,memory.free,memory.total", "--format=csv,noheader,nounits"]
_MIB = 2**20


@dataclass(frozen=True)
class Gpu:
    """A GPU; its memory in bytes, None where the driver does not say."""

    name: str
    free: int | None
    total: int | None


@dataclass
class _Known:
    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: float = 0.0
    gpus: list[Gpu] = field(default_factory=list)


@st.cache_resource
def _known() -> _Known:
    return _Known()


def gpus() -> list[Gpu]:
    """The NVIDIA GPUs as last heard; asks again in the background when that is some time ago.

    The server never opens a GPU itself: that would take memory from the runs, and keep it.
    """
    program, visible = shutil.which("nvidia-smi"), os.environ.get("CUDA_VISIBLE_DEVICES")
    if program is None or visible in ("", "-1"):
        return []
    command = [program, *_QUERY, *([] if visible is None else ["-i", visible])]
    known = _known()
    with known.lock:
        due = time.monotonic() - known.asked > _FRESH_SECONDS
        first = known.asked == 0.0
        if due:
            known.asked = time.monotonic()
    if due:
        thread = threading.Thread(target=_ask, args=(command, known), daemon=True)
        thread.start()
        if first:  # the very first time the form waits, or it would leave the GPU out
            thread.join(_PATIENCE_SECONDS)
    return known.gpus


def parse_gpus(text: str) -> list[Gpu]:
    """What ``nvidia-smi`` answers, one GPU per line: name, MiB free, MiB in total."""
    found = []
    for line in text.splitlines():
        parts = [part.strip() for part in line.rsplit(",", 2)]
        if len(parts) == 3 and parts[0]:
            found.append(Gpu(parts[0], _bytes(parts[1]), _bytes(parts[2])))
    return found


def device_options(found: list[Gpu]) -> list[str]:
    """What a run can be given here: auto, the kinds that are there, and cpu."""
    apple = platform.system() == "Darwin" and platform.machine() == "arm64"
    several = [f"cuda:{index}" for index in range(len(found))]
    cuda = several if len(found) > 1 else ["cuda"] * len(found)
    return ["auto", *cuda, *["mps"] * apple, "cpu"]


def used_device(choice: str, options: list[str]) -> str:
    """The device that a choice means: for auto the first that `options` names."""
    return options[1] if choice == "auto" else choice


def gpu_of(device: str, found: list[Gpu]) -> Gpu | None:
    """The GPU that ``cuda`` or ``cuda:N`` means; None for all else."""
    kind, _, index = device.partition(":")
    return found[int(index or 0)] if kind == "cuda" and found else None


def free_memory(device: str, found: list[Gpu]) -> tuple[int, int] | None:
    """Free and whole memory in bytes of the device that a run gets; None where it is unknown."""
    gpu = gpu_of(device, found)
    if gpu is not None:
        return (gpu.free, gpu.total) if gpu.free is not None and gpu.total else None
    import psutil

    memory = psutil.virtual_memory()
    return int(memory.available), int(memory.total)


def _ask(command: list[str], known: _Known) -> None:
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return
    known.gpus = parse_gpus(answer.stdout)


def _bytes(text: str) -> int | None:
    return int(text) * _MIB if text.isdigit() else None
