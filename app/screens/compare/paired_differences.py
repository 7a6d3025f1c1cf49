"""How far every variant is from the one that all are compared with, seed by seed."""

from __future__ import annotations

from collections.abc import Sequence

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain, shortened
from app.parts.numbers import difference_text, metric
from app.screens.compare.seed_words import Sample, seed_notes, tidy
from app.screens.compare.variant_strips import Strip, strips_svg
from mmmie.analysis.errors.resampling import Interval
from mmmie.experiments.report_words import is_shown
from mmmie.experiments.statistics import Row

EXPLANATION = """
Variant minus the one that all are compared with, paired: the **same seeds** on the **same
utterances**, so what makes an utterance hard for both cancels. Small dots: the difference of every
seed that both have. Line: the 95 % interval over **seeds and conversations** together, as both are
a sample of what there could be. It is wider than either alone.

A filled dot is a clear difference: p below 0.05 after correction for the number of variants (Holm).
With two seeds differences are found too often. A baseline that every seed would give the same is
paired with every seed.
"""
_LETTERS = 24


def draw_paired_differences(rows: Sequence[Row], name: str, reference: str, sample: Sample) -> None:
    """The figure of one metric; arguments as for `draw_variant_means`."""
    known = metric(name)
    factor = 100 if known.share else 1
    paired = [(row, row.effect.interval) for row in rows if row.effect is not None]
    say.finding(plain(f"Paired differences from {reference}"))
    for note in seed_notes(rows, reference):
        say.caption(plain(note))
    if not paired:
        say.words("There is no seed that another has too, so nothing can be paired.")
        return
    strips = [
        Strip(
            row.name,
            difference_text(found.value, found.low, found.high, share=known.share),
            Interval(*(factor * value for value in (found.value, found.low, found.high))),
            {seed: factor * value for seed, value in row.paired.items()},
            clear=is_shown(row),
        )
        for row, found in paired
    ]
    way = "above" if known.higher_is_better else "below"
    unit = "points of " if known.share else ""
    drawn_figure(
        strips_svg(
            strips,
            f"difference, {unit}{known.name} ({way} zero is better)",
            f"Paired differences of {known.name} from {reference}.",
            zero=shortened(reference, _LETTERS),
        ),
        key="paired-differences",
        caption=f"{sample.words} In brackets: 95 % over seeds and conversations.",
        explanation=EXPLANATION,
        data=tidy(rows, name),
    )
