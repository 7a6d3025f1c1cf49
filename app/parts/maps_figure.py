"""The maps of a message as a Plotly figure, for a report, where nothing else can draw them."""

from __future__ import annotations

import html
import json
import struct
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.parts.style import FADED, blank

_GAP, _TITLE_PIXELS = 0.02, 30
_MARK, _RANGE = 4, [0, 65_535]


def maps_figure(message: bytes) -> go.Figure:
    """Every point of every map of `app.parts.maps.maps_message`, coloured as on the page."""
    head, part = _read(message)
    panels, columns, flat = head["panels"], head["columns"], head["dimensions"] == 2
    rows = -(-len(panels) // columns)
    height = rows * (head["height"] + _TITLE_PIXELS)
    strength = _strength(head, part("within"))
    colours = _colours(head, part)
    ids = [line.split("\x1f")[0] for line in bytes(part("words")).decode().split("\n")]
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {"annotations": [], "showlegend": False, "hovermode": "closest"}
    for i, panel in enumerate(panels):
        number = str(i + 1) if i else ""
        row, column = divmod(i, columns)
        across = [column * (1 + _GAP) / columns, (column + 1) * (1 + _GAP) / columns - _GAP]
        down = [1 - (row + 1) / rows, 1 - row / rows - _TITLE_PIXELS / height]
        points = np.frombuffer(part(panel["points"]), np.uint16).reshape(-1, head["dimensions"])
        marker = {
            "size": _MARK if flat else _MARK / 2,
            "color": panel["hue"] if colours is None else colours,
            "opacity": strength if flat else 1,
            "symbol": "circle-open" if panel["ring"] else "circle",
        }
        trace: dict[str, Any] = {
            "x": points[:, 0], "y": points[:, 1], "mode": "markers", "marker": marker,
            "text": ids, "hovertemplate": "%{text}<extra></extra>",
        }  # fmt: skip
        if flat:
            trace |= {"type": "scattergl", "xaxis": f"x{number}", "yaxis": f"y{number}"}
            plain = {"showticklabels": False, "showgrid": False, "zeroline": False, "range": _RANGE}
            axes = panel["axes"] or {"across": "", "up": ""}
            titles = {way: html.escape(axes[way]) for way in ("across", "up")}
            plain |= _ticks(panel["axes"])
            layout[f"xaxis{number}"] = {
                **plain, "domain": across, "anchor": f"y{number}", "title": titles["across"],
            }  # fmt: skip
            layout[f"yaxis{number}"] = {
                **plain, "domain": down, "anchor": f"x{number}", "title": titles["up"],
            }  # fmt: skip
        else:
            trace |= {"type": "scatter3d", "z": points[:, 2], "scene": f"scene{number}"}
            axis = {"showticklabels": False, "title": "", "range": _RANGE}
            layout[f"scene{number}"] = {
                "domain": {"x": across, "y": down},
                **{name: axis for name in ("xaxis", "yaxis", "zaxis")},
            }
        traces.append(trace)
        layout["annotations"].append(
            {
                "text": f"<b>{html.escape(panel['name'])}</b> {html.escape(panel['quality'])}",
                "x": across[0], "y": down[1], "xref": "paper", "yref": "paper",
                "xanchor": "left", "yanchor": "bottom", "showarrow": False, "font": {"size": 11},
            }
        )  # fmt: skip
    figure = blank(height)
    return go.Figure(traces, {**figure.layout.to_plotly_json(), **layout})


def _ticks(axes: dict[str, Any] | None) -> dict[str, Any]:
    if axes is None:
        return {}
    places, words = zip(*axes["ticks"], strict=True)
    return {
        "showticklabels": True,
        "showgrid": True,
        "tickvals": [_RANGE[1] * place for place in places],
        "ticktext": list(words),
        "automargin": True,
    }


def _read(message: bytes) -> tuple[dict[str, Any], Any]:
    (length,) = struct.unpack_from("<I", message)
    start = 4 + length
    head = json.loads(message[4:start])

    def part(name: str) -> bytes | None:
        if name not in head["buffers"]:
            return None
        at, size = head["buffers"][name]
        return message[start + at : start + at + size]

    return head, part


def _strength(head: dict[str, Any], within: bytes | None) -> np.ndarray | float:
    """(n,) opacity: what is outside the slice or the selection stands back."""
    if within is None and len(head["selected"]) < 2:
        return 0.75
    (first, *_) = head["panels"]
    count = head["buffers"][first["points"]][1] // (2 * head["dimensions"])
    shown = np.ones(count, bool) if within is None else np.frombuffer(within, np.uint8) > 0
    strength = np.where(shown, 0.75, FADED)
    if len(head["selected"]) > 1:
        strength[:] = FADED
        strength[head["selected"]] = 1
    return strength


def _colours(head: dict[str, Any], part: Any) -> np.ndarray | None:
    """(n,) colours; None where each map has its own hue."""
    from plotly.colors import sample_colorscale

    if "colours" not in head:
        return None
    said, index = head["colours"], np.frombuffer(part("colours"), np.uint8)
    if said.get("legend"):
        known = [colour for _, colour in said["legend"]]
        return np.array([*known, *[said["none"]] * (256 - len(known))])[index]
    ramp = sample_colorscale(said["scale"]["stops"], list(np.linspace(0, 1, 255)))
    return np.array([*ramp, said["none"]])[index]
