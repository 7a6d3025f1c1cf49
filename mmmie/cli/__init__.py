"""The ``mmmie`` command: a thin shell over the Python API, one file per group of commands."""

from __future__ import annotations

import sys

import click

from mmmie.cli.app import app
from mmmie.cli.checkpoint import evaluate, explain, export, identity, predict, probe, robustness
from mmmie.cli.data import data
from mmmie.cli.decompose import decompose
from mmmie.cli.experiment import experiment
from mmmie.cli.jobs import jobs
from mmmie.cli.mi import mi
from mmmie.cli.train import train
from mmmie.errors import InputError


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 failed, 2 bad input (one line on stderr)."""
    try:
        code = cli.main(arguments, prog_name="mmmie", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except InputError as error:
        _fail(str(error), 2)
    except click.exceptions.Abort:
        _fail("interrupted", 130)
    except click.ClickException as error:
        _fail(" ".join(error.format_message().split()) + "; see --help", 2)
    except BrokenPipeError:
        sys.exit(0)
    except (RuntimeError, MemoryError, OSError) as error:
        _fail(" ".join(str(error).split()) or type(error).__name__, 1)


def _fail(message: str, code: int) -> None:
    click.echo(f"mmmie: {message}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="mmmie")
def cli() -> None:
    """Train, evaluate and inspect MMMIE models of multimodal sentiment."""


for _command in (
    app, train, evaluate, predict, export, identity, probe, robustness, explain, mi, decompose,
    experiment, data, jobs,
):  # fmt: skip
    cli.add_command(_command)
