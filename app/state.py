"""What all pages share: the checkpoint, the split, the colour-by and the selection.

Widgets write themselves to the URL; the selection is written here.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st

from app import loading
from app.pages import link_to, switch_to
from app.parts.names import plain
from app.parts.slice_names import sample_words, slice_titles
from app.selection_link import linked, read_link
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.configurations import closest
from mmmie.analysis.errors.slices import every_slice
from mmmie.analysis.outputs import SplitOutputs
from mmmie.corpus import STANDARD_COLUMNS, Corpus
from mmmie.errors import InputError
from mmmie.training.config import Config

NONE = "none"
EVERYTHING = "all"


@dataclass(frozen=True)
class Selection:
    """Utterances that the reader chose, the one that is looked at, and one pinned beside it."""

    ids: tuple[str, ...] = ()
    primary: str | None = None
    pinned: str | None = None


def selection() -> Selection:
    """The selection of this session; on its first run what the URL says."""
    chosen: Selection | None = st.session_state.get("selection")
    return chosen or _of_url(None)


def take_selection(corpus: Corpus) -> None:
    """On the first run of a session, make the selection of the URL that of the session."""
    if "selection" not in st.session_state:
        st.session_state["selection"] = _of_url(corpus)


def _of_url(corpus: Corpus | None) -> Selection:
    url = st.query_params
    ids = read_link(url.get("selected", ""), corpus)
    return Selection(ids, url.get("utterance"), url.get("pinned"))


def select(ids: Sequence[str], primary: str | None = None) -> None:
    """Set the selection everywhere, and in the URL; without `primary` the first is looked at."""
    st.session_state["selection"] = replace(
        selection(), ids=tuple(ids), primary=primary or (ids[0] if ids else None)
    )


def selection_is_news() -> bool:
    """Whether the selection has changed since the sidebar wrote it to the URL."""
    return selection() != st.session_state.get("published", selection())


def pin(name: str | None) -> None:
    """Pin an utterance, so that every page shows it beside the primary one; None unpins it."""
    st.session_state["selection"] = replace(selection(), pinned=name)


def publish_selection(corpus: Corpus | None) -> None:
    """Write the selection to the URL; links between pages drop it.

    The sidebar does so in every run, after all that can change the selection.
    """
    chosen = st.session_state["published"] = selection()
    for key, value in (
        ("selected", linked(chosen.ids, corpus)),
        ("utterance", chosen.primary or ""),
        ("pinned", chosen.pinned or ""),
    ):
        if value and st.query_params.get(key) != value:
            st.query_params[key] = value
        elif not value and key in st.query_params:
            del st.query_params[key]


@dataclass
class View:
    """One checkpoint on its corpus and the chosen split."""

    choice: loading.Choice
    checkpoint: Checkpoint
    corpus: Corpus
    split: str
    colour_by: str
    slice: str = EVERYTHING

    @property
    def key(self) -> tuple[str, str, str]:
        """What caches of this checkpoint on this split are keyed on."""
        return self.checkpoint.fingerprint, self.corpus.fingerprint, self.split

    @cached_property
    def outputs(self) -> SplitOutputs:
        """What the model says about the split; the first time this needs torch."""
        return loading.open_outputs(self.checkpoint, self.corpus, self.split)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per utterance of the split, with prediction and error."""
        return self.outputs.frame(self.corpus)

    @cached_property
    def primary(self) -> int:
        """The row of `frame` that is looked at: the selection's, else the first of the slice."""
        found = self._row_of(selection().primary)
        return int(self.within.argmax()) if found is None else found

    @cached_property
    def pinned(self) -> int | None:
        """The row of `frame` that is pinned beside the primary one; None if it is of no use."""
        found = self._row_of(selection().pinned)
        return None if found == self.primary else found

    @cached_property
    def within(self) -> np.ndarray:
        """(n,) which rows of `frame` the slice filter lets through; at least one does."""
        masks = slice_masks(self.corpus, self.split)
        return masks.get(self.slice, np.ones(len(self.frame), bool))

    def sample(self, count: int) -> str:
        """The sample of a figure that shows `count` utterances of the slice, for its caption."""
        titles = slice_titles(slice_masks(self.corpus, self.split))
        return sample_words(count, self.split, titles.get(self.slice, ""))

    def _row_of(self, name: str | None) -> int | None:
        found = (self.frame["id"] == name).to_numpy().nonzero()[0] if name else []
        return int(found[0]) if len(found) else None

    @cached_property
    def selected(self) -> list[int]:
        """The rows of `frame` that are selected."""
        return [int(i) for i in self.frame["id"].isin(selection().ids).to_numpy().nonzero()[0]]


_CHOSE = "has-chosen"


def note_choice() -> None:
    """Note that this session has seen a page with the choices of the sidebar."""
    st.session_state[_CHOSE] = True


def has_chosen() -> bool:
    """Whether this session has seen a page with the choices of the sidebar."""
    return _CHOSE in st.session_state


def choices() -> dict[str, loading.Choice]:
    """The checkpoints that can be picked now."""
    return loading.checkpoint_choices(tuple(st.session_state.get("opened", ())))


