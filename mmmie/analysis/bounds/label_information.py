"""What pairs of modalities say about the label: both, each alone, and only the two together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mmmie.analysis.bounds.split_of_checkpoint import SplitWork, opened_split
from mmmie.analysis.codes.snapshots import read_history, snapshot_files
from mmmie.analysis.errors.slices import every_slice
from mmmie.corpus import Corpus
from mmmie.corpus.pooling import step_means
from mmmie.errors import InputError
from mmmie.jobs.background_work import serve

if TYPE_CHECKING:
    from mmmie.analysis.checkpoint import Checkpoint
    from mmmie.analysis.codes.snapshots import CodeHistory
    from mmmie.mi.decomposition.decompose import Pointwise

SHIPPED = "label_information.jsonl"
_MODULE = "mmmie.analysis.bounds.label_information"
_VERSION = 1
_MOST_ROWS = 20_000


class LabelInformation(SplitWork):
    """Decompositions for a checkpoint: of its codes, of them at every epoch, of the features."""

    module = _MODULE
    version = _VERSION

    @property
    def count(self) -> int:
        """How many decompositions there are to make."""
        names = self.checkpoint.info.modalities
        pairs = len(list(combinations(names, 2)))
        return pairs * (2 + len(snapshot_files(self.checkpoint.info.folder)))

    def lines(self) -> list[dict[str, Any]]:
        """What is there: of this work, or what a shipped checkpoint brings."""
        return self.work.lines() or self.shipped()

    def shipped(self) -> list[dict[str, Any]]:
        """The lines that come with a checkpoint, if they are of the same content; else none."""
        try:
            text = (self.checkpoint.info.folder / SHIPPED).read_text("utf-8").splitlines()
            lines = [json.loads(line) for line in text]
        except (OSError, ValueError):
            return []
        return lines[1:] if lines and lines[0] == {"work": self.work.folder.name} else []


def all_lines(checkpoint: Checkpoint, corpus: Corpus, split: str) -> Iterator[dict[str, Any]]:
    """`code_lines`, `epoch_lines` and `feature_lines`, with the `source` of each."""
    for line in code_lines(checkpoint, corpus, split):
        yield {"source": "codes", **line}
    files = snapshot_files(checkpoint.info.folder)
    if files:
        history = read_history(files, list(checkpoint.info.modalities))
        for line in epoch_lines(history, corpus):
            yield {"source": "epochs", **line}
    for line in feature_lines(corpus, split, list(checkpoint.info.modalities)):
        yield {"source": "features", **line}


def parts_table(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """All decompositions of whole splits and epochs, one row each.

    Returns:
        `source`, `epoch`, `first`, `second` (the modalities) and the fields of
        `mmmie.mi.Decomposition`.
    """
    rows = [line for line in lines if line["slice"] is None]
    return _by_pair(rows)


def slices_table(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """What the utterances of every slice add to the information, one row per slice and pair.

    Returns:
        `source`, `first`, `second`, `slice`, `n`, and `alone_1`, `alone_2`, `both` and `beyond`
        (both minus the sum of each) in nats, with `…_std`.
    """
    return _by_pair([line for line in lines if line["slice"] is not None])


def _by_pair(lines: list[dict[str, Any]]) -> pd.DataFrame:
    rows = []
    for line in lines:
        first, second = line["pair"]
        rest = {key: value for key, value in line.items() if key != "pair"}
        rows.append({"first": first, "second": second, **rest})
    return pd.DataFrame(rows)


def part_names(pair: tuple[str, str]) -> dict[str, str]:
    """What a part is called in a report → the field of `mmmie.mi.Decomposition`.

    Example:
        >>> part_names(("text", "audio"))["unique_text"]
        'unique_1'
    """
    first, second = pair
    return {
        "redundant": "redundant",
        f"unique_{first}": "unique_1",
        f"unique_{second}": "unique_2",
        "synergistic": "synergistic",
        "co_information": "co_information",
        "total": "total",
    }


def information_report(found: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The report of ``mmmie decompose`` from `feature_lines` or `code_lines`."""
    pairs: dict[str, dict[str, Any]] = {}
    for line in found:
        if line["slice"] is None:
            report = {}
            for name, part in part_names(tuple(line["pair"])).items():
                report[name], report[f"{name}_std"] = line[part], line[f"{part}_std"]
            further = ("entropy", "codes", "n", "groups", "doubt")
            pairs["-".join(line["pair"])] = {**report, **{key: line[key] for key in further}}
    return {"pairs": pairs, "unit": "nats"}


