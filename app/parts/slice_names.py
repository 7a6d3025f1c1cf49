"""Slices by label and by what an utterance is in its conversation, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable

from app.parts.names import plain, slice_names, slice_phrases

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
    "turn=same speaker": ("speaker goes on", "turns in which the speaker goes on"),
    "own_last_label=repeated": ("label as the speaker's last", "turns that repeat their "
                                "speaker's last label"),
    "own_last_label=changed": ("label not the speaker's last", "turns that change their "
                               "speaker's last label"),
}  # fmt: skip


def slice_titles(names: Iterable[str]) -> dict[str, str]:
    """What slices are called in tables and panels.

    Example:
        >>> slice_titles(["turn=first", "season=2"])
        {'turn=first': 'first turns', 'season=2': 'season 2'}
    """
    known = list(names)
    return {name: _KNOWN[name][0] if name in _KNOWN else title
            for name, title in slice_names(known).items()}  # fmt: skip


def slice_contents(names: Iterable[str]) -> dict[str, str]:
    """The same as what they hold, for sentences.

    Example:
        >>> slice_contents(["words=1-3"])
        {'words=1-3': 'utterances of one to three words'}
    """
    known = list(names)
    return {name: _KNOWN[name][1] if name in _KNOWN else phrase
            for name, phrase in slice_phrases(known).items()}  # fmt: skip


def sample_words(count: int, split: str, part: str = "") -> str:
    """The sample of a figure, for its caption, in Markdown.

    Args:
        count: utterances.
        split: their split.
        part: the title of the slice that the figure is limited to, if any.

    Example:
        >>> sample_words(1200, "valid"), sample_words(80, "valid", "first turns")
        ('1,200 utterances of the valid split', '80 utterances of the valid split (first turns)')
    """
    return f"{count:,} utterances of the {split} split" + (f" ({plain(part)})" if part else "")
