"""How good every variant is: the mean over its seeds, with both kinds of interval."""

from __future__ import annotations

from collections.abc import Sequence

from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.numbers import interval_text, metric
from app.screens.compare.seed_words import Sample, tidy
from app.screens.compare.variant_strips import Strip, strips_svg
from mmmie.experiments.statistics import Row

EXPLANATION = """
One row per variant. Small dots: its seeds. Large dot: their mean. The thin line is its 95 %
interval over **conversations**: how well the mean holds on other conversations, for these
trainings. The thick line is that over **seeds**: how much it depends on the seed, on these
conversations. A variant that lies far from the others is an arrow at the edge.

Two intervals that overlap do not say that there is no difference: the paired differences do, where
what makes an utterance hard for both cancels.
"""


def draw_variant_means(rows: Sequence[Row], name: str, sample: Sample) -> None:
    """The figure of one metric.

    Args:
        rows: from `mmmie.experiments.statistics.compare_outputs`.
        name: the metric.
        sample: what the rows were measured on.
    """
    known = metric(name)
    strips = [
        Strip(
            row.name,
            interval_text(
                row.over_conversations.value,
                row.over_conversations.low,
                row.over_conversations.high,
                share=known.share,
            ).replace("-", "−"),
            row.over_conversations,
            dict(zip(row.seeds, row.values, strict=True)),
            row.over_seeds,
            strong=row.is_reference,
        )
        for row in rows
    ]
    say.finding(f"{known.name}, mean over seeds")
    way = "higher" if known.higher_is_better else "lower"
    drawn_figure(
        strips_svg(
            strips,
            f"{known.name} ({way} is better)",
            f"{known.name} of every variant, its seeds and their mean.",
            share=known.share,
        ),
        key="variant-means",
        caption=f"{sample.words} In brackets: 95 % over conversations.",
        explanation=EXPLANATION,
        data=tidy(rows, name),
    )
