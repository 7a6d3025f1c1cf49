"""A checkpoint in one sentence and a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from streamlit.delta_generator import DeltaGenerator

from app import state
from app.parts import page_text as say
from app.parts.layout import wide_columns
from app.parts.names import plain
from app.parts.numbers import listed, metric
from app.parts.style import short_number, three_digits
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Corpus
from mmmie.metrics import metrics_for
from mmmie.training.checkpoint_files import CheckpointInfo, parameter_count

_REGRESSION = ("mae", "corr", "acc2_nonzero", "f1_nonzero", "acc7")
_SIMS = ("mae", "corr", "acc2_sims", "f1_sims", "acc3_sims", "acc5_sims", "acc2_nonzero")
_CLASSES = ("accuracy", "f1_weighted", "f1_macro")

SIMS_WORDS = (
    "Labels are on a scale from −1 to 1, like those of SIMS. Acc-2 (> 0) and F1 (> 0) count "
    "neutral labels as negative, as papers on SIMS do; Acc-3 and Acc-5 are theirs, too. Plain "
    "Acc-2 leaves neutral labels out, as papers on MOSI do."
)


def draw_summary(view: state.View, heading: DeltaGenerator) -> None:
    """The finding as the page's title, then the model in words and its metrics."""
    info = view.checkpoint.info
    if view.split != "valid":  # what is kept with the checkpoint is about valid
        with state.readable_errors():
            said, rows = view.outputs.output[TRAINED], view.outputs.rows
        info = replace(info, metrics=metrics_for(info.label, said, view.corpus.targets[rows]))
    say.title(headline(info), place=heading)
    with state.readable_errors():
        parameters = parameter_count(info.folder)
    say.words(model_sentence(info, view.corpus, parameters, view.checkpoint.history))
    cells = metric_row(info, view.split)
    numbers = wide_columns(len(cells), key="metrics", least=120)
    for column, (name, value, explanation) in zip(numbers, cells, strict=True):
        say.number(name, value, help=explanation, place=column)
    say.caption(measured_words(info, view.split, view.corpus.splits))
    if info.metrics.get("acc2_sims") is not None:
        say.caption(SIMS_WORDS)


def headline(info: CheckpointInfo) -> str:
    """What the model reaches, as a finding."""
    label, name = info.label, plain(info.name)
    if not info.epoch:
        return f"{name} is not trained yet"
    if label.classes:
        share = metric("accuracy").text(info.metrics.get("accuracy"))
        return f"{name} finds the right one of {len(label.classes)} classes in {share} of cases"
    error = three_digits(info.metrics.get("mae"))
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


def metric_row(info: CheckpointInfo, split: str = "valid") -> list[tuple[str, str, str]]:
    """Name, value and explanation of the metrics that the label defines."""
    of_sims = info.metrics.get("acc2_sims") is not None
    wanted = _CLASSES if info.label.classes else _SIMS if of_sims else _REGRESSION
    known = [name for name in wanted if info.metrics.get(name) is not None]
    row = [(metric(n).name, metric(n).text(info.metrics[n]), metric(n).help) for n in known]
    return [*row, ("Utterances", f"{info.metrics['n']:,}", f"Measured on the {split} split.")]
