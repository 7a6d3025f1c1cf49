"""The native corpus format, ``mmmie-corpus/1``: a folder of JSON, CSV and safetensors."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from mmmie.corpus import NO_LABEL, TIME_COLUMNS, Corpus, Features, Label, Modality, no_context
from mmmie.corpus.checks import features_faults, table_faults
from mmmie.corpus.parquet_tables import read_parquet_table
from mmmie.corpus.row_order import order_faults, order_metadata
from mmmie.corpus.safetensors_files import map_safetensors
from mmmie.corpus.text_files import read_text
from mmmie.corpus.text_tables import TextTable, read_text_table
from mmmie.corpus.times import seconds_of
from mmmie.errors import InputError, printable
from mmmie.reading import parse_json, refuse_closed, refuse_outside, short

FORMAT = "mmmie-corpus/1"
FILES = ("corpus.json", "utterances.csv", "utterances.parquet", "features.safetensors")
"""What a corpus folder may hold; one of the tables is enough."""

Relabel = Callable[[pd.Series, Label, str], tuple[Label, Any, list[str]]]
"""A column of labels, what the description says of it, and its file → label, values, notes."""

_Read = TypeVar("_Read")
_TEXTS = ("description", "source", "licence")
_TEXT_COLUMNS = ("id", "conversation", "split", "speaker", "transcript")
_MOST_DESCRIPTION = 2**22  # characters
_MOST_MODALITIES = 100
_MOST_CLASSES = 1000
_MOST_DIM = 2**20
_LONGEST_NAME = 200


def open_corpus_folder(
    folder: Path | str,
    *,
    unlabelled: bool = False,
    relabel: Relabel | None = None,
    checked: bool = False,
) -> Corpus:
    """Open and check a corpus folder; features stay memory-mapped.

    Args:
        folder: a folder that holds ``corpus.json``, ``utterances.csv`` (or ``.parquet``) and
            ``features.safetensors``.
        unlabelled: take utterances without a label or a split, for a model to predict.
        relabel: what the labels are in place of what ``corpus.json`` says.
        checked: its features were all found finite before, so they are not read now.

    Raises:
        InputError: anything is missing or wrong; `faults` lists all that was found.
    """
    folder = Path(folder)
    refuse_closed(folder)
    if not os.path.isdir(folder):
        raise InputError(f"{folder}: there is no such folder; name a corpus folder or `demo`")
    found = _Faults()
    file, features_file = folder / "corpus.json", folder / "features.safetensors"
    raw = found.ask(_read_description, file) or {}
    name = label = None
    modalities: dict[str, Modality] = {}
    if raw:
        name = found.ask(_name, raw.get("name"), "name", file)
        undescribed = unlabelled and "label" not in raw
        label = NO_LABEL if undescribed else found.ask(_read_label, raw, file)
        modalities = _read_modalities(raw, file, found)
    texts = {key: found.ask(_text, raw, key, file) for key in _TEXTS}
    table_file = found.ask(_table_file, folder)
    described = None if relabel else label
    read = found.ask(read_utterances, table_file, described) if table_file else None
    utterances = read.rows if read else None
    notes = (*(found.ask(read_notes, raw, file) or ()), *(read.notes if read else ()))
    if relabel and label is not None and utterances is not None and "label" in utterances:
        relabelled = found.ask(relabel, utterances["label"], label, str(table_file))
        if relabelled is not None:
            label, utterances["label"], more = relabelled
            notes += tuple(more)
    features = found.ask(_read_features, features_file, modalities)
    if utterances is not None:
        if unlabelled:
            utterances = _with_gaps(utterances)
        found.faults += table_faults(utterances, label, str(table_file), unlabelled)
        if features is not None:
            where = str(features_file)
            found.faults += order_faults(utterances, str(table_file), features_file) or (
                features_faults(features, modalities, utterances, where, finite=checked)
            )
    if found.faults:
        raise InputError(found.faults[0], found.faults)
    assert name is not None and label is not None  # or there had been a fault
    assert utterances is not None and features is not None
    if label.kind == "regression":
        utterances["label"] = utterances["label"].astype(np.float64)
    return Corpus(
        name=name,
        description=texts["description"] or "",
        label=label,
        modalities=modalities,
        utterances=utterances,
        features=features,
        source=texts["source"],
        licence=texts["licence"],
        path=folder,
        notes=joined_notes(notes, utterances),
    )


def _with_gaps(utterances: pd.DataFrame) -> pd.DataFrame:
    """The table with all its columns; labels that are not given are None, splits empty."""
    table = utterances.assign(**{name: "" for name in ("label", "split") if name not in utterances})
    if not pd.api.types.is_numeric_dtype(table["label"]):
        table["label"] = table["label"].astype(object).where(table["label"] != "", None)
    return table


class _Faults:
    """Collects what is wrong, so that one fault does not hide the others."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def ask(self, read: Callable[..., _Read], *arguments: Any) -> _Read | None:
        """What `read` returns; None, and its faults kept, where it raises `InputError`."""
        try:
            return read(*arguments)
        except InputError as error:
            self.faults += error.faults
            return None


