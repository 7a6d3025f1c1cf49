"""``mmmie data``: look at, convert and extract corpora."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmmie.cli.shared import JSON, LABEL, print_report
from mmmie.cli.tables import print_corpus
from mmmie.errors import InputError


@click.group()
def data() -> None:
    """Look at and convert corpora."""


@data.command("info")
@click.argument("path")
@LABEL
@JSON
def data_info(path: str, label: str | None, as_json: bool) -> None:
    """What is in a corpus, and which format it is of."""
    from mmmie.analysis.corpora.giveaways import giveaway_notes
    from mmmie.analysis.corpora.summary import corpus_summary
    from mmmie.datasets import recognise_corpus

    name, corpus = recognise_corpus(path, label=label, unlabelled=True)
    report = {"format": name, **corpus_summary(corpus)}
    report["notes"] += giveaway_notes(corpus)
    print_report(report, as_json, print_corpus)


@data.command("convert")
@click.argument("source")
@click.argument("destination", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    default="folder",
    type=click.Choice(["folder", "mmsa"]),
    show_default=True,
    help="A corpus folder, or a pickle for MMSA.",
)
@LABEL
def data_convert(source: str, destination: Path, target: str, label: str | None) -> None:
    """Write a corpus of any format as a corpus folder or as a pickle for MMSA."""
    from mmmie.datasets import convert_corpus, load_corpus

    if target == "mmsa":
        from mmmie.corpus import SPLITS
        from mmmie.datasets.formats.mmsa_export import save_mmsa

        corpus = load_corpus(source, label=label)
        save_mmsa(corpus, destination)
        count = len(corpus)
        for split in sorted(set(SPLITS) - set(corpus.splits)):
            click.echo(
                f"no utterance has split `{split}`, but MMSA opens no file without one: put some "
                "conversations in it before you use MMSA",
                err=True,
            )
    else:
        count = convert_corpus(source, destination, label=label)
    click.echo(f"{count} utterances: {destination}")


@data.command("get")
@click.argument("name", required=False)
@click.argument("destination", required=False, type=click.Path(path_type=Path))
@click.option(
    "--from", "given", type=click.Path(path_type=Path), help="A folder that has the files already."
)
@click.option("--yes", is_flag=True, help="Accept the terms that are shown.")
def data_get(name: str | None, destination: Path | None, given: Path | None, yes: bool) -> None:
    """Build a public corpus from the files of its authors; without NAME, list them.

    DESTINATION is the new corpus folder, NAME if left out.
    """
    from mmmie.datasets.public.recipes import RECIPES, check_destination, get_corpus, recipe_of

    if name is None:
        for recipe in RECIPES.values():
            click.echo(f"{recipe.name:10} {recipe.title}")
        return
    recipe = recipe_of(name)
    destination = destination or Path(recipe.name)
    check_destination(destination)
    click.echo(f"{recipe.title}\nTerms: {recipe.terms}\nThey stand at {recipe.page}")
    if not yes and not _agreed():
        raise InputError(
            f"data get: the terms of {recipe.name} were not accepted, and nothing was fetched; "
            f"--yes accepts them"
        )
    count = get_corpus(
        recipe, destination, given=given, say=lambda url: click.echo(f"fetching {url}", err=True)
    )
    click.echo(f"{count} utterances: {destination}")


def _agreed() -> bool:
    try:
        return click.confirm("Do you accept them?")
    except click.Abort:  # nobody is there to ask
        return False


@data.command("extract")
@click.argument("clips", type=click.Path(path_type=Path))
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--table", type=click.Path(path_type=Path), help="default: CLIPS/utterances.csv")
@click.option("--audio", default="opensmile", show_default=True, help="opensmile, librosa or none.")
@click.option("--step", default=0.1, show_default=True, help="Seconds per step of a sequence.")
@click.option("--fps", type=float, help="Frames per second of vision tables without timestamps.")
@click.option(
    "--confidence", default=0.8, show_default=True, help="Faces below this confidence are left out."
)
@click.option("--quiet", is_flag=True, help="No progress bar.")
def data_extract(clips: Path, destination: Path, quiet: bool, **options: Any) -> None:
    """Make a corpus folder from clips: voice, face and words of the files that a table names.

    Each row of the table is an utterance: the columns of a corpus, and paths inside CLIPS in
    `audio` (sound or video), `vision` (CSV of OpenFace or py-feat) and `transcript_file` (.txt,
    .srt or .vtt).
    """
    from mmmie.extraction import extract_corpus

    made = extract_corpus(clips, destination, progress=not quiet, **options)
    click.echo(f"{made.utterances} utterances: {destination}")
    for note in made.notes:
        click.echo(note)
