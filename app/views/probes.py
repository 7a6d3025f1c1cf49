"""What the codes hold, as a heat strip: one row a code, one column a probe."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.views.style import SEQUENTIAL_SCALE, blank

_CODES = {"invariant": "z", "specific": "s"}
_WHICH = "which modality"
_LABEL = "label"


def probe_frame(report: dict[str, Any]) -> pd.DataFrame:
    """Every probe, one row each: `code`, `modality`, `probe`, `value` (None where undefined)."""
    rows = []
    for kind, by_modality in report["codes"].items():
        for modality, held in by_modality.items():
            code = f"{_CODES[kind]} {modality}"
            probes = {
                _WHICH: held["modality_accuracy"],
                _LABEL: held["label_r2"],
                **held["latents"],
            }
            rows += [
                {"code": code, "kind": kind, "modality": modality, "probe": p, "value": v}
                for p, v in probes.items()
            ]
    return pd.DataFrame(rows, columns=["code", "kind", "modality", "probe", "value"])


def strip_frame(report: dict[str, Any]) -> pd.DataFrame:
    """The probes as a table of codes (rows) and probes (columns), latents averaged by owner.

    A latent ``latent_<owner>_<name>`` belongs to ``shared`` or to one modality.
    """
    frame = probe_frame(report)
    frame["probe"] = [
        _owner(str(probe)) if str(probe).startswith("latent_") else probe
        for probe in frame["probe"]
    ]
    frame["value"] = frame["value"].astype(float)
    table = frame.pivot_table(
        index="code", columns="probe", values="value", aggfunc="mean", sort=False, dropna=False
    )
    return table.dropna(axis=1, how="all")


def probe_strip(table: pd.DataFrame) -> go.Figure:
    """The heat strip of `strip_frame`; the first row is on top."""
    values = table.to_numpy(float)
    text = [["–" if np.isnan(v) else f"{v:.2f}".replace("-", "−") for v in row] for row in values]
    figure = blank(height=70 + 34 * len(table))
    figure.add_heatmap(
        z=np.clip(values, 0, 1),
        x=[_column_title(str(c)) for c in table.columns],
        y=list(table.index),
        text=text,
        texttemplate="%{text}",
        colorscale=SEQUENTIAL_SCALE,
        zmin=0,
        zmax=1,
        xgap=3,
        ygap=3,
        showscale=False,
        hovertemplate="%{y}: %{x}<br>%{text}<extra></extra>",
    )
    figure.update_xaxes(side="top", showgrid=False, ticks="")
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    return figure


def retrieval_frame(report: dict[str, Any]) -> pd.DataFrame:
    """Retrieval between modalities: `pair`, `recall_at_1`, `recall_at_10`, `chance_at_1`."""
    return pd.DataFrame(
        [{"pair": pair.replace("-", " and "), **v} for pair, v in report["retrieval"].items()],
        columns=["pair", "recall_at_1", "recall_at_10", "chance_at_1"],
    )


def probe_finding(report: dict[str, Any]) -> str:
    """The most telling of the probes as a sentence."""
    invariant, specific = report["codes"]["invariant"], report["codes"]["specific"]
    table = strip_frame(report)
    own = [m for m in invariant if f"{m}'s own" in table.columns]
    leaks = {m: table[f"{m}'s own"].to_dict()[f"z {m}"] for m in own}
    if leaks:
        most = max(leaks, key=lambda m: leaks[m])
        share = float(table.loc[[f"z {m}" for m in invariant], "shared"].to_numpy(float).mean())
        return (
            f"z holds {share:.0%} of what the modalities share; of what is private it keeps "
            f"most from {most}, {max(leaks[most], 0):.0%}"
        )
    told = [held["modality_accuracy"] for held in invariant.values()]
    if all(value is not None for value in told):
        apart = [held["modality_accuracy"] for held in specific.values()]
        return (
            f"z tells which modality it is from {np.mean(told):.0%} of the time, s "
            f"{np.mean(apart):.0%}; chance is {1 / len(told):.0%}"
        )
    name, held = next(iter(invariant.items()))
    if held["label_r2"] is None:
        return f"What do the two codes of {name} hold?"
    other = specific[name]["label_r2"]
    return f"z {name} explains {held['label_r2']:.0%} of the label, s {name} {other:.0%}"


def _owner(latent: str) -> str:
    owner = latent.removeprefix("latent_").partition("_")[0]
    return "shared" if owner == "shared" else f"{owner}'s own"


def _column_title(column: str) -> str:
    return {
        _WHICH: "which modality<br>(accuracy)",
        _LABEL: "label (R²)",
        "shared": "shared latents<br>(R²)",
    }.get(column, f"{column}<br>latents (R²)" if column.endswith("'s own") else column)
