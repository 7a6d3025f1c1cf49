"""What an edit is called, and what it did, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from app.views.contributions_words import number, offset_text, signed
from app.views.names import channel_words, plain, text_of
from app.views.style import three_digits
from app.views.words import listed
from mmmie.analysis.edits import ChannelEdit, Edit
from mmmie.corpus import Label, Modality

AS_IT_IS = "as it is"
TOGETHER = "all together"
_HARDLY = 0.005  # of the scale: a move that is no more than rounding
_MOST_NAMED = 2


def channel_change(one: ChannelEdit, modalities: Mapping[str, Modality]) -> str:
    """``pitch +30 Hz`` or ``pitch movement × 2``."""
    names = modalities[one.modality].channels or ()
    name, unit = channel_words(names[one.channel]) if names else (f"channel {one.channel}", "")
    unit = "" if unit.startswith("AU") else f" {unit}" if unit else ""
    shift = f"{one.shift:+.3g}".replace("-", "−") + unit if one.shift else ""
    stretch = f"movement × {one.stretch:.3g}" if one.stretch != 1 else ""
    return f"{name} " + ", ".join(part for part in (shift, stretch) if part)


def change_name(part: Edit, modalities: Mapping[str, Modality]) -> str:
    """A single change, as a row of a figure calls it.

    Args:
        part: one of `Edit.parts`.
        modalities: of the corpus.

    Example:
        >>> change_name(Edit(hidden=("audio",)), {}), change_name(Edit(noise=(("a", 1.5),)), {})
        ('audio missing', 'noise 1.5 SD on a')
    """
    if part.hidden:
        return f"{part.hidden[0]} missing" + (" in the window" if part.everywhere else "")
    if part.noise:
        name, strength = part.noise[0]
        return f"noise {strength:.3g} SD on {name}"
    if part.channels:
        return channel_change(part.channels[0], modalities)
    return "other words"


def edit_name(edit: Edit, modalities: Mapping[str, Modality]) -> str:
    """All changes of an edit in one line."""
    return ", ".join(change_name(part, modalities) for part in edit.parts)


def edit_phrase(edit: Edit, modalities: Mapping[str, Modality]) -> str:
    """How a sentence about an edit begins: ``Without audio``; text of a corpus is escaped."""
    if len(edit.parts) > _MOST_NAMED:
        return f"With these {len(edit.parts)} changes"
    phrases = [_phrase(part, modalities) for part in edit.parts]
    said = listed(phrases)
    return said[0].upper() + said[1:]


def _phrase(part: Edit, modalities: Mapping[str, Modality]) -> str:
    name = plain(change_name(part, modalities))
    if part.hidden:
        where = " in the whole window" if part.everywhere else ""
        return f"without {plain(part.hidden[0])}{where}"
    return f"with {name}"


def what_if_title(
    edit: Edit,
    modalities: Mapping[str, Modality],
    label: Label,
    before: np.ndarray,
    now: np.ndarray,
    span: float,
) -> str:
    """What an edit did to the prediction.

    Args:
        edit: what was changed.
        modalities: of the corpus.
        label: what is predicted.
        before: (1,) or (classes,) the prediction as it is.
        now: the same after the edit, NaN where nothing was left to read.
        span: of the scale of the prediction.
    """
    classes = label.classes
    if not edit:
        if classes:
            said = plain(classes[int(before.argmax())])
            return f"Nothing is changed: it says {said} ({before.max():.2f})"
        return f"Nothing is changed: the prediction is {number(float(before[0]))}"
    phrase = edit_phrase(edit, modalities)
    if np.isnan(now).any():
        return f"{phrase} nothing is left to read"
    if not classes:
        first, second = float(before[0]), float(now[0])
        if abs(second - first) < _HARDLY * span:
            return f"{phrase} the prediction stays at {number(first)}"
        return f"{phrase} the prediction moves from {number(first)} to {number(second)}"
    old, new = int(before.argmax()), int(now.argmax())
    shares = f"from {before[old]:.2f} to {now[old]:.2f}"
    if old != new:
        return (
            f"{phrase} it says {plain(classes[new])}: the probability of {plain(classes[old])} "
            f"goes {shares}"
        )
    if abs(now[old] - before[old]) < _HARDLY:
        return f"{phrase} it still says {plain(classes[old])} ({now[old]:.2f})"
    return f"{phrase} it still says {plain(classes[old])}: its probability goes {shares}"


def readers_title(turns: pd.DataFrame, moved: np.ndarray, span: float) -> str:
    """Which other turn an edit moves most.

    Args:
        turns: (T,) rows of `EditableUtterance.turns` without the utterance itself.
        moved: (T,) change of their predictions, NaN where one cannot be read.
        span: of the scale of the prediction.
    """
    known = np.nan_to_num(moved)
    top = int(np.abs(known).argmax())
    if abs(known[top]) < _HARDLY * span:
        return "The turns that read it hardly move"
    turn = turns.iloc[top]
    who = text_of(turn["speaker"])
    whose = f" of {plain(who)}" if who else ""
    return (
        f"Of the turns that read it, turn {offset_text(int(turn['offset']))}{whose} moves most, by "
        f"{signed(float(known[top]), span)}"
    )


def noise_title(effect: pd.DataFrame, span: float) -> str:
    """On which modality noise moves the prediction most, at its strongest.

    Args:
        effect: from `mmmie.analysis.what_if.noise_effect`.
        span: of the scale of the prediction.
    """
    most = float(effect["noise"].max())
    strongest = effect[effect["noise"] == most]
    size = strongest["change"].abs().groupby(strongest["modality"], sort=False).mean()
    name, value = str(size.idxmax()), float(size.max())
    if value < _HARDLY * span:
        return f"Noise up to {most:g} SD hardly moves it"
    if len(size) == 1:
        return f"Noise of {most:g} SD moves it by {three_digits(value)} on average, either way"
    return (
        f"Noise on {plain(name)} moves it most: at {most:g} SD by {three_digits(value)} on "
        f"average, either way"
    )


def tries_title(tries: pd.DataFrame, span: float) -> str:
    """Which of the tries moved a prediction most.

    Args:
        tries: `change` and `moved`, one row a try.
        span: of the scale of the prediction.
    """
    moved = tries["moved"].fillna(0)
    top = int(moved.abs().argmax())
    size = float(moved.iloc[top])
    if len(tries) == 1:
        return f"One try so far: it moved by {signed(size, span)}"
    if abs(size) < _HARDLY * span:
        return f"{len(tries)} tries so far, and none moved it"
    change = plain(str(tries["change"].iloc[top]))
    return f"{len(tries)} tries so far: “{change}” moved it most, by {signed(size, span)}"
