"""``mmmie decompose``: what pairs of modalities say about the label."""

from __future__ import annotations

from pathlib import Path

import click

from mmmie.cli.shared import DATA, DEVICE, JSON, LABEL, SPLIT, opened_with_corpus, print_report
from mmmie.errors import InputError


@click.command()
@click.argument("source", metavar="CHECKPOINT|FOLDER")
@DATA
@LABEL
@SPLIT
@DEVICE
@JSON
def decompose(
    source: str, data: str | None, label: str | None, split: str, device: str, as_json: bool
) -> None:
    """What two modalities say about the label: both, each alone, only both together; in nats.

    Of a CHECKPOINT it is about the codes of every modality, shared and own together, learned and
    judged on the split. Of a corpus FOLDER (or `demo`) it is about the features, pooled over time;
    models learn from all conversations but those they are judged on.
    """
    from mmmie.analysis.bounds.label_information import (
        code_lines,
        feature_lines,
        information_report,
    )
    from mmmie.hub_files import hub_repository

    folders = Path(source), Path(source) / "best"
    if hub_repository(source) or any((folder / "config.json").is_file() for folder in folders):
        opened, corpus = opened_with_corpus(Path(source), data, label, device)
        lines = code_lines(opened, corpus, split)
    else:
        from mmmie.datasets import load_corpus

        if data is not None:
            raise InputError(f"--data is for a checkpoint, and {source} is none; leave it out")
        lines = feature_lines(load_corpus(source, label=label), split)
    print_report(information_report(lines), as_json)
