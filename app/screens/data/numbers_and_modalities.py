"""A corpus in numbers, and the table of its modalities."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app.parts import say
from app.parts.layout import wide_columns
from app.parts.names import capital, plain
from app.parts.style import short_number


def draw_numbers(summary: dict[str, Any]) -> None:
    """The description, counts and the scale of the label."""
    if summary["description"]:
        say.words(plain(summary["description"]))
    label, turns = summary["label"], summary["utterances_per_conversation"]
    name = capital(plain(label["name"]))
    scale: tuple[str, str, str | None] = (name, "number", "Labels have no range.")
    if "range" in label:
        scale = (name, " to ".join(map(short_number, label["range"])), None)
    elif "classes" in label:
        scale = ("Classes", str(len(label["classes"])), plain(", ".join(label["classes"])))
    cells = [
        ("Utterances", f"{summary['utterances']:,}", None),
        *[
            (split.capitalize(), f"{of['utterances']:,}", f"{of['conversations']:,} conversations")
            for split, of in summary["splits"].items()
        ],
        ("Turns", f"{turns['median']:g}", f"{turns['min']} to {turns['max']} in a conversation"),
        scale,
    ]
    numbers = wide_columns(len(cells), key="corpus-numbers", least=110)
    for column, (name, value, note) in zip(numbers, cells, strict=True):
        say.number(name, value, help=note, place=column)
    origin = [f"{k}: {summary[k]}" for k in ("source", "licence") if summary[k]]
    if origin:
        say.caption(plain(". ".join(origin)))


def draw_modalities(summary: dict[str, Any]) -> None:
    """One row per modality: channels, steps, how often it is missing, source."""
    entries = []
    for name, entry in summary["modalities"].items():
        steps = entry.get("steps")
        entries.append(
            {
                "modality": name,
                "channels": entry["dim"],
                "level": entry["level"],
                "steps": f"{steps['median']:g} ({steps['min']} to {steps['max']})" if steps else "",
                "missing": (entry["missing"] + entry["zeros"]) / summary["utterances"],
                "named": ", ".join(entry.get("channels", [])),
                "source": entry.get("source", ""),
            }
        )
    config: dict[str, Any] = {
        "modality": "Modality",
        "channels": "Channels",
        "level": "Level",
        "steps": st.column_config.TextColumn("Steps", help="Median (shortest to longest)"),
        "missing": st.column_config.NumberColumn(
            "Missing", format="percent", help="Utterances without a step of it, or zeros only."
        ),
        "named": st.column_config.TextColumn("Names of the channels", width="medium"),
        "source": st.column_config.TextColumn("Source", width="medium"),
    }
    say.grid(pd.DataFrame(entries), hide_index=True, width="stretch", column_config=config)
