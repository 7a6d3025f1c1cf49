"""How fast MMMIE trains beside MMSA's TFN, LMF and MulT, on the same file: one Markdown table.

    python benchmarks/train.py --like mosi --rounds 3 --epochs 5
    python benchmarks/train.py --data path/to/corpus --rounds 1 --seeds 3

The second way lets every model train until its own early stopping, so that the best score on
valid and the time to it mean something. MMSA is installed as `benchmarks/mmsa.py` says; without
it, or with `--models mmmie`, only ours runs.

Every run is a process of its own, the models take turns, and all have the same MMSA pickle, the
same threads and the same device. An epoch is everything from the first step to the end of
validation and what is saved, divided by the number of epochs. On a CPU it is in seconds of the
processor, which other work on the machine changes less than the wall clock (in brackets), and
which are the same with one thread on an idle one; on an accelerator both are wall. MMSA's loaders
have no workers, as a worker costs more than it gives on two cores. Ratios are medians over rounds
of the ratio to MMMIE's run in the same round. Memory is the peak of the process, reading the file
included. With `--device cuda` a last line says which share of an epoch MMMIE spends in kernels.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import multiprocessing
import pickle
import resource
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from common import head, own_process, parser, row
from shapes import SHAPES, corpus_like

MODELS = ("mmmie", "lmf", "tfn", "mult")
MULT_EPOCHS = 1  # it takes half a minute for one


@dataclass
class Run:
    """What a process says of its training.

    Attributes:
        wall: seconds of every epoch.
        processor: the same in seconds of the processor; on an accelerator wall again.
        mae: on valid after every epoch.
        utterances: of the train split.
        peak: bytes at most.
        in_kernels: share of an epoch, None on a CPU.
    """

    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    mae: list[float] = field(default_factory=list)
    utterances: int = 0
    peak: int = 0
    in_kernels: float | None = None

    @property
    def epoch(self) -> float:
        """Seconds an epoch."""
        return statistics.mean(self.processor)

    @property
    def best(self) -> float:
        """The best score on valid."""
        return min(self.mae)

    @property
    def to_best(self) -> float:
        """Seconds until then."""
        return sum(self.processor[: self.mae.index(self.best) + 1])


class Clock:
    """Notes when epochs end.

    Args:
        on_cpu: whether the work is the processor's.
    """

    def __init__(self, on_cpu: bool) -> None:
        self.run = Run()
        self._work = time.process_time if on_cpu else time.perf_counter
        self.start()

    def start(self) -> None:
        """The first epoch begins."""
        self._wall, self._processor = time.perf_counter(), self._work()

    def epoch(self, mae: float) -> None:
        """An epoch ended, the next begins."""
        wall, processor = time.perf_counter(), self._work()
        self.run.wall.append(wall - self._wall)
        self.run.processor.append(processor - self._processor)
        self.run.mae.append(mae)
        self._wall, self._processor = wall, processor


def main() -> None:
    """Write the file, let the models take turns, print the table."""
    asked = parser(__doc__)
    source = asked.add_mutually_exclusive_group(required=True)
    source.add_argument("--like", choices=SHAPES, help="a generated corpus of this shape")
    source.add_argument("--data", help="a corpus with text, audio and vision")
    source.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked.add_argument("--words", action="store_true", help="sequences as long as sentences are")
    asked.add_argument("--models", nargs="+", default=list(MODELS), choices=MODELS)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--seeds", type=int, default=1, help="rounds with a seed of their own")
    asked.add_argument("--epochs", type=int, help="stop after so many (MulT after 1)")
    asked.add_argument("--threads", type=int, default=1)
    asked.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    asked.add_argument("--alone", help=argparse.SUPPRESS)
    asked.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.alone:
        print(json.dumps(asdict(alone(options))))
        return
    models = [m for m in options.models if m == "mmmie" or importlib.util.find_spec("MMSA")]
    with tempfile.TemporaryDirectory() as scratch:
        file = options.file or _file(options, Path(scratch))
        runs: dict[str, list[Run]] = {name: [] for name in models}
        for seed in range(options.seeds):
            for _ in range(options.rounds):
                for name in models:
                    runs[name].append(_in_its_own_process(name, file, seed, options))
                    print(f"{name}: {runs[name][-1].epoch:.2f} s", file=sys.stderr, flush=True)
    print(table(runs))


def table(runs: dict[str, list[Run]]) -> str:
    """One row per model."""
    titles = ["utterances/s", "epoch s (wall)", "times MMMIE's", "peak memory", "best valid MAE"]
    lines = [head(["model", *titles, "at epoch", "s to it"])]
    for name, own in runs.items():
        ratio = "–"
        if "mmmie" in runs:
            pairs = zip(own, runs["mmmie"], strict=True)
            ratio = f"{statistics.median(a.epoch / b.epoch for a, b in pairs):.2f}"
        seconds = statistics.median(run.epoch for run in own)
        wall = statistics.median(statistics.mean(run.wall) for run in own)
        best = statistics.median(1 + run.mae.index(run.best) for run in own)
        lines.append(
            row(
                [
                    "MMMIE" if name == "mmmie" else f"MMSA {name}",
                    f"{own[0].utterances / seconds:.0f}",
                    f"{seconds:.2f} ({wall:.2f})",
                    ratio,
                    f"{statistics.median(run.peak for run in own) / 2**20:.0f} MiB",
                    f"{statistics.mean(run.best for run in own):.3f}",
                    f"{best:.0f} of {statistics.median(len(run.mae) for run in own):.0f}",
                    f"{statistics.median(run.to_best for run in own):.1f}",
                ]
            )
        )
        if own[0].in_kernels is not None:
            lines.append(f"\n{name} in kernels: {own[0].in_kernels:.0%}\n")
    return "\n".join(lines)


def alone(options: argparse.Namespace) -> Run:
    """Train one model in this process."""
    import torch

    torch.set_num_threads(options.threads)
    clock = Clock(options.device == "cpu")
    train = _train_mmmie if options.alone == "mmmie" else _train_mmsa
    clock.run.utterances = train(options, clock)
    clock.run.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return clock.run


def _train_mmmie(options: argparse.Namespace, clock: Clock) -> int:
    from mmmie import load_config, load_corpus
    from mmmie.training.callbacks import Callback
    from mmmie.training.run import train
    from mmmie.training.trainer import Trainer

    class Watch(Callback):
        def on_start(self, trainer: Trainer) -> None:
            clock.start()

        def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
            clock.epoch(metrics["valid/mae"])

    settings = [f"training.seed={options.seed}"]
    if options.epochs:
        settings.append(f"training.epochs={options.epochs}")
    corpus, config = load_corpus(options.file), load_config(overrides=settings)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "run"
        train(corpus, out, config, device=options.device, callbacks=[Watch()])
        if options.device == "cuda":
            clock.run.in_kernels = _share_in_kernels(corpus)
    return len(corpus.rows("train"))


def _share_in_kernels(corpus: Any) -> float:
    """The share of the steps of a second epoch; kernels are loaded in the first."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    from mmmie import load_config
    from mmmie.training.callbacks import Callback
    from mmmie.training.trainer import Trainer

    class Kernels(Callback):
        def on_epoch(self, trainer: Trainer, metrics: dict[str, Any], improved: bool) -> None:
            if trainer.epoch == 1:
                torch.cuda.synchronize()
                self.found, self.began = profile(activities=[ProfilerActivity.CUDA]), time.time()
                self.found.start()

        def on_batch(self, trainer: Trainer, step: int, steps: int) -> None:
            if trainer.epoch == 1 and step == steps:
                torch.cuda.synchronize()
                self.wall = time.time() - self.began
                self.found.stop()

    kernels = Kernels()
    Trainer(corpus, load_config(overrides=["training.epochs=2"]), "cuda", [kernels]).fit()
    spent = sum(event.self_device_time_total for event in kernels.found.key_averages())
    return float(spent) / 1e6 / kernels.wall


