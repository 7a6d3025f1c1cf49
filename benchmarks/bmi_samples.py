"""Draw the tasks of the `bmi` benchmark, by its own samplers, into a folder of .npz files.

    python -m venv bmi
    bmi/bin/pip install benchmark-mi==0.1.3 jax==0.4.30 jaxlib==0.4.30 "scipy<1.13"
    bmi/bin/python benchmarks/bmi_samples.py FOLDER --seeds 0 1

It needs an environment of its own: bmi asks for numpy below 2 and for an older jax.
`benchmarks/mi_trust.py --pairs FOLDER` then reads the files. Each is named after task and seed and
holds `x`, `y`, `mi`, the true mutual information in nats, and `cca` and `ksg`, what these
estimators of bmi say of it.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from bmi.benchmark import BENCHMARK_TASKS
from bmi.estimators import CCAMutualInformationEstimator, KSGEnsembleFirstEstimator

KSG_ROWS = 5000


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--rows", type=int, default=10_000)
    asked.add_argument("--seeds", type=int, nargs="+", default=[0])
    options = asked.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for task_id, task in BENCHMARK_TASKS.items():
        for seed in options.seeds:
            file = options.folder / f"{task_id}.{seed}.npz"
            if file.exists():
                continue
            x, y = (np.asarray(side, dtype=np.float64) for side in task.sample(options.rows, seed))
            found = {}
            start = time.process_time()
            found["cca"] = CCAMutualInformationEstimator().estimate(x, y)
            found["cca_seconds"] = time.process_time() - start
            start = time.process_time()
            ksg = KSGEnsembleFirstEstimator(neighborhoods=(5,))
            found["ksg"] = ksg.estimate(x[:KSG_ROWS], y[:KSG_ROWS])
            found["ksg_seconds"] = time.process_time() - start
            np.savez(file, x=x, y=y, mi=task.mutual_information, **found)
            print(file.name, f"I = {task.mutual_information:.4f}", flush=True)


if __name__ == "__main__":
    main()
