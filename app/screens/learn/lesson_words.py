"""The words of the lesson: titles that say what the numbers say, and answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from app.parts.names import beginning, capital, plain
from app.parts.numbers import listed
from app.parts.style import three_digits
from app.utterance.contribution_steps import number, signed
from mmmie.analysis.codes.claims import LABEL, OWN, SHARED
from mmmie.analysis.lesson.encoding import Encoding
from mmmie.analysis.lesson.squeeze import UpperBounds
from mmmie.corpus import Label

STEPS = (
    "Utterance",
    "Encode",
    "Codes",
    "Pull",
    "Squeeze",
    "Identity",
    "Predict",
    "Train",
)

_LETTERS = 60
_EVEN = 1.15  # times the mean, up to which weights count as equal
_HARDLY = 0.05  # of the scale


def short(text: str, letters: int = _LETTERS) -> str:
    """The beginning of a text, ready for Markdown."""
    return plain(beginning(text, letters))


def label_words(label: Label) -> str:
    """What is predicted, in words: ``a number from −3 to 3``."""
    if label.classes is not None:
        return f"one of {listed([plain(name) for name in label.classes])}"
    if label.range is None:
        return "a number"
    return f"a number from {number(label.range[0])} to {number(label.range[1])}"


def utterance_title(words: str, name: str, same: np.ndarray, label: Label, split: str) -> str:
    """What is known before anything is computed.

    Args:
        words: the transcript, empty if there is none.
        name: the id.
        same: (k,) labels of other utterances with the same words, classes by their index.
        label: what is predicted.
        split: its name.
    """
    what = plain(label.name)
    if not words:
        return f"Utterance {plain(name)} has no transcript: what is its {what}?"
    if not len(same):
        return f"“{short(words)}”: what is its {what}?"
    times = f"“{short(words)}” is said {len(same)} more times in the {split} split"
    if len(same) == 1:
        times = f"“{short(words)}” is said once more in the {split} split"
    if label.classes is not None:
        found = [label.classes[i] for i in np.unique(same)]
        return f"{times}, labelled {listed([plain(c) for c in found])}"
    low, high = number(float(same.min())), number(float(same.max()))
    return f"{times}, labelled {low}" + (f" to {high}" if low != high else "")


def words_answer(
    label: Label, labels: np.ndarray, outputs: np.ndarray, modalities: Sequence[str]
) -> str:
    """Whether the words alone settle it, from all utterances that say the same.

    Args:
        label: what is predicted.
        labels: (k,) their labels, classes by their index.
        outputs: (k,) or (k, classes), what the model says of them.
        modalities: that the model reads.
    """
    reads = listed([plain(m) for m in modalities])
    if len(labels) < 3:
        return (
            "Here nobody can tell, because these words are said too seldom. In general the tone, "
            "the face and the turns before change what words mean; this model reads "
            f"{reads} of up to several turns, and the next steps show how."
        )
    if label.classes is not None:
        best = np.bincount(labels).max() / len(labels)
        right = float((outputs.argmax(1) == labels).mean())
        return (
            f"Whoever always names the commonest class for these words is right {best:.0%} of "
            f"the time. The model, which reads {reads} of the whole window, is right {right:.0%} "
            f"of the time on the same {len(labels)} utterances."
        )
    alone = float(np.abs(labels - np.median(labels)).mean())
    model = float(np.abs(labels - outputs).mean())
    return (
        f"The best single number for these words is the middle of their labels, and it is off by "
        f"{three_digits(alone)} on average. The model, which reads {reads} of the whole window, "
        f"is off by {three_digits(model)} on the same {len(labels)} utterances."
    )


def wordless_answer(label: Label, labels: np.ndarray) -> str:
    """How far a guess gets that knows nothing but how labels are spread.

    Args:
        label: what is predicted.
        labels: (n,) of the split, classes by their index.
    """
    if label.classes is not None:
        counts = np.bincount(labels, minlength=len(label.classes))
        commonest = plain(label.classes[int(counts.argmax())])
        share = counts.max() / len(labels)
        return f"Whoever always says {commonest} is right {share:.0%} of the time, and no more."
    middle = float(np.median(labels))
    off = three_digits(float(np.abs(labels - middle).mean()))
    return f"Whoever always says {number(middle)}, the middle of all labels, is off by {off}."


def encode_title(modality: str, found: Encoding, steps: Sequence[str], step_name: str) -> str:
    """How many numbers go in and come out, and which step counts most."""
    length, width = found.features.shape
    size, name = len(found.hidden), plain(modality)
    if found.weights is None:
        return f"{width} features of {name} become the {size} numbers of h"
    plural = "" if length == 1 else "s"
    into = f"{length} {step_name}{plural} × {width} channels of {name} become {size} numbers"
    top = int(found.weights.argmax())
    if length == 1:
        return into
    if found.weights[top] < _EVEN / length:
        return f"{into}, and every {step_name} counts about the same"
    called = f"{step_name} {steps[top]}" if steps[top].isdigit() else f"“{plain(steps[top])}”"
    return f"{into}; {called} counts most, {found.weights[top]:.0%}"


def change_words(before: Encoding, now: Encoding, channel: str, by: float) -> str:
    """What a changed channel did to h and z, in shares of their lengths."""
    moved = {
        "h": np.linalg.norm(now.hidden - before.hidden) / np.linalg.norm(before.hidden),
        **{
            k: np.linalg.norm(now.codes[k] - before.codes[k]) / np.linalg.norm(before.codes[k])
            for k in ("z", "s")
        },
    }
    direction = "higher" if by > 0 else "lower"
    return (
        f"With **{plain(channel)}** {abs(by):.2g} standard deviations {direction}, *h* moves by "
        f"{moved['h']:.0%} of its length, *z* by {moved['z']:.0%} and *s* by {moved['s']:.0%}."
    )


def codes_title(own: float, others: float, modalities: Sequence[str], sizes: dict[str, int]) -> str:
    """How close the invariant codes of one utterance are, against those of two.

    Args:
        own: mean distance between the z of this utterance, NaN with one modality.
        others: mean distance between z of two utterances.
        modalities: that the utterance has.
        sizes: ``z`` and ``s`` → dimensions.
    """
    if not np.isfinite(own):
        name = plain(modalities[0]) if modalities else "a modality"
        return f"{capital(name)} becomes {sizes['z']} numbers to share and {sizes['s']} to keep"
    count = "two" if len(modalities) == 2 else {3: "three", 4: "four"}.get(len(modalities), "")
    here = f"The {count} z of this utterance".replace("  ", " ")
    there = f"those of two different utterances {three_digits(others)}"
    return f"{here} lie {three_digits(own)} apart, {there}"


def contents_table(contents: pd.DataFrame, modalities: Sequence[str]) -> str:
    """What z and s of every modality hold, as a table in Markdown; empty if unknown.

    Args:
        contents: from `mmmie.analysis.lesson.subject.code_contents`.
        modalities: the rows, in their order.
    """
    names = {SHARED: "all share", OWN: "it alone has", LABEL: "the label"}
    targets = [t for t in names if (contents["target"] == t).any()]
    if not targets:
        return ""
    cells = contents.set_index(["modality", "code", "target"])["r2"]
    columns = [(code, target) for target in targets for code in ("z", "s")]
    lines = [
        "| | " + " | ".join(f"*{code}*: {names[target]}" for code, target in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    for modality in modalities:
        found = [cells.get((modality, *column)) for column in columns]
        values = ["–" if value is None else f"{value:.0%}" for value in found]
        lines.append(f"| {plain(modality)} | " + " | ".join(values) + " |")
    return "\n".join(lines)


def codes_answer(contents: pd.DataFrame, modality: str) -> str:
    """Which code should know how the recording was made."""
    said = (
        "The specific code *s*: how a recording was made is known to one modality alone, so *z* "
        "has no use for it."
    )
    table = contents[contents["modality"] == modality].set_index(["target", "code"])["r2"]
    if (OWN, "z") not in table.index:
        return (
            f"{said} Whether it worked can be measured only where such factors are known, as in "
            "the demo corpus; the probes on *Representations* say what can be said here."
        )
    z, s = table[OWN, "z"], table[OWN, "s"]
    return (
        f"{said} Of the factors that only {plain(modality)} has, a line reads {s:.0%} from *s* "
        f"here and {z:.0%} from *z*."
    )


def pull_title(pair: tuple[str, str], right: int, count: int, bound: float, ceiling: float) -> str:
    """How often the row finds its own column, and what that shows."""
    first, second = (plain(name) for name in pair)
    times = {0: "not once", 1: "once"}.get(right, f"{right} times")
    shown = (
        f"at least {max(bound, 0):.2f} nats are shared"
        if bound > 0.02
        else "nothing shared is shown"
    )
    return (
        f"{capital(first)} finds its own {second} {times} in {count}: {shown}, of at "
        f"most {ceiling:.2f} that {count} pairs can show"
    )


def own_words(chances: np.ndarray, names: Sequence[str], pair: tuple[str, str]) -> str:
    """How the utterance of the lesson, the first of the batch, fares.

    Args:
        chances: (B, B) from `mmmie.analysis.lesson.pull.chances`.
        names: (B,) what the utterances are called.
        pair: the modalities of rows and columns.
    """
    own, best = float(chances[0, 0]), int(chances[0].argmax())
    first, second = (plain(name) for name in pair)
    said = (
        f"The {first} of “{short(names[0], 30)}” picks its own {second} with a chance of {own:.0%}"
    )
    if best == 0:
        return f"{said}."
    return (
        f"{said}, and that of row {best + 1}, “{short(names[best], 30)}”, with "
        f"{chances[0, best]:.0%}: as far as the codes tell, the two say much the same."
    )


def pull_answer(curve: pd.DataFrame, truth: float | None) -> str:
    """What larger batches say about the ceiling."""
    last = curve.iloc[-1]
    said = (
        f"Take a larger batch: with {int(last['batch_size'])} utterances the ceiling is "
        f"{last['ceiling']:.2f} nats, and the same critic shows {last['nats']:.2f}."
    )
    if last["nats"] > 0.8 * last["ceiling"]:
        said += " That is still near the ceiling, so there may be far more."
    else:
        said += " That is well below it, so the ceiling no longer hides anything."
    if truth is not None:
        said += (
            f" In this corpus the truth is known: what the two inputs share is "
            f"{truth:.2f} nats, and no code can share more."
        )
    return said


def squeeze_title(modality: str, now: float, other: float | None, noise: float) -> str:
    """What z of this utterance costs."""
    louder = "" if noise == 1 else f" with {noise:g} times the noise"
    said = f"z of {plain(modality)} costs {three_digits(now)} nats here{louder}"
    if other is None:
        return said
    return f"{said}; trained without the squeeze it costs {three_digits(other)}"


def price_words(beta: float, label: Label, deviation: float) -> str:
    """What the weight β means for the error."""
    if label.classes is not None:
        return (
            f"β = {beta:g}: a nat in *z* is worth keeping if it lowers the cross-entropy of the "
            f"prediction by {beta:g} nats or more."
        )
    return (
        f"β = {beta:g}: a nat in *z* is worth keeping if it lowers the mean error by "
        f"{three_digits(beta * deviation)} in label units or more, {beta:g} of the label's "
        f"standard deviation."
    )


def bounds_table(found: UpperBounds) -> str:
    """The bounds and the two halves of CLUB, as a table in Markdown."""
    cells = (
        ("VUB", found.vub),
        ("L1Out", found.l1out),
        ("CLUB", found.club),
        ("= true pairs", found.together),
        ("− all others", found.apart),
    )
    return "\n".join(
        "| " + " | ".join(row) + " |"
        for row in (
            [name for name, _ in cells],
            ["---:"] * len(cells),
            [number(value) for _, value in cells],
        )
    )


def bounds_answer(found: UpperBounds) -> str:
    """How CLUB and VUB can both be right."""
    best = min(found.vub, found.l1out, found.club)
    return (
        f"Yes, both are upper bounds: the truth lies below {three_digits(found.vub)} and below "
        f"{three_digits(found.club)}. CLUB takes the mean of log-densities of wrong pairs, here "
        f"{number(found.apart)} nats, and codes with little noise make these as negative as one "
        f"likes; so it is loose. InfoNCE with the exact density gives a lower bound of "
        f"{three_digits(found.lower)}, so the truth is between {three_digits(found.lower)} and "
        f"{three_digits(best)} nats."
    )


def identity_title(
    words: str, told: float | str, without: float | str, truth: float | str, changed: bool
) -> str:
    """The prediction as it is told now and without identity, against the truth."""
    name = f"“{short(words, 30)}”" if words else "This utterance"
    now, off, true = (plain(v) if isinstance(v, str) else number(v) for v in (told, without, truth))
    how = "as told now" if changed else "with identity"
    return f"{name} is predicted {now} {how} and {off} without; the truth is {true}"


def identity_answer(speakers: int | None) -> str:
    """Why the speaker term is relative."""
    said = (
        "So that it works for people whom it has never met. What helps is not the name but "
        "whether the turn before came from the same person."
    )
    if not speakers:
        return f"{said} In this corpus nobody is named, so every turn counts as unknown."
    return f"{said} A table of names would have {speakers} rows here and none for anybody new."


def predict_title(prediction: float, truth: float, top: str, value: float, span: float) -> str:
    """Prediction, truth, and the part that moves it most."""
    off = abs(prediction - truth)
    said = f"Predicted {number(prediction)}, true {number(truth)}: off by {three_digits(off)}"
    if abs(value) < _HARDLY * span:
        return f"{said}; no part moves it far"
    return f"{said}; {plain(top)} moves it most, by {number(value)}"


def predict_class_title(predicted: str, chance: float, truth: str, top: str, value: float) -> str:
    """The same for classes, where parts move the probability of the predicted class."""
    verdict = "which is right" if predicted == truth else f"but it is {plain(truth)}"
    said = f"Predicted {plain(predicted)} with {chance:.0%}, {verdict}"
    if abs(value) < _HARDLY:
        return f"{said}; no part moves it far"
    return f"{said}; {plain(top)} moves that most, by {signed(100 * value, 100)} points"


def shapley_answer(modality: str, value: float, change: float) -> str:
    """Whether hiding a modality changes the prediction by its Shapley value."""
    same = abs(value - change) < 0.05 * max(abs(value), abs(change), 1e-9)
    begin = "Here nearly, but not in general" if same else "No"
    return (
        f"{begin}. Without {plain(modality)} the prediction changes by {number(change)}, while "
        f"its Shapley value is {number(value)}. Where two modalities say the same, hiding one "
        f"changes little because the other still says it; Shapley values share the credit "
        f"between them."
    )


def train_title(
    epochs: int, name: str, mine: float | None, shipped: float | None, shipped_epochs: int
) -> str:
    """Where your own model stands against the shipped one.

    Args:
        epochs: that it was trained for.
        name: of the metric.
        mine: its value, None before the end.
        shipped: that of the shipped model, None if there is none.
        shipped_epochs: how long that was trained.
    """
    if mine is None:
        if shipped is None:
            return "Train a model of your own, here and now"
        return (
            f"The shipped model reached {name} {three_digits(shipped)} in {shipped_epochs} epochs"
        )
    plural = "" if epochs == 1 else "s"
    said = f"Your model reaches {name} {three_digits(mine)} after {epochs} epoch{plural}"
    if shipped is None:
        return said
    return f"{said}, the shipped one {three_digits(shipped)} after {shipped_epochs}"


def train_answer(full: tuple[float, float] | None, without: tuple[float, float] | None) -> str:
    """What the squeeze does, from the shipped checkpoints where they are there.

    Args:
        full: upper bounds of all z in nats and error of the full model, None if unknown.
        without: the same, trained without MI minimisation.
    """
    said = (
        "The dashed lines are the upper bounds: without the squeeze nothing holds them down, and "
        "they rise. The error may stay where it is: the squeeze cleans the codes, and a model can "
        "predict well from codes that hold too much."
    )
    if full is None or without is None:
        return said
    return (
        f"{said} Of the shipped checkpoints, the full one keeps at most "
        f"{three_digits(full[0])} nats in all its z with an error of {three_digits(full[1])}, the "
        f"one trained without the squeeze {three_digits(without[0])} nats with "
        f"{three_digits(without[1])}."
    )
