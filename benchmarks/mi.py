"""How close and how fast the estimators of mutual information are where the answer is known.

    python benchmarks/mi.py
    python benchmarks/mi.py --estimators doe club --information 2 6 --seeds 3 --no-peers
    python benchmarks/mi.py --tasks --estimators infonce doe ksg

Three tables in one run and by one thread: correlated Gaussians in 20 dimensions, the same with y
cubed, and torch-mist on the Gaussians, where it is installed. `--tasks` measures tasks of other
shapes instead. torch-mist asks for numpy below 2, so it goes next to this package only with
`pip install --no-deps torch-mist`, after `pip install mmmie[benchmarks]`.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # is read when numpy and torch are loaded

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

import torch
from common import head, parser, row

from mmmie.mi import estimate
from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.tasks import Task, gaussian, task_named, transformed
from mmmie.mi.tasks.closed_forms import club_value, expected_value

DIM = 20
STEPS = 4000
BATCH = 64
HIDDEN = 256
INFORMATION = (2.0, 4.0, 6.0, 8.0, 10.0)

CUBED = ("infonce", "ba", "club", "doe")
CUBED_INFORMATION = 6.0

TASK_ROWS = 10_000
SHAPES = (
    "1v1-normal-0.75",
    "half_cube-1v1-normal-0.75",
    "1v1-bimodal-0.75",
    "swissroll_x-normal_cdf-1v1-normal-0.75",
    "1v1-additive-0.1",
    "multinormal-dense-5-5-0.5",
    "multinormal-dense-50-50-0.5",
    "multinormal-sparse-5-5-2-2.0",
    "half_cube-multinormal-sparse-5-5-2-2.0",
    "spiral-multinormal-sparse-5-5-2-2.0",
    "student-identity-3-3-2",
    "asinh-student-identity-5-5-2",
)

PEER_RATE = 5e-4
PEER_ESTIMATES = 500
PEER_LAYERS = {"hidden_dims": [HIDDEN]}
# the last of them is the embedding
SEPARABLE = {"critic_type": "separable", "hidden_dims": [HIDDEN, HIDDEN]}


@dataclass(frozen=True)
class Measured:
    """One value in nats and what it cost.

    Attributes:
        nats: the value.
        std: its standard error; of a peer, the deviation of its last estimates.
        cpu_seconds: of fitting and evaluation.
        doubted: whether the estimate itself says that it should not be believed.
    """

    nats: float
    std: float
    cpu_seconds: float
    doubted: bool = False

    def cell(self, known: float | None = None) -> str:
        """Value, error, a dagger if doubted, and the ratio to the known value."""
        ratio = f" ({self.nats / known:.2f})" if known else ""
        return f"{self.nats:.2f} ± {self.std:.2f}{'†' if self.doubted else ''}{ratio}"


@dataclass(frozen=True)
class Peer:
    """An estimator of torch-mist.

    Attributes:
        title: the row in the table.
        factory: its name there.
        ours: the estimator of this package to compare it with.
        options: of the factory.
        slow: whether it takes a minute a value, so that every other value is left out.
    """

    title: str
    factory: str
    ours: str
    options: dict[str, Any] = field(default_factory=dict)
    slow: bool = False


PEERS = (
    Peer("BA, H(Y) known", "ba", "ba", {"entropy_y": DIM / 2 * math.log(2 * math.pi * math.e)}),
    Peer("DoE", "doe", "doe"),
    Peer("CLUB", "club", "club"),
    Peer("L1Out", "l1out", "l1out"),
    Peer("MINE, joint critic, 1 negative", "mine", "dv"),
    Peer("NWJ, joint critic, 1 negative", "nwj", "nwj"),
    Peer("JS, joint critic, 1 negative", "js", "js"),
    Peer("SMILE, joint critic, 1 negative", "smile", "smile"),
    Peer(
        "SMILE, separable critic, all negatives",
        "smile",
        "smile",
        {**SEPARABLE, "neg_samples": -1},  # all but the joint pair
        slow=True,
    ),
    Peer("InfoNCE, separable critic, all pairs", "infonce", "infonce", SEPARABLE, slow=True),
)


def main() -> None:
    """Measure, and print the tables row by row."""
    asked = parser(__doc__)
    asked.add_argument("--estimators", nargs="+", choices=CATALOGUE, default=list(CATALOGUE))
    asked.add_argument("--information", nargs="+", type=float, default=INFORMATION)
    asked.add_argument("--seeds", type=int, default=1)
    asked.add_argument("--rows", type=int, default=100_000)
    asked.add_argument("--tasks", action="store_true", help="tasks of other shapes instead")
    asked.add_argument("--peers", action=argparse.BooleanOptionalAction, default=True)
    options = asked.parse_args()
    torch.set_num_threads(1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    if options.tasks:
        shapes(SHAPES, options.estimators, options.seeds)
        return
    run(gaussian(DIM, 1), "doe", rows=1000, seeds=1)  # what is loaded at first use costs no one
    seconds = staircase(options.estimators, options.information, options.rows, options.seeds)
    cubed([name for name in CUBED if name in options.estimators], options.rows, options.seeds)
    if options.peers:
        peers(options.estimators, options.information, options.seeds, seconds)


def run(task: Task, estimator: str, *, rows: int, seeds: int, **given: Any) -> Measured:
    """An estimator of this package on a task: means over seeds.

    With several seeds, each of which draws other pairs, the error is the deviation over seeds.
    """
    values, errors, seconds, doubted = [], [], [], False
    for seed in range(seeds):
        pairs = task.sample(rows, seed)
        start = time.process_time()
        found = estimate(
            *pairs, estimator, steps=STEPS, batch_size=BATCH, hidden=HIDDEN, seed=seed, **given
        )
        seconds.append(time.process_time() - start)
        values.append(found.nats)
        errors.append(found.std)
        doubted = doubted or found.doubt is not None
    std = statistics.stdev(values) if seeds > 1 else errors[0]
    return Measured(statistics.fmean(values), std, statistics.fmean(seconds), doubted)


def known_value(estimator: str, information: float) -> float | None:
    """What an estimator of this package says about a Gaussian once its learned part is exact."""
    return expected_value(estimator, DIM, information, BATCH)


def staircase(
    estimators: Sequence[str], information: Sequence[float], rows: int, seeds: int
) -> dict[tuple[str, float], float]:
    """Every estimator on correlated Gaussians; returns CPU seconds by estimator and nats."""
    print(
        f"Correlated Gaussian, d = {DIM}, {rows:,} pairs, at most {STEPS:,} steps, B = {BATCH}, "
        f"hidden {HIDDEN}, {_seeds(seeds)}. In brackets the ratio to what the exact estimator "
        "would say; † the estimate says not to believe it. CPU seconds are a mean over the row.\n"
    )
    print(head(["estimator", *(f"I = {mi:g}" for mi in information), "CPU s"]))
    seconds = {}
    for name in estimators:
        cells = []
        for mi in information:
            found = run(gaussian(DIM, mi), name, rows=rows, seeds=seeds)
            seconds[name, mi] = found.cpu_seconds
            cells.append(found.cell(known_value(name, mi)))
        spent = statistics.fmean(seconds[name, mi] for mi in information)
        print(row([CATALOGUE[name].title, *cells, f"{spent:.1f}"]))
    return seconds


def cubed(estimators: Sequence[str], rows: int, seeds: int) -> None:
    """Estimators before and after y³, which leaves I unchanged, without and with the copula."""
    if not estimators:
        return
    plain = gaussian(DIM, CUBED_INFORMATION)
    bent = transformed(plain, "cubic")
    print(
        f"\nThe same with I = {CUBED_INFORMATION:g} before and after y³, which leaves I as it is.\n"
    )
    print(head(["estimator", "y", "y³", "y³, copula"]))
    for name in estimators:
        known = known_value(name, CUBED_INFORMATION)
        found = [
            run(plain, name, rows=rows, seeds=seeds),
            run(bent, name, rows=rows, seeds=seeds),
            run(bent, name, rows=rows, seeds=seeds, transform="copula"),
        ]
        print(row([CATALOGUE[name].title, *(each.cell(known) for each in found)]))


def shapes(tasks: Iterable[str], estimators: Sequence[str], seeds: int) -> None:
    """Estimators on tasks of other shapes, without and with the copula."""
    print(
        f"Tasks of other shapes, {TASK_ROWS:,} pairs, at most {STEPS:,} steps, B = {BATCH}, hidden "
        f"{HIDDEN}, {_seeds(seeds)}: value / value with the copula; † the estimate says not to "
        "believe it.\n"
    )
    print(head(["task", "I", *(CATALOGUE[name].title for name in estimators)]))
    for task in map(task_named, tasks):
        cells = []
        for name in estimators:
            found = [
                run(task, name, rows=TASK_ROWS, seeds=seeds, transform=transform)
                for transform in ("none", "copula")
            ]
            cells.append(" / ".join(f"{one.nats:.2f}{'†' if one.doubted else ''}" for one in found))
        print(row([task.name, f"{task.mi:.2f}", *cells]))


def peers(
    estimators: Sequence[str],
    information: Sequence[float],
    seeds: int,
    seconds: dict[tuple[str, float], float],
) -> None:
    """torch-mist on correlated Gaussians, and its CPU seconds against ours of the same run."""
    if find_spec("torch_mist") is None or find_spec("pyro") is None:
        print("\ntorch-mist is not installed: no peers.")
        return
    print(
        f"\ntorch-mist on the same Gaussians: {STEPS:,} steps on fresh pairs, B = {BATCH}, one "
        f"hidden layer of {HIDDEN}, Adam {PEER_RATE:g}; mean ± deviation of the estimates on "
        f"another fresh batch after each of the last {PEER_ESTIMATES} steps, {_seeds(seeds)}. The "
        "last column is ours over theirs, in CPU seconds of this run. Ours start from a Gaussian "
        "fitted in closed form and stop once nothing improves, which these tasks favour.\n"
    )
    print(head(["peer", *(f"I = {mi:g}" for mi in information), "CPU s", "ours / theirs"]))
    for peer in (peer for peer in PEERS if peer.ours in estimators):
        measured = information[::2] if peer.slow else information
        found = {mi: run_peer(peer, mi, seeds) for mi in measured}
        theirs = [found[mi].cpu_seconds for mi in measured]
        ratio = sum(seconds[peer.ours, mi] for mi in measured) / sum(theirs)
        cells = [
            found[mi].cell(known_value_of_peer(peer, mi)) if mi in found else "–"
            for mi in information
        ]
        print(row([peer.title, *cells, f"{statistics.fmean(theirs):.1f}", f"{ratio:.2f}"]))


def run_peer(peer: Peer, information: float, seeds: int) -> Measured:
    """A peer on a correlated Gaussian: means over seeds."""
    runs = [_fit_peer(peer, information, seed) for seed in range(seeds)]
    nats, std, seconds = (statistics.fmean(column) for column in zip(*runs, strict=True))
    return Measured(nats, std, seconds)


def known_value_of_peer(peer: Peer, information: float) -> float | None:
    """As `known_value`; the batch mean of torch-mist's CLUB includes the joint pairs."""
    if peer.factory == "club":
        return club_value(DIM, information) * (BATCH - 1) / BATCH
    return known_value(peer.ours, information)


