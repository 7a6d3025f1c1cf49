"""``mmmie mi``: mutual information of two arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mmmie.cli.shared import JSON, print_report
from mmmie.errors import InputError
from mmmie.mi.catalogue import CATALOGUE


def _choices() -> str:
    sides = {"lower": "Lower bounds", "upper": "Upper bounds", "neither": "Neither"}
    named = {
        words: ", ".join(facts.name for facts in CATALOGUE.values() if facts.bound == side)
        for side, words in sides.items()
    }
    return " ".join(f"{words}: {names}." for words, names in named.items())


def _takes(option: str) -> str:
    return ", ".join(facts.name for facts in CATALOGUE.values() if option in facts.options)


@click.command()
@click.argument("x", type=click.Path(path_type=Path))
@click.argument("y", type=click.Path(path_type=Path))
@click.option("--estimator", required=True, help=_choices())
@click.option("--steps", default=2000, show_default=True, help="The most steps of Adam.")
@click.option(
    "--batch-size",
    type=int,
    help="Pairs per batch; 64 if left out, and up to 256 in evaluation where it sets a ceiling.",
)
@click.option("--hidden", default=256, show_default=True, help="Width of the networks.")
@click.option("--transform", default="none", show_default=True, help="none or copula.")
@click.option("--critic", help=f"separable or joint, for {_takes('critic')}.")
@click.option("--conditional", help=f"gaussian or flow, for {_takes('conditional')}.")
@click.option(
    "--entropy-y", type=float, help=f"H(y) in nats where it is known, for {_takes('entropy_y')}."
)
@click.option(
    "--groups",
    type=click.Path(path_type=Path),
    help="A .npy file with a name or number for every row: whole groups are held out.",
)
@click.option("--details", is_flag=True, help="Also what it assumes, how it fits and doubts.")
@click.option("--seed", default=0, show_default=True)
@JSON
def mi(x: Path, y: Path, groups: Path | None, details: bool, as_json: bool, **options: Any) -> None:
    """Estimate the mutual information of two arrays, pairs in rows, in nats."""
    from mmmie.mi import estimate

    grouped = None if groups is None else _load_array(groups, "fiubUS")
    result = estimate(_load_array(x), _load_array(y), groups=grouped, **options)
    keys = ["estimator", "nats", "std", "bound", "ceiling", "doubt", "n", "seconds"]
    if details:
        keys += ["dim_x", "dim_y", "batch_size", "seed", "assumes", "fit", "note"]
    print_report({key: getattr(result, key) for key in keys}, as_json)
    if not as_json:
        click.echo(result.sentence)


def _load_array(file: Path, kinds: str = "fiu") -> Any:
    import numpy as np

    if file.suffix.lower() in (".csv", ".tsv", ".txt") and file.is_file():
        raise InputError(
            f"{file}: is a text file, not a .npy array; read it with numpy.loadtxt and save it "
            f"with numpy.save"
        )
    try:
        array = np.load(file, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(f"{file}: there is no such file; name a .npy file") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{file}: is not a readable .npy array ({error})") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in kinds:
        of = "names or numbers" if "U" in kinds else "numbers"
        raise InputError(f"{file}: has no array of {of}; save one with numpy.save")
    return array
