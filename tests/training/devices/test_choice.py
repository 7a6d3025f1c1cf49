"""Names of devices: the ones that are there are taken, the others refused in one line."""

from __future__ import annotations

import pytest
import torch

from mmmie.errors import InputError
from mmmie.training.devices.choice import chosen_device, device_kind
from mmmie.training.devices.distribution import _device_of_accelerate


def gpus(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_is_the_first_gpu_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    gpus(monkeypatch, 0)
    assert chosen_device("auto") == chosen_device("cpu") == "cpu"
    gpus(monkeypatch, 2)
    assert [chosen_device(name) for name in ("auto", "cuda", "cuda:1", "cpu")] == [
        "cuda",
        "cuda",
        "cuda:1",
        "cpu",
    ]
    assert device_kind("cuda:1") == "cuda" and device_kind("cpu") == "cpu"


@pytest.mark.parametrize(
    ("count", "name"),
    [(0, "cuda"), (0, "cuda:0"), (1, "cuda:1"), (2, "cuda:7"), (1, "cuda:-1"), (1, "cuda:"),
     (1, "gpu"), (1, "CUDA"), (1, ""), (0, "mps"), (1, "cuda:1e3")],
)  # fmt: skip
def test_what_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, count: int, name: str
) -> None:
    gpus(monkeypatch, count)
    with pytest.raises(InputError, match="--device"):
        chosen_device(name)


def test_accelerate_is_told_a_numbered_gpu_and_forgets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    chosen: list[str] = []
    monkeypatch.setattr(torch.cuda, "set_device", chosen.append)
    monkeypatch.delenv("ACCELERATE_TORCH_DEVICE", raising=False)
    with _device_of_accelerate("cuda:1"):
        assert os.environ["ACCELERATE_TORCH_DEVICE"] == "cuda:1"
    assert "ACCELERATE_TORCH_DEVICE" not in os.environ and chosen == ["cuda:1"]
