"""One training run from a corpus to a run folder: what ``mmmie train`` and the page both call."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path
from types import FrameType

from mmmie.corpus import Corpus
from mmmie.corpus_checks import corpus_faults
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.training.callbacks import Callback, ProgressBar
from mmmie.training.config import Config, load_config
from mmmie.training.recorder import Control, Recorder
from mmmie.training.run_folder import ENDED, RunFolder
from mmmie.training.trainer import Trainer


def train(
    data: str | Path | Corpus,
    out: str | Path,
    config: Config | None = None,
    *,
    device: str = "auto",
    resume: bool = False,
    progress: bool = False,
    callbacks: list[Callback] | None = None,
) -> RunFolder:
    """Train a model and keep everything in a run folder.

    Args:
        data: ``demo``, the path of a corpus, or an opened corpus.
        out: the run folder, new unless `resume`.
        config: the defaults if left out; with `resume` the folder's own is used.
        device: auto, cpu, cuda or mps.
        resume: go on after the last whole epoch of `out`.
        progress: show a bar on the terminal.
        callbacks: more callbacks.

    Returns:
        The run folder; its `best` is the checkpoint.

    Raises:
        InputError: bad input; nothing was written.
        TrainingError: a term of the loss was not finite; the run folder says so.

    Example:
        >>> from mmmie import load_config, train
        >>> run = train("demo", "runs/first", load_config(overrides=["training.epochs=2"]))
    """
    from mmmie.datasets import load_corpus

    run = RunFolder(out)
    if resume:
        config = _config_to_resume(run)
    config = config or Config()
    corpus = _checked(data) if isinstance(data, Corpus) else load_corpus(data)
    config.data = str(corpus.path.resolve()) if corpus.path else corpus.name
    trainer = Trainer(corpus, config, device)
    last = surviving_folder(run.last)
    if not resume:
        run.create()
    elif last.exists():
        trainer.load_state(last)
        run.keep_metrics_until(trainer.epoch)
    recorder = Recorder(run)
    trainer.callbacks = [recorder, Control(run, recorder), *(callbacks or [])]
    if progress:
        trainer.callbacks.append(ProgressBar())
    _stop_on_terminate(trainer)
    try:
        trainer.fit()
    except KeyboardInterrupt:
        recorder.interrupt()
        raise
    except Exception as error:  # whatever it was, the run folder must say so
        recorder.fail(" ".join(str(error).split()) or type(error).__name__)
        raise
    return run


def _checked(corpus: Corpus) -> Corpus:
    faults = corpus_faults(corpus, f"{corpus.where}, utterances", f"{corpus.where}, features")
    if faults:
        raise InputError(faults[0], faults)
    return corpus


def _config_to_resume(run: RunFolder) -> Config:
    if not run.exists:
        raise InputError(f"{run.path}: is no run folder to resume; leave --resume out to start")
    status = run.read_status()
    active = status is not None and status.state not in ENDED and status.pid != os.getpid()
    if status is not None and active and status.alive:
        raise InputError(f"{run.path}: process {status.pid} is still training it; stop that first")
    return load_config(run.config)


def _stop_on_terminate(trainer: Trainer) -> None:
    """SIGTERM ends the run as a stop does: after the present step, with its checkpoints whole."""

    def stop(number: int, frame: FrameType | None) -> None:
        trainer.stop_reason = "stop"

    # Outside the main thread whoever runs us there handles signals.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, stop)
