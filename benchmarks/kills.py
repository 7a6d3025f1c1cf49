"""Whether anything is lost, or a page broken, when every process here is killed at random moments.

    python benchmarks/kills.py --kills 40

In turn a server, a trainer, the process that starts waiting runs, and a projection are killed (-9)
at a random moment while runs train and wait. After each kill whoever looks next goes on: the run
is resumed, the projection asked for again, the server started. Then no file of any run may be
torn, no recorded epoch be gone, and no run be missing. In the end every run has finished, and every
page opens.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # is read when numpy and torch are loaded

import random
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
from browser import dashboard
from common import parser
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app.pages import PAGES
from mmmie.analysis.codes.projections import How, Projections
from mmmie.jobs import keep_going, launch, list_runs, observe, resume_run, run_faults
from mmmie.training.config import load_config
from mmmie.training.run_folder import RunFolder, read_metrics

SETTINGS = ["model.dim=16", "model.heads=2", "training.mi_check_every=0", "training.epochs=3"]
RUNS = 3
MAIN = Path(__file__).resolve().parents[1] / "app" / "main.py"
MOST_SECONDS = 600


class Bench:
    """The runs, what is known of them, and a moment to kill at."""

    def __init__(self, folder: Path, moments: random.Random) -> None:
        self.runs, self.moments = folder / "runs", moments
        self.codes = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
        self.cache = folder / "cache"
        self.epochs: dict[str, int] = {}
        self.made = 0
        self.faults: list[str] = []
        for _ in range(RUNS):
            self.add()

    def add(self) -> None:
        launch(load_config(overrides=SETTINGS), self.runs / f"run-{self.made}", device="cpu")
        self.made += 1

    def pause(self, most: float) -> None:
        time.sleep(self.moments.uniform(0, most))

    def trainer(self) -> bool:
        """Kill the trainer of the run that has one, and resume the run."""
        for run in list_runs(self.runs):
            status = observe(run)
            if status is not None and status.alive and status.pid is not None:
                self.pause(8)
                kill(status.pid)
                wait(lambda run=run: not now(run).alive)
                if now(run).state == "failed":
                    resume_run(run.path, device="cpu")
                return True
        self.add()
        return False

    def waiter(self) -> bool:
        """Kill whoever starts the waiting runs; the next one that looks starts another."""
        self.pause(3)
        killed = [kill(p.pid) for p in psutil.process_iter() if is_waiter(p, self.runs)]
        keep_going(self.runs)
        if not killed:
            self.add()
        return bool(killed)

    def projection(self) -> bool:
        """Kill a projection at work and ask for it again."""
        self.codes = self.codes + 1  # a new one each time
        asked = Projections({"fused": self.codes}, self.cache, How("tsne"))
        asked.start()
        self.pause(10)
        worker = asked.work._pid
        if worker is None:
            return False
        kill(worker)
        wait(lambda: not asked.work.active)
        asked.start()
        wait(lambda: not asked.work.active)
        if "fused" not in asked.ready():
            self.faults.append(f"projection: {asked.work.failure}")
        return True

    def server(self) -> bool:
        """Kill a server that has just opened a page, and start it anew."""
        for last in (False, True):
            with dashboard(self.runs) as (url, pid):
                with urllib.request.urlopen(url, timeout=60) as answer:
                    assert answer.status == 200
                self.pause(0 if last else 2)
                if not last:
                    kill(pid)
        return True

    def look(self) -> None:
        """Note what is torn, gone or missing."""
        found = list_runs(self.runs)
        if len(found) != self.made:
            self.faults.append(f"{len(found)} of {self.made} runs are there")
        for run in found:
            epochs = len(read_metrics(run.path))
            if epochs < self.epochs.get(run.name, 0) - 1:  # the epoch at hand is trained anew
                self.faults.append(f"{run.name}: {epochs} epochs, had {self.epochs[run.name]}")
            self.epochs[run.name] = epochs
            self.faults += run_faults(run)

    def finish(self) -> None:
        """Let every run come to its end."""
        until = time.monotonic() + MOST_SECONDS
        while time.monotonic() < until:
            states = {run: now(run).state for run in list_runs(self.runs)}
            for run in (run for run, state in states.items() if state == "failed"):
                resume_run(run.path, device="cpu")
            if set(states.values()) == {"finished"}:
                return
            keep_going(self.runs)
            time.sleep(1)
        self.faults.append(f"not finished: {states}")

    def pages(self) -> None:
        """Open every page once."""
        os.environ["MMMIE_RUNS"] = str(self.runs)
        for page in PAGES:
            app = AppTest.from_file(str(MAIN), default_timeout=300)
            app.query_params["checkpoint"] = "runs/run-0"
            app._page_hash = calc_hash(page)
            app.run()
            self.faults += [f"{page}: {error.value}" for error in [*app.exception, *app.error]]


def now(run: RunFolder):  # type: ignore[no-untyped-def]  # the status that a launched run has
    """Where a run stands."""
    status = observe(run)
    assert status is not None
    return status


def kill(pid: int) -> int:
    """End a process as the system does when it needs its memory."""
    os.kill(pid, signal.SIGKILL)
    return pid


def is_waiter(process: psutil.Process, runs: Path) -> bool:
    """Whether a process starts the waiting runs of this benchmark."""
    try:
        command = process.cmdline()
    except psutil.Error:
        return False
    return "mmmie.jobs.waiting_runs_process" in command and str(runs.resolve()) in command


def wait(condition: Callable[[], bool]) -> None:
    """Wait for something, for a minute and a half at most."""
    until = time.monotonic() + 90
    while not condition():
        if time.monotonic() > until:
            raise SystemExit("waited too long")
        time.sleep(0.05)


def main() -> None:
    """Kill, look and go on; exit status 1 where something was lost or a page is broken."""
    asked = parser(__doc__)
    asked.add_argument("--kills", type=int, default=40)
    asked.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    options = asked.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), random.Random(options.seed))
        ways = [bench.trainer, bench.waiter, bench.projection, bench.server]
        counts = dict.fromkeys((way.__name__ for way in ways), 0)
        turn = 0
        while sum(counts.values()) < options.kills:
            way = ways[turn % len(ways)]
            counts[way.__name__] += way()
            bench.look()
            print(f"{time.perf_counter() - began:.0f} s: {counts}, {len(bench.faults)} faults")
            turn += 1
        bench.finish()
        bench.look()
        bench.pages()
    print(f"kill -9: {counts}; {bench.made} runs finished; faults: {bench.faults or 'none'}")
    print(f"{time.perf_counter() - began:.0f} s in all")
    sys.exit(1 if bench.faults else 0)


if __name__ == "__main__":
    main()
