"""What the tests share: small corpora, and where the real ones are."""

from __future__ import annotations

import ctypes
import gc
import os
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MMMIE_NICENESS", "0")  # the suite keeps all cores busy and waits for runs
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

import numpy as np
import pandas as pd
import pytest

from mmmie.corpus import Corpus, Features, Label, Modality

gc.disable()  # what is imported and collected stays: looking through it is in vain
sys.dont_write_bytecode = False  # or every worker and process would compile all of it anew

CorpusMaker = Callable[..., Corpus]


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are cores, for browsers and runs are waited for; at most four."""
    nothing_to_wait_for = config.option.markexpr == "not slow"
    return min(4, (os.cpu_count() or 1) + (not nothing_to_wait_for))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, file by file: else one worker ends long after the others."""

    def ease(item: pytest.Item) -> int:
        if "server" in getattr(item, "fixturenames", ()):
            return 0
        return 2 - (item.get_closest_marker("slow") is not None)

    of_file: dict[Path, int] = {}
    for item in items:
        of_file[item.path] = min(ease(item), of_file.get(item.path, 2))
    items.sort(key=lambda item: of_file[item.path])


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Small tensors are slower on several threads, and the machine is shared."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def main_module() -> Iterator[None]:
    """Streamlit's AppTest leaves the app as `__main__`, which every new process would run again."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def work_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work outside the server is done here, before its start returns: no process loads torch."""

    def spawn(arguments: list[str], log: object) -> tuple[int, None]:
        monkeypatch.setattr(sys, "argv", list(arguments))
        runpy.run_module(arguments[0], run_name="__main__")
        return os.getpid(), None

    monkeypatch.setattr("mmmie.jobs.background_work.spawn", spawn)


@pytest.fixture
def plain_user() -> Iterator[None]:
    """File modes hold for this thread as for any user, root too; skips where that cannot be."""
    if os.geteuid() != 0:
        yield
        return
    if sys.platform != "linux":
        pytest.skip("root may read everything here")
    libc, word = ctypes.CDLL(None, use_errno=True), ctypes.c_uint32
    header = (word * 2)(0x20080522, 0)  # version 3, this thread
    held = (word * 6)()
    assert libc.capget(header, held) == 0
    before = held[0]
    held[0] &= ~0b110  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(header, held) == 0
    yield
    held[0] = before
    assert libc.capset(header, held) == 0


@pytest.fixture(scope="session")
def make_corpus() -> CorpusMaker:
    """A factory of small random corpora whose first channel of each modality tells the label."""

    def make(
        *,
        conversations: int = 12,
        length: int = 5,
        levels: dict[str, str] | None = None,
        dim: int = 4,
        classes: tuple[str, ...] | None = None,
        speakers: bool = True,
        splits: tuple[str, ...] = ("train", "train", "valid"),
        label_range: tuple[float, float] = (-3.0, 3.0),
        seed: int = 0,
    ) -> Corpus:
        random = np.random.default_rng(seed)
        levels = levels or {"text": "sequence", "audio": "utterance"}
        n = conversations * length
        signal = random.normal(size=n)
        features = {}
        for name, level in levels.items():
            if level == "utterance":
                values = random.normal(size=(n, dim)).astype(np.float32)
                values[:, 0] = signal
                features[name] = Features(values)
            else:
                lengths = random.integers(2, 6, n)
                offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
                values = random.normal(size=(offsets[-1], dim)).astype(np.float32)
                values[:, 0] = np.repeat(signal, lengths)
                features[name] = Features(values, offsets)
        low, high = label_range
        scaled = (low + high) / 2 + np.clip(signal, -1.9, 1.9) * (high - low) / 4
        labels: list[str] | list[float] = [float(x) for x in scaled]
        label = Label("sentiment", "regression", range=label_range)
        if classes:
            edges = np.quantile(signal, np.linspace(0, 1, len(classes) + 1)[1:-1])
            labels = [classes[i] for i in np.digitize(signal, edges)]
            label = Label("sentiment", "classification", classes=classes)
        table = pd.DataFrame(
            {
                "id": [f"c{i // length}_{i % length}" for i in range(n)],
                "conversation": [f"c{i // length}" for i in range(n)],
                "position": np.arange(n) % length,
                "split": [splits[(i // length) % len(splits)] for i in range(n)],
                "label": labels,
                "transcript": [f"words of {i}" for i in range(n)],
            }
        )
        if speakers:
            table["speaker"] = [("Ann", "Bo")[i % 2] for i in range(n)]
        modalities = {
            name: Modality(name, dim, level)  # type: ignore[arg-type]
            for name, level in levels.items()
        }
        return Corpus("small", label, modalities, table, features)

    return make


def _real(name: str) -> Path:
    for base in (Path(__file__).parents[2], Path(__file__).parents[1]):
        folder = base / "shared" / "data" / name
        if folder.is_dir():
            return folder
    pytest.skip(f"the {name} corpus folder is not on this machine")


@pytest.fixture
def mosi() -> Path:
    """The CMU-MOSI corpus folder; skips where it is absent."""
    return _real("mosi")


@pytest.fixture
def meld() -> Path:
    """The MELD corpus folder; skips where it is absent."""
    return _real("meld")
