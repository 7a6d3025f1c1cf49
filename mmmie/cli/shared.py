"""What several commands share: options, opening a checkpoint, printing a report."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
DATA = click.option("--data", help="`demo` or a corpus; the checkpoint's own if left out.")
SPLIT = click.option("--split", default="valid", show_default=True, help="train, valid or test.")
CHECKPOINT = click.argument("checkpoint", type=click.Path(path_type=Path))


def opened_with_corpus(
    checkpoint: Path, data: str | None, unlabelled: bool = False
) -> tuple[Any, Any]:
    """A checkpoint and the corpus to use it on: `data`, else the one it was trained on."""
    from mmmie.analysis.checkpoint import load_checkpoint

    opened = load_checkpoint(checkpoint)
    return opened, opened.corpus(data, unlabelled=unlabelled)


def print_report(report: dict[str, Any], as_json: bool) -> None:
    """Print a nested report as one JSON object, or as one line per number."""
    if as_json:
        click.echo(json.dumps(strict(report), indent=1, allow_nan=False))
        return
    _print_lines(strict(report), "")


def _print_lines(value: Any, path: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _print_lines(inner, f"{path}{' · ' if path else ''}{key}")
        return
    shown = "-" if value is None else f"{value:.4g}" if isinstance(value, float) else value
    click.echo(f"{path:48} {shown}")


def strict(value: Any) -> Any:
    """What JSON can say: NaN and infinity become null."""
    if isinstance(value, dict):
        return {str(key): strict(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
