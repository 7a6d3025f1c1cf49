"""What is claimed of the codes against what is read from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.parts.names import channel_words, figure_text
from app.parts.numbers import listed
from app.parts.style import NEUTRAL, blank, modality_colour, three_digits
from app.screens.representations.probe_strip import CODE_LETTERS, PROBE_NAMES, value_text
from mmmie.analysis.codes.claims import LABEL, MODALITY, OTHERS, OWN, SHARED

_VERDICTS = ("fails", "undecided", "holds")
_ROW_PIXELS = 30
_LETTERS = 100  # of a verdict, where it is pointed at
_WANTED = "rgba(123,135,148,0.22)"
_LOWEST, _HIGHEST = -0.06, 1.04
_SHORT = {
    SHARED: "shared",
    OWN: "its own private",
    OTHERS: "others' private",
    LABEL: "label",
    MODALITY: "which modality",
}
_SENTENCES = {
    SHARED: "what the modalities share",
    OWN: "what is private to its modality",
    OTHERS: "what is private to other modalities",
    LABEL: "the label",
    MODALITY: "which modality it is from",
}
_SYMBOLS = {
    ("invariant", "linear"): "circle",
    ("invariant", "nonlinear"): "diamond",
    ("specific", "linear"): "circle-open",
    ("specific", "nonlinear"): "diamond-open",
}


def claimed(leakage: pd.DataFrame, reading: str) -> pd.DataFrame:
    """The rows of one reading about which something is claimed.

    Args:
        leakage: from `mmmie.analysis.codes.probes.leakage_tables`.
        reading: ``means`` or ``samples``.
    """
    rows = leakage[(leakage["reading"] == reading) & (leakage["wanted"] != "either")]
    return rows.reset_index(drop=True)


def claims_finding(claims: pd.DataFrame, probe: str = "linear") -> str:
    """How many claims hold, as a sentence.

    Args:
        claims: from `claimed`.
    """
    counts = claims.loc[claims["probe"] == probe, "verdict"].value_counts()
    total = int(counts.sum())
    if not total:
        return "Nothing can be claimed of these codes"
    holds, fails, open_ = (int(counts.get(v, 0)) for v in ("holds", "fails", "undecided"))
    if holds == total:
        return f"All {total} claims about the codes hold"
    rest = [f"{fails} fail{'s' if fails == 1 else ''}"] if fails else []
    rest += [f"{open_} {'is' if open_ == 1 else 'are'} undecided"] if open_ else []
    return f"{holds} of {total} claims about the codes hold, {listed(rest)}"


def claims_figure(claims: pd.DataFrame, kind: str, modalities: list[str]) -> go.Figure:
    """One row a claim about z or s: what is read with its interval, on the range wanted.

    Args:
        claims: from `claimed`.
        kind: ``invariant`` or ``specific``.
    """
    rows = claims[claims["kind"] == kind]
    names = [_row_name(row) for row in rows.to_dict("records")]
    order = list(dict.fromkeys(names))
    figure = blank(height=100 + _ROW_PIXELS * max(len(order), 3), barmode="overlay")
    first = rows.assign(name=names).drop_duplicates("name")
    low = [r["limit"] if r["wanted"] == "present" else _LOWEST for r in first.to_dict("records")]
    high = [_HIGHEST if r["wanted"] == "present" else r["limit"] for r in first.to_dict("records")]
    figure.add_bar(
        y=first["name"], x=np.subtract(high, low), base=low, orientation="h", width=0.62,
        marker={"color": _WANTED, "line": {"width": 0}}, hoverinfo="skip", name="wanted",
    )  # fmt: skip
    for probe, part in rows.assign(name=names).groupby("probe", sort=False):
        colours = [modality_colour(m or "fused", modalities) for m in _modalities_of(part)]
        figure.add_scatter(
            x=part["value"].clip(_LOWEST / 2), y=part["name"], mode="markers",
            name=PROBE_NAMES[str(probe)], cliponaxis=False,
            marker={
                "size": 11, "symbol": _SYMBOLS[kind, str(probe)], "color": colours,
                "line": {"width": 2, "color": colours},
            },
            error_x={
                "type": "data", "symmetric": False, "thickness": 1.6, "width": 0,
                "color": NEUTRAL, "array": (part["high"] - part["value"]).fillna(0),
                "arrayminus": (part["value"] - part["low"]).fillna(0),
            },
            text=[_hover(row) for row in part.to_dict("records")],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(
        categoryorder="array", categoryarray=order[::-1], range=[-0.6, len(order) - 0.4],
        showgrid=False, type="category",
    )  # fmt: skip
    figure.update_xaxes(
        range=[_LOWEST, _HIGHEST], tickvals=[0, 0.25, 0.5, 0.75, 1],
        title=_axis_title(rows), zeroline=False,
    )  # fmt: skip
    return figure


def claims_table(claims: pd.DataFrame) -> pd.DataFrame:
    """The claims in words, one row each, by the verdict of the linear probe, failures first.

    Returns:
        `code`, `claim`, and for every probe its verdict and its value with interval; columns
        are titled for the reader.
    """
    worst_first = claims.sort_values(
        "verdict", key=lambda verdicts: verdicts.map(_VERDICTS.index), kind="stable"
    )
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for row in worst_first.sort_values("probe", kind="stable").to_dict("records"):
        entry = rows.setdefault(
            (row["code"], row["target"]), {"code": row["code"], "claim": claim_words(row)}
        )
        probe = PROBE_NAMES[row["probe"]]
        entry[probe] = verdict_words(row)
        entry[f"{probe} reads"] = _measured(row)
    return pd.DataFrame(list(rows.values()))


def claim_words(row: dict[str, Any]) -> str:
    """What a code is to hold or not, with the limit.

    Example:
        >>> claim_words({"target": "label", "wanted": "present", "limit": 0.0})
        'holds the label (R² above 0)'
    """
    unit = "accuracy" if row["target"] == MODALITY else "R²"
    what = _SENTENCES[row["target"]]
    if row["wanted"] == "present":
        side = "above" if row["limit"] == 0 else "at least"
        return f"holds {what} ({unit} {side} {three_digits(row['limit'])})"
    return f"does not hold {what} ({unit} at most {three_digits(row['limit'])})"


def verdict_words(row: dict[str, Any]) -> str:
    """The verdict on a claim, and which latent stands out against it.

    Example:
        >>> row = {"verdict": "holds", "wanted": "absent", "limit": 0.35}
        >>> verdict_words(row | {"worst": "latent_shared_valence", "worst_value": 0.7})
        'holds on average, but not for valence (0.70)'
    """
    verdict = str(row["verdict"])
    if verdict == "undecided":
        if not np.isfinite(row["low"]):
            return "undecided: too few conversations for an interval"
        return "undecided: the limit lies in the interval"
    if not isinstance(row["worst"], str):
        return verdict
    value = row["worst_value"]
    beyond = value < row["limit"] if row["wanted"] == "present" else value > row["limit"]
    if not beyond:
        return verdict
    name = channel_words("_".join(row["worst"].split("_")[2:]) or row["worst"])[0]
    if verdict == "holds":
        return f"holds on average, but not for {name} ({value_text(value)})"
    extreme = "least" if row["wanted"] == "present" else "most"
    return f"fails, {extreme} for {name} ({value_text(value)})"


def _axis_title(rows: pd.DataFrame) -> str:
    asked = rows["target"] == MODALITY
    if asked.all():
        return "accuracy"
    return "R², for the modality accuracy" if asked.any() else "R²"


def _row_name(row: dict[str, Any]) -> str:
    return f"{figure_text(row['code'])}: {_SHORT[row['target']]}"


def _modalities_of(part: pd.DataFrame) -> list[str | None]:
    return [m if isinstance(m, str) else None for m in part["modality"]]


def _hover(row: dict[str, Any]) -> str:
    letter = CODE_LETTERS[row["kind"]]
    whose = row["code"] if row["code"] != letter else f"{letter} of all modalities"
    return (
        f"<b>{figure_text(whose)} {claim_words(row)}</b><br>{PROBE_NAMES[row['probe']]} "
        f"{_measured(row)}<br>{figure_text(verdict_words(row), _LETTERS)}"
    )


def _measured(row: dict[str, Any]) -> str:
    value, low, high = (value_text(row[name]) for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]" if np.isfinite(row["low"]) else value
