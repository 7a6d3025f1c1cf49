"""The first claim: triangles without and with the pull, over the training."""

from __future__ import annotations

import numpy as np

from app import state
from app.parts import page_text as say
from app.parts.maps import Marks, Places, maps_message, point_maps, utterance_words, value_words
from app.parts.numbers import listed
from app.parts.style import modality_colour
from app.runs.shared_codes import (
    codes_over_training,
    drawn_at_random,
    pairing_finding,
    panels_together,
    pull_sides,
    rows_of,
)
from mmmie.errors import InputError

_KEY, _HEIGHT = "start-pull", 150
_PLAIN = {"text": "words", "audio": "voice", "vision": "face"}


def draw_pull(view: state.View) -> None:
    """Both maps with their slider, and how near an utterance's own codes lie.

    Raises:
        InputError: the snapshots cannot be read, or are of another corpus.
    """
    history = codes_over_training(view)
    rows = rows_of(history, view.corpus)
    if rows is None:
        raise InputError(f"{view.checkpoint.info.folder}: its snapshots are of another corpus")
    kept = view.corpus.utterances.iloc[rows].reset_index(drop=True)
    sides = pull_sides(view, history, rows)
    modalities = list(history.invariant)
    panels, buffers = panels_together(sides)
    hues = {_PLAIN.get(m, m): modality_colour(m, modalities) for m in modalities}
    everything = np.ones(len(kept), bool)
    point_maps(
        maps_message(
            Places(tuple(panels), 1, 2, buffers, hues, tuple(history.epochs)),
            utterance_words(kept, "label " + kept["label"].map(value_words)),
            Marks([], None, None, everything, drawn_at_random(everything), "modality", None),
            key=True,
            height=_HEIGHT,
        ),
        key=_KEY,
        choose=state.select,
    )
    say.caption(
        f"Each triangle is one utterance: its {listed([*hues])}. Strangers are two utterances. "
        f"{pairing_finding(sides)}."
    )
