"""The one legend of the bounds: what a line, an area and a mark mean."""

from __future__ import annotations

from app.views.bound_marks import CHECK, OBJECTIVE
from app.views.bound_panels import CHECKED, ON_DEMAND
from app.views.style import NEUTRAL

_LINE = "width:26px;border-top:2px {} {}"
_STYLE = (
    "display:flex;flex-wrap:wrap;gap:0.15rem 1.1rem;font-size:0.82rem;"
    "color:var(--st-text-color);opacity:0.85"
)
_ENTRY = "display:inline-flex;align-items:center;gap:0.4rem"


def bound_legend(*, errors: bool, bracket: bool, checked: bool, on_demand: bool) -> str:
    """The legend as HTML that wraps where the page is narrow.

    Args:
        errors: whether standard errors were recorded.
        bracket: whether there is an area between a lower and an upper bound.
        checked: whether a fresh critic was fitted during training.
        on_demand: whether one was fitted afterwards.
    """
    entries = [
        (_mark(_LINE.format("solid", NEUTRAL)), "lower bound, the truth is above"),
        (_mark(_LINE.format("dashed", NEUTRAL)), "upper bound, the truth is below"),
        (_mark(_LINE.format("dotted", NEUTRAL)), "neither"),
        (_mark(f"width:14px;height:3px;background:{OBJECTIVE}"), "the objective's own"),
    ]
    if bracket:
        # the hue is that of the modality, so the swatch shows three
        hues = "linear-gradient(90deg,#0072B255 33%,#E69F0055 33% 66%,#009E7355 66%)"
        entries.append((_mark(f"width:26px;height:11px;background:{hues}"), "the truth is inside"))
    if errors:
        entries.append(
            (_mark(f"width:26px;height:7px;background:{NEUTRAL}66"), "± two standard errors")
        )
    if checked:
        entries.append((_symbol("◆"), CHECKED))
    if on_demand:
        entries.append((_symbol("△"), ON_DEMAND))
    items = "".join(
        f'<span style="{_ENTRY}">{mark}<span>{text}</span></span>' for mark, text in entries
    )
    return f'<div style="{_STYLE}">{items}</div>'


def _mark(style: str) -> str:
    return f'<span style="display:inline-block;{style}"></span>'


def _symbol(text: str) -> str:
    return f'<span style="color:{CHECK}">{text}</span>'