def save_corpus_folder(corpus: Corpus, folder: Path | str) -> None:
    """Write a corpus as a folder; `open_corpus_folder` gives the same corpus back.

    Raises:
        InputError: `folder` exists and is not empty.
    """
    from safetensors.numpy import save_file

    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, np.ndarray] = {}
    for name, features in corpus.features.items():
        tensors[name] = np.ascontiguousarray(features.values)
        if features.offsets is not None:
            tensors[f"{name}.offsets"] = np.ascontiguousarray(features.offsets)
    metadata = order_metadata(corpus.utterances["id"].astype(str).tolist())
    save_file(tensors, str(folder / "features.safetensors"), metadata)
    write_utterances(corpus.utterances, folder / "utterances.csv")
    (folder / "corpus.json").write_text(json.dumps(describe_corpus(corpus), indent=1), "utf-8")


def write_utterances(utterances: pd.DataFrame, file: Path) -> None:
    """Write an utterance table as CSV; `read_utterances` gives the same back."""
    texts = utterances.select_dtypes(exclude="number").astype(str)
    # pandas leaves a lone carriage return bare, which ends a row for whoever reads it
    bare = any(texts[name].str.contains("\r", regex=False).any() for name in texts)
    utterances.to_csv(
        file, index=False, quoting=csv.QUOTE_NONNUMERIC if bare else csv.QUOTE_MINIMAL
    )


def describe_corpus(corpus: Corpus) -> dict[str, Any]:
    """What ``corpus.json`` says of a corpus."""
    label: dict[str, Any] = {"name": corpus.label.name, "kind": corpus.label.kind}
    if corpus.label.range:
        label["range"] = list(corpus.label.range)
    if corpus.label.classes:
        label["classes"] = list(corpus.label.classes)
    modalities: dict[str, dict[str, Any]] = {}
    for name, modality in corpus.modalities.items():
        modalities[name] = {"dim": modality.dim, "level": modality.level}
        if modality.source:
            modalities[name]["source"] = modality.source
        if modality.channels:
            modalities[name]["channels"] = list(modality.channels)
    described: dict[str, Any] = {
        "format": FORMAT,
        "name": printable(corpus.name)[:_LONGEST_NAME],
        "description": corpus.description,
        "label": None if corpus.label == NO_LABEL else label,
        "modalities": modalities,
        "source": corpus.source,
        "licence": corpus.licence,
        "notes": list(corpus.notes) or None,
    }
    return {key: value for key, value in described.items() if value is not None}


def described_corpus(raw: dict[str, Any], file: Path) -> Corpus:
    """The corpus that `describe_corpus` describes, without utterances and features.

    Raises:
        InputError: an entry is missing or wrong; `file` is where it was found.
    """
    found = _Faults()
    modalities = _read_modalities(raw, file, found)
    if found.faults:
        raise InputError(found.faults[0], found.faults)
    return Corpus(
        name=_name(raw.get("name"), "name", file),
        description=_text(raw, "description", file) or "",
        label=_read_label(raw, file),
        modalities=modalities,
        utterances=pd.DataFrame(),
        features={},
        source=_text(raw, "source", file),
        licence=_text(raw, "licence", file),
        notes=read_notes(raw, file),
    )


