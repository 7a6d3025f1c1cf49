"""Slices such as ``ambiguous=1`` in the reader's words, and the sample of a figure."""

from __future__ import annotations

from collections.abc import Iterable

from app.parts.names import plain

_KNOWN = {
    "label=lowest third": ("label in the lowest third", "labels in the lowest third"),
    "label=middle third": ("label in the middle third", "labels in the middle third"),
    "label=highest third": ("label in the highest third", "labels in the highest third"),
    "words=1-3": ("1 to 3 words", "utterances of one to three words"),
    "words=4-10": ("4 to 10 words", "utterances of four to ten words"),
    "words=over 10": ("more than 10 words", "utterances of more than ten words"),
    "turn=first": ("first turns", "first turns"),
    "turn=later": ("later turns", "later turns"),
    "turn=reply": ("replies to another speaker", "replies to another speaker"),
    "turn=same speaker": ("speaker continues", "turns in which the speaker continues"),
    "own_last_label=repeated": ("label as the speaker's last", "turns that repeat their "
                                "speaker's last label"),
    "own_last_label=changed": ("label not the speaker's last", "turns that change their "
                               "speaker's last label"),
}  # fmt: skip


def slice_titles(names: Iterable[str]) -> dict[str, str]:
    """What slices are called in tables and panels.

    A column counts as a flag where its only values are 0 and 1.

    Example:
        >>> slice_titles(["turn=first", "season=2"])
        {'turn=first': 'first turns', 'season=2': 'season 2'}
        >>> slice_titles(["ambiguous=0", "ambiguous=1"])
        {'ambiguous=0': 'not ambiguous', 'ambiguous=1': 'ambiguous'}
    """
    return {name: words[0] for name, words in _slices(names).items()}


def slice_contents(names: Iterable[str]) -> dict[str, str]:
    """The same as a description of their utterances, for sentences.

    Example:
        >>> slice_contents(["ambiguous=0"])
        {'ambiguous=0': 'utterances that are not ambiguous'}
    """
    return {name: words[1] for name, words in _slices(names).items()}


def _slices(names: Iterable[str]) -> dict[str, tuple[str, str]]:
    parts = {name: name.partition("=") for name in names}
    values: dict[str, set[str]] = {}
    for column, _, value in parts.values():
        values.setdefault(column, set()).add(value)
    found = {}
    for name, (column, equals, value) in parts.items():
        word = column.replace("_", " ")
        if name in _KNOWN:
            found[name] = _KNOWN[name]
        elif not equals:
            found[name] = (word, "all utterances" if name == "all" else word)
        elif values[column] <= {"0", "1"} and value == "1":
            found[name] = (word, f"{word} utterances")
        elif values[column] <= {"0", "1"}:
            found[name] = (f"not {word}", f"utterances that are not {word}")
        else:
            found[name] = (f"{word} {value}", f"utterances with {word} {value}")
    return found


def sample_words(count: int, split: str, part: str = "") -> str:
    """The sample of a figure, for its caption, in Markdown.

    Args:
        part: the title of the slice that the figure is limited to, if any.

    Example:
        >>> sample_words(1200, "valid"), sample_words(80, "valid", "first turns")
        ('1,200 utterances of the valid split', '80 utterances of the valid split (first turns)')
    """
    return f"{count:,} utterances of the {split} split" + (f" ({plain(part)})" if part else "")
