"""What is said about a full memory, and what a GPU run tells of its own."""

import pytest
import torch

from mmmie.training.config import load_config
from mmmie.training.devices.device_memory import forget_peak, memory_advice, peak_memory, release
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder, read_metrics
from mmmie.training.trainer import Trainer, TrainingError

SMALL = ["training.batch_size=16", "model.dim=16", "model.heads=2", "training.epochs=1"]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
        MemoryError(),
    ],
)
def test_a_full_memory_says_which_settings_to_lower(make_corpus, tmp_path, monkeypatch, error):
    def full(self, batch, step):
        raise error

    monkeypatch.setattr(Trainer, "_step", full)
    config = load_config(overrides=[*SMALL, "model.context.past=2"])
    with pytest.raises(TrainingError) as raised:
        train(make_corpus(), tmp_path / "run", config, device="cpu")
    expected = (
        "cpu: out of memory; lower training.batch_size (16), model.context.past and .future "
        "(2 and 3) or model.dim (16)"
    )
    assert str(raised.value) == expected
    status = RunFolder(tmp_path / "run").read_status()
    assert (status.state, status.error) == ("failed", expected)


def test_other_errors_are_left_as_they_are(make_corpus, tmp_path, monkeypatch):
    config = load_config(overrides=[*SMALL, "model.context.enabled=false"])
    assert memory_advice(RuntimeError("shapes differ"), config, "cpu") is None
    assert "context" not in (memory_advice(MemoryError(), config, "cpu") or "")

    def broken(self, batch, step):
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(Trainer, "_step", broken)
    with pytest.raises(RuntimeError, match=r"^shapes differ$") as raised:
        train(make_corpus(), tmp_path / "run", config, device="cpu")
    assert not isinstance(raised.value, TrainingError)


def test_a_cpu_has_no_device_memory_to_tell_of():
    forget_peak(torch.device("cpu"))
    release()
    assert peak_memory(torch.device("cpu")) == {}
    assert not torch.cuda.is_initialized() or torch.cuda.is_available()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpu_run_tells_its_peak_and_gives_its_memory_back(make_corpus, tmp_path):
    before = torch.cuda.memory_reserved()
    train(make_corpus(), tmp_path / "run", load_config(overrides=SMALL), device="cuda")
    assert read_metrics(tmp_path / "run")[-1]["device_memory"] > 0
    assert torch.cuda.memory_reserved() <= before + 32 * 2**20
