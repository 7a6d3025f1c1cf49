"""Run trials on a Ray cluster; the files come back to the machine that started them.

Plain Ray tasks, not Ray Tune: what a search proposes is the same on every engine; and Tune needs a
storage that all machines share, where a task simply returns its files.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mmmie
from mmmie.corpus import Corpus
from mmmie.errors import InputError
from mmmie.experiments.folder import TrialFolder
from mmmie.experiments.local import Progress

LOCAL = "local"
"""The address that starts Ray on this machine alone."""

Files = dict[str, bytes]
_POLL_SECONDS = 0.5


def run_on_ray(
    folders: Iterable[TrialFolder],
    corpus: Corpus,
    progress: Progress,
    *,
    address: str = LOCAL,
    processes: int | None = None,
    device: str = "auto",
    keep_runs: bool = False,
) -> None:
    """Run trials as Ray tasks, one core each and a GPU where there are any.

    The corpus travels through Ray's object store, so only this machine needs its files; the
    package must be installed on all of them, in the same version. A trial that was begun
    elsewhere starts anew.

    Args:
        folders, progress, device, keep_runs: as for `run_local`.
        corpus: what they are trained on.
        processes: trials at once; as many as the cluster has room for if left out.
        address: of the cluster (``auto`` finds the one that this machine belongs to), or `LOCAL`.

    Raises:
        InputError: Ray is not installed, or no cluster answers at the address.
    """
    ray = _connect(address)
    try:
        resources = ray.cluster_resources()
        use_gpu = device != "cpu" and resources.get("GPU", 0) > 0
        room = processes or max(1, int(resources.get("GPU" if use_gpu else "CPU", 1)))
        task = ray.remote(num_cpus=1, num_gpus=1 if use_gpu else 0)(_remote_trial)
        shared = ray.put(corpus)
        waiting, running = iter(folders), dict[Any, TrialFolder]()
        more = True
        while more or running:
            for _, folder in zip(range(room - len(running)), waiting, strict=False):
                request = {folder.request_file.name: folder.request_file.read_bytes()}
                reference = task.remote(request, shared, mmmie.__version__, device, keep_runs)
                running[reference] = folder
            more = len(running) == room
            ended = ray.wait(list(running), timeout=_POLL_SECONDS)[0] if running else []
            for reference in ended:
                folder = running.pop(reference)
                try:
                    _write(folder.path, ray.get(reference))
                except ray.exceptions.RayError as error:  # the task failed, or its machine is gone
                    folder.fail(" ".join(str(error).split()))
                progress.ended(folder)
            progress.show(list(running.values()))
    finally:
        ray.shutdown()


def _connect(address: str) -> Any:
    try:
        ray = importlib.import_module("ray")
    except ImportError:
        raise InputError(
            "--ray: the package `ray` is not installed; run pip install ray, or leave out --ray"
        ) from None
    where = None if address == LOCAL else address
    try:
        ray.init(where, log_to_driver=False, include_dashboard=False if where is None else None)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InputError(f"--ray {address}: no cluster answers ({error})") from None
    return ray


def _remote_trial(
    request: Files, corpus: Corpus, version: str, device: str, keep_run: bool
) -> Files:
    """Run a trial in a folder of the worker; all of its files."""
    from mmmie.experiments.trial import run_trial

    if mmmie.__version__ != version:
        raise RuntimeError(f"this machine has mmmie {mmmie.__version__}; install {version}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = TrialFolder(scratch)
        _write(folder.path, request)
        run_trial(folder, corpus, device=device, keep_run=keep_run)
        return _read(folder.path)


def _read(folder: Path) -> Files:
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def _write(folder: Path, files: Files) -> None:
    # the result last: only with it is a trial finished
    for name in sorted(files, key=lambda name: name == "result.json"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(files[name])
