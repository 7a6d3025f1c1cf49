"""The lesson goes on: two codes a modality."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from app.components.figures import figure
from app.components.learn_frame import closing, opening, remark
from app.components.learn_subject import Subject
from app.state import View
from app.views.learn_codes import CodeBars, codes_figure
from app.views.learn_words import codes_answer, codes_title, contents_table
from app.views.names import plain
from mmmie.analysis.code_readings import KINDS, code_name
from mmmie.analysis.leakage import LETTERS, OWN
from mmmie.analysis.lesson import code_contents, code_distances

_MOST_DRAWS = 30
_EXPLANATION = """
**Left**, filled: the invariant code *z*, which the modalities are to share, so its bars should look
alike from row to row. **Right**, outlined: the specific code *s*, which belongs to one modality
alone. A bar is the centre of a code and its whisker one standard deviation; a code is not a
point but a small cloud, and small dots are draws from it, as the network sees them in training.
Dimensions have no names and no order.
"""
_LEAD = (
    "Each modality makes **two codes** from its hidden state. The *invariant* code **z** is for "
    "what the modalities say in common; the *specific* code **s** is for the rest, which "
    "only this modality knows. Both are fuzzy on purpose: a little noise forces a code to say "
    "only what is worth saying."
)
_CERTAIN = (
    "Each modality makes **two codes** from its hidden state: the *invariant* **z** for what the "
    "modalities say in common, the *specific* **s** for the rest. This model was trained without "
    "noise in its codes, so each is a point."
)


def draw_codes(subject: Subject) -> None:
    """Draw the third step."""
    view, outputs = subject.view, subject.view.outputs
    head = st.container()
    fuzzy = bool(outputs.deviations)
    draws = 0
    if fuzzy:
        draws = st.slider(
            "Try it: draw from the codes", 0, _MOST_DRAWS, 0, key="lesson-draws",
            help="Every draw is what the network could have seen of this utterance in training.",
        )  # fmt: skip
    sizes = {
        LETTERS[kind]: outputs.spaces[code_name(kind, outputs.modalities[0])].shape[1]
        for kind in KINDS
    }
    own, others = code_distances(outputs, subject.held, subject.index)
    with head:
        opening(codes_title(own, others, subject.modalities, sizes), _LEAD if fuzzy else _CERTAIN)
    shown = subject.modalities or outputs.modalities
    codes = {m: {LETTERS[kind]: _bars(subject, kind, m, draws) for kind in KINDS} for m in shown}
    figure(
        codes_figure(codes),
        key="lesson-codes",
        caption=f"Codes of utterance {plain(subject.name)}"
        + (", centre and standard deviation." if fuzzy else "."),
        explanation=_EXPLANATION,
        data=_data(codes),
        alt="The invariant and the specific code of every modality as bars",
    )
    contents = _contents(*subject.key, view)
    table = contents_table(contents, shown)
    if table:
        remark("What do the codes hold? So much can be read from them:", "read")
        remark(table, "contents")
        st.caption(
            f"R² of ridge regressions of the means, {len(view.frame):,} utterances of the "
            f"{view.split} split, cross-validated by conversation; 0 % is nothing."
        )
    about = _asked(contents, shown)
    closing(2, "which of the two codes should know how the recording was made?",
            codes_answer(contents, about))  # fmt: skip


def _bars(subject: Subject, kind: str, modality: str, draws: int) -> CodeBars:
    outputs, name = subject.view.outputs, code_name(kind, modality)
    mean = outputs.spaces[name][subject.index]
    if not outputs.deviations:
        return CodeBars(mean, None, np.empty((0, len(mean))))
    deviation = outputs.deviations[name][subject.index]
    # Seeded by the place of the code, so that a further draw leaves the earlier ones.
    random = np.random.default_rng([outputs.modalities.index(modality), KINDS.index(kind)])
    noise = random.standard_normal((_MOST_DRAWS, len(mean)))[:draws]
    return CodeBars(mean, deviation, mean + deviation * noise)


def _asked(contents: pd.DataFrame, shown: list[str]) -> str:
    """The modality whose own factors are best read from s."""
    rows = contents[(contents["target"] == OWN) & (contents["code"] == "s")]
    rows = rows[rows["modality"].isin(shown)]
    return str(rows.loc[rows["r2"].idxmax(), "modality"]) if len(rows) else shown[0]


def _data(codes: dict[str, dict[str, CodeBars]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (modality, kind, k + 1, mean, np.nan if bars.deviation is None else bars.deviation[k])
            for modality, both in codes.items()
            for kind, bars in both.items()
            for k, mean in enumerate(bars.mean)
        ],
        columns=["modality", "code", "dimension", "mean", "deviation"],
    )


@st.cache_data(show_spinner="Reading the codes", max_entries=16)
def _contents(fingerprint: str, corpus: str, split: str, _view: View) -> pd.DataFrame:
    return code_contents(_view.corpus, _view.outputs)
