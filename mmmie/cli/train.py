"""``mmmie train``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mmmie.cli.shared import DEVICE, LABEL, say_notes
from mmmie.errors import InputError


@click.command()
@click.option("--data", help="`demo` or a corpus; with --resume the run's own if left out.")
@LABEL
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The run folder.")
@click.option("--config", "config_file", type=click.Path(path_type=Path), help="A TOML file.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="model.dim=64, …")
@click.option("--seed", type=int, help="Short for --set training.seed=S.")
@click.option("--epochs", type=int, help="Short for --set training.epochs=N.")
@click.option("--log", "loggers", multiple=True, help="tensorboard or mlflow; can be repeated.")
@DEVICE
@click.option("--resume", is_flag=True, help="Continue after the last whole epoch of --out.")
@click.option("--queue", is_flag=True, help="Wait while a run beside --out has the device.")
@click.option("--quiet", is_flag=True, help="No progress bar.")
def train(
    data: str | None,
    label: str | None,
    out: Path,
    config_file: Path | None,
    overrides: tuple[str, ...],
    seed: int | None,
    epochs: int | None,
    loggers: tuple[str, ...],
    device: str,
    resume: bool,
    queue: bool,
    quiet: bool,
) -> None:
    """Train a model into a run folder."""
    from mmmie.training.config import load_config
    from mmmie.training.run_folder import RunFolder

    named = json.dumps(loggers) if loggers else None
    short = {"seed": seed, "epochs": epochs, "loggers": named}
    settings = [*overrides, *([f"label={label}"] if label else [])]
    settings += [*(f"training.{k}={v}" for k, v in short.items() if v is not None)]
    if resume:
        if settings or config_file:
            raise InputError(
                "--resume: takes the run's own configuration; leave out other settings"
            )
        run = RunFolder(out)
        run.check_exists("leave out --resume to start")
        config_file = run.config
        data = data or load_config(config_file).data
    if data is None:
        raise InputError("--data: is missing; name `demo` or a corpus")
    config = load_config(config_file, settings)

    from mmmie.jobs import keep_going
    from mmmie.training.devices.distribution import leave, process_rank
    from mmmie.training.devices.threads import choose_threads
    from mmmie.training.run import train as train_run

    choose_threads(config.model)
    try:
        run = train_run(
            data,
            out,
            config,
            device=device,
            resume=resume,
            queue=queue,
            progress=not quiet,
            opened=say_notes,
        )
    finally:
        keep_going(out.resolve().parent)  # should nobody else be there to start the next one
    leave()
    if process_rank() > 0:
        return
    status = run.read_status()
    assert status is not None
    click.echo(f"{status.state} after epoch {status.epoch}: {run.path}")