def _fit_peer(peer: Peer, information: float, seed: int) -> tuple[float, float, float]:
    """Mean and deviation in nats of the last estimates, and CPU seconds."""
    from torch_mist.estimators import instantiate_estimator

    drawn = gaussian(DIM, information).sample((STEPS + PEER_ESTIMATES) * BATCH, seed)
    x, y = (torch.from_numpy(side).float().split(BATCH) for side in drawn)
    torch.manual_seed(seed)
    values = []
    start = time.process_time()
    with redirect_stdout(sys.stderr):  # its remarks are no part of the table
        model = instantiate_estimator(
            peer.factory, x_dim=DIM, y_dim=DIM, **{**PEER_LAYERS, **peer.options}
        )
    optimiser = torch.optim.Adam(model.parameters(), PEER_RATE)
    for step in range(STEPS):
        model.train()
        optimiser.zero_grad()
        model.loss(x[step], y[step]).backward()
        optimiser.step()
        if step >= STEPS - PEER_ESTIMATES:
            # never on the batch just fitted, for which it would return what it has stored
            other = step + PEER_ESTIMATES
            model.eval()
            with torch.no_grad():
                values.append(model.mutual_information(x[other], y[other]).item())
    spent = time.process_time() - start
    return statistics.fmean(values), statistics.stdev(values), spent


def _seeds(seeds: int) -> str:
    return "1 seed" if seeds == 1 else f"{seeds} seeds"


if __name__ == "__main__":
    main()
