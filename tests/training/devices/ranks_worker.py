"""One of two processes that `test_distribution` starts; it writes what it found as JSON.

Usage: ranks_worker.py CORPUS OUT SECOND_PORT, in the environment that torchrun gives its processes.
"""

from __future__ import annotations

import contextlib
import copy
import json
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch

from mmmie.cli import main as command_line
from mmmie.corpus import Label
from mmmie.datasets import load_corpus
from mmmie.errors import InputError
from mmmie.model.encoders import Code
from mmmie.model.mmmie import MMMIE, Codes
from mmmie.training.callbacks import Callback
from mmmie.training.config import load_config
from mmmie.training.objective.bounds import LOWER, UPPER
from mmmie.training.objective.objective import Objective
from mmmie.training.run import train
from mmmie.training.run_folder import RunFolder
from mmmie.training.trainer import Trainer

SMALL = [
    "training.batch_size=16",
    "training.mi_check_every=0",
    "model.dim=16",
    "model.heads=2",
    "model.invariant_dim=4",
]
QUIET = ["model.dropout=0", "model.input_dropout=0", "training.modality_dropout=0"]
SURE = [*SMALL, *QUIET, "model.stochastic=false", "objective.minimise.estimator=club"]
COUNT = 13  # odd, so that the shares of two ranks do not come out even


def config(*overrides, epochs=2):
    return load_config(overrides=[*SMALL, *overrides, f"training.epochs={epochs}"])


def first_step(corpus, *overrides):
    """The trainer after its first step, whose gradients are still there."""
    trainer = Trainer(corpus, load_config(overrides=[*SURE, *overrides]), "cpu")
    torch.manual_seed(0)
    trainer.model.train()
    batch = next(iter(trainer.batches.epoch(0, 0)))
    return trainer, trainer._step(batch, 1), len(batch.windows.rows), len(batch.targets)


def weighted_step(corpus):
    """The same of classes, the rarer of which count more."""
    label = Label("mood", "classification", classes=("low", "high"))
    names = np.where(corpus.targets > 1, "high", "low")
    named = replace(corpus, label=label, utterances=corpus.utterances.assign(label=names))
    return first_step(named, "objective.task.class_weights=balanced")


def gradients(trainer):
    """Name → gradient of every parameter that has one."""
    modules = {"model": trainer.model, "objective": trainer.objective}
    return {
        f"{kind}.{name}": p.grad
        for kind, module in modules.items()
        for name, p in module.named_parameters()
        if p.grad is not None
    }


def fixed_codes(model):
    """Codes that every process makes alike; three utterances lack the last modality."""
    generator = torch.Generator().manual_seed(0)
    count = len(model.modalities)

    def numbers(*shape):
        return torch.randn(*shape, generator=generator)

    def code(dim):
        return Code(
            numbers(COUNT, count, dim), numbers(COUNT, count, dim), numbers(COUNT, count, dim)
        )

    settings = model.settings
    present = torch.ones(COUNT, count, dtype=torch.bool)
    present[[2, 7, 11], -1] = False
    summaries = [
        numbers(COUNT, model.encoder_of(name).encoder.summary_dim) for name in model.modalities
    ]
    return Codes(code(settings.invariant_dim), code(settings.specific_dim), summaries, present)


def leaves(codes):
    kinds = (codes.invariant, codes.specific)
    return [getattr(c, field) for c in kinds for field in ("mean", "log_variance", "sample")]


def share(codes, ranks):
    """The part of a rank, as leaves of a graph of its own."""
    rows = torch.from_numpy(ranks.own(np.arange(COUNT)))
    parts = [leaf.detach()[rows].requires_grad_() for leaf in leaves(codes)]
    summaries = [s[rows] for s in codes.summaries]
    return Codes(Code(*parts[:3]), Code(*parts[3:]), summaries, codes.present[rows])


