"""A corpus as a trained model takes it: its levels, its classes, its scale."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from mmmie.corpus.corpus import Corpus, Features, Label, Modality
from mmmie.errors import InputError

_NOISE = 1e-3  # of the range: two ranges whose ends differ by less are the same
_MOST_NAMED = 5


def fit_corpus(
    corpus: Corpus, modalities: Mapping[str, Modality], label: Label, taker: str
) -> Corpus:
    """A corpus with the levels and the label of a model; the same object where it has them.

    One vector per utterance is a sequence of one step, and the reverse. Classes are found by their
    names, in any order and letter case; some may be missing.

    Args:
        corpus: what was opened; its modalities may be more.
        modalities: what the model takes.
        label: what the model predicts.
        taker: what to call the model in a message.

    Returns:
        The corpus; what was changed is in its `notes`, behind those that it had.

    Raises:
        InputError: a modality is missing or has another dimension, or one vector per utterance is
            wanted where there are sequences, or the label is of another kind, has a class that the
            model does not know or another range.
    """
    for name, wanted in modalities.items():
        corpus = _with_level(corpus, name, wanted, taker)
    return _with_label(corpus, label, taker)


def label_words(label: Label) -> str:
    """What a label is, in words.

    Example:
        >>> label_words(Label("sentiment", "regression", range=(-3.0, 3.0)))
        'regression in [-3, 3]'
    """
    if label.classes:
        return f"classification into {'/'.join(label.classes)}"
    return f"regression in {_span(label.range)}" if label.range else "regression"


def same_scale(one: Label, other: Label) -> bool:
    """Whether two labels have the same kind, classes and range, but for the noise of floats.

    Example:
        >>> three, noisy = (Label("s", "regression", range=(-3.0, x)) for x in (3.0, 2.9999998))
        >>> same_scale(three, noisy)
        True
    """
    if one.kind != other.kind or one.classes != other.classes:
        return False
    if one.range is None or other.range is None:
        return True
    allowed = _NOISE * (other.range[1] - other.range[0])
    return all(abs(a - b) <= allowed for a, b in zip(one.range, other.range, strict=True))


def _with_level(corpus: Corpus, name: str, wanted: Modality, taker: str) -> Corpus:
    own = corpus.modalities.get(name)
    if own is None:
        raise InputError(
            f"{corpus.where}: modality `{name}` is missing, which {taker} takes; choose another "
            f"corpus or checkpoint"
        )
    if own.dim != wanted.dim:
        raise InputError(
            f"{corpus.where}: `modalities.{name}.dim` is {own.dim}, but {taker} takes "
            f"{wanted.dim}; choose another corpus or checkpoint"
        )
    if own.level == wanted.level:
        return corpus
    features = corpus.features[name]
    if wanted.level == "sequence":
        note = f"`{name}` has one vector per utterance, which is taken as a sequence of one step."
        features = Features(features.values, np.arange(len(corpus) + 1, dtype=np.int64))
    else:
        note = f"`{name}` has one step per utterance, which is taken as its vector."
        features = _vectors(corpus, name, taker)
    return replace(
        corpus,
        modalities={**corpus.modalities, name: replace(own, level=wanted.level)},
        features={**corpus.features, name: features},
        notes=(*corpus.notes, note),
    )


def _vectors(corpus: Corpus, name: str, taker: str) -> Features:
    """Sequences of one step each as vectors."""
    features = corpus.features[name]
    lengths = features.lengths
    assert lengths is not None
    other = lengths != 1
    if other.any():
        row = int(other.argmax())
        raise InputError(
            f"{corpus.where}: `modalities.{name}.level` is sequence ({lengths[row]} steps in "
            f"{corpus.utterances['id'].iloc[row]!r}), but {taker} takes one vector per utterance; "
            f"give the vectors that its own corpus has, or leave `{name}` out to predict without it"
        )
    return Features(features.values)


def _with_label(corpus: Corpus, label: Label, taker: str) -> Corpus:
    own = corpus.label
    if own.kind == label.kind == "classification":
        return _with_classes(corpus, label, taker)
    if not same_scale(own, label):
        raise InputError(
            f"{corpus.where}: `label` is {label_words(own)}, but {taker} predicts "
            f"{label_words(label)}; {_advice(own, label)}"
        )
    return corpus if own.range == label.range else replace(corpus, label=_called(label, own))


def _with_classes(corpus: Corpus, label: Label, taker: str) -> Corpus:
    own, classes = corpus.label.classes or (), label.classes or ()
    if own == classes:
        return corpus
    known = {name: _match(name, classes) for name in own}
    used = set(corpus.utterances["label"].dropna())
    unknown = [name for name in own if known[name] is None and name in used]
    if unknown:
        raise InputError(
            f"{corpus.where}: `label` is {label_words(corpus.label)}; {_listed(unknown)} "
            f"{'is' if len(unknown) == 1 else 'are'} none of the classes of {taker}: "
            f"{', '.join(classes)}; rename or leave out these utterances, or choose another corpus"
        )
    renamed = {name: found for name, found in known.items() if found not in (None, name)}
    notes = [
        f"Class {name!r} of the corpus is taken as {found!r} of {taker}."
        for name, found in renamed.items()
        if name in used
    ]
    missing = [name for name in classes if name not in known.values()]
    if missing:
        notes.append(f"The corpus has no class {_listed(missing)}, which {taker} also predicts.")
    unused = [name for name, found in known.items() if found is None]
    if unused:
        notes.append(f"No utterance has class {_listed(unused)}, which {taker} does not predict.")
    labels = corpus.utterances["label"].map(lambda name: renamed.get(name, name))
    return replace(
        corpus,
        label=_called(label, corpus.label),
        utterances=corpus.utterances.assign(label=labels) if renamed else corpus.utterances,
        notes=(*corpus.notes, *notes),
    )


def _match(name: str, classes: tuple[str, ...]) -> str | None:
    """The class that a name means: itself, else the only one that differs in writing alone."""
    if name in classes:
        return name
    alike = [one for one in classes if _folded(one) == _folded(name)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: str) -> str:
    """A class name without letter case and spaces; ``1`` and ``1.0`` are one number."""
    text = " ".join(name.split()).casefold()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:g}" if math.isfinite(number) else text


def _called(label: Label, own: Label) -> Label:
    """A label under the name that the corpus gives it."""
    return replace(label, name=own.name)


def _advice(own: Label, label: Label) -> str:
    """What to do; what a corpus does not say is guessed from its labels, so it may be wrong."""
    if own.kind != label.kind:
        return (
            f"choose another corpus or checkpoint, or, if this was guessed wrongly, say "
            f"`--label kind={label.kind}`"
        )
    low, high = label.range or (0.0, 0.0)
    return (
        f"bring its labels to that scale, or, if they are on it already, say "
        f"`--label range={low:g}:{high:g}` (`range` in corpus.json says so for good)"
    )


def _span(limits: tuple[float, float] | None) -> str:
    return f"[{limits[0]:g}, {limits[1]:g}]" if limits else "any range"


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMED])
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
