"""How two checkpoints were trained: their curves, and how their configurations differ."""

from __future__ import annotations

from app import state
from app.parts import say
from app.parts.figures import figure
from app.screens.compare.comparison import (
    CURVES_EXPLAINED,
    configuration_words,
    curve_titles,
    curves,
    curves_frame,
)
from mmmie.analysis.configurations import configuration_diff


def draw_training_curves(view: state.View, other: state.View) -> None:
    """The metric histories of both in the same panels."""
    say.finding("How did they get there?")
    both = {v.choice.name: v.checkpoint for v in (view, other)}
    titles = curve_titles(view.corpus.label)
    lines = curves_frame({name: c.history for name, c in both.items()}, list(titles))
    if lines.empty:
        say.words("Neither checkpoint has a record of its training.")
        return
    figure(
        curves(lines, {name: c.info.epoch for name, c in both.items()}, titles),
        key="compare-curves",
        caption="From the metric history of each run; a dot marks the epoch chosen on valid.",
        explanation=CURVES_EXPLAINED,
        data=lines,
        alt="Training curves of both checkpoints.",
    )


def draw_configurations(view: state.View, other: state.View) -> None:
    """The settings in which they differ."""
    settings = configuration_diff(view.checkpoint.info, other.checkpoint.info)
    if settings.empty:
        say.finding("They are configured the same")
        say.words("What differs is when or on what they were trained.")
        return
    count = len(settings)
    say.finding(f"They differ in {count} setting{'s' * (count != 1)}")
    names = (view.choice.name, other.choice.name)
    say.table(configuration_words(settings, names), border="horizontal", hide_index=True)
