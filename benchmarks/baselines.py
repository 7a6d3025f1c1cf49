"""How good the baselines are on a corpus: one Markdown table.

    python benchmarks/baselines.py --data path/to/corpus --seeds 3
    python benchmarks/baselines.py --data demo --split test --names constant ridge mlp

Everything is fitted on train and chosen on valid (`mmmie.baselines`), so figures on valid flatter.
Intervals are 95 % t intervals of the mean over seeds; a baseline that no seed moves runs once.
"""

from __future__ import annotations

import argparse
import sys
import time

from metric_rows import head, row

from mmmie import InputError, load_corpus
from mmmie.baselines import baseline_names, is_deterministic, predict
from mmmie.metrics import metrics_for


def main() -> None:
    """Fit, evaluate, print each row when it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="demo")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--split", default="valid")
    parser.add_argument("--names", nargs="+", help="all baselines if left out")
    options = parser.parse_args()
    try:
        corpus = load_corpus(options.data)
        rows = corpus.rows(options.split)
        print(f"{corpus.name}, {options.split}, {len(rows)} utterances\n\n{head(corpus.label)}")
        for name in options.names or baseline_names(corpus):
            seeds = 1 if is_deterministic(name) else options.seeds
            started = time.process_time()
            results = []
            for seed in range(seeds):
                output = predict(name, corpus, seed)[rows]
                results.append(metrics_for(corpus.label, output, corpus.targets[rows]))
            seconds = (time.process_time() - started) / seeds
            print(row(corpus.label, name, results, seconds), flush=True)
    except InputError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
