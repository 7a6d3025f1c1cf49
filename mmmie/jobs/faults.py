"""What is wrong with a run folder, whoever wrote it, in one line for each thing."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

from mmmie.errors import InputError
from mmmie.files import surviving_folder
from mmmie.jobs.summary import NOTES_FILE, read_notes
from mmmie.reading import open_plain, stamp
from mmmie.training.checkpoint_files import check_weights, read_checkpoint_info
from mmmie.training.config import load_config
from mmmie.training.run_folder import RunFolder, metric_lines
from mmmie.training.snapshot_files import check_snapshot, snapshots_in


def run_faults(run: RunFolder) -> list[str]:
    """What cannot be read in a run folder besides its status; empty for a sound run.

    Headers are looked at, no weights and codes. What was found is remembered until one of the
    files is written anew.
    """
    status = run.read_status()
    if status is not None and status.state == "unreadable":
        return []  # its status says so
    best = surviving_folder(run.best)
    files = [run.config, run.control_file, run.metrics_file, run.log, best, run.snapshots]
    files += [run.path / NOTES_FILE]
    files += [best / "config.json", best / "model.safetensors"]
    return _faults(run.path, tuple(map(stamp, files)))


@functools.lru_cache(maxsize=256)
def _faults(path: Path, stamps: tuple[tuple[int, int], ...]) -> list[str]:
    run = RunFolder(path)
    best = surviving_folder(run.best)
    found: list[str] = []
    checks: list[Callable[[], object]] = [
        lambda: load_config(run.config),
        run.check_wish,
        lambda: read_notes(run),
        lambda: _check_plain(run.log),
    ]
    if os.path.lexists(best):
        checks += [lambda: read_checkpoint_info(best), lambda: check_weights(best)]
    for check in checks:
        try:
            check()
        except InputError as error:
            found.append(str(error))
    found += metric_lines(path)[1]
    try:
        snapshots = snapshots_in(run.snapshots)
    except InputError as error:
        return [*found, str(error)]
    return found + [fault for file in snapshots if (fault := check_snapshot(file)) is not None]


def _check_plain(file: Path) -> None:
    try:
        open_plain(file).close()
    except FileNotFoundError:
        return
