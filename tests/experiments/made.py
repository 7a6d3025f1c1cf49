"""A folder of ``mmmie experiment`` whose outputs are given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mmmie.corpus import Corpus
from mmmie.experiments.folder import ExperimentFolder
from mmmie.experiments.plan import Configuration, Plan, Trial, folder_name
from mmmie.training.config import Config

FACTS = {"seconds": 1.0, "cpu_seconds": 1.0, "epoch": 3, "epochs": 3, "device": "cpu"}


def make_experiment(
    path: Path,
    corpus: Corpus,
    outputs: Mapping[str, Mapping[int, np.ndarray]],
    *,
    planned: tuple[int, ...] = (0, 1, 2),
    baselines: tuple[str, ...] = (),
) -> Path:
    """Write it; the first name is the reference, seeds without outputs have not run yet."""
    configurations = tuple(
        Configuration(name, folder_name(name), baseline=name)
        if name in baselines
        else Configuration(name, folder_name(name), Config())
        for name in outputs
    )
    plan = Plan(
        "made <up>", "", str(corpus.path), ("valid",), planned, configurations[0].name,
        configurations,
    )  # fmt: skip
    folder = ExperimentFolder(path)
    folder.write_plan(plan, corpus)
    for configuration in configurations:
        for seed, output in outputs[configuration.name].items():
            trial = folder.trial(Trial(configuration, seed, plan.data))
            trial.prepare({"configuration": configuration.name, "seed": seed})
            trial.finish(output, FACTS)
    return path