def _train_mmsa(options: argparse.Namespace, clock: Clock) -> int:
    import mmsa

    class Enough(Exception):
        pass

    with (
        tempfile.TemporaryDirectory() as scratch,
        mmsa.ready(
            options.alone,
            peers if (peers := _of_peers(options.file)).exists() else options.file,
            Path(scratch) / "best.pth",
            seed=mmsa.FIRST_SEED + options.seed,
            device=options.device,
        ) as (model, loaders, trainer),
    ):
        test = trainer.do_test

        def timed(*arguments: Any, **named: Any) -> dict[str, float]:
            results: dict[str, float] = test(*arguments, **named)
            clock.epoch(results["MAE"])
            if len(clock.run.mae) == options.epochs:
                raise Enough
            return results

        trainer.do_test = timed
        clock.start()
        with contextlib.suppress(Enough):
            trainer.do_train(model, loaders)
        return len(loaders["train"].dataset)


def _file(options: argparse.Namespace, scratch: Path) -> Path:
    """The pickle that all models read; written by another process, whose memory is not ours."""
    file = scratch / "corpus.pkl"
    writer = multiprocessing.get_context("fork").Process(target=_write, args=(options, file))
    writer.start()
    writer.join()
    if writer.exitcode:
        sys.exit("the file could not be written; see above")
    return file


def _write(options: argparse.Namespace, file: Path) -> None:
    from mmmie import load_corpus
    from mmmie.datasets.formats.mmsa_export import to_mmsa

    like = options.like
    corpus = corpus_like(like, options.words) if like else load_corpus(options.data)
    content = to_mmsa(corpus)
    file.write_bytes(pickle.dumps(content))
    if not content["test"]["id"]:  # MMSA asks for a test split, and then looks at valid alone
        _of_peers(file).write_bytes(pickle.dumps({**content, "test": content["valid"]}))


def _of_peers(file: Path) -> Path:
    return file.with_suffix(".peers.pkl")


def _in_its_own_process(name: str, file: Path, seed: int, options: argparse.Namespace) -> Run:
    epochs = options.epochs and (MULT_EPOCHS if name == "mult" else options.epochs)
    said = own_process(
        __file__,
        *("--alone", name, "--file", file, "--seed", seed, "--device", options.device),
        *("--threads", options.threads, *(("--epochs", epochs) if epochs else ())),
        threads=options.threads,
    )
    return Run(**said)


if __name__ == "__main__":
    main()
