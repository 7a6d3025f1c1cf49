"""Questions with a name: what is told to the model about identity and context at a click."""

from __future__ import annotations

from typing import NamedTuple

from mmmie.analysis.ask.question import TERMS, Question

TRAINED = "trained"


class Preset(NamedTuple):
    """A question with a name.

    Attributes:
        question: what the model is told.
        short: what its row of a figure is called.
        title: what it does.
    """

    question: Question
    short: str
    title: str


PRESETS = {
    TRAINED: Preset(Question(), "as trained", "told the truth"),
    "off": Preset(Question(terms_off=TERMS), "no identity", "no identity term at all"),
    "no_role": Preset(Question(terms_off=("role",)), "no role", "without the role term"),
    "no_speaker": Preset(
        Question(terms_off=("speaker",)), "no speaker", "without the speaker term"
    ),
    "no_modality": Preset(
        Question(terms_off=("modality",)), "no modality", "without the modality term"
    ),
    "swap_speaker": Preset(
        Question(swap=True), "speakers swapped", "same and other speaker exchanged"
    ),
    "shuffle_roles": Preset(
        Question(shuffle=0), "roles shuffled", "roles of the neighbours shuffled"
    ),
    "no_context": Preset(Question(alone=True), "no neighbours", "neighbours hidden"),
}
"""Every preset by name, as trained first."""

INTERVENTIONS = tuple(name for name in PRESETS if name != TRAINED)
