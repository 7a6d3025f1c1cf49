"""Commands that look into a checkpoint: evaluate, predict, export, identity, probe, …"""

from __future__ import annotations

from pathlib import Path

import click

from mmmie.cli.shared import (
    CHECKPOINT,
    DATA,
    DEVICE,
    JSON,
    LABEL,
    SPLIT,
    opened_checkpoint,
    opened_with_corpus,
    print_notes,
    print_report,
)
from mmmie.cli.tables import (
    print_explanation,
    print_identity,
    print_metrics,
    print_probes,
    print_robustness,
)
from mmmie.errors import InputError


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@DEVICE
@JSON
def evaluate(
    checkpoint: Path, data: str | None, label: str | None, split: str, device: str, as_json: bool
) -> None:
    """Metrics of a checkpoint on a split."""
    opened, corpus = opened_with_corpus(checkpoint, data, label, device)
    print_report(opened.evaluate(corpus, split), as_json, print_metrics)


@click.command()
@CHECKPOINT
@DATA
@LABEL
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A CSV file.")
@click.option(
    "--codes",
    type=click.Path(path_type=Path),
    help="A safetensors file: shared.<modality>, own.<modality>, fused; a row per utterance.",
)
@DEVICE
def predict(
    checkpoint: Path,
    data: str | None,
    label: str | None,
    out: Path,
    codes: Path | None,
    device: str,
) -> None:
    """Predict every utterance of a corpus, labelled or not, into a CSV file."""
    from mmmie.analysis.checkpoint import missing_modalities, to_predict
    from mmmie.csv_export import csv_text
    from mmmie.files import replacing, write_text

    for file in (out, codes or out):
        if not file.parent.is_dir():
            raise InputError(f"{file}: its folder does not exist; make it or name another file")
    if codes is not None and codes.resolve() == out.resolve():
        raise InputError(f"--codes: {codes} is also --out; name another file")
    opened = opened_checkpoint(checkpoint, device)
    corpus = opened.corpus(data, label=label, unlabelled=True)
    missing = missing_modalities(opened.info, corpus)
    if missing:
        print_notes([f"{corpus.where} has no {', '.join(missing)}; predicted without"])
    print_notes(to_predict(opened.info, corpus).notes[len(corpus.notes) :])
    table = opened.predict(corpus)
    write_text(out, csv_text(table))
    click.echo(f"{len(table)} predictions: {out}")
    if codes is not None:
        from safetensors.numpy import save_file

        with replacing(codes) as unfinished:
            save_file(opened.encode(corpus), unfinished, {"checkpoint": opened.fingerprint})
        click.echo(f"Codes in the same order: {codes}")


@click.command()
@CHECKPOINT
@click.option("--out", required=True, type=click.Path(path_type=Path), help="A .pt2 file.")
def export(checkpoint: Path, out: Path) -> None:
    """Write the model as a program that torch runs without this package (torch.export)."""
    opened_checkpoint(checkpoint, "cpu").export(out)
    click.echo(f"Program for torch.export.load: {out}")


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@DEVICE
@JSON
def identity(
    checkpoint: Path, data: str | None, label: str | None, split: str, device: str, as_json: bool
) -> None:
    """What the identity embedding does: metrics under interventions on it."""
    from mmmie.analysis.ask.identity_effect import identity_effect

    opened, corpus = opened_with_corpus(checkpoint, data, label, device)
    report = identity_effect(corpus, opened.outputs(corpus, split))
    print_report(report, as_json, print_identity)


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@DEVICE
@click.option("--nonlinear", is_flag=True, help="Also small non-linear probes: some seconds more.")
@JSON
def probe(
    checkpoint: Path,
    data: str | None,
    label: str | None,
    split: str,
    device: str,
    nonlinear: bool,
    as_json: bool,
) -> None:
    """Leakage and content of the codes: probes, alignment and retrieval."""
    from mmmie.analysis.codes.probes import probe_report

    opened, corpus = opened_with_corpus(checkpoint, data, label, device)
    report = probe_report(corpus, opened.outputs(corpus, split), nonlinear)
    print_report(report, as_json, print_probes)


@click.command()
@CHECKPOINT
@DATA
@LABEL
@SPLIT
@DEVICE
@JSON
def robustness(
    checkpoint: Path, data: str | None, label: str | None, split: str, device: str, as_json: bool
) -> None:
    """Metrics when modalities are missing: every subset of them, and at random."""
    from mmmie.analysis.ask.robustness import robustness as report_of

    opened, corpus = opened_with_corpus(checkpoint, data, label, device)
    print_report(report_of(opened, corpus, split), as_json, print_robustness)


@click.command()
@CHECKPOINT
@click.option("--utterance", required=True, help="The id of the utterance to explain.")
@click.option("--class", "class_name", help="The class to explain; else the predicted one.")
@DATA
@LABEL
@SPLIT
@DEVICE
@JSON
def explain(
    checkpoint: Path,
    utterance: str,
    class_name: str | None,
    data: str | None,
    label: str | None,
    split: str,
    device: str,
    as_json: bool,
) -> None:
    """What modalities, turns and channels add to one prediction, and modalities over a split."""
    from mmmie.analysis.credit.explain import explain_report

    opened, corpus = opened_with_corpus(checkpoint, data, label, device)
    report = explain_report(opened, corpus, utterance, split, class_name)
    print_report(report, as_json, print_explanation)
