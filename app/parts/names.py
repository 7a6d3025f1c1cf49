"""Columns and channels in the reader's words, and text that must not be read as markup."""

from __future__ import annotations

import html
import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")
_LINKED = re.compile(r"(?i)\b(?:https?(?=:)|www(?=\.))|@(?=\w)")
_JOINER = "\u2060"
HOVER_LETTERS = 70  # of a transcript, where a mark is pointed at
_UNITS = (
    ("_syllables_per_s", "syllables/s"),
    ("_per_s", "per s"),
    ("_hz", "Hz"),
    ("_db", "dB"),
    ("_deg", "degrees"),
    ("_rad", "radians"),
    ("_percent", "%"),
    ("_letters", "letters"),
    ("_s", "s"),
)


# Facial Action Coding System; what OpenFace and py-feat give
_ACTION_UNITS = {
    1: "inner brow raiser", 2: "outer brow raiser", 4: "brow lowerer", 5: "upper lid raiser",
    6: "cheek raiser", 7: "lid tightener", 9: "nose wrinkler", 10: "upper lip raiser",
    11: "nasolabial deepener", 12: "lip corner puller", 14: "dimpler",
    15: "lip corner depressor", 17: "chin raiser", 20: "lip stretcher", 23: "lip tightener",
    24: "lip pressor", 25: "lips part", 26: "jaw drop", 28: "lip suck", 43: "eyes closed",
    45: "blink",
}  # fmt: skip


def plain(text: str) -> str:
    """Text that Markdown leaves as it is, on one line.

    Whatever others may have named reaches the reader through this function, `figure_text` or
    markup that escapes it: corpora, runs, checkpoints, and messages that quote them.
    """
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """Text that Markdown leaves as it is; white space stays.

    What browsers make links of even so, addresses of the web and of mail, is broken by a
    character without width.
    """
    return _MARKDOWN.sub(r"\\\1", _LINKED.sub(rf"\g<0>{_JOINER}", text))


def figure_text(text: str, letters: int = 60) -> str:
    """Text that a figure shows as it is, cut where it would leave no room for the data.

    Plotly reads some HTML as markup wherever it writes text, and names of fields in braces.

    Example:
        >>> figure_text("<b>joy</b>"), figure_text("embarrassment", 6)
        ('&lt;b&gt;joy&lt;/b&gt;', 'embar…')
    """
    return html.escape(shortened(text, letters)).replace("%{", "%&#123;")


def shortened(text: str, letters: int) -> str:
    """A text of at most so many letters, an ellipsis among them where it was longer."""
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"


def capital(text: str) -> str:
    """A capital letter in front, the others as they are: ``EEG`` is no ``Eeg``."""
    return text[:1].upper() + text[1:]


def text_of(value: object) -> str:
    """A cell of a text column; an empty text for every kind of missing value."""
    return value if isinstance(value, str) else ""


def beginning(value: object, letters: int = HOVER_LETTERS) -> str:
    """The beginning of a cell of a text column, on one line; empty where it is missing.

    Example:
        >>> beginning("We should  shelve this now", 15), beginning(None)
        ('We should shel…', '')
    """
    return shortened(" ".join(text_of(value).split()), letters)


def channel_words(name: str) -> tuple[str, str]:
    """A channel such as ``pitch_hz`` as its name and its unit, empty where none is known.

    Example:
        >>> channel_words("speech_rate_syllables_per_s"), channel_words("smile_au12")
        (('speech rate', 'syllables/s'), ('smile', 'AU12'))
        >>> channel_words("AU12_r")
        ('lip corner puller', 'AU12')
    """
    numbered = re.fullmatch(r"AU(\d\d)(_r)?", name)
    if numbered:
        return _ACTION_UNITS.get(int(numbered[1]), "action unit"), f"AU{numbered[1]}"
    for suffix, unit in _UNITS:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    action_unit = re.fullmatch(r"(.+)_au(\d+)", name)
    if action_unit:
        return action_unit[1].replace("_", " "), f"AU{action_unit[2]}"
    return name.replace("_", " "), ""
