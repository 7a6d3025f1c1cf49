"""The independent check of the bounds: offered, waited for, and shown beside the run's values."""

from __future__ import annotations

import math

import pandas as pd

from app import state
from app.parts import say
from app.parts.figures import figure_footer
from app.parts.waiting import follow, waiting
from app.screens.mutual_information.recorded_bounds import Unit, bounded
from mmmie.analysis.bounds.fresh_critic import BATCH, STEPS, FreshCritic, check_table
from mmmie.analysis.bounds.history import quantity
from mmmie.analysis.outputs import cache_folder

_EXPLANATION = f"""
The bounds of a run come from a critic that was trained together with the codes. Could the two have
agreed on something that does not exist? A **fresh critic** had no part in the training: it is
larger, starts from nothing, and the codes do not move while it learns ({STEPS} steps of InfoNCE,
batches of up to {BATCH}). It is fitted to some utterances of the split and judged on others.

What it finds is a lower bound too, so it can confirm or raise what the run says about a pair. For
the input of a modality it gives the other side: the truth lies between the fresh lower bound and
the run's upper bound. If the lower one ever stood above the upper one, something would be broken.

The input is represented by its standardised features pooled over time, and codes are sampled as in
training. The error is two standard errors over a few held-out batches; it says nothing about the
bias.
"""


def held_check(view: state.View) -> pd.DataFrame | None:
    """The check of this checkpoint and split, if it has been made."""
    return _critic(view).table()


def _critic(view: state.View) -> FreshCritic:
    cache = cache_folder(view.checkpoint.info.folder)
    return FreshCritic(view.checkpoint, view.corpus, view.split, cache)


def draw_check(
    view: state.View, bounds: pd.DataFrame, check: pd.DataFrame | None, unit: Unit
) -> None:
    """The section "is it true?": an offer, a wait, or the comparison."""
    say.finding("Is it true? An independent check on the codes as they are")
    if check is None:
        _offer(view)
        return
    table = check_table(bounds, check)
    names = list(view.checkpoint.info.modalities)
    shown = pd.DataFrame(
        {
            "quantity": [quantity(r["family"], r["name"], names) for r in table.to_dict("records")],
            f"of the run, {unit.name}": [
                bounded(r["bound"], r["in_training"], math.nan, unit)
                for r in table.to_dict("records")
            ],
            f"fresh critic, {unit.name}": [
                bounded("lower", r["fresh"], r["std"], unit) for r in table.to_dict("records")
            ],
            "what both say": table["verdict"],
        }
    )
    say.table(shown, border="horizontal", hide_index=True)
    figure_footer(
        key="fresh-check",
        caption=f"Fresh InfoNCE critics on {int(check['n'].max()):,} utterances of the "
        f"{view.split} split, ± two standard errors; the run's own values are from its valid "
        f"split at the chosen epoch. Verdicts are in nats.",
        explanation=_EXPLANATION,
        data=table,
    )


def _offer(view: state.View) -> None:
    say.words(
        f"The objective's critics were trained together with the codes. Train others from "
        f"nothing, on the codes of the {view.split} split as they are, and see whether they find "
        f"the same. They also give the least that the shared code keeps of its input."
    )
    critic = _critic(view)

    def wait() -> None:
        done = len(critic.work.lines())
        came = done / critic.count, f"{done} of {critic.count} have learned"
        waiting(critic.work, "Fresh critics", came, critic.start, offer="Check with a fresh critic")

    follow(critic.work, wait)
