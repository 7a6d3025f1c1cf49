"""A checkpoint in one sentence and a row of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.parts.names import plain
from app.parts.numbers import listed, metric
from app.parts.style import short_number, three_digits
from mmmie.corpus import Corpus
from mmmie.training.checkpoint import CheckpointInfo

_REGRESSION = ("mae", "corr", "acc2_nonzero", "f1_nonzero", "acc7")
_CLASSES = ("accuracy", "f1_weighted", "f1_macro")


def headline(info: CheckpointInfo) -> str:
    """What the model reaches, as a finding."""
    label = info.label
    if not info.epoch:
        return f"{info.name} is not trained yet"
    if label.classes:
        share = metric("accuracy").text(info.metrics.get("accuracy"))
        return (
            f"{info.name} names the right one of {len(label.classes)} classes {share} of the time"
        )
    error = three_digits(info.metrics.get("mae"))
    if not label.range:
        return f"{info.name} is off by {error} on average"
    low, high = map(short_number, label.range)
    return f"{info.name} is off by {error} on a scale from {low} to {high}"


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
        f"It reads **{listed([plain(m) for m in info.modalities])}**, makes {codes} of "
        f"each, *z* of {settings.invariant_dim} numbers to share and *s* of "
        f"{settings.specific_dim} of its own, and fuses them "
        f"over {window} with {identity}, read out by the {settings.readout} "
        f"({parameters:,} parameters). It was {trained}; {when}, chosen on valid."
    )


def measured_words(info: CheckpointInfo, split: str, splits: Sequence[str]) -> str:
    """What the metrics of a split are worth."""
    if not info.epoch:
        return "This model has not been trained yet: the metrics are those of random weights."
    if split == "valid":
        honest = " Choose the test split for an honest look." if "test" in splits else ""
        return (
            f"These are the metrics of epoch {info.epoch} on the valid split, which chose that "
            f"epoch: they flatter.{honest}"
        )
    if split == "train":
        return "These are the metrics on the train split, which the model was fitted to."
    return f"These are the metrics on the {split} split, which had no part in the training."


def metric_row(info: CheckpointInfo, split: str = "valid") -> list[tuple[str, str, str]]:
    """Name, value and explanation of the metrics that the label defines."""
    wanted = _CLASSES if info.label.classes else _REGRESSION
    held = [name for name in wanted if info.metrics.get(name) is not None]
    row = [(metric(n).name, metric(n).text(info.metrics[n]), metric(n).help) for n in held]
    return [*row, ("Utterances", f"{info.metrics['n']:,}", f"Measured on the {split} split.")]
