"""Cached access to checkpoints, corpora and outputs; nothing here draws."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st

from mmmie.analysis.checkpoint import Checkpoint, load_checkpoint
from mmmie.analysis.outputs import SplitOutputs
from mmmie.corpus import Corpus
from mmmie.corpus.folder import FILES
from mmmie.datasets.reading_apart import open_apart
from mmmie.errors import InputError
from mmmie.hosting import check_inside, roots
from mmmie.jobs import list_runs, observe
from mmmie.reading import is_text, refuse_silent
from mmmie.training.checkpoint_files import checkpoint_folder
from mmmie.training.config import Config
from mmmie.training.run_folder import ENDED, RunFolder, Status

_LABELS = "labels_said"
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Choice:
    """A checkpoint that can be picked.

    Attributes:
        name: what it is called in the sidebar and in the URL.
        path: a checkpoint or run folder.
        kind: shipped with the project, a run of this machine, or opened by its path.
    """

    name: str
    path: Path
    kind: Literal["shipped", "run", "opened"]


def runs_folder() -> Path:
    """Where runs are kept: ``MMMIE_RUNS``, else ``runs`` in the working directory."""
    return Path(os.environ.get("MMMIE_RUNS", "runs"))


def shipped_folder() -> Path:
    """Where shipped checkpoints are: ``MMMIE_CHECKPOINTS``, else ``checkpoints`` of the project."""
    return Path(os.environ.get("MMMIE_CHECKPOINTS", str(ROOT / "checkpoints")))


def checkpoint_choices(opened: tuple[str, ...] = ()) -> dict[str, Choice]:
    """Every checkpoint that can be picked now, by name.

    First what ships and the runs, then those in the folders that the server names
    (`mmmie.hosting.roots`), last the paths that the reader opened.
    """
    choices: dict[str, Choice] = {}
    shipped = shipped_folder()
    with suppress(OSError):
        for path in sorted(shipped.iterdir()):
            if os.path.isfile(path / "config.json") and is_text(path):
                choices[path.name] = Choice(path.name, path, "shipped")
    for run in runs():
        if _has_checkpoint(run.path):
            name = f"runs/{run.name}"
            choices[name] = Choice(name, run.path, "run")
    for path_text in (*_in_roots(), *opened):
        if _has_checkpoint(Path(path_text)):
            choices[path_text] = Choice(path_text, Path(path_text), "opened")
    return choices


def runs() -> list[RunFolder]:
    """The runs of this machine, newest first; none where their folder may not be read."""
    try:
        return list_runs(runs_folder())
    except InputError:
        return []


def active_status(run: RunFolder) -> Status | None:
    """Where a run stands that has not ended; None for all others."""
    status = observe(run)
    return None if status is None or status.state in ENDED else status


def runs_in_training() -> dict[str, Status]:
    """Name → status of the newest runs that have not ended."""
    found = {run.name: active_status(run) for run in runs()[:20]}
    return {name: status for name, status in found.items() if status is not None}


def open_checkpoint(choice: Choice) -> Checkpoint:
    """The checkpoint of a choice; read again when it was written anew.

    Raises:
        InputError: it is unreadable, or outside of what this server opens.
    """
    folder = found_checkpoint(choice.path)
    return _checkpoint(str(folder), stamp_of(folder / "config.json"))


def found_checkpoint(path: Path | str) -> Path:
    """The folder of a checkpoint, see `checkpoint_folder`.

    Raises:
        InputError: there is none, or it is outside of what this server opens.
    """
    check_may_open(path)
    folder = checkpoint_folder(path)
    check_may_open(folder)
    return folder


def check_may_open(path: Path | str) -> None:
    """Check that this server opens what is at a path; the demo, its runs and what ships it does.

    Raises:
        InputError: it is outside of the folders that the server names, links resolved, or its
            disk does not answer.
    """
    if str(path) != "demo":
        refuse_silent(path)
        check_inside(path, (runs_folder(), shipped_folder()))


def may_open(path: Path | str) -> bool:
    """Whether this server opens what is at a path."""
    try:
        check_may_open(path)
    except InputError:
        return False
    return True


def check_encoder(config: Config) -> None:
    """Check that the text encoder of a configuration may be opened; a name on the Hub may.

    Raises:
        InputError: it is a folder outside of what this server opens.
    """
    name = config.model.text_encoder.name
    if name and (name.startswith((".", os.sep)) or os.path.lexists(name)):
        check_may_open(name)


def open_corpus(checkpoint: Checkpoint) -> Corpus:
    """The corpus that a checkpoint was trained on, or the one named for it on the Data page.

    Raises:
        InputError: it is gone or does not fit, or its transcripts cannot be encoded.
    """
    known = checkpoint.info.corpus
    moved = st.session_state.get("moved_corpora", {}).get(known["fingerprint"])
    label = checkpoint.info.config.label
    if not moved and known["name"] != "demo" and known.get("path"):
        check_may_open(known["path"])  # before anything looks whether it is still there
    return fitted_corpus(checkpoint, open_data(moved or checkpoint.data, label=label))


def fitted_corpus(checkpoint: Checkpoint, corpus: Corpus) -> Corpus:
    """A corpus as a checkpoint takes it; with a text encoder the first time takes a while.

    Raises:
        InputError: it does not fit, or its transcripts cannot be encoded.
    """
    return checkpoint.info.fitted(encoded_corpus(checkpoint, corpus))


def encoded_corpus(checkpoint: Checkpoint, corpus: Corpus) -> Corpus:
    """A corpus with the features of a checkpoint's text encoder, whether it fits or not.

    Raises:
        InputError: its transcripts cannot be encoded.
    """
    if checkpoint.info.config.model.text_modality is None:
        return checkpoint.with_text(corpus)
    check_encoder(checkpoint.info.config)
    return _encoded(checkpoint.fingerprint, corpus.fingerprint, checkpoint, corpus)


def open_data(data: str, unlabelled: bool = False, label: str | None = None) -> Corpus:
    """A corpus by path, or ``demo``; opened anew when its files change.

    With `unlabelled` its utterances need no label and no split: a model is to predict them. What
    its label is, `label`, is what the reader said of it in this session if left out.

    Raises:
        InputError: it is missing, has a fault or is outside of what this server opens, or the
            label is not what was said.
    """
    check_may_open(data)
    label = label_said(data) if label is None else label
    stamp = 0 if data == "demo" else max(map(stamp_of, _files(Path(data))))
    return _corpus(data, stamp, unlabelled, label)


def label_said(data: str) -> str:
    """What the reader said of the label of a corpus in this session; empty for nothing."""
    said: dict[str, str] = st.session_state.get(_LABELS, {})
    return said.get(data, "")


def say_label(data: str, label: str) -> None:
    """Keep what the reader says of the label of a corpus, for every page of this session."""
    st.session_state[_LABELS] = {**st.session_state.get(_LABELS, {}), data: label}


def open_outputs(checkpoint: Checkpoint, corpus: Corpus, split: str) -> SplitOutputs:
    """What a model says about a split; the first time this needs torch and some seconds.

    Raises:
        InputError: the split is empty or the weights are unreadable.
    """
    folder = checkpoint.info.folder
    return _outputs(
        str(folder), stamp_of(folder / "config.json"), corpus.fingerprint, split, checkpoint, corpus
    )


@st.cache_resource(show_spinner=False, max_entries=32)
def _checkpoint(folder: str, stamp: int) -> Checkpoint:
    return load_checkpoint(folder)


@st.cache_resource(show_spinner="Opening the corpus", max_entries=4)
def _corpus(data: str, stamp: int, unlabelled: bool, label: str) -> Corpus:
    return open_apart(data, label=label, unlabelled=unlabelled)


@st.cache_resource(show_spinner="Encoding the transcripts", max_entries=8)
def _encoded(weights: str, fingerprint: str, _checkpoint: Checkpoint, _corpus: Corpus) -> Corpus:
    return _checkpoint.with_text(_corpus)


@st.cache_resource(show_spinner="Running the model", max_entries=24)
def _outputs(
    folder: str,
    stamp: int,
    fingerprint: str,
    split: str,
    _checkpoint: Checkpoint,
    _corpus: Corpus,
) -> SplitOutputs:
    return _checkpoint.cached_outputs(_corpus, split)


def _has_checkpoint(path: Path) -> bool:
    try:
        return is_text(checkpoint_folder(path))
    except InputError:
        return False


def _in_roots() -> list[str]:
    """The checkpoints and runs that are, or lie directly in, the folders that the server names."""
    found: list[Path] = []
    for root in roots():
        with suppress(OSError):
            found += [root, *sorted(root.iterdir())]
    return [str(path) for path in found if is_text(path) and may_open(path)]


def _files(folder: Path) -> list[Path]:
    return [folder, *(folder / name for name in FILES)]  # or one file in another format


def stamp_of(file: Path) -> int:
    """When a file was last written, as a key of caches; 0 where there is none."""
    try:
        return file.stat().st_mtime_ns
    except (OSError, ValueError):
        return 0
