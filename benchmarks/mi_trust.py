"""How often the estimators of mutual information are wrong without a doubt, on tasks of others.

    python benchmarks/mi_trust.py                            the 40 tasks of bmi, drawn here
    python benchmarks/mi_trust.py --pairs FOLDER             as drawn by bmi, see bmi_samples.py
    python benchmarks/mi_trust.py --outside 3                members of every family, mi_outside.py
    python benchmarks/mi_trust.py --settings cca ksg+copula --out found.jsonl

An estimate is wrong where it breaks its bound, or is off where it is none, by more than the largest
of 2.5 standard errors, .05 nats and a tenth of the truth; it is silent where it has no doubt.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"  # is read when numpy and torch are loaded

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from common import head, parser, row
from mi_outside import outside

from mmmie.mi import estimate
from mmmie.mi.catalogue import CATALOGUE
from mmmie.mi.tasks.registry import TASKS

ROWS = 10_000
OF_BMI = 40
"""The first tasks of the registry are those of the benchmark."""

SETTINGS = (
    *CATALOGUE,
    *(f"{name}+copula" for name in ("infonce", "l1out", "ba", "doe", "ksg", "cca")),
)
KINDS = ("wrong, doubted", "wrong, silent", "right, doubted", "right, quiet")

Pairs = tuple[str, float, np.ndarray, np.ndarray]


def main() -> None:
    """Measure, and print one table."""
    asked = parser(__doc__)
    asked.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS))
    asked.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    asked.add_argument("--pairs", type=Path, help="folder of .npz files")
    asked.add_argument("--outside", type=int, default=0, metavar="MEMBERS")
    asked.add_argument("--tasks", nargs="+", help="only tasks whose names contain one of these")
    asked.add_argument("--out", type=Path, help="file for every run, one JSON object a line")
    options = asked.parse_args()
    torch.set_num_threads(1)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    runs = []
    for seed in options.seeds:
        for name, truth, x, y in pairs(options.pairs, options.outside, seed):
            if options.tasks and not any(part in name for part in options.tasks):
                continue
            for setting in options.settings:
                found = run(name, truth, x, y, setting, seed)
                runs.append(found)
                if options.out:
                    with options.out.open("a") as lines:
                        lines.write(json.dumps(found) + "\n")
    table(runs, options.settings)
    near(runs)


def pairs(folder: Path | None, members: int, seed: int) -> Iterator[Pairs]:
    """Name, true information, x and y of every task."""
    if folder:
        for file in sorted(folder.glob(f"*.{seed}.npz")):
            held = np.load(file)
            yield file.name.removesuffix(f".{seed}.npz"), float(held["mi"]), held["x"], held["y"]
        return
    for task in outside(members) if members else list(TASKS.values())[:OF_BMI]:
        yield (task.name, task.mi, *task.sample(ROWS, seed))


def run(
    name: str, truth: float, x: np.ndarray, y: np.ndarray, setting: str, seed: int
) -> dict[str, Any]:
    """What one setting says of one task."""
    estimator, _, transform = setting.partition("+")
    start = time.process_time()
    found = estimate(x, y, estimator, seed=seed, transform=transform or "none")  # type: ignore[arg-type]
    off = found.nats - truth
    within = max(2.5 * found.std, 0.05, 0.1 * truth)
    wrong = {"lower": off > within, "upper": off < -within, "neither": abs(off) > within}
    return {
        "task": name,
        "seed": seed,
        "setting": setting,
        "truth": truth,
        "dims": (found.dim_x, found.dim_y),
        "nats": found.nats,
        "std": found.std,
        "bound": found.bound,
        "wrong": bool(wrong[found.bound]),
        "doubt": found.doubt,
        "seconds": time.process_time() - start,
        "fit": found.fit,
    }


def kind(found: dict[str, Any]) -> str:
    """One of `KINDS`."""
    if found["wrong"]:
        return KINDS[0] if found["doubt"] else KINDS[1]
    return KINDS[2] if found["doubt"] else KINDS[3]


def table(runs: list[dict[str, Any]], settings: list[str]) -> None:
    """How often each setting was what."""
    print(head(["setting", "runs", *KINDS, "CPU s"]))
    for setting in [*settings, "all"]:
        own = [one for one in runs if setting in (one["setting"], "all")]
        counts = Counter(map(kind, own))
        seconds = f"{np.mean([one['seconds'] for one in own]):.2f}"
        print(row([setting, str(len(own)), *(str(counts[one]) for one in KINDS), seconds]))
    counts = Counter(map(kind, runs))
    print(
        f"\nSilent errors {counts[KINDS[1]] / len(runs):.1%} of runs, false alarms "
        f"{counts[KINDS[2]] / len(runs):.1%}."
    )


def near(runs: list[dict[str, Any]]) -> None:
    """On how many tasks some estimate without a doubt is within a tenth of the truth."""
    tasks = {one["task"] for one in runs}
    reached = {
        one["task"]
        for one in runs
        if not one["doubt"] and abs(one["nats"] - one["truth"]) <= 0.1 * abs(one["truth"])
    }
    print(f"Within a tenth of the truth without a doubt: {len(reached)} of {len(tasks)} tasks.")


if __name__ == "__main__":
    main()
