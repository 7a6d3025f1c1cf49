"""``mmmie jobs``: watch and steer training runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mmmie.cli.shared import JSON
from mmmie.errors import InputError, printable
from mmmie.reading import refuse_closed


@click.group()
def jobs() -> None:
    """Watch and steer training runs."""


@jobs.command("list")
@click.argument("folder", default="runs", type=click.Path(path_type=Path))
@JSON
def jobs_list(folder: Path, as_json: bool) -> None:
    """The runs inside a folder (default: runs), or one run."""
    from mmmie.jobs import ahead, keep_going, list_runs, observe, run_faults, silent_seconds
    from mmmie.training.run_folder import RunFolder

    refuse_closed(folder)
    if not folder.exists():
        raise InputError(f"{folder}: there is no such folder; name one with runs in it")
    run = RunFolder(folder)
    keep_going(folder.resolve().parent if run.exists else folder)
    entries = []
    for found in [run] if run.exists else list_runs(folder):
        status = observe(found)
        keys = ("state", "epoch", "epochs", "progress", "error")
        entries.append(
            {
                "run": printable(found.path),
                **{key: getattr(status, key, None) for key in keys},
                "silent_seconds": silent_seconds(status) if status else 0.0,
                "behind": [printable(before.path) for before in ahead(found)],
                "faults": run_faults(found),
            }
        )
    if as_json:
        click.echo(json.dumps(entries, indent=1))
        return
    for entry in entries:
        done = "" if entry["epoch"] is None else f"{entry['epoch']}/{entry['epochs']}"
        click.echo(f"{entry['state'] or 'unstarted':10} {done}  {entry['run']}{_remark(entry)}")


def _remark(entry: dict[str, Any]) -> str:
    if entry["error"]:
        return f"  {entry['error']}"
    if entry["behind"]:
        return f"  behind {', '.join(entry['behind'])}"
    if entry["faults"]:
        return f"  {entry['faults'][0]}"
    silent = entry["silent_seconds"]
    return f"  no sign of life for {silent:.0f} s" if silent else ""


_WISHES = {
    "pause": "Pause a run within one batch.",
    "resume": "Continue a paused run, or restart a stopped or failed one where it ended.",
    "step": "Train to the end of one epoch, then pause.",
    "stop": "End a run; its checkpoints stay and it can be resumed.",
}


def _add_wish(wish: str, help_: str) -> None:
    @jobs.command(wish, help=help_)
    @click.argument("run", type=click.Path(path_type=Path))
    def command(run: Path) -> None:
        from mmmie.jobs.steer import steer

        click.echo(steer(run, wish))


for _wish, _help in _WISHES.items():
    _add_wish(_wish, _help)
