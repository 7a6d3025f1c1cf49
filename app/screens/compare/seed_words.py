"""What is said of variants that were trained with several seeds, and the table of their values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from app.parts.numbers import difference_text, listed, metric
from mmmie.experiments.report_words import verdict
from mmmie.experiments.statistics import Row

_BETTER, _WORSE = "better", "worse"


@dataclass(frozen=True)
class Sample:
    """What was measured: a split of a corpus, or a part of it, by its size."""

    split: str
    utterances: int
    conversations: int

    @property
    def words(self) -> str:
        """A sentence of it."""
        return (
            f"{self.utterances:,} utterances in {self.conversations:,} conversations of "
            f"{self.split}."
        )


def differences_line(rows: Sequence[Row], name: str, reference: str) -> str:
    """Which variants differ clearly from the one that all are compared with."""
    known = metric(name).name
    others = [row for row in rows if not row.is_reference]
    if len(others) == len(rows):
        return f"{reference} has no finished trial, so nothing can be compared"
    if not others:
        return f"{reference} has nothing to be compared with yet"
    if all(row.effect is None for row in others):
        return f"No seed in common with {reference}: nothing can be paired"
    clear = {way: [row for row in others if verdict(row, name) == way] for way in (_BETTER, _WORSE)}
    said = [
        f"{listed([row.name for row in clear[way]])} {_is(clear[way])} {way}"
        if len(clear[way]) <= 2
        else f"{len(clear[way])} of {len(others)} variants are {way}"
        for way in (_BETTER, _WORSE)
        if clear[way]
    ]
    if not said:
        return f"No clear difference in {known} from {reference}"
    (row,) = [*clear[_BETTER], *clear[_WORSE]] if len(others) == 1 else [None]
    if row is not None and row.effect is not None:
        found = row.effect.interval
        by = difference_text(found.value, found.low, found.high, share=metric(name).share)
        return f"{said[0]} than {reference}: {by} {known}"
    return f"{', '.join(said)} than {reference} in {known}"


def _is(rows: Sequence[Row]) -> str:
    return "is" if len(rows) == 1 else "are"


def seed_notes(rows: Sequence[Row], reference: str) -> list[str]:
    """What is said of every variant whose seeds are not those of the one it is compared with."""
    own = next((set(row.seeds) for row in rows if row.is_reference), set())
    notes = []
    for row in rows:
        if row.is_reference or not own or set(row.paired) == own | set(row.seeds):
            continue
        if not row.paired:
            notes.append(
                f"{row.name} has the seeds {_numbers(row.seeds)}, {reference} {_numbers(own)}: "
                "none in common, so they are not paired."
            )
        elif not set(row.paired) - set(row.seeds):  # else every seed would give the same
            notes.append(
                f"{row.name} has the seeds {_numbers(row.seeds)}, {reference} {_numbers(own)}: "
                f"paired on {_numbers(row.paired)}, which both have."
            )
    return notes


def _numbers(seeds: Sequence[int] | set[int] | dict[int, float]) -> str:
    return listed([str(seed) for seed in sorted(seeds)])


def seed_table(rows: Sequence[Row], name: str) -> pd.DataFrame:
    """One row per variant: mean, both intervals, the difference, and the value of every seed.

    Returns:
        `variant`, `mean`, `seeds` and `conversations` (95 % intervals), `difference`, `p`
        (corrected) as text but for the mean, then a number per seed, named after it.
    """
    known = metric(name)
    entries = []
    for row in rows:
        ends = {
            key: f"{known.text(found.low)} to {known.text(found.high)}"
            if found.low == found.low
            else ""
            for key, found in (("seeds", row.over_seeds), ("conversations", row.over_conversations))
        }
        found = row.effect
        apart = found and difference_text(
            found.interval.value, found.interval.low, found.interval.high, share=known.share
        )
        entries.append(
            {
                "variant": row.name,
                "mean": row.over_seeds.value,
                **ends,
                "difference": apart or "",
                "p": row.corrected,
                **dict(zip(map(str, row.seeds), row.values, strict=True)),
            }
        )
    table = pd.DataFrame(entries)
    seeds = sorted({seed for row in rows for seed in row.seeds})
    order = ["variant", "mean", "seeds", "conversations", "difference", "p", *map(str, seeds)]
    return table[order]


def tidy(rows: Sequence[Row], name: str) -> pd.DataFrame:
    """One row per variant and seed, to take away: `variant`, `seed`, `metric`, `value`, and
    `difference` from the one that all are compared with, where that seed is paired."""
    return pd.DataFrame(
        [
            (row.name, seed, name, value, row.paired.get(seed))
            for row in rows
            for seed, value in zip(row.seeds, row.values, strict=True)
        ],
        columns=["variant", "seed", "metric", "value", "difference"],
    )
