"""What a reader says of the label when a corpus is opened, in place of a guess."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mmmie.corpus import Kind, Label
from mmmie.errors import InputError

MOST_CLASSES = 100
_KINDS: tuple[Kind, ...] = ("regression", "classification")
_KEYS = ("kind", "range", "classes", "name")


@dataclass(frozen=True)
class LabelSaid:
    """What is said of a label; None where nothing is said and the values decide.

    Attributes:
        kind: a number on a scale, or classes.
        range: the lowest and the highest number of the scale.
        classes: the names of the classes in their order; whole numbers are places among them.
        name: what the label is called; of a table also the column that holds it.
    """

    kind: Kind | None = None
    range: tuple[float, float] | None = None
    classes: tuple[str, ...] | None = None
    name: str | None = None

    def __bool__(self) -> bool:
        return self != NOTHING_SAID

    def on_top_of(self, label: Label) -> LabelSaid:
        """The same, with what is not said taken from the description of a corpus."""
        kind = self.kind or label.kind
        said = replace(self, kind=kind, name=self.name or label.name)
        if kind == "regression":
            return replace(said, range=self.range or label.range)
        return replace(said, classes=self.classes or label.classes)


NOTHING_SAID = LabelSaid()


def read_label_said(text: str | None) -> LabelSaid:
    """Read ``kind=…,range=LOW:HIGH,classes=A:B:…,name=…``, as of ``--label``; each may be left out.

    A range alone says regression, classes alone say classification.

    Raises:
        InputError: a key is unknown, occurs twice or has a wrong value, or two do not fit.

    Example:
        >>> read_label_said("range=-5:5,name=mood")
        LabelSaid(kind='regression', range=(-5.0, 5.0), classes=None, name='mood')
    """
    given: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in (text or "").split(","))):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if key not in _KEYS or not equals or not value:
            raise _wrong(part, "write kind=…, range=LOW:HIGH, classes=A:B:… or name=…")
        if key in given:
            raise _wrong(part, f"give `{key}` once")
        given[key] = value
    kind = _kind(given["kind"]) if "kind" in given else None
    limits = _range(given["range"]) if "range" in given else None
    classes = _classes(given["classes"]) if "classes" in given else None
    if limits and (classes or kind == "classification"):
        raise _wrong(f"range={given['range']}", "classes have no range; leave one of them out")
    if classes and kind == "regression":
        raise _wrong(
            f"classes={given['classes']}", "a number has no classes; leave one of them out"
        )
    kind = kind or ("regression" if limits else "classification" if classes else None)
    return LabelSaid(kind, limits, classes, given.get("name"))


def _wrong(part: str, fix: str) -> InputError:
    return InputError(f"--label {part[:80]}: {fix}")


def _kind(text: str) -> Kind:
    for kind in _KINDS:
        if text == kind:
            return kind
    raise _wrong(f"kind={text}", "use regression or classification")


def _range(text: str) -> tuple[float, float]:
    try:
        low, high = (float(limit) for limit in text.split(":"))
    except ValueError:
        raise _wrong(
            f"range={text}", "write the lowest and the highest number, as in -3:3"
        ) from None
    if not low < high or not math.isfinite(high - low):
        raise _wrong(f"range={text}", "give the lowest number, then the highest")
    return low, high


def _classes(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(":"))
    if "" in names or len({*names}) < len(names) or not 2 <= len(names) <= MOST_CLASSES:
        raise _wrong(
            f"classes={text}", f"name 2 to {MOST_CLASSES} different classes, as in low:high"
        )
    return names
