"""What the label of a corpus is, decided once for every reader: kind, range or classes, values.

What the values alone cannot tell is decided by the name of the column, and noted; `LabelSaid`
decides it in place of a guess.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mmmie.corpus import NO_LABEL, Label
from mmmie.datasets.label_option import MOST_CLASSES, NOTHING_SAID, LabelSaid
from mmmie.datasets.label_text import names_in, numbers_in
from mmmie.datasets.loose_values import Unusable
from mmmie.errors import InputError

_AROUND_ZERO = ((-1.0, 1.0), (-3.0, 3.0))
_FROM_ONE = (5, 7, 9, 10)  # the usual scales of questionnaires
_NOISE = 1e-4  # in label units: what rounding may add to a label
_FEW = 20  # below this many, a scale around zero may show one side only
_EXACT = 1e-6
_DIGITS = 5
_MOST_IDS = 30
_DIGIT = re.compile(r"[+-]?[.,]?\d")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CLASS_WORDS = re.compile(
    r"emotions?|emo|class(es)?|classification|categor(y|ies)|ids?|idx|index|intent|acts?|expression|"
    r"sarcasm|humou?r|stance|topic|type|code"
)
_SCALE_WORDS = re.compile(
    r"valence|arousal|activation|dominance|scores?|ratings?|intensit(y|ies)|stars?|likert|"
    r"polarity|strength|degree|level|regression|mean|avg|average|value"
)


class LabelFound(NamedTuple):
    """What `guess_label` found.

    Attributes:
        label: what is predicted; `NO_LABEL` where no utterance has one.
        values: (N,) float64, NaN where missing; or N class names, None where missing.
        notes: what was guessed, repaired or clipped, one sentence each.
    """

    label: Label
    values: np.ndarray | list[str | None]
    notes: list[str]


def guess_label(
    values: pd.Series | np.ndarray | Sequence[Any],
    what: str,
    *,
    name: str | None = None,
    classes: Sequence[str] | None = None,
    said: LabelSaid = NOTHING_SAID,
) -> LabelFound:
    """What the labels of a file are, from their values and the name they have there.

    Two whole numbers are two classes. Whole numbers from 0 or 1 on are classes unless their name
    or a usual length (1 to 5, 7, 9 or 10) says that they are a scale; other numbers are a scale,
    around 0 where they cross it. Text is numbers where all of it is, decimal commas included, else
    class names, of which blanks and letter case are evened out.

    Args:
        values: N numbers or texts; empty, None, NaN, ``nan``, ``null`` and the like are missing.
        what: the column or key that holds them, for notes and messages.
        name: what the label is called; `what` if left out.
        classes: names in the order that the format documents; whole numbers are places among them,
            from 0 on.
        said: what the reader of the file says, which is obeyed.

    Raises:
        Unusable: there is no utterance, numbers and names are mixed, a number is not finite or
            outside the range that was said, or there are too few or too many classes.

    Example:
        >>> guess_label(["-1,5", "0", "2,25"], "score").label.range
        (-3.0, 3.0)
        >>> guess_label([0, 4, 2, 1], "Emotion").label.classes
        ('0', '1', '2', '4')
    """
    if not len(values):
        raise Unusable("has no utterances; get the file again")
    column = pd.Series(values).reset_index(drop=True)
    called = " ".join((said.name or name or what).split())[:60]
    classes = said.classes or classes
    numbers, notes = numbers_in(column, what, mixed=said.kind == "classification")
    if numbers is None:
        return _classes_of_names(column, what, called, classes, said)
    given = ~np.isnan(numbers)
    if not given.any():
        return LabelFound(NO_LABEL, numbers, notes)
    kind, why = _kind(numbers[given], f"{what} {name or ''}", what, classes, said)
    if kind == "classification":
        label, names = _classes_of_numbers(numbers, what, called, classes)
        return LabelFound(label, names, [*notes, *why])
    limits, more = _scale(numbers[given], what, said)
    clipped = np.clip(numbers, *limits)
    moved = int((np.abs(clipped - numbers)[given] > _EXACT).sum())
    if moved:
        more.append(
            f"Labels of `{what}` ({moved:,}) were outside {_words(limits)} by less than {_NOISE:g} "
            f"and were set to its end."
        )
    return LabelFound(Label(called, "regression", limits), clipped, [*notes, *why, *more])


def relabelled(
    column: pd.Series, label: Label, where: str, *, said: LabelSaid
) -> tuple[Label, np.ndarray | list[str | None], list[str]]:
    """The labels of a corpus that has a description, with what is said on top of it.

    Args:
        label: what the description says.
        where: what to call the table in a message.

    Raises:
        InputError: the labels are not what is said.
    """
    try:
        found = guess_label(column, "label", said=said.on_top_of(label))
    except Unusable as error:
        raise InputError(f"{where}: {error}") from None
    return found


def _kind(
    held: np.ndarray, names: str, what: str, classes: Sequence[str] | None, said: LabelSaid
) -> tuple[str, list[str]]:
    """Whether numbers (n,) are a scale or classes, and a note where that was a guess."""
    if said.kind:
        return said.kind, []
    if classes:
        return "classification", []
    values = np.unique(np.round(held, _DIGITS))
    shown = f"{', '.join(f'{v:g}' for v in values[:4])}{', …' if len(values) > 4 else ''}"
    if len(values) == 1:
        return "regression", [f"All labels of `{what}` are {shown}: there is nothing to learn."]
    if (values % 1 != 0).any():
        return "regression", []
    if len(values) == 2:
        return "classification", [_as_classes(what, shown)]
    words = {*re.split(r"[\W_\d]+", _CAMEL.sub("_", names).lower())}
    if any(_SCALE_WORDS.fullmatch(word) for word in words):
        return "regression", []
    low, high = values[0], values[-1]
    few = high <= _MOST_IDS and 2 * len(values) > high
    named = any(_CLASS_WORDS.fullmatch(word) for word in words)
    if few and (named or low == 0 or (low == 1 and high not in _FROM_ONE)):
        return "classification", [_as_classes(what, shown)]
    if low < 0 and (low, high) != (-1, 1):
        return "regression", []
    return "regression", [
        f"`{what}` holds whole numbers ({shown}), which were read as a scale; if they are classes, "
        f"say so with `--label kind=classification`."
    ]


def _as_classes(what: str, shown: str) -> str:
    return (
        f"`{what}` holds the numbers {shown}, which were read as classes; if they are a scale, say "
        f"so with `--label kind=regression`."
    )


def _scale(held: np.ndarray, what: str, said: LabelSaid) -> tuple[tuple[float, float], list[str]]:
    """The range of the scale of numbers (n,), and a note where it is none of the usual ones."""
    low, high = float(held.min()), float(held.max())
    if said.range:
        outside = (held < said.range[0] - _NOISE) | (held > said.range[1] + _NOISE)
        if outside.any():
            raise Unusable(
                f"`{what}` holds {held[outside.argmax()]:g}, outside {_words(said.range)}, which "
                f"`--label` says; give the range that holds all labels"
            )
        return said.range, []
    if low < -_NOISE or (len(held) < _FEW and high <= 3 + _NOISE):
        for limits in _AROUND_ZERO:
            if limits[0] - _NOISE <= low and high <= limits[1] + _NOISE:
                return limits, [] if low < -_NOISE else [
                    _as_range(what, low, high, limits, "around 0")
                ]
        reach = float(np.ceil(max(-low, high) - _NOISE))
        found, why = (-reach, reach), "around 0"
    elif low >= 1 - _NOISE and high <= _FROM_ONE[-1] + _NOISE:
        found, why = (1.0, float(next(n for n in _FROM_ONE if high <= n + _NOISE))), "from 1 on"
        if found[1] == _FROM_ONE[0]:
            return found, []
    else:
        least = 0.0 if low <= max(1.0, high / 2) else float(np.floor(low))
        most = float(np.ceil(high - _NOISE))
        found, why = (least, max(most, least + 1)), "since no label is negative"
    return found, [_as_range(what, low, high, found, why)]


def _as_range(what: str, low: float, high: float, found: tuple[float, float], why: str) -> str:
    return (
        f"Labels of `{what}` are from {low:g} to {high:g}; their range was taken to be "
        f"{_words(found)}, {why}: say another with `--label range=LOW:HIGH`."
    )


def _words(limits: tuple[float, float]) -> str:
    return f"[{limits[0]:g}, {limits[1]:g}]"


def _classes_of_names(
    column: pd.Series, what: str, called: str, classes: Sequence[str] | None, said: LabelSaid
) -> LabelFound:
    """Class names as they are, in the order that is known, else in that of the alphabet."""
    texts, notes = names_in(column, what, classes)
    found = sorted({text for text in texts if text is not None})
    if not found:
        return LabelFound(NO_LABEL, np.full(len(texts), np.nan), notes)
    if said.kind == "regression":
        raise Unusable(
            f"the label of row {texts.index(found[0]) + 1} is {found[0][:40]!r}, but `--label` "
            f"says that labels are numbers; fix one of them"
        )
    unknown = [text for text in found if classes is not None and text not in classes]
    if unknown:
        raise Unusable(
            f"the label of row {texts.index(unknown[0]) + 1} is {unknown[0][:40]!r}, which is none "
            f"of the classes {', '.join(classes or ())[:200]}; fix one of them"
        )
    if classes is None and not 2 <= len(found) <= MOST_CLASSES:
        raise Unusable(
            f"`{what}` has {len(found):,} classes, such as {found[0][:40]!r}; use 2 to "
            f"{MOST_CLASSES}, or numbers"
        )
    if classes is None and sum(map(bool, map(_DIGIT.match, found))) > len(found) / 2:
        notes.append(
            f"`{what}` holds texts such as {found[0][:40]!r}, which were read as {len(found)} "
            f"classes; write numbers if they are a scale."
        )
    label = Label(called, "classification", classes=tuple(classes or found))
    return LabelFound(label, texts, notes)


def _classes_of_numbers(
    numbers: np.ndarray, what: str, called: str, classes: Sequence[str] | None
) -> tuple[Label, list[str | None]]:
    """Class names of numbers (N,), NaN for none: those that are known, else the numbers."""
    numbers = np.round(numbers, _DIGITS)
    found = np.unique(numbers[~np.isnan(numbers)])
    own = {number: f"{number:g}" for number in found}
    if classes is not None and not {*own.values()} <= {*classes}:
        # a place counts from 0 or from 1 on; else the first name is that of the least number
        first = next((f for f in (0, 1) if f <= found[0] and found[-1] < f + len(classes)), None)
        whole = bool((found % 1 == 0).all())
        if first is None or not whole:
            if len(found) != len(classes):
                raise Unusable(
                    f"`{what}` holds {len(found)} numbers, {found[0]:g} to {found[-1]:g}, for "
                    f"{len(classes)} names of classes; name as many"
                )
            own = dict(zip(found, classes, strict=True))
        else:
            own = {number: classes[int(number) - first] for number in found}
    order = tuple(classes or own.values())
    if not 2 <= len(order) <= MOST_CLASSES:
        raise Unusable(f"`{what}` has {len(order):,} classes; use 2 to {MOST_CLASSES}, or a scale")
    names = [None if np.isnan(number) else own[number] for number in numbers]
    return Label(called, "classification", classes=order), names
