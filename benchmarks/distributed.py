"""Whether two processes that train as one reach what one process reaches.

    python benchmarks/distributed.py --data demo --data CORPUS --seeds 3 --epochs 8

Every seed is trained once by ``mmmie train`` and once by ``torchrun --nproc_per_node 2 -m mmmie
train`` with the same global batch, on the CPU (gloo). The same seed gives both the same weights to
begin with and the same batches; the second process draws noise of its own. Printed are the best
validation scores, their means and standard deviations over seeds, the difference of the means with
its standard error, and the seconds of an epoch (which two processes do not shorten where they have
no cores of their own).
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from common import parser, row

from mmmie.metrics import primary_metric
from mmmie.training.checkpoint_files import read_checkpoint_info
from mmmie.training.run_folder import read_metrics

PROCESSES = (1, 2)


def main() -> None:
    """Train everything and print one row per corpus."""
    asked = parser(__doc__)
    asked.add_argument("--data", action="append", required=True)
    asked.add_argument("--seeds", type=int, default=3)
    asked.add_argument("--epochs", type=int, default=8)
    asked.add_argument("--set", action="append", default=[], dest="overrides")
    options = asked.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for data in options.data:
        scores: dict[int, list[float]] = {count: [] for count in PROCESSES}
        name = ""
        with tempfile.TemporaryDirectory() as scratch:
            for seed in range(options.seeds):
                for count in PROCESSES:
                    out = Path(scratch) / f"{seed}-{count}"
                    name, score, seconds = trained(data, out, count, seed, options)
                    scores[count].append(score)
                    print(f"{data} seed {seed}, {count} of 2: {name} {score:.4f}, {seconds:.1f} s")
        report(Path(data).name, name, scores)


def trained(
    data: str, out: Path, count: int, seed: int, options: argparse.Namespace
) -> tuple[str, float, float]:
    """The metric that chooses the epoch, its best value, and the median seconds of an epoch."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(count)]
    settings = [word for one in options.overrides for word in ("--set", one)]
    subprocess.run(
        [
            *(sys.executable, *(launcher if count > 1 else [])),
            *("-m", "mmmie", "train", "--data", data, "--out", str(out), "--device", "cpu"),
            *("--epochs", str(options.epochs), "--seed", str(seed), "--quiet", *settings),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=True,
    )
    info = read_checkpoint_info(out)
    name = primary_metric(info.label.kind)[0]
    return name, info.metrics[name], statistics.median(m["seconds"] for m in read_metrics(out))


def report(corpus: str, name: str, scores: dict[int, list[float]]) -> None:
    """Print the rows of a table."""
    means = {count: statistics.mean(found) for count, found in scores.items()}
    spread = {count: statistics.stdev(found) for count, found in scores.items()}
    error = math.sqrt(sum(spread[c] ** 2 / len(scores[c]) for c in PROCESSES))
    one, two = (f"{means[c]:.4f} ± {spread[c]:.4f}" for c in PROCESSES)
    difference = means[2] - means[1]
    print(row([corpus, name, one, two, f"{difference:+.4f} ± {error:.4f}"]))


if __name__ == "__main__":
    main()
