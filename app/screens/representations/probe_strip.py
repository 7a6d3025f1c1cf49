"""What is in the codes, as heat strips: one row per code, one column per probe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app.parts.names import figure_text, plain
from app.parts.numbers import listed
from app.parts.style import SEQUENTIAL_SCALE, blank
from mmmie.analysis.codes.claims import LABEL, MODALITY, OWN, SHARED, SPEAKER
from mmmie.mi.verdict import Decision, decide, decide_all

CODE_LETTERS = {"invariant": "z", "specific": "s"}
PROBE_NAMES = {"linear": "linear probe", "nonlinear": "non-linear probe"}
_WHICH = "which modality"
_LABEL = "label"
_ROW_PIXELS = 34
_LETTERS_ABOVE = 80  # that have room beside each other above a heat map


def probe_frame(codes: dict[str, Any]) -> pd.DataFrame:
    """Every target, one row each: `code`, `modality`, `target`, `value` (None where undefined).

    Args:
        codes: kind → modality → what was read, from `mmmie.analysis.codes.probes.probe_report`.
    """
    rows = []
    for kind, by_modality in codes.items():
        for modality, held in by_modality.items():
            code = f"{CODE_LETTERS[kind]} {modality}"
            targets = {
                _WHICH: held["modality_accuracy"],
                _LABEL: held["label_r2"],
                **held["latents"],
            }
            rows += [
                {"code": code, "kind": kind, "modality": modality, "target": t, "value": v}
                for t, v in targets.items()
            ]
    return pd.DataFrame(rows, columns=["code", "kind", "modality", "target", "value"])


def strip_frame(codes: dict[str, Any]) -> pd.DataFrame:
    """What was read as a table of codes (rows) and targets (columns), latents averaged by owner.

    A latent ``latent_<owner>_<name>`` belongs to ``shared`` or to one modality.
    """
    frame = probe_frame(codes)
    frame["target"] = [
        _owner(str(target)) if str(target).startswith("latent_") else target
        for target in frame["target"]
    ]
    frame["value"] = frame["value"].astype(float)
    table = frame.pivot_table(
        index="code", columns="target", values="value", aggfunc="mean", sort=False, dropna=False
    )
    return table.dropna(axis=1, how="all")


def probe_strips(tables: dict[str, pd.DataFrame]) -> go.Figure:
    """Heat strips, one below the other, with the same columns; the first row is on top.

    Args:
        tables: probe → its `strip_frame`.
    """
    first = next(iter(tables.values()))
    titles = [PROBE_NAMES[probe] for probe in tables] if len(tables) > 1 else None
    height = 74 + (_ROW_PIXELS * len(first) + 24) * len(tables)
    figure = make_subplots(
        rows=len(tables), shared_xaxes=True, subplot_titles=titles, figure=blank(height),
        vertical_spacing=26 / height,
    )  # fmt: skip
    for row, (probe, table) in enumerate(tables.items(), start=1):
        values = table.to_numpy(float)
        text = [[value_text(v) for v in line] for line in values]
        figure.add_heatmap(
            z=np.clip(values, 0, 1), x=[_column_title(str(c)) for c in table.columns],
            y=[figure_text(str(code)) for code in table.index], text=text, texttemplate="%{text}",
            colorscale=SEQUENTIAL_SCALE, zmin=0, zmax=1, xgap=3, ygap=3, showscale=False,
            hovertemplate=f"%{{y}}: %{{x}}<br>{PROBE_NAMES[probe]} %{{text}}<extra></extra>",
            row=row, col=1,
        )  # fmt: skip
    figure.update_xaxes(side="top", showgrid=False, ticks="", showticklabels=False)
    figure.update_xaxes(showticklabels=True, row=1, col=1)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_annotations(font={"size": 12}, x=0, xanchor="left")
    if titles:  # the first title stands above the names of the columns
        figure.update_layout(margin={"t": 84})
        figure.layout.annotations[0].update(yshift=46)
    return figure


def cka_figure(cka: dict[str, dict[str, float | None]], modalities: list[str]) -> go.Figure:
    """Heat map of how alike every pair of codes is; the first row is on top.

    Args:
        cka: code → code → linear CKA, from `mmmie.analysis.codes.probes.probe_report`.
    """
    order = [f"{kind}.{m}" for kind in CODE_LETTERS for m in modalities]
    names = [figure_text(f"{letter} {m}") for letter in CODE_LETTERS.values() for m in modalities]
    values = np.array([[np.nan if cka[a][b] is None else cka[a][b] for b in order] for a in order])
    figure = blank(80 + _ROW_PIXELS * len(order))
    figure.add_heatmap(
        z=np.clip(values.astype(float), 0, 1), x=names, y=names,
        text=[[value_text(v) for v in line] for line in values.astype(float)],
        texttemplate="%{text}", colorscale=SEQUENTIAL_SCALE, zmin=0, zmax=1, xgap=3, ygap=3,
        showscale=False, hovertemplate="%{y} and %{x}<br>CKA %{text}<extra></extra>",
    )  # fmt: skip
    level = len(names) * max(map(len, names)) <= _LETTERS_ABOVE
    figure.update_xaxes(side="top", showgrid=False, ticks="", tickangle=0 if level else -40)
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure


def cka_frame(cka: dict[str, dict[str, float | None]]) -> pd.DataFrame:
    """The heat map as a table: `code`, `other`, `cka`."""
    return pd.DataFrame(
        [{"code": a, "other": b, "cka": v} for a, row in cka.items() for b, v in row.items()]
    )


def cka_finding(cka: dict[str, dict[str, float | None]], modalities: list[str]) -> str:
    """How alike the codes are, as a sentence."""
    between = [cka[f"invariant.{a}"][f"invariant.{b}"] for a in modalities for b in modalities
               if a < b]  # fmt: skip
    own = [cka[f"invariant.{m}"][f"specific.{m}"] for m in modalities]
    alike, apart = _mean(between), _mean(own)
    if alike is None:
        return "How alike are the codes?" if apart is None else f"z and s are {apart:.2f} alike"
    if apart is None:
        return f"The z of two modalities are {alike:.2f} alike"
    return f"The z of two modalities are {alike:.2f} alike, z and s of one {max(apart, 0):.2f}"


def retrieval_frame(report: dict[str, Any]) -> pd.DataFrame:
    """Retrieval between modalities: `pair`, `recall_at_1`, `recall_at_10`, `chance_at_1`."""
    return pd.DataFrame(
        [{"pair": pair.replace("-", " and "), **v} for pair, v in report["retrieval"].items()],
        columns=["pair", "recall_at_1", "recall_at_10", "chance_at_1"],
    )


def speaker_sentence(report: dict[str, Any], reading: str) -> str:
    """Whether the codes tell who speaks."""
    task = report["speaker"]
    if task["reason"] is not None:
        return f"Whether the codes tell who speaks cannot be said: {plain(task['reason'])}."
    rows = [r for r in report["leakage"] if (r["target"], r["reading"]) == (SPEAKER, reading)]
    ends, chance = ("value", "low", "high"), task["chance"]
    found = {
        r["code"]: decide(*(r[end] for end in ends), limit=chance, looks=len(rows)) for r in rows
    }
    told = [f"{plain(code)} {_share(one)}" for code, one in found.items() if one.above]
    asked = f"Who speaks, one of {task['speakers']}"
    if not told:
        return f"{asked}: no code is shown to tell more than naming the same one ({chance:.0%})."
    return (
        f"{asked}, can be told from {listed(told)}; naming the same one is right for {chance:.0%}."
    )


def probe_finding(leakage: pd.DataFrame, modalities: list[str]) -> str:
    """The most telling of the linear probes of the means as a sentence.

    Args:
        leakage: from `mmmie.analysis.codes.probes.leakage_tables`.
    """
    rows = leakage[(leakage["reading"] == "means") & (leakage["probe"] == "linear")]
    shared, own, told = (_decided(rows, "invariant", target) for target in (SHARED, OWN, MODALITY))
    if shared and own:
        least, most = min(one.low for one in shared), max(one.high for one in own)
        every = listed(list(map(plain, modalities)))
        if any(one.verdict == "not known" for one in (*shared, *own)):
            return f"What the codes have of what {every} have in common is not known"
        has = f"at least {least:.0%}" if all(one.above for one in shared) else "no shown part"
        return (
            f"The shared code has {has} of what {every} have in common, and at most "
            f"{max(most, 0):.0%} of what only one of them knows"
        )
    if told:
        apart = _decided(rows, "specific", MODALITY)
        return (
            f"The modality can be told from a shared code {_share(told[0])} of the time, from "
            f"an own code {_share(apart[0])}; chance is {1 / len(modalities):.0%}"
        )
    label, other = (_decided(rows, kind, LABEL) for kind in CODE_LETTERS)
    name = plain(modalities[0])
    if not label:
        return f"What is in the two codes of {name}?"
    return (
        f"The shared code of {name} explains {_share(label[0])} of the label, its own code "
        f"{_share(other[0])}"
    )


def _decided(rows: pd.DataFrame, kind: str, target: str) -> list[Decision]:
    part = rows[(rows["kind"] == kind) & (rows["target"] == target)]
    return decide_all(part["value"], part["low"], part["high"])


def _share(found: Decision) -> str:
    """``40% [31%, 49%]``; without the brackets where there is no interval."""
    if found.verdict == "not known":
        return f"{found.value:.0%}"
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]".replace("-", "−")


def value_text(value: float) -> str:
    """Two decimals with a true minus, a dash where there is no value."""
    if np.isnan(value):
        return "–"
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _owner(latent: str) -> str:
    owner = latent.removeprefix("latent_").partition("_")[0]
    return "shared" if owner == "shared" else f"{owner}'s own"


def _column_title(column: str) -> str:
    return {
        _WHICH: "which modality<br>(accuracy)",
        _LABEL: "label (R²)",
        "shared": "shared latents<br>(R²)",
    }.get(column, figure_text(column) + "<br>latents (R²)" * column.endswith("'s own"))
