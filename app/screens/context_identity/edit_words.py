"""What a reader changed about a window, and what that did, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from app.parts.numbers import listed
from app.parts.style import three_digits
from mmmie.analysis.ask.window_edit import WindowEdit

_STILL = 0.005  # a change of prediction, probability or attention that is none to a reader


_SPOKEN = ("the same speaker", "another speaker", "an unknown speaker")


def edit_sentence(edit: WindowEdit, names: dict[int, str]) -> str:
    """Everything that is told instead of the truth.

    Args:
        edit: the change.
        names: offset → name of the places that are there; changes of others are left out.

    Example:
        >>> edit_sentence(WindowEdit(relabel=((-1, 0),), terms_off=("role",)), {-1: "-1  Bo"})
        'Told: -1 Bo is the same speaker; no role term.'
    """
    said = [
        f"{_short(names[offset])} is {_SPOKEN[word]}"
        for offset, word in edit.relabel
        if offset in names
    ]
    hidden = [_short(names[offset]) for offset in edit.hidden if offset in names]
    if hidden:
        said.append(f"{listed(hidden)} {'is' if len(hidden) == 1 else 'are'} hidden")
    if edit.terms_off:
        said.append(f"no {listed(list(edit.terms_off))} term")
    if edit.shuffle is not None:
        said.append("roles of the neighbours are shuffled")
    return f"Told: {'; '.join(said)}." if said else "Told the truth about everything."


def number_finding(before: float, now: float, truth: float, *, edited: bool) -> str:
    """What the change did to a prediction in label units."""
    if not edited:
        return f"It predicts {three_digits(before)} where the truth is {three_digits(truth)}"
    if abs(now - before) < _STILL:
        return f"This leaves the prediction at {three_digits(before)}"
    further = abs(now - truth) - abs(before - truth)
    where = "as far" if abs(further) < _STILL else ("further" if further > 0 else "nearer")
    way = "from" if where != "nearer" else "to"
    return (
        f"Told this, it predicts {three_digits(now)} instead of {three_digits(before)}: "
        f"{where} {way} the truth, {three_digits(truth)}"
    )


def class_finding(
    before: np.ndarray, now: np.ndarray, truth: str, classes: list[str], *, edited: bool
) -> str:
    """What the change did to class probabilities (classes,)."""
    was, is_ = int(before.argmax()), int(now.argmax())
    right = _verdict(classes[was], truth)
    if not edited:
        return f"It says {classes[was]} with probability {before[was]:.2f}{right}"
    if is_ != was:
        right = _verdict(classes[is_], truth)
        return (
            f"Told this, it says {classes[is_]} ({now[is_]:.2f}) instead of {classes[was]} "
            f"({before[was]:.2f}){right}"
        )
    if f"{now[was]:.2f}" == f"{before[was]:.2f}":
        return f"This leaves it at {classes[was]} with probability {before[was]:.2f}{right}"
    return (
        f"Told this, it still says {classes[was]}: probability {before[was]:.2f} → "
        f"{now[was]:.2f}{right}"
    )


def _verdict(said: str, truth: str) -> str:
    return ", which is true" if said == truth else f"; the truth is {truth}"


def attention_finding(
    before: pd.DataFrame, now: pd.DataFrame, names: dict[int, str], *, edited: bool
) -> str:
    """Where attention goes, or how much of it the change moved and where to.

    Args:
        before: from `mmmie.analysis.ask.context_use.attention_shares`.
        now: the same after the change.
        names: offset → name of the places that are there.
        edited: whether anything is changed.
    """
    was = before.groupby("offset")["share"].sum()
    gain = now.groupby("offset")["share"].sum() - was
    if not edited:
        neighbours = was.drop(0, errors="ignore")
        if neighbours.empty:
            return "There are no neighbours: all attention goes to the target"
        share, first = float(neighbours.sum()), _short(names[int(neighbours.idxmax())])
        return f"{share:.0%} of the attention goes to neighbours, most of it to {first}"
    moved = float(np.abs(now["share"].to_numpy() - before["share"].to_numpy()).sum() / 2)
    if moved < _STILL:
        return "This moves no attention"
    most = int(gain.idxmax())
    if gain[most] < moved / 2:
        return f"{moved:.0%} of the attention moves, to several places"
    return f"{moved:.0%} of the attention moves, most of it to {_short(names[most])}"


def _short(name: str) -> str:
    """A name without the wide space that lines it up on an axis."""
    return " ".join(name.split())
