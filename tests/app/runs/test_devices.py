from __future__ import annotations

import subprocess
import sys

import pytest

from app.runs.devices import Gpu, device_options, free_memory, gpu_of, parse_gpus, used_device


def test_answers_of_the_driver_are_read() -> None:
    text = "NVIDIA H200, 140000, 143771\nNVIDIA A100, SXM4, [N/A], 40960\n\nfault\n"
    assert parse_gpus(text) == [
        Gpu("NVIDIA H200", 140000 * 2**20, 143771 * 2**20),
        Gpu("NVIDIA A100, SXM4", None, 40960 * 2**20),
    ]


def test_auto_is_the_gpu_where_there_is_one() -> None:
    gpu = Gpu("one", 1, 2)
    assert used_device("auto", device_options([gpu])) == "cuda"
    assert used_device("cpu", device_options([gpu])) == "cpu"
    assert "cuda" not in device_options([])
    assert free_memory("cuda", [gpu]) == (1, 2)
    two = [gpu, Gpu("two", 3, 4)]
    assert device_options(two)[:3] == ["auto", "cuda:0", "cuda:1"]
    assert used_device("auto", device_options(two)) == "cuda:0"
    assert free_memory("cuda:1", two) == (3, 4) and gpu_of("cpu", two) is None
    assert free_memory("cuda", [Gpu("one", None, 2)]) is None
    free, total = free_memory("cpu", []) or (0, 0)
    assert 0 < free <= total


@pytest.mark.slow
def test_the_page_never_imports_torch() -> None:
    code = (
        "import sys, app.runs.new_run_form, app.runs.live_run, app.screens.train.run_list\n"
        "from app.runs.live_map import draw_run_map\n"
        "assert 'torch' not in sys.modules, 'torch'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
