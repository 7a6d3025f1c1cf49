"""One training run from a corpus to a run folder: what ``mmmie train`` and the page both call."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from mmmie.corpus import Corpus
from mmmie.corpus.checks import corpus_faults
from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.hub_files import absolute, local_folder
from mmmie.termination import on_terminate
from mmmie.training.callbacks import Callback, ProgressBar
from mmmie.training.config import Config, extended, load_config
from mmmie.training.devices.device_memory import memory_advice, release
from mmmie.training.devices.distribution import Ranks, is_lost_peer, make_accelerator, process_rank
from mmmie.training.devices.precision import is_compiler_error
from mmmie.training.loggers.logger import check_loggers, make_loggers
from mmmie.training.recorder import Control, Recorder
from mmmie.training.run_folder import RunFolder
from mmmie.training.run_queue import device_name, wait_for_turn
from mmmie.training.trainer import Trainer, TrainingError


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
    opened: Callable[[Corpus], None] | None = None,
) -> RunFolder:
    """Train a model and keep everything in a run folder.

    Under ``torchrun`` every process calls this alike: the first one writes and is steered, the
    others train along (their `progress` and `callbacks` are not used).

    Args:
        data: ``demo``, the path of a corpus, or an opened corpus.
        out: the run folder, new unless `resume`.
        config: the defaults if left out; with `resume` the folder's own if left out, else see
            `mmmie.training.config.extended`.
        resume: continue after the last whole epoch of `out`.
        queue: wait until no run beside `out` trains on the device, see `training.queue`.
        opened: called with the corpus before the training starts, once all was checked.

    Returns:
        The run folder; its `best` is the checkpoint.

    Raises:
        InputError: bad input; nothing was written, or, where the run was queued, its folder
            says so.
        WriteError: the disk is full or the folder read-only; the last checkpoint stays.
        TrainingError: a term of the loss was not finite, the memory was not enough, or another
            process of the training is gone; the run folder says so.

    Example:
        >>> from mmmie import load_config, train
        >>> run = train("demo", "runs/first", load_config(overrides=["training.epochs=2"]))
    """
    run = RunFolder(out)
    if process_rank() > 0:
        _follow(data, run, config, device, resume, queue)
        return run
    config = _config_to_resume(run, config) if resume else config or Config()
    if not resume:
        run.check_new()
    launched = _is_launched(run)
    trainer = None
    if not launched:
        data = _opened(data, config.label)
        trainer = None if queue else _trainer(data, config, device, run if resume else None)
    with _taken(run, resume):
        if not launched:
            run.forget_wish()
        recorder = Recorder(run)
        with _ended_well(recorder, launched or queue), contextlib.ExitStack() as signals:
            if queue:
                signals.enter_context(on_terminate(lambda: run.wish("stop")))
                recorder.queue(device_name(device))
                ranks = Ranks.of(make_accelerator(device))
                if ranks.agree(not wait_for_turn(run, recorder)):
                    recorder.stop("while it was queued")
                    return run
            if trainer is None:
                data = data if isinstance(data, Corpus) else _opened(data, config.label)
                trainer = _trainer(data, config, device, run if resume else None)
            if opened and isinstance(data, Corpus):
                opened(data)
            _fit(trainer, run, recorder, resume, [*(callbacks or []), *[ProgressBar()] * progress])
    trainer = None
    release()
    return run


def _follow(
    data: str | Path | Corpus,
    run: RunFolder,
    config: Config | None,
    device: str,
    resume: bool,
    queue: bool,
) -> None:
    """Train along with the first process, which alone writes the run folder."""
    if resume:
        own = load_config(run.config)
        config = extended(own, config, run.path) if config else own
    config = config or Config()
    if queue:
        with on_terminate(lambda: None):  # the first one decides
            if Ranks.of(make_accelerator(device)).agree(False):
                return
    trainer = _trainer(_opened(data, config.label), config, device, run if resume else None)
    _take_up(trainer, run, resume)
    _train(trainer)


def _trainer(corpus: Corpus, config: Config, device: str, resumed: RunFolder | None) -> Trainer:
    check_loggers(config)
    config.data = str(corpus.path.resolve()) if corpus.path else corpus.name
    config.label = corpus.label_said
    text = config.model.text_encoder
    if text.name is not None and Path(text.name).expanduser().is_dir():
        text.name = str(Path(text.name).expanduser().resolve())
    start = None
    if config.init:
        config.init = absolute(config.init)
        last = surviving_folder(resumed.last) if resumed else None
        # Its last state has the same scales of the inputs, and the first checkpoint may be gone.
        start = last if last and last.exists() else local_folder(config.init)
    with _in_plain_words(config, device):
        return Trainer(corpus, config, device, start=start)


def _take_up(trainer: Trainer, run: RunFolder, resume: bool) -> bool:
    """Load the last whole epoch where there is one."""
    last = surviving_folder(run.last)
    if resume and last.exists():
        trainer.load_state(last)
        return True
    return False


def _fit(
    trainer: Trainer, run: RunFolder, recorder: Recorder, resume: bool, callbacks: list[Callback]
) -> None:
    if _take_up(trainer, run, resume):
        run.keep_metrics_until(trainer.epoch)
    with contextlib.ExitStack() as stack:
        loggers = [stack.enter_context(one) for one in make_loggers(trainer.config, run, recorder)]
        trainer.callbacks = [recorder, *loggers, Control(run, recorder), *callbacks]
        _train(trainer)
    # Who stops a run wants its device back.
    if trainer.stop_reason != "stop" and trainer.accelerator.is_main_process:
        trainer.text.keep(surviving_folder(run.best), run.cache, trainer.device)


def _train(trainer: Trainer) -> None:
    """SIGTERM ends it as a stop does: after the present step, with its checkpoints whole."""
    with (
        on_terminate(lambda: setattr(trainer, "stop_reason", "stop")),
        _in_plain_words(trainer.config, str(trainer.device)),
    ):
        trainer.fit()


@contextlib.contextmanager
def _in_plain_words(config: Config, device: str) -> Iterator[None]:
    """Say in one line what to do about the failures of torch that have a known fix."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        advice = memory_advice(error, config, device)
        if advice is None and is_lost_peer(error):
            advice = "another process of this training has ended; what torchrun printed tells why"
        if advice is None and config.training.compile and is_compiler_error(error):
            reason = str(error).strip().partition("\n")[0]
            advice = f"training.compile: the model cannot be compiled ({reason}); set it to false"
        if advice is None:
            raise
        raise TrainingError(advice) from error


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


def _opened(data: str | Path | Corpus, label: str) -> Corpus:
    from mmmie.datasets import load_corpus

    return _checked(data) if isinstance(data, Corpus) else load_corpus(data, label=label)


def _checked(corpus: Corpus) -> Corpus:
    faults = corpus_faults(corpus, f"{corpus.where}, utterances", f"{corpus.where}, features")
    if faults:
        raise InputError(faults[0], faults)
    return corpus


def _config_to_resume(run: RunFolder, asked: Config | None) -> Config:
    run.check_exists("leave --resume out to start")
    run.refuse_active()
    own = load_config(run.config)
    return extended(own, asked, run.path) if asked else own


def _is_launched(run: RunFolder) -> bool:
    """Whether somebody started this very process to train the run."""
    status = run.read_status()
    return status is not None and status.state == "queued" and status.pid == os.getpid()
