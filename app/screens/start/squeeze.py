"""The second claim: how much of the input may reach the codes, with and without the squeeze."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app import state
from app.parts import page_text as say
from app.parts.drawings import draw
from app.parts.names import plain
from app.parts.style import NEUTRAL, modality_colour, three_digits
from app.parts.svg import add, drawing, hint, per_cent, place, write
from mmmie.analysis.checkpoint import Checkpoint
from mmmie.analysis.configurations import minimises
from mmmie.errors import InputError

_HEIGHT, _TOP, _LEFT, _BOTTOM = 360, 30, 0.06, 34
_PALE = 0.45
Curve = Sequence[tuple[int, float]]


def draw_squeeze(view: state.View) -> None:
    """The upper bound of the model over the epochs, beside that of its relative.

    Raises:
        InputError: no bound was recorded.
    """
    squeezed = minimises(view.checkpoint.info.config)
    other = state.relative(view, lambda config: minimises(config) is not squeezed)
    modality = next(iter(view.checkpoint.info.modalities))
    curves = {
        minimises(checkpoint.info.config): bound_over_training(checkpoint, modality)
        for checkpoint in (other, view.checkpoint)
        if checkpoint is not None
    }
    if not any(curves.values()):
        raise InputError(f"{view.checkpoint.info.folder}: its training recorded no upper bound")
    draw(squeeze_svg(curves, modality, list(view.checkpoint.info.modalities)), key="start-squeeze")
    ends = {side: three_digits(curve[-1][1]) for side, curve in curves.items() if curve}
    with_squeeze = f"at most {ends[True]} nats with the squeeze" if True in ends else ""
    without = f"the bound ends at {ends[False]} without it" if False in ends else ""
    say.caption(
        f"What of the {plain(modality)} gets through to what it shares: "
        f"{', '.join(filter(None, [with_squeeze, without]))}. A nat is 1.44 bits."
    )


def bound_over_training(checkpoint: Checkpoint, modality: str) -> list[tuple[int, float]]:
    """(epoch, upper bound on I(x; z) in nats) as the run recorded it; may be empty."""
    key = f"mi/min/{modality}"
    return [(int(e["epoch"]), float(e[key])) for e in checkpoint.history if key in e]


def squeeze_svg(curves: Mapping[bool, Curve], modality: str, modalities: list[str]) -> str:
    """Upper bounds over the epochs: the squeezed one in its hue, the other one pale.

    Args:
        curves: whether the squeeze is on → (epoch, nats).
    """
    first = min(curve[0][0] for curve in curves.values() if curve)
    last = max(curve[-1][0] for curve in curves.values() if curve)
    most = 1.12 * max(value for curve in curves.values() for _, value in curve)
    root = drawing(_HEIGHT, f"Upper bounds on what of the {modality} reaches its shared code")
    low = _HEIGHT - _BOTTOM

    def across(epoch: float) -> float:
        return _LEFT + (1 - 2 * _LEFT) * (epoch - first) / max(last - first, 1)

    def down(value: float) -> float:
        return low - (low - _TOP) * value / most

    words = {"fill": "currentColor"}
    add(root, "line", x1=per_cent(_LEFT), x2=per_cent(1 - _LEFT), y1=low, y2=low, stroke=NEUTRAL)
    for epoch, side in ((first, "start"), (last, "end")):
        add(root, "text", f"epoch {epoch}", x=per_cent(across(epoch)), y=low + 20,
            text_anchor=side, **words)  # fmt: skip
    add(root, "text", "information let through, nats, at most", x=per_cent(_LEFT), y=16, **words)
    hue = modality_colour(modality, modalities)
    for squeezed, curve in sorted(curves.items()):
        if not curve:
            continue
        colour = hue if squeezed else NEUTRAL
        name = "with the squeeze" if squeezed else "without"
        sheet = add(
            root, "svg", x="0", y="0", width="100%", height=_HEIGHT,
            viewBox=f"0 0 1 {_HEIGHT}", preserveAspectRatio="none",
        )  # fmt: skip
        points = " ".join(f"{across(e):.5f},{down(v):.2f}" for e, v in curve)
        if squeezed:
            area = f"{points} {across(last):.5f},{low} {across(first):.5f},{low}"
            add(sheet, "polygon", points=area, fill=colour, fill_opacity=0.12)
        line = add(
            sheet, "polyline", points=points, fill="none", stroke=colour, stroke_width=2.5,
            stroke_dasharray="7 4", vector_effect="non-scaling-stroke",
            stroke_opacity=1 if squeezed else _PALE,
        )  # fmt: skip
        hint(line, f"{name}: {three_digits(curve[-1][1])} nats after epoch {curve[-1][0]}")
        end = place(root, per_cent(across(curve[-1][0])), down(curve[-1][1]))
        add(end, "circle", r=4, fill=colour)
        add(end, "text", f"{name} {three_digits(curve[-1][1])}", x=0, y=-12, text_anchor="end",
            font_weight="600" if squeezed else "400", **words)  # fmt: skip
    return write(root)
