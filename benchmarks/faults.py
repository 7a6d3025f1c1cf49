"""Whether a training survives what kills processes, and its files stay whole meanwhile.

    python benchmarks/faults.py --kills 20

A small run on the demo corpus is the reference. Then, each in a run folder of its own: runs that
are killed (-9) at random moments and resumed until they finish; several processes that want the
same run folder; a server that is killed while its run goes on; a disk that fills up (a tmpfs,
where root may mount one); pause and stop, timed. Final weights are compared byte by byte with the
reference. All the time a reader polls status.json, metrics.jsonl, best/ and last/ of the run at
hand and counts the moments at which one of them cannot be read.

Trainers are forked from a process that has loaded torch, so that the time goes into training; the
runs of the server are launched as the page does it.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # is read when numpy and torch are loaded

import contextlib
import io
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from common import parser

from mmmie.corpus.folder import save_corpus_folder
from mmmie.datasets.demo.generate import generate_demo
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.jobs import launch, observe
from mmmie.jobs.steer import steer
from mmmie.training.callbacks import Callback
from mmmie.training.checkpoint_files import load_model, read_checkpoint_info
from mmmie.training.config import Config, load_config
from mmmie.training.run_folder import ENDED, RunFolder, read_metrics

SETTINGS = ["model.dim=16", "model.heads=2", "model.invariant_dim=4", "training.mi_check_every=0"]
CONVERSATIONS = 20
SAME_FOLDER = 4
LONG_EPOCHS = 10_000
TMPFS = "4m"
LOOK_SECONDS = 0.01  # a busy reader would take the cores from the trainers
REFUSED = 2

CONTEXT = multiprocessing.get_context("forkserver")


def main() -> None:
    """Run every fault and print what came of it; exit status 1 where one was not survived."""
    asked = parser(__doc__)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--epochs", type=int, default=5)
    asked.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    options = asked.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    CONTEXT.set_forkserver_preload(["mmmie.training.run", "mmmie.datasets", "safetensors.torch"])
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), options.epochs)
        fine = [
            kills(bench, options.kills, random.Random(options.seed)),
            same_folder(bench),
            killed_server(bench),
            full_disk(bench),
            pause_and_stop(bench),
        ]
    print(f"{time.perf_counter() - began:.0f} s in all")
    sys.exit(0 if all(fine) else 1)


class Bench:
    """The corpus, the reference run, and how others are started and compared with it."""

    def __init__(self, folder: Path, epochs: int) -> None:
        self.folder = folder
        self.data = folder / "corpus"
        self.epochs = epochs
        save_corpus_folder(generate_demo(conversations=CONVERSATIONS), self.data)
        self.whole = self.run("whole")
        process = self.start(self.whole)
        process.join()
        assert len(read_metrics(self.whole.path)) == epochs, "the reference run failed"
        # from the first file that is written to the last
        self.seconds = self.whole.log.stat().st_mtime - self.whole.config.stat().st_mtime
        print(f"reference: {epochs} epochs in {self.seconds:.1f} s")

    def run(self, name: str) -> RunFolder:
        return RunFolder(self.folder / "runs" / name)

    def config(self, epochs: int | None = None) -> Config:
        config = load_config(overrides=[*SETTINGS, f"training.epochs={epochs or self.epochs}"])
        config.training.patience = LONG_EPOCHS
        config.data = str(self.data)
        return config

    def start(self, run: RunFolder, resume: bool = False) -> Any:
        process = CONTEXT.Process(target=_train, args=(str(run.path), self.config(), resume))
        process.start()
        return process

    def finish(self, run: RunFolder) -> bool:
        """Go on until it is finished, and say whether all came out as in the reference."""
        process = self.start(run, resume=run.exists)
        process.join()
        return self.is_reference(run)

    def is_reference(self, run: RunFolder) -> bool:
        status = run.read_status()
        if status is None or status.state != "finished":
            return False
        models = [f"{which}/model.safetensors" for which in ("best", "last")]
        same = [(run.path / m).read_bytes() == (self.whole.path / m).read_bytes() for m in models]
        return all(same) and _history(run) == _history(self.whole)


class Reader(threading.Thread):
    """Polls the files of a run and counts the moments at which one could not be read."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.run_folder: RunFolder | None = None
        self.seen: set[Path] = set()
        self.reads = 0
        self.faults: list[str] = []
        self.done = threading.Event()

    def watch(self, run: RunFolder) -> None:
        self.run_folder = run

    def run(self) -> None:
        while not self.done.is_set():
            run = self.run_folder
            if run is None:
                time.sleep(0.01)
                continue
            self._look(run.status_file, lambda file: json.loads(file.read_bytes())["state"])
            self._look(run.metrics_file, _read_lines)
            self._look(run.best, _read_checkpoint)
            self._look(run.last, _read_checkpoint)
            self._look(run.last / "training_state.pt", _read_state)
            time.sleep(LOOK_SECONDS)

    def _look(self, path: Path, read: Callable[[Path], object]) -> None:
        """Read what was there once; from then on it must be there for good."""
        if path not in self.seen and not path.exists():
            return
        self.seen.add(path)
        self.reads += 1
        try:
            read(path)
        except Exception as error:  # whatever it is, a reader could not read
            self.faults.append(f"{path.name}: {error}")


@contextlib.contextmanager
def reader() -> Iterator[Reader]:
    """A reader at work."""
    thread = Reader()
    thread.start()
    yield thread
    thread.done.set()
    thread.join()


