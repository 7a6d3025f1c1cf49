"""``mmmie jobs``: watch and steer training runs."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

from mmmie.cli.shared import JSON, strict
from mmmie.cli.tables import print_table
from mmmie.errors import InputError, printable
from mmmie.reading import refuse_closed


@click.group()
def jobs() -> None:
    """Watch and steer training runs."""


@jobs.command("list")
@click.argument("folder", default="runs", type=click.Path(path_type=Path))
@click.option("--metric", help="Sort by this one, such as corr; the best run comes first.")
@click.option("--tag", "tags", multiple=True, help="Only runs with this tag; can be repeated.")
@JSON
def jobs_list(folder: Path, metric: str | None, tags: tuple[str, ...], as_json: bool) -> None:
    """The runs inside a folder (default: runs), or one run, newest first."""
    from mmmie.jobs import (
        ahead,
        keep_going,
        list_runs,
        observe,
        run_faults,
        run_summary,
        silent_seconds,
    )
    from mmmie.metrics import METRICS
    from mmmie.training.run_folder import RunFolder

    if metric is not None and metric not in METRICS:
        raise InputError(f"--metric {metric}: is unknown; use one of {', '.join(METRICS)}")
    refuse_closed(folder)
    if not folder.exists():
        raise InputError(f"{folder}: there is no such folder; name one with runs in it")
    run = RunFolder(folder)
    keep_going(folder.resolve().parent if run.exists else folder)
    entries: list[dict[str, Any]] = []
    for found in [run] if run.exists else list_runs(folder):
        summary = run_summary(found)
        if not set(tags) <= set(summary.tags):
            continue
        status = observe(found)
        keys = ("state", "epoch", "epochs", "progress", "error")
        entries.append(
            {
                "run": printable(found.path),
                **{key: getattr(status, key, None) for key in keys},
                "corpus": summary.corpus,
                "seed": summary.seed,
                "metric": metric or summary.metric,
                "value": summary.metrics.get(metric) if metric else summary.value,
                "seconds": summary.seconds,
                "changed": summary.changed,
                "tags": summary.tags,
                "notes": summary.notes,
                "silent_seconds": silent_seconds(status) if status else 0.0,
                "behind": [printable(before.path) for before in ahead(found)],
                "faults": run_faults(found),
            }
        )
    if metric:
        sign = -1 if METRICS[metric].higher_is_better else 1
        entries.sort(key=lambda e: math.inf if e["value"] is None else sign * e["value"])
    if as_json:
        click.echo(json.dumps(strict(entries), indent=1, allow_nan=False))
        return
    print_table(
        ["state", "epochs", "run", "corpus", "seed", "metric", "value", "seconds", "changed",
         "tags", "remark"],
        [
            [
                entry["state"] or "unstarted",
                "" if entry["epoch"] is None else f"{entry['epoch']}/{entry['epochs']}",
                entry["run"],
                entry["corpus"],
                entry["seed"],
                entry["metric"],
                entry["value"],
                entry["seconds"],
                ", ".join(f"{key}={value}" for key, value in entry["changed"].items()),
                ", ".join(entry["tags"]),
                _remark(entry).strip(),
            ]
            for entry in entries
        ],
        most=len(entries),
        widest=10_000,  # paths are to be copied
    )  # fmt: skip


def _remark(entry: dict[str, Any]) -> str:
    if entry["error"]:
        return f"  {entry['error']}"
    if entry["behind"]:
        return f"  behind {', '.join(entry['behind'])}"
    if entry["faults"]:
        return f"  {entry['faults'][0]}"
    silent = entry["silent_seconds"]
    return f"  no sign of life for {silent:.0f} s" if silent else ""


@jobs.command("tag")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("tags", nargs=-1, required=True)
@click.option("--remove", is_flag=True, help="Take these tags away.")
def jobs_tag(run: Path, tags: tuple[str, ...], remove: bool) -> None:
    """Give a run tags to find it by."""
    from mmmie.jobs import Notes, read_notes, write_notes
    from mmmie.training.run_folder import RunFolder

    folder = RunFolder(run)
    before = read_notes(folder)
    kept = [tag for tag in before.tags if tag not in tags] if remove else [*before.tags, *tags]
    write_notes(folder, Notes(kept, before.notes))
    click.echo(", ".join(read_notes(folder).tags) or "no tags")


@jobs.command("note")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("text")
def jobs_note(run: Path, text: str) -> None:
    """Write a note on a run in place of the one before; an empty text removes it."""
    from mmmie.jobs import Notes, read_notes, write_notes
    from mmmie.training.run_folder import RunFolder

    folder = RunFolder(run)
    write_notes(folder, Notes(read_notes(folder).tags, text))


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
