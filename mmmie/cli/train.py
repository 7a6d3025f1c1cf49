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
@click.option("--patience", type=int, help="Short for --set training.patience=N.")
@click.option(
    "--init",
    metavar="CHECKPOINT",
    help="Fine-tune this one, a folder or hf://owner/name: its model settings and weights are the "
    "first ones.",
)
@click.option("--log", "loggers", multiple=True, help="tensorboard or mlflow; can be repeated.")
@DEVICE
@click.option(
    "--resume",
    is_flag=True,
    help="Continue after the last whole epoch of --out, or start it. Settings have to agree with "
    "the run's; more --epochs or --patience extend it.",
)
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
    patience: int | None,
    init: str | None,
    loggers: tuple[str, ...],
    device: str,
    resume: bool,
    queue: bool,
    quiet: bool,
) -> None:
    """Train a model into a run folder."""
    from mmmie.hub_files import absolute, local_folder
    from mmmie.training.checkpoint_files import read_checkpoint_info
    from mmmie.training.config import load_config
    from mmmie.training.run_folder import RunFolder

    named = json.dumps(loggers) if loggers else None
    short = {"seed": seed, "epochs": epochs, "patience": patience, "loggers": named}
    settings = [*overrides, *([f"label={label}"] if label else [])]
    settings += [*(f"training.{k}={v}" for k, v in short.items() if v is not None)]
    settings += [f"init={json.dumps(absolute(init))}"] if init else []
    resume = resume and RunFolder(out).exists
    beneath = None
    if resume:
        own = load_config(RunFolder(out).config)
        beneath, data = own.model_dump(exclude_none=True), data or own.data
    elif init:
        known = read_checkpoint_info(local_folder(init)).config.model
        beneath = {"model": known.model_dump(exclude_none=True)}
    if data is None:
        raise InputError("--data: is missing; name `demo` or a corpus")
    config = load_config(config_file, settings, beneath=beneath)

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
