"""Columns and channels in the reader's words, and text that shall stay text."""

from __future__ import annotations

import re

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$:<>&])")
_UNITS = (
    ("_syllables_per_s", "syllables/s"),
    ("_per_s", "1/s"),
    ("_hz", "Hz"),
    ("_db", "dB"),
    ("_deg", "degrees"),
    ("_percent", "%"),
    ("_letters", "letters"),
    ("_s", "s"),
)


def plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))


def slice_words(name: str) -> str:
    """A slice such as ``ambiguous=1`` as what it holds.

    Example:
        >>> slice_words("ambiguous=1"), slice_words("emotion=joy")
        ('ambiguous utterances', 'utterances with emotion joy')
        >>> slice_words("sarcastic=0")
        'utterances that are not sarcastic'
    """
    column, equals, value = name.partition("=")
    if not equals:
        return "all utterances" if name == "all" else name
    column = column.replace("_", " ")
    if value in ("0", "1"):
        return f"{column} utterances" if value == "1" else f"utterances that are not {column}"
    return f"utterances with {column} {value}"


def channel_words(name: str) -> tuple[str, str]:
    """A channel such as ``pitch_hz`` as its name and its unit, empty where none is known.

    Example:
        >>> channel_words("speech_rate_syllables_per_s"), channel_words("smile_au12")
        (('speech rate', 'syllables/s'), ('smile', 'AU12'))
    """
    for suffix, unit in _UNITS:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix).replace("_", " "), unit
    action_unit = re.fullmatch(r"(.+)_au(\d+)", name)
    if action_unit:
        return action_unit[1].replace("_", " "), f"AU{action_unit[2]}"
    return name.replace("_", " "), ""
