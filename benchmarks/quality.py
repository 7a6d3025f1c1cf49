"""How good the defaults are on a corpus, over seeds: the table of the README.

    python benchmarks/quality.py --data demo --seeds 5
    python benchmarks/quality.py --data path/to/corpus --seeds 5 --set model.past=8

Every seed is one training with the validation split choosing the epoch; metrics are those of
``mmmie evaluate``. Intervals are 95 % t intervals of the mean over seeds: they tell how far a
result depends on the seed, not how far it holds on other conversations.
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path

from mmmie import load_checkpoint, load_config, load_corpus, train

_SHOWN = {
    "regression": ("mae", "corr", "acc2_nonzero", "acc7"),
    "classification": ("f1_weighted", "accuracy", "f1_macro"),
}


def main() -> None:
    """Train, evaluate, print one Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--split", default="valid")
    parser.add_argument("--set", action="append", default=[], dest="overrides")
    options = parser.parse_args()

    corpus = load_corpus(options.data)
    results: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(options.seeds):
            config = load_config(overrides=[*options.overrides, f"training.seed={seed}"])
            started = time.perf_counter()
            run = train(corpus, Path(scratch) / str(seed), config, device="cpu")
            seconds = time.perf_counter() - started
            metrics = load_checkpoint(run.path).evaluate(corpus, options.split)
            results.append({**metrics, "seconds": seconds})
    settings = " ".join(options.overrides) or "defaults"
    print(f"{corpus.name}, {options.split}, {options.seeds} seeds, {settings}")
    print("| metric | mean | 95 % interval of the mean | each seed |\n|---|---|---|---|")
    for name in (*_SHOWN[corpus.label.kind], "seconds"):
        values = [result[name] for result in results]
        mean = statistics.fmean(values)
        half = _t_half_width(values)
        each = ", ".join(f"{value:.3f}" for value in values)
        print(f"| {name} | {mean:.3f} | [{mean - half:.3f}, {mean + half:.3f}] | {each} |")


def _t_half_width(values: list[float]) -> float:
    if len(values) < 2:
        return math.nan
    from scipy.stats import t

    error = statistics.stdev(values) / math.sqrt(len(values))
    return float(t.ppf(0.975, len(values) - 1) * error)


if __name__ == "__main__":
    main()
