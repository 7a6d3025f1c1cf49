"""The conversation of the primary utterance, turn by turn; a click chooses a turn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from app import state
from app.parts import page_text as say
from app.parts.drawings import drawn_figure
from app.parts.names import plain
from app.parts.style import (
    FADED,
    NEUTRAL,
    class_colours,
    sentiment_colour,
    short_number,
    three_digits,
)
from app.parts.svg import (
    WORDS,
    Element,
    add,
    choosable,
    cut,
    drawing,
    hint,
    per_cent,
    place,
    ticks,
    write,
)
from app.utterance.conversation import label_limits, said_lines
from mmmie.analysis.outputs import TRAINED
from mmmie.corpus import Label

_KEY = "conversation-timeline"
_EXPLANATION = {
    "regression": (
        "Each column is one utterance, in order. The **hollow** dot is the true label, the "
        "**filled** one the prediction, coloured by what it says; the line between them is the "
        "error. The dashes below show who speaks. The band is the utterance that is looked "
        "at, a square the pinned one. Click a column to choose its utterance on every page."
    ),
    "classification": (
        "Each column is one utterance, in order. A band is a class, and the stronger its colour "
        "the more probable the model holds it. The **hollow** dot stands on the true class, the "
        "**filled** one on the predicted class; where they part, a line joins them. The curve "
        "is the probability of the true class. The band is the utterance that is looked at, a "
        "square the pinned one. Click a column to choose its utterance on every page."
    ),
}


def timeline(view: state.View) -> None:
    """Draw the conversation that the primary utterance belongs to."""
    frame, label = view.frame, view.corpus.label
    one = frame.iloc[view.primary]
    turns = frame[frame["conversation"] == one["conversation"]].sort_values("position")
    within = view.within[turns.index.to_numpy()]
    shown = turns_around(turns, str(one["id"]))
    probabilities = None
    if label.classes is not None:
        probabilities = view.outputs.output[TRAINED][shown.index.to_numpy()]
    say.finding(timeline_title(turns))
    drawn_figure(
        timeline_svg(
            shown,
            label,
            label_limits(label, frame["label"].to_numpy()),
            str(one["id"]),
            probabilities,
            alt=f"truth and prediction over the turns of conversation {one['conversation']}",
            pinned=state.selection().pinned,
            within=view.within[shown.index.to_numpy()],
        ),
        key=_KEY,
        caption=_caption(view, turns, len(shown), int(within.sum())),
        explanation=_EXPLANATION[label.kind],
        data=turns,
        choose=lambda name: state.select([name], name),
    )


def turns_around(turns: pd.DataFrame, primary: str) -> pd.DataFrame:
    """The turns of a long conversation that can still be told apart, around one of them."""
    place = int(np.flatnonzero((turns["id"] == primary).to_numpy())[0])
    first = min(max(place - MOST_TURNS // 2, 0), max(len(turns) - MOST_TURNS, 0))
    return turns.iloc[first : first + MOST_TURNS]


def timeline_title(turns: pd.DataFrame) -> str:
    """What the timeline shows, in one line of Markdown."""
    name = plain(str(turns["conversation"].iloc[0]))
    if "correct" in turns:
        right = int(turns["correct"].sum())
        if len(turns) == 1:
            return (
                f"Conversation {name}: its only turn is predicted {'right' if right else 'wrong'}"
            )
        return f"Conversation {name}: {right} of {len(turns)} turns are predicted right"
    if len(turns) == 1:
        return f"Conversation {name}: off by {three_digits(turns['absolute_error'].iloc[0])}"
    worst = turns.iloc[int(turns["absolute_error"].argmax())]
    several = "speaker" in turns and turns["speaker"].nunique() > 1
    by = f", {plain(str(worst['speaker']))}" if several and pd.notna(worst["speaker"]) else ""
    return (
        f"Conversation {name}: off by {three_digits(turns['absolute_error'].mean())} on average, "
        f"most at turn {int(worst['position']) + 1}{by}"
    )


def _caption(view: state.View, turns: pd.DataFrame, shown: int, within: int) -> str:
    speakers = turns["speaker"].nunique() if "speaker" in turns else 0
    who = {0: "no speaker is known", 1: "one speaker"}.get(speakers, f"{speakers} speakers")
    faint = (
        "" if within == len(turns) else f" The {len(turns) - within} outside the slice are faint."
    )
    part = "" if shown == len(turns) else f", {shown} of them shown"
    count, model = f"{len(turns)} turn{'s' * (len(turns) > 1)}", plain(view.choice.name)
    return f"{count}{part}, {who}; {view.split} split; model {model}.{faint}"


MOST_TURNS = 240
_FEWEST = 5.2  # turns that there is room for: one alone would fill the page
_LEFT, _RIGHT = 0.09, 0.005  # of the width, beside the panels
_A_LETTER, _NARROW = 6.5, 560  # pixels: of a name on the left, and of a narrow page
_LEGEND, _GAP, _FOOT = 30, 18, 44  # pixels
_VALUES, _CLASS, _CURVE, _LANE = 200, 34, 70, 20
_ON_CELLS = "currentColor"  # stands out from the cell of every class, light or dark
_MOST_LANES, _LETTERS = 12, 13


def timeline_svg(
    turns: pd.DataFrame,
    label: Label,
    limits: tuple[float, float],
    primary: str,
    probabilities: np.ndarray | None = None,
    *,
    alt: str,
    pinned: str | None = None,
    within: np.ndarray | None = None,
) -> str:
    """The timeline of a conversation; the column of a turn chooses its utterance.

    Args:
        turns: the utterances of one conversation in order, with `id`, `position`, `prediction`
            and, where known, `label`, `speaker` and `transcript`.
        probabilities: (turns, classes), for classes.
        within: (turns,) which of them the slice filter lets through, the others are faint; all if
            left out.
    """
    speakers = _speakers(turns)
    classes = list(label.classes or ())
    rows = [_CLASS * len(classes) + 12 if classes else _VALUES, *([_CURVE] if classes else [])]
    rows += [_LANE * len(speakers)] if speakers else []
    below = _LEGEND + sum(rows) + _GAP * (len(rows) - 1)
    root = drawing(below + _FOOT, alt)
    left = _left([*classes, *speakers])
    scene = _Scene(root, turns, np.ones(len(turns), bool) if within is None else within, left)
    scene.columns(primary, _LEGEND, below)
    square = bool((turns["id"] == pinned).any())
    _legend(root, left, bool(scene.known.any()), square)
    if classes:
        assert probabilities is not None
        found = _classes(scene, classes, probabilities, pinned)
    else:
        found = _numbers(scene, label, limits, pinned)
    if speakers:
        _lanes(scene, speakers, below - rows[-1])
    scene.steps(below)
    scene.targets(found, _LEGEND, below)
    return write(root)


@dataclass
class _Scene:
    """What all parts share: the drawing, its turns, and which of them are of the slice.

    Attributes:
        left: where the panels begin, a share of the width.
        known: (turns,) of which the truth is known.
    """

    root: Element
    turns: pd.DataFrame
    within: np.ndarray
    left: float

    def __post_init__(self) -> None:
        self.number = self.turns["position"].to_numpy() + 1
        middle = (self.number[0] + self.number[-1]) / 2
        half = max(self.number[-1] - self.number[0] + 1.2, _FEWEST) / 2
        self.first, self.last = middle - half, middle + half
        truth = self.turns.get("label", pd.Series(None, index=self.turns.index))
        self.known = truth.notna().to_numpy()

    def share(self, number: float) -> float:
        """Where a turn stands across the drawing."""
        room = 1 - self.left - _RIGHT
        return float(self.left + room * (number - self.first) / (self.last - self.first))

    def at(self, row: int) -> str:
        return per_cent(self.share(self.number[row]))

    def strength(self, row: int) -> float:
        return 1.0 if self.within[row] else FADED

    def column(self, row: int, wide: float = 1.0) -> dict[str, str]:
        left = self.share(self.number[row] - wide / 2)
        right = self.share(self.number[row] + wide / 2)
        return {"x": per_cent(left), "width": per_cent(right - left)}

    def columns(self, primary: str, top: float, bottom: float) -> None:
        """A band behind the turn that is looked at."""
        for row in _rows(self.turns["id"] == primary):
            add(
                self.root, "rect", **self.column(row), y=top, height=bottom - top, fill=NEUTRAL,
                fill_opacity=0.18,
            )  # fmt: skip

    def targets(self, found: list[str], top: float, bottom: float) -> None:
        """The whole height of a turn answers the pointer, before all that is drawn.

        Args:
            found: (turns) truth and prediction in words.
        """
        said = zip(self.turns["id"], said_lines(self.turns), found, strict=True)
        for row, (name, lines, finding) in enumerate(said):
            target = add(
                self.root, "rect", **self.column(row), y=top, height=bottom - top,
                fill="transparent",
            )  # fmt: skip
            choosable(target, str(name))
            hint(target, "\n".join([*lines, finding]))

    def steps(self, below: float) -> None:
        most = 30 if len(self.turns) <= 30 else 16
        for value in ticks(self.number[0], max(self.number[-1], self.number[0] + 1), most):
            if value == int(value) and self.number[0] <= value <= self.number[-1]:
                x = per_cent(self.share(value))
                add(self.root, "text", short_number(value), x=x, y=below + 18, text_anchor="middle",
                    **WORDS)  # fmt: skip
        middle = per_cent((1 + self.left - _RIGHT) / 2)
        add(self.root, "text", "turn", x=middle, y=below + 38, text_anchor="middle",
            font_size="13", **WORDS)  # fmt: skip

    def rule(self, y: float, text: str, opacity: float = 0.25) -> None:
        """A thin line across at a height, named on its left."""
        add(
            self.root, "line", x1=per_cent(self.left), x2=per_cent(1 - _RIGHT), y1=y, y2=y,
            stroke=NEUTRAL, stroke_opacity=opacity,
        )  # fmt: skip
        named = add(
            self.root, "text", x=per_cent(self.left - 0.008), y=y + 4, text_anchor="end", **WORDS
        )
        cut(named, text, _LETTERS)

    def hollow(self, row: int, y: float, radius: float, line: str = NEUTRAL) -> None:
        add(
            self.root, "circle", cx=self.at(row), cy=y, r=radius, fill="none", stroke=line,
            stroke_width=2, opacity=self.strength(row),
        )  # fmt: skip

    def filled(self, row: int, y: float, radius: float, colour: str) -> None:
        add(
            self.root, "circle", cx=self.at(row), cy=y, r=radius, fill=colour, stroke=NEUTRAL,
            stroke_width=1, opacity=self.strength(row),
        )  # fmt: skip

    def joined(self, row: int, first: float, second: float) -> None:
        """The error of a turn: a line from its truth to its prediction."""
        add(
            self.root, "line", x1=self.at(row), x2=self.at(row), y1=first, y2=second,
            stroke=NEUTRAL, stroke_width=1.5, opacity=self.strength(row),
        )  # fmt: skip

    def square(self, y: np.ndarray, pinned: str | None) -> None:
        """A square around the prediction of the pinned utterance, if it is of these turns."""
        for row in _rows(self.turns["id"] == pinned):
            _square(place(self.root, self.at(row), y[row]))


def _left(names: list[str]) -> float:
    """Room on the left, a share of the width, in which the names are whole on a narrow page."""
    longest = min(max(map(len, names), default=0), _LETTERS)
    return max(_LEFT, (longest + 1) * _A_LETTER / _NARROW)


def _rows(those: pd.Series) -> list[int]:
    """The rows of the turns of which something holds."""
    return [int(row) for row in np.flatnonzero(those.to_numpy())]


def _square(parent: Element) -> None:
    add(parent, "rect", x=-11, y=-11, width=22, height=22, fill="none", stroke=NEUTRAL,
        stroke_width=2.5)  # fmt: skip


def _legend(root: Element, left: float, truth: bool, pinned: bool) -> None:
    held, across = place(root, per_cent(left), 0), 10
    for name, drawn in (("truth", truth), ("prediction", True), ("pinned", pinned)):
        if not drawn:
            continue
        if name == "pinned":
            _square(place(held, across, 12))
        else:
            add(
                held, "circle", cx=across, cy=12, r=6, stroke=NEUTRAL,
                fill="none" if name == "truth" else NEUTRAL, stroke_width=2,
            )  # fmt: skip
        add(held, "text", name, x=across + 16, y=16, **WORDS)
        across += 36 + 7 * len(name)


def _speakers(turns: pd.DataFrame) -> list[str]:
    """The speakers in order of appearance; none where lanes would say nothing."""
    if "speaker" not in turns:
        return []
    known = [str(s) for s in turns["speaker"].dropna().unique()]
    return known if 1 < len(known) <= _MOST_LANES else []


def _numbers(
    scene: _Scene, label: Label, limits: tuple[float, float], pinned: str | None
) -> list[str]:
    turns, known = scene.turns, scene.known
    prediction = turns["prediction"].to_numpy(float)
    truth = turns["label"].to_numpy(float) if known.any() else prediction
    held = np.concatenate([prediction, truth[known], limits])
    margin = 0.06 * (limits[1] - limits[0])
    low, high = float(held.min()) - margin, float(held.max()) + margin

    def down(value: np.ndarray) -> np.ndarray:
        return _LEGEND + _VALUES * (high - value) / (high - low)

    for value in ticks(low, high, 7):
        scene.rule(float(down(np.array(value))), short_number(value))
    add(
        scene.root, "text", label.name, x=0, y=0, font_size="13", text_anchor="middle",
        transform=f"translate(11 {_LEGEND + _VALUES / 2}) rotate(-90)", **WORDS,
    )  # fmt: skip
    above, below = down(prediction), down(truth)
    for row in range(len(turns)):
        if known[row]:
            scene.joined(row, below[row], above[row])
            scene.hollow(row, below[row], 6.5)
        scene.filled(row, above[row], 5.5, sentiment_colour(prediction[row], limits))
    scene.square(above, pinned)
    return [
        (f"truth {three_digits(t)}, " if k else "") + f"prediction {three_digits(p)}"
        for t, k, p in zip(truth, known, prediction, strict=True)
    ]


def _classes(
    scene: _Scene, classes: list[str], probabilities: np.ndarray, pinned: str | None
) -> list[str]:
    colours, turns, known = class_colours(classes), scene.turns, scene.known
    guess = probabilities.argmax(1)
    truth = guess.copy()
    if known.any():
        numbers = turns["label"].map({name: i for i, name in enumerate(classes)})
        truth[known] = numbers[known].to_numpy(int)
    # One curve follows one thing: the true class only where it is known of all turns.
    followed = probabilities[np.arange(len(turns)), truth if known.all() else guess]
    what = "true" if known.all() else "predicted"
    middle = np.array(
        [_LEGEND + 6 + _CLASS * (len(classes) - i - 0.5) for i in range(len(classes))]
    )
    for i, name in enumerate(classes):
        scene.rule(middle[i], name, opacity=0)
        for row in range(len(turns)):
            strength = scene.strength(row) * (0.06 + 0.6 * float(probabilities[row, i]))
            add(
                scene.root, "rect", **scene.column(row, 0.94), y=middle[i] - 0.43 * _CLASS,
                height=0.86 * _CLASS, fill=colours[name], fill_opacity=strength,
            )  # fmt: skip
    for row in range(len(turns)):
        if known[row]:
            scene.joined(row, middle[truth[row]], middle[guess[row]])
            scene.hollow(row, middle[truth[row]], 6.5, _ON_CELLS)
        scene.filled(row, middle[guess[row]], 3.5, _ON_CELLS)
    scene.square(middle[guess], pinned)
    _curve(scene, followed, f"P({what})", _LEGEND + _CLASS * len(classes) + 12 + _GAP)
    return [
        (f"truth {classes[t]}, " if k else "")
        + f"predicted {classes[g]}\nprobability of the {what} class {p:.2f}"
        for t, k, g, p in zip(truth, known, guess, followed, strict=True)
    ]


def _curve(scene: _Scene, followed: np.ndarray, title: str, top: float) -> None:
    """The probability of the class that is followed, turn by turn."""
    for value in (0.0, 0.5, 1.0):
        scene.rule(top + (_CURVE - 8) * (1 - value) + 4, short_number(value))
    add(
        scene.root, "text", title, x=0, y=0, font_size="12", text_anchor="middle",
        transform=f"translate(11 {top + _CURVE / 2}) rotate(-90)", **WORDS,
    )  # fmt: skip
    down = top + (_CURVE - 8) * (1 - followed) + 4
    for row in range(len(followed)):
        if row:
            add(
                scene.root, "line", x1=scene.at(row - 1), x2=scene.at(row), y1=down[row - 1],
                y2=down[row], stroke=NEUTRAL, stroke_width=1.5,
            )  # fmt: skip
        scene.filled(row, down[row], 3, NEUTRAL)


def _lanes(scene: _Scene, speakers: list[str], top: float) -> None:
    """One line per speaker, with a dash at every turn of theirs."""
    for lane, name in enumerate(speakers):
        scene.rule(top + _LANE * (lane + 0.5), name)
    who = scene.turns["speaker"]
    for row in _rows(who.notna()):
        y = top + _LANE * (speakers.index(str(who.iloc[row])) + 0.5)
        held = place(scene.root, scene.at(row), y)
        add(
            held, "rect", x=-8, y=-3.5, width=16, height=7, fill=NEUTRAL,
            opacity=scene.strength(row),
        )  # fmt: skip