def joined_notes(notes: tuple[str, ...], utterances: pd.DataFrame) -> tuple[str, ...]:
    """Notes in order, each once, and one where no conversation has a second utterance."""
    return tuple(dict.fromkeys(filter(None, (*notes, no_context(utterances)))))


def read_notes(raw: dict[str, Any], file: Path) -> tuple[str, ...]:
    """What was noted of a corpus when it was converted.

    Raises:
        InputError: `notes` of the description is no list of texts.
    """
    notes = raw.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        raise InputError(f"{file}: `notes` is no list of texts; write one sentence per entry")
    return tuple(notes)


def read_utterances(file: Path, label: Label | None) -> TextTable:
    """Read an utterance table; words such as "null" stay words.

    Columns outside the contract become numbers where all their cells are numbers; times may be
    written as seconds or as a clock (see `seconds_of`).

    Args:
        file: ``utterances.csv`` or ``.parquet``.
        label: what is predicted, None where the description does not say.

    Raises:
        InputError: the file cannot be read as a table.
    """
    notes: tuple[str, ...] = ()
    try:
        if file.suffix == ".parquet":
            table = read_parquet_table(file)
            for column in table.columns:
                if not pd.api.types.is_numeric_dtype(table[column]):
                    texts = table[column].astype(object).where(table[column].notna(), "")
                    table[column] = texts.astype(str)
        else:
            found = read_text_table(file)
            table, notes = found.rows, found.notes
    except InputError:
        raise
    except (ValueError, OSError) as error:
        raise InputError(f"{file}: cannot be read as a table ({error}); fix the file") from None
    for column in table.columns:
        classes = label is not None and label.kind == "classification"
        text = column in _TEXT_COLUMNS or (column == "label" and classes)
        table[column] = _as_text(table[column]) if text else _as_numbers(table[column])
    for column in TIME_COLUMNS:
        if column in table and (table[column] == "").all():
            table[column] = np.nan
        elif column in table and not pd.api.types.is_numeric_dtype(table[column]):
            times = [seconds_of(cell) for cell in table[column]]
            if None not in times:
                table[column] = np.array(times, np.float64)
    if "speaker" in table:
        table["speaker"] = table["speaker"].astype(object).where(table["speaker"] != "", None)
    return TextTable(table, notes)


def _as_text(column: pd.Series) -> pd.Series:
    return column.fillna("").astype(str)