def kills(bench: Bench, count: int, moments: random.Random) -> bool:
    """Kill runs at random moments, from the first file that is written to the last."""
    resumed, killed, epochs = 0, 0, []
    with reader() as polls:
        while killed < count:
            run = bench.run(f"kill-{killed}")
            shutil.rmtree(run.path, ignore_errors=True)
            polls.watch(run)
            polls.seen.clear()
            process = bench.start(run)
            _wait(lambda run=run: run.path.exists())
            time.sleep(moments.uniform(0, bench.seconds))
            process.kill()
            process.join()
            if _state(run) == "finished":
                continue  # it was done before its moment came
            killed += 1
            epochs.append(len(read_metrics(run.path)))
            resumed += bench.finish(run)
    print(
        f"kill -9: {resumed} of {killed} resumed to the weights and history of the reference; "
        f"killed after epochs {sorted(epochs)}"
    )
    print(f"reader: {len(polls.faults)} of {polls.reads} reads failed {polls.faults[:3] or ''}")
    return resumed == killed and not polls.faults


def same_folder(bench: Bench) -> bool:
    """Start several trainers in one folder at the same moment."""
    run = bench.run("same")
    processes = [bench.start(run) for _ in range(SAME_FOLDER)]
    for process in processes:
        process.join()
    codes = sorted(process.exitcode for process in processes)
    fine = codes == [0] + [REFUSED] * (SAME_FOLDER - 1) and bench.is_reference(run)
    print(f"same folder: exit statuses {codes}, weights {'as the reference' if fine else 'differ'}")
    return fine


def killed_server(bench: Bench) -> bool:
    """Launch a run from a process that is killed when the run has begun."""
    run = bench.run("server")
    with reader() as polls:
        polls.watch(run)
        server = CONTEXT.Process(target=_serve, args=(str(run.path), bench.config()))
        server.start()
        _wait(lambda: _state(run) == "running" and run.last.exists())
        server.kill()
        server.join()
        epoch = len(read_metrics(run.path))
        _wait(lambda: _state(run) in ENDED)
    fine = bench.is_reference(run) and not polls.faults
    print(
        f"server killed after epoch {epoch}: its run is {_state(run)}, "
        f"{'as the reference' if fine else 'not as the reference'}; "
        f"{len(polls.faults)} of {polls.reads} reads failed"
    )
    return fine


def full_disk(bench: Bench) -> bool:
    """Fill the disk under a run, look at what is left, make room and resume."""
    disk = bench.folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True).returncode:
        print("full disk: not tried, no tmpfs can be mounted here")
        return True
    try:
        run = RunFolder(disk / "run")
        process = CONTEXT.Process(
            target=_train, args=(str(run.path), bench.config(), False, str(disk / "filler"))
        )
        process.start()
        process.join()
        status = observe(run)
        for which in ("best", "last"):
            load_model(read_checkpoint_info(run.path / which))
        said = f"{status.state} after epoch {status.epoch}: {status.error}" if status else "nothing"
        (disk / "filler").unlink()
        fine = bench.finish(run) and said.startswith("failed") and "disk is full" in said
        print(f"full disk: {said.replace(str(disk), '…')}; resumed to the reference: {fine}")
        return fine
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def pause_and_stop(bench: Bench) -> bool:
    """How long a pause and a stop take, of a run that would go on for long."""
    run = launch(bench.config(LONG_EPOCHS), bench.run("steered").path, device="cpu")
    _wait(lambda: _state(run) == "running" and len(read_metrics(run.path)) > 0)
    steer(run.path, "pause")
    paused = _wait(lambda: _state(run) == "paused")
    steer(run.path, "resume")
    _wait(lambda: _state(run) == "running")
    steer(run.path, "stop")
    stopped = _wait(lambda: _state(run) == "stopped")
    load_model(read_checkpoint_info(run.path))
    print(f"pause after {1000 * paused:.0f} ms, stop with a whole checkpoint after {stopped:.2f} s")
    return stopped < 5


class _Fill(Callback):
    """Fills the disk in the second epoch."""

    def __init__(self, file: str) -> None:
        self.file = file

    def on_batch(self, trainer: Any, step: int, steps: int) -> None:
        if trainer.epoch == 1:
            with contextlib.suppress(OSError), open(self.file, "ab", buffering=0) as stream:
                while True:
                    stream.write(bytes(4096))


def _train(out: str, config: Config, resume: bool, filler: str | None = None) -> None:
    from mmmie.training.run import train

    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    callbacks: list[Callback] = [_Fill(filler)] if filler else []
    try:
        train(config.data, out, config, device="cpu", resume=resume, callbacks=callbacks)
    except InputError:
        sys.exit(REFUSED)


def _serve(out: str, config: Config) -> None:
    launch(config, out, device="cpu")
    time.sleep(3600)


def _read_lines(file: Path) -> None:
    data = file.read_bytes()
    for line in data[: data.rfind(b"\n") + 1].splitlines():
        json.loads(line)


def _read_checkpoint(folder: Path) -> None:
    from safetensors.numpy import load

    folder = surviving_folder(folder)
    json.loads((folder / "config.json").read_bytes())
    load((folder / "model.safetensors").read_bytes())


def _read_state(file: Path) -> None:
    import torch

    torch.load(io.BytesIO(file.read_bytes()), weights_only=True)


def _history(run: RunFolder) -> list[dict[str, Any]]:
    return [{**entry, "seconds": 0} for entry in read_metrics(run.path)]


def _state(run: RunFolder) -> str | None:
    status = observe(run)
    return status.state if status else None


def _wait(condition: Callable[[], bool], most: float = 120) -> float:
    """Wait for something; gives the seconds it took."""
    began = time.perf_counter()
    while not condition():
        if time.perf_counter() - began > most:
            raise SystemExit("waited too long")
        time.sleep(0.005)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
