"""A checkpoint in one sentence and a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import state
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.numbers import ends_text, interval_text, listed, metric
from app.parts.style import short_number
from mmmie.analysis.errors.resampling import Interval, conversation_codes, metric_interval
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Corpus, Label
from mmmie.metrics import metric_names
from mmmie.training.checkpoint_files import CheckpointInfo, parameter_count

_REGRESSION = ("mae", "corr", "acc2_nonzero", "f1_nonzero", "acc7")
_SIMS = ("mae", "corr", "acc2_sims", "f1_sims", "acc3_sims", "acc5_sims", "acc2_nonzero")
_CLASSES = ("accuracy", "f1_weighted", "f1_macro")
UNKNOWN = Interval(np.nan, np.nan, np.nan)

SIMS_WORDS = (
    "Labels are on a scale from −1 to 1, like those of SIMS. Acc-2 (> 0) and F1 (> 0) count "
    "neutral labels as negative, as papers on SIMS do; Acc-3 and Acc-5 are theirs, too. Plain "
    "Acc-2 leaves neutral labels out, as papers on MOSI do."
)


def draw_summary(view: state.View) -> None:
    """The model in words."""
    info = view.checkpoint.info
    with state.readable_errors():
        parameters = parameter_count(info.folder)
    say.words(model_sentence(info, view.corpus, parameters, view.checkpoint.history))


def draw_metrics(view: state.View, heading: DeltaGenerator) -> None:
    """The finding as the page's title, and the metrics of the split with their intervals."""
    info = view.checkpoint.info
    with state.readable_errors():
        found = _metrics(*view.key, view)
    say.title(headline(info, found), place=heading)
    cells = metric_row(info.label, found)
    cells.append(("Utterances", f"{len(view.outputs.rows):,}", "", f"Of the {view.split} split."))
    numbers = wide_columns(len(cells), key="metrics", least=130)
    for column, (name, value, ends, explanation) in zip(numbers, cells, strict=True):
        say.number(
            name, value, ends, help=explanation, place=column, delta_color="off", delta_arrow="off"
        )
    say.caption(measured_words(info, view.split, view.corpus.splits))
    if "acc2_sims" in found:
        say.caption(SIMS_WORDS)


@st.cache_data(show_spinner=False, max_entries=50)
def _metrics(fingerprint: str, corpus: str, split: str, _view: state.View) -> dict[str, Interval]:
    """Metric → value and interval, of those that the split defines."""
    label, outputs = _view.corpus.label, _view.outputs
    output, targets = outputs.output[TRAINED], _view.corpus.targets[outputs.rows]
    groups = conversation_codes(_view.corpus, outputs.rows)
    found = {
        name: metric_interval(name, label, output, targets, groups) for name in metric_names(label)
    }
    return {name: one for name, one in found.items() if np.isfinite(one.value)}


def headline(info: CheckpointInfo, found: dict[str, Interval]) -> str:
    """What the model reaches, as a finding."""
    label, name = info.label, plain(info.name)
    if not info.epoch:
        return f"{name} is not trained yet"
    one = found.get("accuracy" if label.classes else "mae", UNKNOWN)
    said = interval_text(one.value, one.low, one.high, share=bool(label.classes))
    if label.classes:
        return f"{name} finds the right one of {len(label.classes)} classes in {said} of cases"
    error = said
    if not label.range:
        return f"{name} is off by {error} on average"
    low, high = map(short_number, label.range)
    return f"{name} is off by {error} on a scale from {low} to {high}"


def model_sentence(
    info: CheckpointInfo, corpus: Corpus, parameters: int, history: list[dict[str, Any]]
) -> str:
    """What the model is and what it was trained on, in Markdown."""
    settings = info.config.model
    past, future = settings.context.span
    window = (
        f"a window of **{past} utterances before and {future} after**"
        if past or future
        else "**no context**"
    )
    terms = [t for t in ("role", "speaker", "modality") if settings.identity.uses(t)]
    identity = f"identity terms for {listed(terms)}" if terms else "no identity embedding"
    codes = "two stochastic codes" if settings.stochastic else "two deterministic codes"
    train = corpus.utterances[corpus.utterances["split"] == "train"]
    trained = (
        f"trained on **{plain(info.corpus['name'])}** ({len(train):,} utterances in "
        f"{train['conversation'].nunique():,} conversations)"
        if len(train)
        else f"trained on **{plain(info.corpus['name'])}**"
    )
    epochs = max((entry["epoch"] for entry in history), default=None)
    when = f"epoch **{info.epoch}**" + (f" of {epochs}" if epochs else "")
    return (
        f"It reads **{listed([plain(m) for m in info.modalities])}** and makes {codes} of each: a "
        f"shared code (*z*, {settings.invariant_dim} numbers) and an own code (*s*, "
        f"{settings.specific_dim} numbers). It fuses them over {window} with {identity}, read out "
        f"by the {settings.readout} ({parameters:,} parameters). It was {trained}; {when}, chosen "
        "on valid."
    )


def measured_words(info: CheckpointInfo, split: str, splits: Sequence[str]) -> str:
    """What the metrics of a split are worth."""
    if not info.epoch:
        return "This model has not been trained yet: the metrics are those of random weights."
    if split == "valid":
        honest = " Choose the test split for an honest look." if "test" in splits else ""
        return (
            f"Metrics of epoch {info.epoch} on the valid split. They flatter, because that split "
            f"chose the epoch.{honest}"
        )
    if split == "train":
        return "Metrics on the train split, which the model was fitted to."
    return f"Metrics on the {split} split, which had no part in the training."


def metric_row(label: Label, found: dict[str, Interval]) -> list[tuple[str, str, str, str]]:
    """Name, value, interval and explanation of the metrics that the label defines."""
    wanted = _CLASSES if label.classes else _SIMS if "acc2_sims" in found else _REGRESSION
    return [
        (known.name, known.text(one.value), ends_text(one, share=known.share), known.help)
        for name in wanted
        if name in found
        for known, one in [(metric(name), found[name])]
    ]
