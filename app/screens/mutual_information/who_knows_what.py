"""Who knows what about the label: one modality, both, or only the two together."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.figures import figure
from app.parts.label_parts import (
    PARTS,
    QUESTION,
    parts_figure,
    parts_legend,
    parts_title,
    with_truth,
)
from app.parts.names import plain
from app.parts.numbers import interval_text
from app.parts.pick_one import pick_one
from app.parts.slice_names import slice_contents
from app.parts.style import three_digits
from app.parts.waiting import follow, waiting
from app.screens.mutual_information.label_parts_over import epochs_figure, slices_figure
from app.screens.mutual_information.recorded_bounds import Unit
from mmmie.analysis.bounds.label_information import LabelInformation, parts_table, slices_table
from mmmie.analysis.outputs import cache_folder
from mmmie.mi.thresholds import SURE
from mmmie.mi.verdict import decide_within

_EXPLAINED = """
**The bar** is all that would have to be known to tell the label, its entropy. Of a number that is
the entropy of up to 32 steps of equal counts. Its parts, for a pair of modalities:

- **both**: what each of the two tells on its own (redundant);
- **only text**, for example: what text tells and the other does not (unique);
- **only together**: what neither tells alone (synergistic), as sarcasm, where words and voice
  contradict each other;
- **neither**: what is left.

Models learn on some conversations and are judged on others; those of features learn from all
splits. A model can know less than there is, so
what is found is at most the truth, on average. The split between *both* and *only together* is that
of Bertschinger and others (2014). Their difference, the co-information, needs no such definition.

A **hatched** bar is in doubt; point at it for the reason. The line at its end is ± two standard
errors over conversations, as are all intervals.
"""
_SLICES_EXPLAINED = """
What the utterances of a slice add to the information: by how much the right label is likelier given
one modality or both, as a mean logarithm. **Below zero the modality misleads**: it makes the right
label less likely. Lines are ± two standard errors over conversations.

*Both* beyond the sum of each is synergy beyond redundancy. It needs no definition of either.
"""


def draw_who_knows_what(view: state.View, unit: Unit, heading: Any) -> None:
    """Draw the section; its title is the finding, once there is one."""
    cache = cache_folder(view.checkpoint.info.folder)
    task = LabelInformation(view.checkpoint, view.corpus, view.split, cache)
    if len(view.checkpoint.info.modalities) < 2:
        st.info("This model has one modality; a decomposition is of two.", icon=":material/info:")
        return
    follow(task.work, lambda: _draw(view, task, unit, heading))


def _draw(view: state.View, task: LabelInformation, unit: Unit, heading: Any) -> None:
    lines = task.lines()
    parts = parts_table(lines)
    if task.work.active or task.work.state in ("failed", "stopped") or parts.empty:
        _wait(task, len(parts))
    if parts.empty:
        return
    parts = with_truth(parts, view.corpus.facts)
    whole = parts[parts["source"] != "epochs"]
    if not task.work.active:
        say.title(parts_title(whole[whole["source"] == "codes"]), place=heading)
    say.legend(parts_legend())
    modalities = list(view.checkpoint.info.modalities)
    figure(
        parts_figure(whole, modalities, unit.name, unit.per_nat),
        key="label-parts",
        caption=f"Codes: {int(whole['n'].max()):,} utterances of the {plain(view.split)} split. "
        "Features: pooled over time. Whole conversations are held out.",
        explanation=_EXPLAINED,
        data=whole,
        alt="What pairs of modalities tell about the label, as stacked bars",
    )
    with st.expander("The same as a table", icon=":material/table:"):
        say.table(parts_rows(whole, unit), border="horizontal", hide_index=True)
    _draw_slices(slices_table(lines), view, unit)
    epochs = parts[parts["source"] == "epochs"]
    if len(epochs):
        say.finding("Over the training")
        figure(
            epochs_figure(epochs, unit, modalities),
            key="label-parts-epochs",
            caption=f"Codes of {int(epochs['n'].max()):,} utterances, ± two standard errors.",
            explanation=_EXPLAINED,
            data=epochs,
            alt="The parts of every pair by epoch",
        )


def _wait(task: LabelInformation, done: int) -> None:
    if done == 0 and not task.work.active:
        say.words("Takes a minute or two; you can leave the page meanwhile.")
    came = done / task.count, f"{done} of {task.count} decompositions are there"
    waiting(task.work, QUESTION, came, task.start, offer="Find out")


def _draw_slices(found: pd.DataFrame, view: state.View, unit: Unit) -> None:
    if found.empty:
        return
    found = found[found["source"] == "codes"]
    pairs = {f"{a} and {b}": (a, b) for a, b in zip(found["first"], found["second"], strict=True)}
    place = st.container()
    first, second = pairs[pick_one("Pair", list(pairs), key="label_slices_pair")]
    shown = found[(found["first"] == first) & (found["second"] == second)]
    say.finding(slices_title(shown, unit), place=place)
    figure(
        slices_figure(shown, unit, list(view.checkpoint.info.modalities)),
        key="label-slices",
        caption="Codes; the slices with the most synergy first.",
        explanation=_SLICES_EXPLAINED,
        data=shown,
        alt=f"What {first}, {second} and both tell, by slice",
    )


def slices_title(shown: pd.DataFrame, unit: Unit) -> str:
    """Where the two tell more together than the sum of each, among so many slices."""
    best = shown.loc[shown["beyond"].idxmax()]
    first, second = plain(str(best["first"])), plain(str(best["second"]))
    found = decide_within(best["beyond"], best["beyond_std"], looks=len(shown))
    if not found.above:
        return f"In no slice are {first} and {second} shown to tell more together than apart"
    where = slice_contents(shown["slice"])[best["slice"]]
    more = interval_text(*(unit.per_nat * v for v in (found.value, found.low, found.high)))
    return f"On {plain(where)} the two together tell {more} {unit.name} more than each adds up to"


def parts_rows(parts: pd.DataFrame, unit: Unit) -> pd.DataFrame:
    """The decompositions in words, with intervals of two standard errors."""
    rows = []
    for row in parts.to_dict("records"):
        cells = {"pair": f"{row['first']} and {row['second']}", "of": row["source"]}
        names = {"unique_1": f"only {row['first']}", "unique_2": f"only {row['second']}"}
        for part, name in PARTS.items():
            value, error = row[part] * unit.per_nat, SURE * row[f"{part}_std"] * unit.per_nat
            said = (
                interval_text(value, value - error, value + error) if error else three_digits(value)
            )
            cells[name] = f"{names[part]}: {said}" if part in names else said
        cells["doubt"] = "–" if pd.isna(row["doubt"]) else row["doubt"]
        rows.append(cells)
    return pd.DataFrame(rows)