def compare_bounds(corpus, ranks):
    """Largest difference of value and gradient to one process, for every estimator."""
    found = {}
    count = max(len(LOWER), len(UPPER))
    for lower, upper in islice(zip(cycle(LOWER), cycle(UPPER), strict=False), count):
        for stochastic in (True, False):
            settings = load_config(
                overrides=[
                    *SMALL,
                    f"model.stochastic={str(stochastic).lower()}",
                    f"objective.maximise.estimator={lower}",
                    f"objective.minimise.estimator={upper}",
                ]
            )
            torch.manual_seed(0)
            model = MMMIE(corpus.modalities, corpus.label, settings.model)
            alone = Objective(model, settings.objective)
            together = copy.deepcopy(alone)
            codes = fixed_codes(model)
            for leaf in leaves(codes):
                leaf.requires_grad_()
            expected = alone(codes)
            sum(expected.values()).backward()

            own = share(codes, ranks)
            terms = together(ranks.whole_codes(own, COUNT))
            sum(terms.values()).backward()
            differences = [abs(float(terms[name] - expected[name])) for name in expected]
            rows = ranks.own(np.arange(COUNT))
            real = rows[: len(np.unique(rows))]  # the repeated one has no gradient
            for mine, whole in zip(leaves(own), leaves(codes), strict=True):
                if whole.grad is not None:
                    true = whole.grad[torch.from_numpy(real)]
                    # every rank adds its own, so the sum is divided by their number later on
                    differences.append(
                        float((mine.grad[: len(real)] / ranks.count - true).abs().max())
                    )
            for mine, whole in zip(together.parameters(), alone.parameters(), strict=True):
                if whole.grad is not None:
                    differences.append(float((mine.grad - whole.grad).abs().max()))
            found[f"{lower} {upper} {'exact' if stochastic else 'learned'}"] = max(differences)
    return found


class At(Callback):
    """Does something after a step of an epoch."""

    def __init__(self, epoch, step, action):
        self.at, self.action = (epoch, step), action

    def on_batch(self, trainer, step, steps):
        if (trainer.epoch, step) == self.at:
            self.action(trainer)


def stop(trainer):
    trainer.stop_reason = "stop"


@contextlib.contextmanager
def before_step(wanted, action):
    """Do something before the forward pass of a step; gives the times of all of them."""
    original, times = Trainer._step, []

    def step(self, batch, number):
        times.append(time.monotonic())
        if len(times) == wanted:
            action()
        return original(self, batch, number)

    Trainer._step = step
    yield times
    Trainer._step = original


def paused_for(run, seconds):
    """A thread that lets a paused run go on."""

    def go_on():
        while (status := run.read_status()) is None or status.state != "paused":
            time.sleep(0.02)
        time.sleep(seconds)
        run.wish("resume")

    thread = threading.Thread(target=go_on)
    thread.start()
    return thread


def steered(corpus, out, first):
    """Seconds between steps of a run that the first pauses and the second gets a signal to stop."""
    run = RunFolder(out)
    thread = paused_for(run, 0.4) if first else None
    pause = At(0, 2, lambda trainer: run.wish("pause"))
    with before_step(5, lambda: None if first else signal.raise_signal(signal.SIGTERM)) as times:
        train(corpus, out, config(epochs=30), device="cpu", callbacks=[pause])
    if thread:
        thread.join()
    return np.diff(times).tolist()


def main(corpus_folder, out, second_port):
    rank = int(os.environ["RANK"])
    corpus = load_corpus(corpus_folder)
    found = {"rank": rank}

    trainer, terms, rows, targets = first_step(corpus)
    found["shares"] = [rows, targets]
    found["terms"] = {name: float(value) for name, value in terms.items()}
    torch.save(gradients(trainer), out / f"gradients-{rank}.pt")
    weighted, terms, _, _ = weighted_step(corpus)
    found["weighted"] = {name: float(value) for name, value in terms.items()}
    torch.save(gradients(weighted), out / f"weighted-{rank}.pt")
    found["bounds"] = compare_bounds(corpus, trainer.ranks)
    torch.manual_seed(trainer.ranks.seed(7))
    found["noise"] = torch.rand(3).tolist()
    try:
        trainer.ranks.check_same(str(rank))
    except InputError as error:
        found["refused"] = str(error)

    device = "cpu" if torch.cuda.is_available() else "auto"  # there may be one GPU
    given = ["--data", corpus_folder, "--out", str(out / "both"), "--device", device, "--quiet"]
    settings = [word for one in SURE for word in ("--set", one)]
    with contextlib.suppress(SystemExit):
        command_line(["train", *given, *settings, "--epochs", "1"])
    os.environ["MASTER_PORT"] = second_port  # a command leaves the others at its end

    train(corpus_folder, out / "whole", config(), device="cpu")
    train(corpus_folder, out / "part", config(), device="cpu", callbacks=[At(1, 2, stop)])
    if rank == 0:
        shutil.copytree(out / "part", out / "left")
    train(corpus_folder, out / "part", device="cpu", resume=True)
    found["pauses"] = steered(corpus_folder, out / "steered", rank == 0)
    (out / f"found-{rank}.json").write_text(json.dumps(found))

    # at last the second dies in the midst of a step, and nobody is left to part from
    with before_step(4, lambda: None if rank == 0 else os._exit(9)):
        try:
            train(corpus_folder, out / "lost", config(epochs=30), device="cpu")
        finally:
            os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
