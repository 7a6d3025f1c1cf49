"""The card of an utterance with what both checkpoints say of it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app.components.drawings import draw
from app.state import View
from app.views.comparison_card import both_on_classes_svg, both_on_scale_svg, card_finding
from app.views.conversation import label_limits
from app.views.names import plain, text_of
from app.views.style import three_digits
from mmmie.analysis.outputs import TRAINED


def draw_both_cards(view: View, other: View, both: pd.DataFrame) -> None:
    """The card of the primary utterance and, under it, that of the pinned one.

    Args:
        view: the first checkpoint.
        other: the second.
        both: from `mmmie.analysis.comparison.disagreements`, all utterances of the split.
    """
    by_id = both.set_index("id")
    for row, key in ((view.primary, "compared"), (view.pinned, "compared-pinned")):
        if row is None:
            continue
        with st.container(border=True, key=key):
            if key == "compared-pinned":
                st.badge("pinned", icon=":material/keep:", color="gray")
            one = by_id.loc[view.frame["id"].iloc[row]]
            _heading(view.frame, row)
            _predictions(view, other, row, one, key)


def _heading(frame: pd.DataFrame, row: int) -> None:
    one = frame.iloc[row]
    turns = int((frame["conversation"] == one["conversation"]).sum())
    who = text_of(one.get("speaker"))
    st.markdown(f"**{plain(who) if who else 'Unknown speaker'}**")
    place = f"utterance {one['id']} · turn {int(one['position']) + 1} of {turns}"
    st.caption(plain(place))
    said = text_of(one.get("transcript"))
    if said:
        st.text(f"“{said}”")
    else:
        st.caption("This utterance has no transcript.")


def _predictions(view: View, other: View, row: int, one: pd.Series, key: str) -> None:
    label, frame = view.corpus.label, view.frame
    finding = card_finding(one, label.classes is not None)
    st.markdown(f"**{finding}**")
    if label.classes is not None:
        probabilities = tuple(v.outputs.output[TRAINED][row] for v in (view, other))
        drawing = both_on_classes_svg(
            list(label.classes),
            (probabilities[0], probabilities[1]),
            str(one["label"]),
            f"{finding}: class probabilities of both checkpoints",
        )
        draw(drawing, key=f"{key}-predictions")
        return
    limits = label_limits(label, frame["label"].to_numpy())
    truth, first, second = (float(one[name]) for name in ("label", "first", "second"))
    alt = f"truth {truth:.3g}, first {first:.3g}, second {second:.3g}"
    draw(both_on_scale_svg(label, limits, truth, (first, second), alt), key=f"{key}-predictions")
    st.caption(
        f"truth {three_digits(truth)} (hollow), first {three_digits(first)}, second "
        f"{three_digits(second)} (filled); the length of a line is the error."
    )