def _as_numbers(column: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(column):
        return column
    numbers = pd.to_numeric(column.replace("", None), errors="coerce")
    given = (column.notna() & (column != "")).to_numpy()
    return column if numbers.isna().to_numpy()[given].any() or not given.any() else numbers


def _table_file(folder: Path) -> Path:
    for name in ("utterances.csv", "utterances.parquet"):
        refuse_closed(folder / name)
        if os.path.isfile(folder / name):
            refuse_outside(folder / name, folder)
            return folder / name
    raise InputError(f"{folder / 'utterances.csv'}: is missing; a corpus folder needs it")


def _read_description(file: Path) -> dict[str, Any]:
    try:
        text = read_text(file, _MOST_DESCRIPTION)
    except FileNotFoundError:
        raise InputError(f"{file}: is missing; a corpus folder needs it") from None
    refuse_outside(file, file.parent)
    raw = parse_json(text.encode(), str(file), unique=True)
    if not isinstance(raw, dict):
        raise InputError(f"{file}: holds no JSON object; write one with `format`, `name`, …")
    if raw.get("format") != FORMAT:
        raise InputError(f'{file}: `format` is {short(raw.get("format"))}; expected "{FORMAT}"')
    return raw


def _name(value: Any, what: str, file: Path) -> str:
    """A name that is not empty, not endless, and can be shown."""
    shown = isinstance(value, str) and value.strip() and value.isprintable()
    if shown and len(value) <= _LONGEST_NAME:
        return str(value)
    raise InputError(
        f"{file}: `{what}` is {short(value)}; give a name of 1 to {_LONGEST_NAME} plain characters"
    )


def _text(raw: dict[str, Any], key: str, file: Path, within: str = "") -> str | None:
    """What an entry says that may be left out; `within` is where the entry is."""
    value = raw.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{file}: `{within}{key}` is {short(value)}; give a text or leave it out")
    return value


def _read_label(raw: dict[str, Any], file: Path) -> Label:
    label = raw.get("label")
    if not isinstance(label, dict):
        raise InputError(f"{file}: `label` is missing; give its name, kind and range or classes")
    kind = label.get("kind")
    name = _name(label.get("name") or "label", "label.name", file)
    if kind == "regression":
        return Label(name, "regression", range=_read_range(label.get("range"), file))
    if kind == "classification":
        classes = label.get("classes")
        if not isinstance(classes, list) or not 2 <= len(classes) <= _MOST_CLASSES:
            raise InputError(
                f"{file}: `label.classes` is {short(classes)}; list 2 to {_MOST_CLASSES:,} names"
            )
        names = _names(classes, "label.classes", file)
        if len(set(names)) != len(names):
            raise InputError(f"{file}: `label.classes` names a class twice; name each once")
        return Label(name, "classification", classes=names)
    raise InputError(f"{file}: `label.kind` is {short(kind)}; use regression or classification")


def _names(values: list[Any], what: str, file: Path) -> tuple[str, ...]:
    """Names as they are written, numbers among them."""
    names = tuple(str(v) if type(v) in (int, float) else v for v in values)
    for at, name in enumerate(names):
        if not isinstance(name, str) or len(name) > _LONGEST_NAME:
            raise InputError(
                f"{file}: `{what}[{at}]` is {short(name)}; give a text of at most {_LONGEST_NAME} "
                f"characters"
            )
    return names


def _read_range(limits: Any, file: Path) -> tuple[float, float]:
    if (
        isinstance(limits, list)
        and len(limits) == 2
        and all(type(x) in (int, float) and abs(x) < 1e300 for x in limits)
        and limits[0] < limits[1]
    ):
        return float(limits[0]), float(limits[1])
    raise InputError(f"{file}: `label.range` is {short(limits)}; give [lowest, highest]")


def _read_modalities(raw: dict[str, Any], file: Path, found: _Faults) -> dict[str, Modality]:
    entries = raw.get("modalities")
    if not isinstance(entries, dict) or not 1 <= len(entries) <= _MOST_MODALITIES:
        found.faults.append(
            f"{file}: `modalities` is {short(entries)}; describe 1 to {_MOST_MODALITIES}"
        )
        return {}
    read = {name: found.ask(_read_modality, name, entry, file) for name, entry in entries.items()}
    return {name: modality for name, modality in read.items() if modality is not None}


def _read_modality(name: str, entry: Any, file: Path) -> Modality:
    where = f"modalities.{_name(name, 'modalities', file)}"
    if not isinstance(entry, dict):
        raise InputError(f"{file}: `{where}` is not an object; give its `dim` and `level`")
    dim, level = entry.get("dim"), entry.get("level")
    if type(dim) is not int or not 1 <= dim <= _MOST_DIM:
        raise InputError(
            f"{file}: `{where}.dim` is {short(dim)}; give a whole number from 1 to {_MOST_DIM:,}"
        )
    if level not in ("utterance", "sequence"):
        raise InputError(f"{file}: `{where}.level` is {short(level)}; use utterance or sequence")
    channels = entry.get("channels")
    if channels is not None and (not isinstance(channels, list) or len(channels) != dim):
        raise InputError(f"{file}: `{where}.channels` must list {dim} names")
    names = _names(channels, f"{where}.channels", file) if channels else None
    return Modality(name, dim, level, _text(entry, "source", file, f"{where}."), names)


def _read_features(file: Path, modalities: dict[str, Modality]) -> dict[str, Features]:
    refuse_closed(file)
    if not os.path.isfile(file):
        raise InputError(f"{file}: is missing; a corpus folder needs it")
    refuse_outside(file, file.parent)
    arrays = map_safetensors(file)
    features = {}
    for name in modalities:
        if name in arrays:
            offsets = arrays.get(f"{name}.offsets")
            features[name] = Features(arrays[name], None if offsets is None else np.array(offsets))
    return features
