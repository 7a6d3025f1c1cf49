"""What two modalities tell about the label, drawn as parts of one bar."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.parts.names import capital, figure_text, plain
from app.parts.style import ACCENT, NEUTRAL, blank, modality_colour, three_digits
from mmmie.mi.thresholds import SURE
from mmmie.mi.verdict import decide_within

QUESTION = "Who knows what about the label?"
PARTS = {
    "unique_1": "only the first",
    "redundant": "both",
    "unique_2": "only the second",
    "synergistic": "only together",
    "total": "total",
}
SHOWN_PARTS = ("unique_1", "redundant", "unique_2", "synergistic")
SOURCES = {"codes": "codes", "features": "features", "truth": "generator"}
_BOTH = "#6b5b95"
_ROW = 30
_WIDE = 0.06  # of the entropy, from which on a number fits into a part
_WRAP = 60


def part_colour(part: str, row: dict[Any, Any], modalities: list[str]) -> str:
    """The hue of a part: that of its modality where one alone knows it."""
    if part in ("unique_1", "unique_2"):
        return modality_colour(row["first" if part == "unique_1" else "second"], modalities)
    return _BOTH if part == "redundant" else ACCENT


def part_name(part: str, row: dict[Any, Any]) -> str:
    """In words, such as ``only text``."""
    if part in ("unique_1", "unique_2"):
        return f"only {row['first' if part == 'unique_1' else 'second']}"
    return PARTS[part]


def parts_figure(
    parts: pd.DataFrame, modalities: list[str], unit: str = "nats", per_nat: float = 1.0
) -> go.Figure:
    """One bar per pair and source, as long as the entropy of the label.

    Args:
        parts: from `mmmie.analysis.bounds.label_information.parts_table`.
        unit: of the axis, with so many `per_nat`.
    """
    rows = [
        row
        for _, pair in parts.groupby(["first", "second"], sort=False)
        for source in SOURCES
        for row in pair[pair["source"] == source].to_dict("records")
    ]
    pairs = len({(row["first"], row["second"]) for row in rows})
    names = [
        [f"{figure_text(row['first'])} + {figure_text(row['second'])}" for row in rows],
        [SOURCES[row["source"]] for row in rows],
    ]
    figure = blank(
        70 + _ROW * len(rows) + 14 * pairs, barmode="stack", showlegend=False, bargap=0.25
    )
    for part in SHOWN_PARTS:
        _part(figure, rows, names, part, modalities, unit, per_nat)
    left = [max(row["entropy"] - row["total"], 0.0) * per_nat for row in rows]
    figure.add_bar(
        x=left, y=names, orientation="h",
        marker={"color": "rgba(123,135,148,0.12)", "line": {"color": NEUTRAL, "width": 0.5}},
        hovertemplate=f"neither: %{{x:.3g}} {unit}<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[row["total"] * per_nat for row in rows], y=names, mode="markers",
        marker={"size": 1, "color": NEUTRAL}, hoverinfo="skip",
        error_x={"type": "data", "width": 3, "thickness": 1.5, "color": NEUTRAL,
                 "array": [SURE * row["total_std"] * per_nat for row in rows]},
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(title=f"{unit} of the label's entropy")
    return figure


def _part(
    figure: go.Figure,
    rows: list[dict[Any, Any]],
    names: list[list[str]],
    part: str,
    modalities: list[str],
    unit: str,
    per_nat: float,
) -> None:
    values = [row[part] * per_nat for row in rows]
    figure.add_bar(
        x=values,
        y=names,
        orientation="h",
        marker={
            "color": [part_colour(part, row, modalities) for row in rows],
            "pattern": {
                "shape": ["" if pd.isna(row["doubt"]) else "/" for row in rows],
                "fillmode": "overlay",
            },
        },
        text=[
            three_digits(value) if row[part] > _WIDE * row["entropy"] else ""
            for value, row in zip(values, rows, strict=True)
        ],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": "#ffffff"},
        customdata=[_hover(row, part, unit, per_nat) for row in rows],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _hover(row: dict[Any, Any], part: str, unit: str, per_nat: float) -> str:
    value, error = row[part] * per_nat, SURE * row[f"{part}_std"] * per_nat
    said = f"<b>{figure_text(part_name(part, row))}</b> {three_digits(value)}"
    if error:
        said += f" ± {error:.2g}"
    said += f" {unit}, {row[part] / row['entropy']:.0%} of the label"
    if not pd.isna(row["doubt"]):
        lines = textwrap.wrap(f"In doubt: {row['doubt']}.", _WRAP)
        said += "".join(f"<br>{figure_text(line)}" for line in lines)
    return said


_STYLE = "display:flex;flex-wrap:wrap;gap:0.15rem 1.1rem;font-size:0.82rem;opacity:0.85"
_ENTRY = "display:inline-flex;align-items:center;gap:0.4rem"


def parts_legend() -> str:
    """The legend as HTML that wraps where the page is narrow."""
    hues = "linear-gradient(90deg,#0072B2 33%,#E69F00 33% 66%,#009E73 66%)"
    entries = (
        (hues, "only this modality"),
        (_BOTH, "both"),
        (ACCENT, "only together"),
        ("rgba(123,135,148,0.25)", "neither"),
    )
    items = "".join(
        f'<span style="{_ENTRY}"><span style="display:inline-block;width:26px;height:11px;'
        f'background:{hue}"></span><span>{text}</span></span>'
        for hue, text in entries
    )
    return f'<div style="{_STYLE}">{items}</div>'


def with_truth(parts: pd.DataFrame, facts: dict[str, float]) -> pd.DataFrame:
    """Also what the generator of a corpus says, where it is known."""
    rows = []
    for row in parts[parts["source"] == "features"].to_dict("records"):
        at = f"true_decomposition/{row['first']}-{row['second']}/"
        known = {key.removeprefix(at): nats for key, nats in facts.items() if key.startswith(at)}
        if known:
            known["unique_1"] = known.pop(f"unique_{row['first']}")
            known["unique_2"] = known.pop(f"unique_{row['second']}")
            errors = {f"{part}_std": 0.0 for part in known}
            rows.append({**row, **known, **errors, "source": "truth", "doubt": None})
    return pd.concat([parts, pd.DataFrame(rows)], ignore_index=True) if rows else parts


def parts_title(codes: pd.DataFrame) -> str:
    """What the pair tells of the label that tells most, and what of it both know, as a finding."""
    if codes.empty:
        return QUESTION
    best = codes.loc[codes["total"].idxmax()]
    pair = plain(f"{best['first']} and {best['second']}")
    whole = decide_within(best["total"], best["total_std"], looks=len(codes))
    if not whole.above:
        return "No pair is shown to tell anything about the label"
    shares = [f"{v / best['entropy']:.0%}" for v in (whole.value, max(whole.low, 0), whole.high)]
    said = f"{capital(pair)} tell {shares[0]} [{shares[1]}, {shares[2]}] of the label"
    if not decide_within(best["redundant"], best["redundant_std"], looks=len(codes)).above:
        return said
    return f"{said}; about {best['redundant'] / best['total']:.0%} of that both know"
