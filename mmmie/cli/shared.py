"""What several commands share: options, opening a checkpoint, printing a report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint
    from mmmie.corpus import Corpus

_NOTES_SAID = 3  # notes in full before a training starts; of more, the first one

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
DATA = click.option("--data", help="`demo` or a corpus; the checkpoint's own if left out.")
LABEL = click.option(
    "--label",
    metavar="KEY=VALUE,…",
    help="What the label is: kind=regression,range=-3:3 or kind=classification,classes=A:B:…, "
    "name=…; each may be left out.",
)
DEVICE = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:N or mps."
)
SPLIT = click.option("--split", default="valid", show_default=True, help="train, valid or test.")
CHECKPOINT = click.argument("checkpoint", type=click.Path(path_type=Path))


def opened_checkpoint(checkpoint: Path, device: str) -> Checkpoint:
    """A checkpoint on a device.

    Raises:
        InputError: the checkpoint cannot be opened, or the device is not there.
    """
    from mmmie.analysis.checkpoint import load_checkpoint
    from mmmie.training.devices.choice import chosen_device

    return load_checkpoint(checkpoint, chosen_device(device))


def opened_with_corpus(
    checkpoint: Path, data: str | None, label: str | None, device: str
) -> tuple[Checkpoint, Corpus]:
    """A checkpoint and the corpus to use it on: `data`, else the one it was trained on.

    What had to be changed for the corpus to fit is said on stderr.
    """
    opened = opened_checkpoint(checkpoint, device)
    corpus = opened.opened(data, label=label)
    fitted = opened.fitted(corpus)
    print_notes(fitted.notes[len(corpus.notes) :])
    return opened, fitted


def print_notes(notes: Iterable[str]) -> None:
    """Say on stderr what was done to a corpus, one line per note."""
    for note in notes:
        click.echo(f"mmmie: {one_line(note)}", err=True)


def say_notes(corpus: Corpus) -> None:
    """One line on stderr about what was noted when a corpus was opened, if anything was."""
    from mmmie.analysis.corpora.giveaways import giveaway_notes

    notes = [one_line(note) for note in (*corpus.notes, *giveaway_notes(corpus))]
    if not notes:
        return
    count = f"{len(notes)} note{'s' * (len(notes) > 1)} on the corpus"
    if len(notes) > _NOTES_SAID:
        notes = [notes[0], f"(`mmmie data info {one_line(corpus.where)}` shows all)"]
    click.echo(f"mmmie: {count}: {' '.join(notes)}", err=True)


def one_line(text: str) -> str:
    """Text of a file that a terminal can show: without line breaks and control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def print_report(
    report: dict[str, Any],
    as_json: bool,
    as_tables: Callable[[dict[str, Any]], None] | None = None,
) -> None:
    """Print a nested report as one JSON object, or as tables, or as one line per number."""
    if as_json:
        click.echo(json.dumps(strict(report), indent=1, allow_nan=False))
    elif as_tables:
        as_tables(strict(report))
    else:
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
