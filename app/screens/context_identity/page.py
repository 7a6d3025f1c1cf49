"""What does the model use of the neighbours, and what does identity change?"""

from app import state
from app.parts import page_text as say
from app.parts.layout import lazy_tabs, wide_columns
from app.screens.context_identity.attention import draw_attended, draw_attention
from app.screens.context_identity.effects_of_interventions import (
    draw_effect,
    draw_prediction,
    draw_slices,
)
from app.screens.context_identity.identity_map import draw_identity_map
from app.screens.context_identity.interventions import choose_variant, effective, trained_without
from app.screens.context_identity.window_edit import draw_edited_window

say.title("What does it use of the neighbours, and what does identity change?")
view = state.current_view()
if view.corpus.no_context:
    say.caption(view.corpus.no_context)
with state.readable_errors():
    effective(view)  # the first look at the outputs: what cannot be read is said here
    other = trained_without(view)


def every_intervention() -> None:
    variant = choose_variant(view, other)
    left, right = wide_columns(2, key="every-intervention", gap="large")
    with left:
        draw_prediction(view, other)
    if variant is not None:
        with right:
            draw_attention(view, variant, other)
    draw_effect(view, other)
    if variant is None:
        return
    left, right = wide_columns(2, key="slices-and-attention", least=320, gap="large")
    with left:
        draw_slices(view, variant, other)
    if view.outputs.window.shape[1] > 1:
        with right:
            draw_attended(view, other)


lazy_tabs(
    {
        "This window": lambda: draw_edited_window(view),
        "Every intervention": every_intervention,
        "Identity vectors": lambda: draw_identity_map(view),
    },
    key="context_tab",
)
