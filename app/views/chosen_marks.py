"""The marks of what is looked at: a ring around the primary utterance, a square around the pinned.

Dark inside white, so that they stand out on any colour and in either theme.
"""

from __future__ import annotations

from typing import Any

_SIZE = 15
_LAYERS = (("#ffffff", 5), ("#111827", 2))


def chosen_marks(
    primary: tuple[float, float] | None, pinned: tuple[float, float] | None, axes: str = ""
) -> list[dict[str, Any]]:
    """Traces for the places of both; none where there is no place.

    Args:
        primary: x and y.
        pinned: x and y.
        axes: number of the axes, ``2`` say; empty for the first.
    """
    places = (("square-open", pinned), ("circle-open", primary))
    return [
        {
            "type": "scattergl",
            "x": [place[0]],
            "y": [place[1]],
            "mode": "markers",
            "marker": {
                "symbol": symbol,
                "size": _SIZE,
                "color": colour,
                "line": {"width": width, "color": colour},
            },
            "hoverinfo": "skip",
            "showlegend": False,
            "xaxis": f"x{axes}",
            "yaxis": f"y{axes}",
        }
        for symbol, place in places
        if place is not None
        for colour, width in _LAYERS
    ]
