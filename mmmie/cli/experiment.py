"""``mmmie experiment``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from mmmie.cli.shared import DEVICE
from mmmie.cli.tables import print_table

if TYPE_CHECKING:
    from mmmie.experiments.run import Experiment


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--data", help="`demo` or a corpus, in place of the file's.")
@click.option("--out", type=click.Path(path_type=Path), help="default: runs/experiments/NAME")
@click.option(
    "--folds",
    type=int,
    default=0,
    metavar="K",
    help="Judge K parts in turn, each by models that never saw it, in place of the splits.",
)
@click.option(
    "--by",
    type=click.Choice(["conversation", "speaker"]),
    default="conversation",
    show_default=True,
    help="What stays together in a part of --folds.",
)
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
    folds: int,
    by: Literal["conversation", "speaker"],
    dry_run: bool,
    report_only: bool,
    **options: Any,
) -> int:
    """Run settings and seeds, or search, or continue it; write one table and one report."""
    from mmmie.experiments.run import Experiment

    planned = Experiment(file, data, out, folds=folds, by=by)
    if dry_run:
        for trial, state in planned.states():
            part = "" if trial.fold is None else f" part {trial.fold + 1}"
            click.echo(f"{state:9} seed {trial.seed:<4}{part} {trial.configuration.name}")
        if planned.plan.unproposed:
            click.echo(f"and {planned.plan.unproposed} settings that the search has yet to propose")
        return 0
    if report_only:
        planned.report()
    else:
        planned.run(**options)
    if planned.plan.search:
        print_standings(planned)
    states = [state for _, state in planned.states()]
    counts = [f"{states.count(s)} {s}" for s in ("finished", "failed", "stopped", "waiting")]
    said = ", ".join(count for count in counts if not count.startswith("0 "))
    click.echo(f"{said}: {planned.folder.html}")
    return 1 if "failed" in states else 0


def print_standings(planned: Experiment) -> None:
    """Print what the search found, the best first, and where the settings of the best are."""
    from mmmie.experiments.standings import caution, judged_metric, ranked
    from mmmie.metrics import METRICS

    metric = judged_metric(planned.plan, planned.corpus)
    found = ranked(planned.standings(), metric)
    scored = [one for one in found if one.score is not None]
    keys = list(found[0].values) if found else []
    rows = [
        [
            one.name,
            one.score if one.score is not None else one.state,
            *map(_shown, one.values.values()),
        ]
        for one in found
    ]
    print_table(["trial", METRICS[metric].name, *keys], rows, most=50)
    if scored:
        click.echo(caution(planned.plan))
        [best, *_] = (t for t in planned.plan.trials if t.configuration.name == scored[0].name)
        click.echo(f"Settings of {scored[0].name}: {planned.folder.trial(best).run.config}")


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
