"""Which part of the codes do the modalities share, and which is each one's own?"""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import state
from app.parts import page_text as say
from app.parts.layout import lazy_tabs, wide_columns
from app.parts.numbers import CODES_IN_A_LINE
from app.screens.representations.code_maps import draw_code_maps, map_controls
from app.screens.representations.neighbours import draw_neighbours
from app.screens.representations.probe_strip import probe_finding
from app.screens.representations.probes import draw_probes, known_probes, probe_controls, probes
from app.screens.representations.triangles import draw_triangles
from app.utterance.card import utterance_card

view = state.current_view()
heading = st.empty()
say.title("Which part of the codes do the modalities share?", help=CODES_IN_A_LINE, place=heading)

with state.readable_errors():
    _ = view.outputs

how, join = map_controls(view)
left, right = wide_columns([5, 2], key="maps-and-card", least=250)
with left:
    if how is None:
        draw_triangles(view)
    else:
        draw_code_maps(view, how, join, right)
with right:
    utterance_card(view, view.primary, channels=False)


def in_codes() -> None:
    """What probes read from the codes."""
    reading, nonlinear = probe_controls(view)
    report = probes(view, nonlinear)
    if report is not None:
        draw_probes(view, report, reading)


lazy_tabs(
    {"Nearest utterances": lambda: draw_neighbours(view), "What the codes hold": in_codes},
    key="codes_tab",
)
known = known_probes(view)
if known is not None:
    title = probe_finding(pd.DataFrame(known["leakage"]), view.outputs.modalities)
    say.title(title, help=CODES_IN_A_LINE, place=heading)
