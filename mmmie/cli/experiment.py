"""``mmmie experiment``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmmie.cli.shared import DEVICE


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", help="`demo` or a corpus, in place of the file's.")
@click.option("--out", type=click.Path(path_type=Path), help="default: runs/experiments/NAME")
@click.option("--processes", type=click.IntRange(1), help="Trials at once; default: cores or GPUs.")
@DEVICE
@click.option(
    "--ray",
    is_flag=False,
    flag_value="local",
    metavar="[ADDRESS]",
    help="Run on a Ray cluster (`auto`: the one this machine is in); alone: Ray on this machine.",
)
@click.option("--keep-runs", is_flag=True, help="Keep the weights of every run.")
@click.option("--dry-run", is_flag=True, help="Only list the trials and how they stand.")
@click.option("--report-only", is_flag=True, help="Only write table and report again.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def experiment(
    file: Path,
    data: str | None,
    out: Path | None,
    dry_run: bool,
    report_only: bool,
    **options: Any,
) -> int:
    """Run a grid of settings and seeds, or continue it; write one table and one report."""
    from mmmie.experiments.run import Experiment

    planned = Experiment(file, data, out)
    if dry_run:
        for trial, state in planned.states():
            click.echo(f"{state:9} seed {trial.seed:<4} {trial.configuration.name}")
        return 0
    if report_only:
        planned.report()
    else:
        planned.run(**options)
    states = [state for _, state in planned.states()]
    counts = [f"{states.count(s)} {s}" for s in ("finished", "failed", "stopped", "waiting")]
    said = ", ".join(count for count in counts if not count.startswith("0 "))
    click.echo(f"{said}: {planned.folder.html}")
    return 1 if "failed" in states else 0