def feature_lines(
    corpus: Corpus, split: str, modalities: list[str] | None = None
) -> Iterator[dict[str, Any]]:
    """The decomposition of the features of every pair, pooled over time, and of its slices.

    Models learn from all labelled utterances, except those of the conversations that they are
    judged on; values are about the split.

    Returns:
        The fields of `mmmie.mi.Decomposition`, `pair`, and `slice`: None, or its name. Of a slice
        there are `alone_1`, `alone_2`, `both` and `beyond` instead: what its utterances add to the
        information of each, of both, and of both beyond the sum of each; with `…_std`.

    Raises:
        InputError: there is a single modality or conversation, or the label has one value.
    """
    judged = corpus.rows(split)
    rows = np.flatnonzero(corpus.labelled)
    if len(rows) > _MOST_ROWS:
        others = np.setdiff1d(rows, judged)
        kept = np.random.default_rng(0).permutation(others)[: max(_MOST_ROWS - len(judged), 0)]
        rows = np.sort(np.concatenate([judged, kept]))
    inputs = {name: pooled(corpus, name, rows) for name in modalities or corpus.modalities}
    yield from _lines(corpus, rows, np.isin(rows, judged), inputs)


def code_lines(checkpoint: Checkpoint, corpus: Corpus, split: str) -> Iterator[dict[str, Any]]:
    """The same of the codes of every modality, shared and own together.

    Models learn from the split alone: the encoders have seen the labels of train.
    """
    outputs = checkpoint.cached_outputs(corpus, split)
    inputs = {
        name: np.hstack([outputs.spaces[f"{kind}.{name}"] for kind in ("invariant", "specific")])
        for name in outputs.modalities
    }
    present = {name: _present(corpus, name, outputs.rows) for name in inputs}
    inputs = {name: np.where(present[name][:, None], x, np.nan) for name, x in inputs.items()}
    yield from _lines(corpus, outputs.rows, np.ones(len(outputs.rows), bool), inputs)


def epoch_lines(history: CodeHistory, corpus: Corpus) -> Iterator[dict[str, Any]]:
    """The same at every epoch that a run kept codes of, without slices; `epoch` says which."""
    place = {name: row for row, name in enumerate(corpus.utterances["id"].astype(str))}
    rows = np.array([place.get(name, -1) for name in history.ids])
    here = rows >= 0
    if not here.any():
        return
    rows = rows[here]
    for number, epoch in enumerate(history.epochs):
        inputs = {
            name: np.hstack(
                [kind[name][number][here] for kind in (history.invariant, history.specific)
                 if name in kind]
            )
            for name in history.invariant
        }  # fmt: skip
        for line in _lines(corpus, rows, np.ones(len(rows), bool), inputs, sliced=False):
            yield {"epoch": epoch, **line}


def pooled(corpus: Corpus, modality: str, rows: np.ndarray) -> np.ndarray:
    """Features over time (n, d): means and, of a sequence, ln of its length; NaN where absent."""
    features = corpus.features[modality]
    found = step_means(features, rows)
    if features.offsets is not None:
        steps = np.diff(features.offsets)[rows]
        found = np.column_stack([found, np.log(np.maximum(steps, 1))])
    return np.where(_present(corpus, modality, rows)[:, None], found, np.nan)


def _present(corpus: Corpus, modality: str, rows: np.ndarray) -> np.ndarray:
    offsets = corpus.features[modality].offsets
    return np.ones(len(rows), bool) if offsets is None else np.diff(offsets)[rows] > 0


def _lines(
    corpus: Corpus,
    rows: np.ndarray,
    judged: np.ndarray,
    inputs: dict[str, np.ndarray],
    sliced: bool = True,
) -> Iterator[dict[str, Any]]:
    from dataclasses import asdict

    from mmmie.mi.decomposition.decompose import pointwise

    if len(inputs) < 2:
        raise InputError(
            f"{corpus.where}: has one modality; a decomposition is of a pair, so choose a corpus "
            f"with two or more"
        )
    label, talks = corpus.targets[rows], corpus.utterances["conversation"].to_numpy()[rows]
    for pair in combinations(inputs, 2):
        both = np.isfinite(np.hstack([inputs[name] for name in pair])).all(1)
        try:
            first, second = (inputs[name][both] for name in pair)
            found = pointwise(first, second, label[both], talks[both])
        except InputError as error:
            raise InputError(f"{corpus.where}: {'-'.join(pair)}: {error}") from None
        shown = judged[both]
        yield {"pair": pair, "slice": None, **asdict(found.over(shown))}
        if sliced:
            yield from _slices(corpus, rows[both][shown], found, np.flatnonzero(shown), pair)


def _slices(
    corpus: Corpus,
    rows: np.ndarray,
    found: Pointwise,
    places: np.ndarray,
    pair: tuple[str, str],
) -> Iterator[dict[str, Any]]:
    from mmmie.mi.decomposition.decompose import grouped_error

    for name, mask in every_slice(corpus, rows):
        values = found.rows[places[mask], :3]
        # what both say beyond the sum of each is minus the co-information
        values = np.column_stack([values, values[:, 2] - values[:, 0] - values[:, 1]])
        errors = grouped_error(values - values.mean(0), found.groups[places[mask]])
        line: dict[str, Any] = {"pair": pair, "slice": name, "n": int(mask.sum())}
        for key, value, error in zip(
            ("alone_1", "alone_2", "both", "beyond"), values.mean(0), errors, strict=True
        ):
            line |= {key: float(value), f"{key}_std": float(error)}
        yield line


def _compute(given: dict[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    yield from all_lines(*opened_split(given))


if __name__ == "__main__":
    serve(_compute)
