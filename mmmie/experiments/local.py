"""Run trials on this machine, each in a process of its own, and show how far they are."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from mmmie.experiments.folder import TrialFolder
from mmmie.jobs.process import tail
from mmmie.termination import on_terminate

_POLL_SECONDS = 0.2
_GRACE_SECONDS = 60.0
_ALL_GPUS = "CUDA_VISIBLE_DEVICES"
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# what every trial imports: a server imports it once and each trial is forked from that
_IMPORTED_ONCE = ["mmmie.experiments.trial", "mmmie.training.run", "mmmie.baselines"]


class Progress:
    """A bar that counts trials, those that run in parts, of `total` with `done` before."""

    def __init__(self, total: int, done: int, quiet: bool = False) -> None:
        from tqdm import tqdm

        seconds = 0.5 if sys.stderr.isatty() else 30.0
        self._done = done
        self._failed = 0
        self._bar = tqdm(
            total=total,
            initial=done,
            disable=quiet,
            mininterval=seconds,
            smoothing=0,
            bar_format="{percentage:3.0f}% |{bar}| {n:.1f}/{total} trials "
            "[{elapsed}<{remaining}{postfix}]",
        )

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def ended(self, folder: TrialFolder) -> None:
        """A trial ended, well or not."""
        self._done += 1
        if folder.state == "failed":
            self._failed += 1
            if not self._bar.disable:
                self._bar.write(f"failed: {folder.path}: {folder.error()}", file=sys.stderr)

    def show(self, running: list[TrialFolder]) -> None:
        """Draw the bar, with the share of every running trial that is done."""
        statuses = [folder.run.read_status() for folder in running]
        done = self._done + sum(status.progress for status in statuses if status)
        if self._failed:
            self._bar.set_postfix_str(f"{self._failed} failed", refresh=False)
        self._bar.update(done - self._bar.n)


@dataclass
class _Worker:
    folder: TrialFolder
    process: BaseProcess
    slot: int


@dataclass(frozen=True)
class _Options:
    data: str
    label: str
    device: str
    keep_runs: bool


def default_processes(device: str) -> int:
    """One process per physical core, or per GPU where the trials will use GPUs."""
    import psutil

    if ":" in device:
        return 1
    return len(gpus(device)) or psutil.cpu_count(logical=False) or 1


def gpus(device: str) -> list[str]:
    """The GPUs that trials on `device` are shared out over, as CUDA_VISIBLE_DEVICES names them."""
    if device not in ("auto", "cuda"):
        return []
    import torch

    count = torch.cuda.device_count()
    named = os.environ.get(_ALL_GPUS)
    return named.split(",")[:count] if named else [str(index) for index in range(count)]


def start_method(device: str) -> str:
    """``forkserver``, which starts seconds sooner, or ``spawn`` where a GPU may be used.

    CUDA and Metal do not survive a fork.
    """
    import torch

    gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
    forks = "forkserver" in multiprocessing.get_all_start_methods()
    return "forkserver" if forks and (device == "cpu" or not gpu) else "spawn"


def run_local(
    folders: Iterable[TrialFolder],
    data: str,
    progress: Progress,
    *,
    label: str = "",
    processes: int,
    device: str = "auto",
    keep_runs: bool = False,
) -> None:
    """Run trials, at most `processes` at once; every folder says how its trial ended.

    Ctrl-C and SIGTERM let the trials finish their present step and save, to be continued later.

    Args:
        folders: of the trials, prepared; the next is asked for when there is room for it.
        data: ``demo`` or the path of the corpus.
        progress: is told what ended and how far the others are.
        label: what its label is, as for `load_corpus`.
        processes: how many at once.
        device, keep_runs: as for `run_trial`.
    """
    waiting, running = iter(folders), list[_Worker]()
    more = True
    cards = gpus(device)
    options = _Options(data, label, device, keep_runs)
    with on_terminate(_interrupt), _one_thread_each():
        try:
            while more or running:
                free = {*range(processes)} - {worker.slot for worker in running}
                for slot, folder in zip(sorted(free), waiting, strict=False):
                    card = cards[slot % len(cards)] if cards else None
                    running.append(_start(folder, options, slot, card))
                more = len(running) == processes
                time.sleep(_POLL_SECONDS)
                for worker in [w for w in running if not w.process.is_alive()]:
                    running.remove(worker)
                    _note_death(worker)
                    progress.ended(worker.folder)
                progress.show([worker.folder for worker in running])
        finally:
            _stop(running)


def _start(folder: TrialFolder, options: _Options, slot: int, card: str | None) -> _Worker:
    method = start_method(options.device)
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload(_IMPORTED_ONCE)
    process = context.Process(target=_run, args=(folder.path, options, card))
    process.start()
    return _Worker(folder, process, slot)


def _run(path: Path, options: _Options, card: str | None) -> None:
    # Ctrl-C reaches the whole group of processes; the first of them ends the others in order
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_driver()
    folder = TrialFolder(path)
    _wait_until_left(folder)
    if card is not None:
        os.environ[_ALL_GPUS] = card
    with folder.log.open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    from mmmie.datasets import load_corpus
    from mmmie.experiments.trial import run_trial

    corpus = load_corpus(options.data, label=options.label)
    run_trial(folder, corpus, device=options.device, keep_run=options.keep_runs)


def end_with_driver() -> None:
    """From now on this process is asked to end, as Ctrl-C does, once its driver is gone.

    A driver that was killed cannot tell its trials, and nobody would wait for what they do.
    """
    driver = multiprocessing.parent_process()
    assert driver is not None

    def ask() -> None:
        driver.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=ask, daemon=True).start()


def _wait_until_left(folder: TrialFolder) -> None:
    """Let the trial of a driver that was killed save its last step."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while (status := folder.run.read_status()) and status.active and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _note_death(worker: _Worker) -> None:
    """A process that died could not say so itself."""
    code = worker.process.exitcode
    if not code or worker.folder.state in ("finished", "failed"):
        return
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    last = tail(worker.folder.log, 1)
    worker.folder.fail(f"its process {how}{': ' + last[0] if last else ''}")


def _stop(running: list[_Worker]) -> None:
    for worker in running:
        worker.process.terminate()
    deadline = time.monotonic() + _GRACE_SECONDS
    for worker in running:
        worker.process.join(max(deadline - time.monotonic(), 0.1))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started here take one thread each, unless the environment says otherwise."""
    added = [name for name in _ONE_THREAD if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _interrupt() -> None:
    raise KeyboardInterrupt