def readable_checkpoints() -> Iterator[tuple[loading.Choice, Checkpoint]]:
    """What can be picked now, opened; broken ones left out."""
    for choice in choices().values():
        try:
            yield choice, loading.open_checkpoint(choice)
        except InputError:
            continue


def current_view() -> View:
    """What the sidebar points at; draws what to do and ends the page where it cannot be shown."""
    available = choices()
    name = st.session_state.get("checkpoint")
    if name not in available:
        waiting = loading.runs_in_training()
        if waiting:
            empty_state(
                "The first checkpoint is on its way.",
                f"Run {plain(next(iter(waiting)))} is in training; it can be opened after its "
                "first epoch.",
                "Watch it",
                "train",
            )
        empty_state(
            "There is no checkpoint yet.",
            "Train one on the demo corpus: it takes a few minutes and needs no data.",
            "Train a model",
            "train",
        )
    return view_of(available[str(name)])


def shipped_view(name: str) -> View:
    """A checkpoint that ships, on its valid split, whatever is chosen.

    Raises:
        InputError: it is not there or cannot be read.
    """
    choice = choices().get(name)
    if choice is None or choice.kind != "shipped":
        raise InputError(f"{loading.shipped_folder() / name} is not there")
    checkpoint = loading.open_checkpoint(choice)
    return View(choice, checkpoint, loading.open_corpus(checkpoint), "valid", "label")


def compared_view() -> View | None:
    """The checkpoint to compare with, on the same corpus and split; None if none is chosen."""
    available = choices()
    name = st.session_state.get("compare", NONE)
    return view_of(available[str(name)]) if name in available else None


def view_of(choice: loading.Choice) -> View:
    """A choice on its corpus and the chosen split; ends the page with a message where it fails."""
    with readable_errors():
        checkpoint = loading.open_checkpoint(choice)
    with readable_errors(way_out=("Name its corpus on the Data page", "data")):
        corpus = loading.open_corpus(checkpoint)
        splits = corpus.splits
        wanted = str(st.session_state.get("split") or "valid")
        split = wanted if wanted in splits else ("valid" if "valid" in splits else splits[0])
        colour_by = str(st.session_state.get("colour") or "label")
        masks = slice_masks(corpus, split)
        wanted = str(st.session_state.get("slice") or EVERYTHING)
        chosen = wanted if wanted in masks else EVERYTHING
        return View(choice, checkpoint, corpus, split, colour_by, chosen)


def same_corpus(view: View) -> list[loading.Choice]:
    """The other checkpoints that were trained on the corpus of this one; broken ones left out."""
    own = view.checkpoint.info.corpus.get("fingerprint")
    return [
        choice
        for choice, other in readable_checkpoints()
        if choice != view.choice and other.info.corpus.get("fingerprint") == own
    ]


def relative(view: View, wanted: Callable[[Config], bool]) -> Checkpoint | None:
    """The checkpoint of the same corpus that is as wanted: the compared one, else the closest.

    Returns:
        None where there is none that can be read.
    """
    mine = view.checkpoint.info
    found = dict(readable_checkpoints())
    compared = choices().get(str(st.session_state.get("compare", NONE)))
    first = [found[compared]] if compared in found else []
    for offered in (first, list(found.values())):
        info = closest(mine, [other.info for other in offered], wanted)
        if info is not None:
            return next(other for other in offered if other.info is info)
    return None


def slice_masks(corpus: Corpus, split: str) -> dict[str, np.ndarray]:
    """Name → mask (n,) of every slice of a split that the filter of the sidebar offers."""
    return _slice_masks(corpus.fingerprint, split, corpus)


@st.cache_resource(show_spinner=False, max_entries=16)
def _slice_masks(fingerprint: str, split: str, _corpus: Corpus) -> dict[str, np.ndarray]:
    return dict(every_slice(_corpus, _corpus.rows(split)))


def colour_options(corpus: Corpus) -> list[str]:
    """What marks can be coloured by: what the model says, then the corpus' own columns."""
    extra = [c for c in corpus.utterances.columns if c not in STANDARD_COLUMNS]
    speaker = ["speaker"] * corpus.has_speakers
    return ["modality", "label", "prediction", "absolute_error", *speaker, "conversation", *extra]


@contextmanager
def readable_errors(way_out: tuple[str, str] | None = None) -> Iterator[None]:
    """Show bad input as a box that names file, field and fix, and end the page.

    `way_out` is a link to where it can be fixed: its words and the slug of the page.
    """
    try:
        yield
    except InputError as error:
        st.error(plain(str(error)), icon=":material/report:")
        if len(error.faults) > 1:
            with st.expander(f"All {len(error.faults)} faults"):
                for fault in error.faults:
                    st.text(fault)
        if way_out is not None:
            link_to(way_out[1], way_out[0])
        st.stop()


def forget_unless(key: str, options: Container[object]) -> None:
    """Forget what a widget shows where that is not, or no longer, among its options."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def empty_state(title: str, advice: str, button: str, page: str) -> None:
    """Say what is missing and offer what to do about it, then end the page."""
    with st.container(border=True):
        st.subheader(title)
        st.write(advice)
        if st.button(button, type="primary", icon=":material/arrow_forward:"):
            switch_to(page)
    st.stop()
