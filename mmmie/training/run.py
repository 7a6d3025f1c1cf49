"""One training run from a corpus to a run folder: what ``mmmie train`` and the page both call."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

from mmmie.corpus import Corpus
from mmmie.corpus_checks import corpus_faults
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.training.callbacks import Callback, ProgressBar
from mmmie.training.config import Config, load_config
from mmmie.training.loggers import check_loggers, make_loggers
from mmmie.training.queue import device_name, wait_for_turn
from mmmie.training.recorder import Control, Recorder
from mmmie.training.run_folder import RunFolder
from mmmie.training.trainer import Trainer


def train(
    data: str | Path | Corpus,
    out: str | Path,
    config: Config | None = None,
    *,
    device: str = "auto",
    resume: bool = False,
    queue: bool = False,
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
        queue: wait until no run beside `out` trains on the device, see `training.queue`.
        progress: show a bar on the terminal.
        callbacks: more callbacks.

    Returns:
        The run folder; its `best` is the checkpoint.

    Raises:
        InputError: bad input; nothing was written, or, where the run was queued, its folder
            says so.
        WriteError: the disk is full or the folder read-only; the last checkpoint stays.
        TrainingError: a term of the loss was not finite; the run folder says so.

    Example:
        >>> from mmmie import load_config, train
        >>> run = train("demo", "runs/first", load_config(overrides=["training.epochs=2"]))
    """
    run = RunFolder(out)
    config = _config_to_resume(run) if resume else config or Config()
    if not resume:
        run.check_new()
    launched = _is_launched(run)
    trainer = None
    if not launched:
        data = _opened(data)
        trainer = None if queue else _trainer(data, config, device)
    with _taken(run, resume):
        if not launched:
            run.forget_wish()
        recorder = Recorder(run)
        with _ended_well(recorder, tell=launched or queue):
            if queue:
                _stop_on_terminate(lambda: run.wish("stop"))
                recorder.queue(device_name(device))
                if not wait_for_turn(run, recorder):
                    recorder.stop("while it was queued")
                    return run
            trainer = trainer or _trainer(_opened(data), config, device)
            _fit(trainer, run, recorder, resume, [*(callbacks or []), *[ProgressBar()] * progress])
    return run


def _trainer(corpus: Corpus, config: Config, device: str) -> Trainer:
    check_loggers(config)
    config.data = str(corpus.path.resolve()) if corpus.path else corpus.name
    text = config.model.text_encoder
    if text.name is not None and Path(text.name).expanduser().is_dir():
        text.name = str(Path(text.name).expanduser().resolve())
    return Trainer(corpus, config, device)


def _fit(
    trainer: Trainer, run: RunFolder, recorder: Recorder, resume: bool, callbacks: list[Callback]
) -> None:
    last = surviving_folder(run.last)
    if resume and last.exists():
        trainer.load_state(last)
        run.keep_metrics_until(trainer.epoch)
    with contextlib.ExitStack() as stack:
        loggers = [stack.enter_context(one) for one in make_loggers(trainer.config, run, recorder)]
        trainer.callbacks = [recorder, *loggers, Control(run, recorder), *callbacks]
        _stop_on_terminate(lambda: setattr(trainer, "stop_reason", "stop"))
        trainer.fit()
    # Who stops a run wants its device back.
    if trainer.stop_reason != "stop" and trainer.accelerator.is_main_process:
        trainer.text.keep(surviving_folder(run.best), run.cache, trainer.device)


@contextlib.contextmanager
def _taken(run: RunFolder, resume: bool) -> Iterator[None]:
    """The run folder, made unless `resume`, locked against every other process."""
    if not resume:
        run.create()
    with run.locked():
        if resume:
            run.refuse_active()
        else:
            run.check_new()  # another one may have used it while this one waited for the lock
        yield


@contextlib.contextmanager
def _ended_well(recorder: Recorder, tell: bool) -> Iterator[None]:
    """Whatever ends the training, the run folder says so; bad input only where `tell`."""
    try:
        yield
    except BaseException as error:
        with contextlib.suppress(OSError):  # then the log or stderr is all that tells
            if isinstance(error, KeyboardInterrupt):
                recorder.stop("at the keyboard")
            elif tell or not isinstance(error, InputError):
                recorder.fail(" ".join(str(error).split()) or type(error).__name__)
        raise


def _opened(data: str | Path | Corpus) -> Corpus:
    from mmmie.datasets import load_corpus

    return _checked(data) if isinstance(data, Corpus) else load_corpus(data)


def _checked(corpus: Corpus) -> Corpus:
    faults = corpus_faults(corpus, f"{corpus.where}, utterances", f"{corpus.where}, features")
    if faults:
        raise InputError(faults[0], faults)
    return corpus


def _config_to_resume(run: RunFolder) -> Config:
    if not run.exists:
        raise InputError(f"{run.path}: is no run folder to resume; leave --resume out to start")
    run.refuse_active()
    return load_config(run.config)


def _is_launched(run: RunFolder) -> bool:
    """Whether somebody started this very process to train the run."""
    status = run.read_status()
    return status is not None and status.state == "queued" and status.pid == os.getpid()


def _stop_on_terminate(stop: Callable[[], object]) -> None:
    """SIGTERM ends the run as a stop does: after the present step, with its checkpoints whole."""
    # Outside the main thread whoever runs us there handles signals.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, lambda number, frame: stop())
