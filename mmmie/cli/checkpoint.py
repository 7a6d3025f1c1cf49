"""Commands that look into a checkpoint: evaluate, predict, identity, probe, explain."""

from __future__ import annotations

from pathlib import Path

import click

from mmmie.cli.shared import (
    CHECKPOINT,
    DATA,
    JSON,
    LABEL,
    SPLIT,
    opened_with_corpus,
    print_notes,
    print_report,
)
from mmmie.errors import InputError


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@JSON
def evaluate(
    checkpoint: Path, data: str | None, label: str | None, split: str, as_json: bool
) -> None:
    """Metrics of a checkpoint on a split."""
    opened, corpus = opened_with_corpus(checkpoint, data, label)
    print_report(opened.evaluate(corpus, split), as_json)


@click.command()
@CHECKPOINT
@DATA
@LABEL
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A CSV file.")
def predict(checkpoint: Path, data: str | None, label: str | None, out: Path) -> None:
    """Predict every utterance of a corpus, labelled or not, into a CSV file."""
    from mmmie.analysis.checkpoint import load_checkpoint, missing_modalities, to_predict
    from mmmie.csv_export import csv_text
    from mmmie.files import write_text

    opened = load_checkpoint(checkpoint)
    corpus = opened.corpus(data, label=label, unlabelled=True)
    missing = missing_modalities(opened.info, corpus)
    if missing:
        print_notes([f"{corpus.where} has no {', '.join(missing)}; predicted without"])
    print_notes(to_predict(opened.info, corpus).notes[len(corpus.notes) :])
    table = opened.predict(corpus)
    if not out.parent.is_dir():
        raise InputError(f"{out}: its folder does not exist; make it or name another file")
    write_text(out, csv_text(table))
    click.echo(f"{len(table)} predictions: {out}")


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@JSON
def identity(
    checkpoint: Path, data: str | None, label: str | None, split: str, as_json: bool
) -> None:
    """What the identity embedding does: metrics under interventions on it."""
    from mmmie.analysis.ask.identity_effect import identity_effect

    opened, corpus = opened_with_corpus(checkpoint, data, label)
    print_report(identity_effect(corpus, opened.outputs(corpus, split)), as_json)


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@click.option("--nonlinear", is_flag=True, help="Also small non-linear probes: some seconds more.")
@JSON
def probe(
    checkpoint: Path,
    data: str | None,
    label: str | None,
    split: str,
    nonlinear: bool,
    as_json: bool,
) -> None:
    """Leakage and content of the codes: probes, alignment and retrieval."""
    from mmmie.analysis.codes.probes import leakage_tables, probe_report

    opened, corpus = opened_with_corpus(checkpoint, data, label)
    report = probe_report(corpus, opened.outputs(corpus, split), nonlinear)
    if as_json:
        print_report(report, as_json)
        return
    print_report({name: report[name] for name in ("codes", "retrieval")}, as_json)
    shown = ["reading", "probe", "code", "target", "wanted", "limit", "value", "low", "high"]
    table = leakage_tables(report)[[*shown, "verdict"]]
    click.echo(table.to_string(index=False, float_format="{:.3f}".format, na_rep="-"))


@click.command()
@CHECKPOINT
@click.option("--utterance", required=True, help="The id of the utterance to explain.")
@click.option("--class", "class_name", help="The class to explain; else the predicted one.")
@DATA
@LABEL
@SPLIT
@JSON
def explain(
    checkpoint: Path,
    utterance: str,
    class_name: str | None,
    data: str | None,
    label: str | None,
    split: str,
    as_json: bool,
) -> None:
    """What modalities, turns and channels add to one prediction, and modalities over a split."""
    from mmmie.analysis.credit.explain import explain_report

    opened, corpus = opened_with_corpus(checkpoint, data, label)
    print_report(explain_report(opened, corpus, utterance, split, class_name), as_json)
