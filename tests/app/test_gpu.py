"""The server never opens a GPU: that would take memory from the runs, and keep it.

`test_pages` opens every page where there is a GPU that must not be opened.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from app.runs import devices
from mmmie.analysis.checkpoint import load_checkpoint

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "touch",
    [
        lambda: torch.cuda.mem_get_info(),
        lambda: torch.cuda.current_device(),
        lambda: torch.cuda.get_device_properties(0),
        lambda: torch.random.fork_rng().__enter__(),
    ],
)
def test_what_opens_a_gpu_is_noticed(closed_gpu, touch) -> None:
    with pytest.raises(AssertionError, match="opened a GPU"):
        touch()


def test_models_are_opened_on_the_cpu(closed_gpu) -> None:
    checkpoint = load_checkpoint(ROOT / "checkpoints" / "demo")
    assert {p.device.type for p in checkpoint.model.parameters()} == {"cpu"}


def test_free_memory_is_asked_in_a_process_of_its_own(closed_gpu, monkeypatch) -> None:
    asked = []

    def run(command, **options):
        asked.append(command[0])
        return subprocess.CompletedProcess(command, 0, "NVIDIA H200, 1000, 2000\n", "")

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(devices.subprocess, "run", run)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    known = devices._Known()
    monkeypatch.setattr(devices, "_known", lambda: known)
    found = devices.gpus()
    assert asked == ["/usr/bin/nvidia-smi"]
    assert devices.free_memory("cuda", found) == (1000 * 2**20, 2000 * 2**20)


@pytest.mark.slow
def test_neither_training_nor_a_compiler_is_loaded_where_models_are_opened() -> None:
    """A trainer is a process of its own, whose end gives back what it took of a GPU."""
    code = (
        "import sys, app.runs.new_run_form, mmmie.jobs, mmmie\n"
        "mmmie.load_checkpoint('checkpoints/demo').model\n"
        "heavy = {'mmmie.training.trainer', 'accelerate', 'torch._dynamo'}\n"
        "assert not heavy & {*sys.modules}, heavy & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=250, cwd=ROOT)
