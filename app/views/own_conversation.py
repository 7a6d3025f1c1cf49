"""What is predicted of a conversation of the reader's own, in words and as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from app.views.names import capital, plain, text_of
from app.views.style import three_digits
from mmmie.corpus import Label

# Sentences in words of the demo corpus, which its models know, and one in words they do not.
EXAMPLE = """
Ada: Whoa, honestly, the film was wonderful, my friend, let us discuss it now!
Ben: Hm, perhaps the film was dull, mate, let us skip it later.
Ada: I see.
Ben: Actually, clearly that was one awful concert, colleague, I would forget it.
Ada: The pianist played beautifully though.
Ben: Okay then.
""".strip()


def own_title(turns: pd.DataFrame, label: Label) -> str:
    """What the timeline of predictions shows, in one line of Markdown.

    Args:
        turns: of one conversation in order, with `position`, `prediction` and, where known,
            `speaker`.
        label: what is predicted.
    """
    if label.classes is not None:
        counts = turns["prediction"].value_counts()
        most = plain(str(counts.index[0]))
        return f"{int(counts.iloc[0])} of {len(turns)} turns are predicted {most}"
    low, high = int(turns["prediction"].argmin()), int(turns["prediction"].argmax())
    name = plain(capital(label.name))
    if low == high:
        return f"{name} is predicted as {three_digits(turns['prediction'].iloc[high])}"
    return (
        f"{name} is predicted highest at {_turn(turns.iloc[high])}, lowest at "
        f"{_turn(turns.iloc[low])}"
    )


def _turn(turn: pd.Series) -> str:
    speaker = text_of(turn.get("speaker"))
    by = f", {plain(speaker)}" if speaker else ""
    return f"turn {int(turn['position']) + 1}{by} ({three_digits(turn['prediction'])})"


def missing_words(given: str, missing: Sequence[str]) -> str:
    """What the model was told of pasted words, in one sentence of Markdown.

    Example:
        >>> missing_words("text", ["audio", "vision"])
        'Only text is given; the model is told that audio and vision are missing.'
    """
    if not missing:
        return f"The model takes {plain(given)} only."
    return f"Only {plain(given)} is given; the model is told that {_are(missing)} missing."


def corpus_words(name: str, missing: Sequence[str], turns: int, shown: int) -> str:
    """What the model was told of a conversation of a corpus, in sentences of Markdown.

    Args:
        name: of the corpus.
        missing: modalities that the model takes and the corpus has not.
        turns: how many the conversation has.
        shown: how many of them are shown.

    Example:
        >>> corpus_words("mine", ["audio"], 5, 5)
        'Corpus mine. The model is told that audio is missing.'
    """
    said = f"Corpus {plain(name)}."
    if missing:
        said += f" The model is told that {_are(missing)} missing."
    if shown < turns:
        said += f" These are the first of {turns:,} turns."
    return said


def _are(names: Sequence[str]) -> str:
    *first, last = map(plain, names)
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"


def own_table(turns: pd.DataFrame) -> pd.DataFrame:
    """The turns as a table to read: from 1, truth where it is known, prediction, who, what."""
    table = turns.assign(turn=turns["position"] + 1)
    shown = ["turn", "label", "prediction", "speaker", "transcript"]
    table = table[[name for name in shown if name in table]]
    if "speaker" in table:
        table = table.assign(speaker=table["speaker"].map(text_of))
    return table
