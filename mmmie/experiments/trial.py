"""One trial: train or fit, predict every utterance, keep the outputs."""

from __future__ import annotations

import platform
import shutil
import time
import traceback
from datetime import datetime
from typing import Any

import numpy as np

import mmmie
from mmmie.corpus import Corpus
from mmmie.experiments.folder import FINGERPRINT, LABEL, TrialFolder
from mmmie.experiments.folds import fold_corpus
from mmmie.experiments.plan import nest
from mmmie.files import surviving_folder
from mmmie.training.config import Config, parse_config
from mmmie.training.run_folder import read_metrics

_OF_THE_PLAN = ("configuration", "seed", FINGERPRINT, LABEL, "fold", "folds", "by")


def run_trial(
    folder: TrialFolder, corpus: Corpus, *, device: str = "auto", keep_run: bool = False
) -> None:
    """Run the trial that a folder asks for, or continue it; failure is recorded there.

    Args:
        folder: prepared, see `TrialFolder.prepare`.
        corpus: what it is trained on.
        device: auto, cpu, cuda, cuda:N or mps.
        keep_run: keep weights and snapshots of the run, not only its outputs and metrics.
    """
    wall, processor = time.perf_counter(), time.process_time()
    request = folder.request()
    try:
        if "fold" in request:
            corpus = fold_corpus(corpus, request["folds"], request["fold"], request["by"])
        if "baseline" in request:
            output, facts = _fit_baseline(request, corpus)
            facts["seconds"] = time.perf_counter() - wall
        else:
            flat = {key: value for key, value in request.items() if key not in _OF_THE_PLAN}
            config = parse_config(nest(flat, "trial.json"), "trial.json")
            config.training.seed = request["seed"]
            trained = _train(folder, config, corpus, device)
            if trained is None:
                return
            output, facts = trained
    except Exception as error:  # whatever it was, the others continue and the report names it
        message = " ".join(str(error).split()) or type(error).__name__
        folder.fail(message, traceback.format_exc())
        return
    known = {
        "cpu_seconds": time.process_time() - processor,
        "finished": f"{datetime.now():%Y-%m-%d %H:%M:%S}",
        "machine": platform.platform(),
        "version": mmmie.__version__,
    }
    folder.finish(output, {**facts, **known})
    if not keep_run:
        folder.drop_weights()


def _fit_baseline(request: dict[str, Any], corpus: Corpus) -> tuple[np.ndarray, dict[str, Any]]:
    from mmmie import baselines

    output = baselines.predict(request["baseline"], corpus, request["seed"])
    return output, {"epoch": None, "epochs": None, "device": "cpu"}


def _train(
    folder: TrialFolder, config: Config, corpus: Corpus, device: str
) -> tuple[np.ndarray, dict[str, Any]] | None:
    """Outputs of the best epoch, None where somebody stopped the training."""
    from mmmie.analysis.checkpoint import load_checkpoint, predict_rows
    from mmmie.training.devices.threads import choose_threads
    from mmmie.training.run import train

    run = folder.run
    resume = run.exists and surviving_folder(run.last).exists()
    if not resume:
        shutil.rmtree(run.path, ignore_errors=True)
    choose_threads(config.model)
    train(corpus, run.path, config, device=device, resume=resume)
    status = run.read_status()
    assert status is not None
    if status.state == "stopped":
        return None
    checkpoint = load_checkpoint(run.path, status.device or "cpu")
    output = predict_rows(checkpoint, corpus)[1].logits.astype(float)
    history = read_metrics(run.path)
    return output.astype(np.float32), {
        "epoch": checkpoint.info.epoch,
        "epochs": len(history),
        "seconds": sum(entry["seconds"] for entry in history),
        "device": status.device,
    }
