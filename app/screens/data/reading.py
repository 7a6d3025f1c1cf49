"""How a corpus was read: what it is in a few lines, and what was noted on the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.parts import page_text as say
from app.parts.names import plain
from app.parts.numbers import listed
from app.parts.style import short_number

_MOST_NOTES = 6
_MOST_CLASSES = 12
_QUOTED = re.compile(r"`([^`]*)`")


def draw_notes(notes: Sequence[str]) -> None:
    """What was guessed, repaired or left out, one line each; nothing where there is nothing."""
    if not notes:
        return
    with st.container(border=True):
        count = f"{len(notes):,} thing{'s' * (len(notes) > 1)}"
        say.words(f":material/info: **{count} to know about how this corpus was read**")
        say.words("\n".join(f"- {note_text(note)}" for note in notes[:_MOST_NOTES]))
        if len(notes) > _MOST_NOTES:
            with st.expander(f"{len(notes) - _MOST_NOTES:,} more"):
                say.words("\n".join(f"- {note_text(note)}" for note in notes[_MOST_NOTES:]))


def note_text(note: str) -> str:
    """A note as Markdown shows it: names of the file in quotation marks, and none of it markup."""
    return plain(_QUOTED.sub(r"“\1”", note))


def reading_lines(summary: dict[str, Any]) -> list[str]:
    """What a corpus was read as, in lines of Markdown.

    Args:
        summary: as of `corpus_summary`.
    """
    turns = summary["utterances_per_conversation"]
    least, most = turns["min"], turns["max"]
    splits = [f"{name} {of['utterances']:,}" for name, of in summary["splits"].items()]
    modalities = [
        f"{plain(name)} ({of['dim']:,} channels, "
        f"{'one vector per utterance' if of['level'] == 'utterance' else 'sequences'})"
        for name, of in summary["modalities"].items()
    ]
    return [
        f"**Conversations**: {summary['conversations']:,}, of "
        f"{least if least == most else f'{least} to {most}'} utterances",
        f"**Label**: {label_words(summary['label'])}",
        f"**Speakers**: {'unknown' if summary['speakers'] is None else summary['speakers']}",
        f"**Modalities**: {listed(modalities)}",
        f"**Splits**: {listed(splits) or 'none'}",
    ]


def label_words(label: dict[str, Any] | None) -> str:
    """The label's name, and its range or its classes, in Markdown."""
    if label is None:
        return "none"
    name = plain(label["name"])
    if "range" in label:
        low, high = map(short_number, label["range"])
        return f"{name}, a number from {low} to {high}"
    classes = label.get("classes", [])
    if not classes:
        return f"{name}, a number"
    more = f" and {len(classes) - _MOST_CLASSES:,} more" if len(classes) > _MOST_CLASSES else ""
    shown = ", ".join(plain(str(one)) for one in classes[:_MOST_CLASSES])
    return f"{name}, one of {len(classes):,} classes: {shown}{more}"
