"""The controls of "What if?": what the reader changes about an utterance."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from app.parts import page_text as say
from app.parts.names import channel_words, plain, text_of
from app.screens.predictions.what_if_answer import change_name
from app.state import View
from app.utterance.contribution_steps import channel_title
from app.utterance.face_and_tone import usual
from app.utterance.question_in_address import ABOUT_UTTERANCE
from mmmie.analysis.ask.edited_features import fitting_question, opposite_words
from mmmie.analysis.ask.question import ChannelEdit, Question
from mmmie.analysis.ask.word_encoder import word_encoder
from mmmie.analysis.corpora.channels import readable_channels
from mmmie.analysis.corpora.face import face_channels
from mmmie.corpus import Modality

_KEYS = "what-if-control-"
_MOST_NOISE = 3.0
_MOST_STRETCH = 3.0
_SPREADS = 3.0  # how far a channel can be shifted, in standard deviations
_SUGGESTED_SPREADS = 2.0
_HERE, _WINDOW = "this utterance", "its whole window"
_OF_DEMO = (
    "Encoded word by word as the corpus was. The encoder knows the words of the demo corpus, such "
    "as dreadful, poor, ordinary, good and wonderful; others have a place of their own but no "
    "meaning."
)
_OF_MODEL = "Encoded by the text encoder of this checkpoint, as the corpus was."


def asked(view: View, utterance: str) -> Question:
    """What the reader asked last, as far as it fits the corpus."""
    said_for, question = ABOUT_UTTERANCE.question()
    if said_for not in (None, utterance):  # other words are those of one utterance
        question = replace(question, transcript=None)
    return fitting_question(question, view.corpus)


def ask(question: Question, utterance: str) -> None:
    """Set every control; only before they are drawn, so in a callback."""
    ABOUT_UTTERANCE.keep(utterance, question)
    for key in list(st.session_state):
        if str(key).startswith(_KEYS):
            del st.session_state[key]


def suggestions(view: View, row: int) -> list[tuple[str, Question]]:
    """Edits worth a click, by what their button says."""
    corpus, names = view.corpus, view.outputs.modalities
    words = word_encoder(view.checkpoint, corpus, row)
    found = [Question(missing=(name,)) for name in names] if len(names) > 1 else []
    for name in names:
        channel = telling_channel(corpus.modalities[name])
        if channel is not None and (words is None or words.modality != name):
            step, reach = _steps(view, name, channel)
            shift = round(_SUGGESTED_SPREADS / _SPREADS * reach / (5 * step)) * 5 * step
            found.append(Question(channels=(ChannelEdit(name, channel, shift),)))
    labelled = [
        (plain(_capital(change_name(question, corpus.modalities))), question) for question in found
    ]
    if words is not None:
        transcript = text_of(corpus.utterances["transcript"].iloc[row])
        opposite = opposite_words(transcript)
        if opposite != transcript:
            labelled.append(("The opposite words", Question(transcript=opposite)))
    return labelled


def telling_channel(modality: Modality) -> int | None:
    """The channel that a suggestion moves: a face's smile, else the first that can be read."""
    smiles = [one.channel for one in face_channels(modality) if one.movement == "smile"]
    return next(iter([*smiles, *readable_channels(modality, most=1)]), None)


def controls(view: View, row: int, utterance: str, has_context: bool) -> Question:
    """Draw every control.

    Returns:
        What they ask for.
    """
    asked_for = asked(view, utterance)
    question = _modalities(view, row, asked_for)
    if question.missing and has_context:
        key = _begin(view, "everywhere", _WINDOW if asked_for.everywhere else _HERE)
        where = st.segmented_control(
            "What is off is missing in", [_HERE, _WINDOW], required=True, key=key
        )
        question = replace(question, everywhere=where == _WINDOW)
    if question.noise:
        key = _begin(view, "seed", asked_for.seed)
        seed = st.number_input("Seed of the noise", 0, 9999, step=1, key=key, width=160)
        question = replace(question, seed=int(seed))
    question = replace(question, channels=_channels(view, row, asked_for))
    return replace(question, transcript=_transcript(view, row, utterance, asked_for))


def _modalities(view: View, row: int, asked_for: Question) -> Question:
    hidden, noise = [], []
    strengths = dict(asked_for.noise)
    left, right = st.columns([2, 3], vertical_alignment="center")
    left.caption("What the model gets")
    right.caption("Noise, in standard deviations")
    for name in view.outputs.modalities:
        absent = not len(view.corpus.features[name].of(row))
        left, right = st.columns([2, 3], vertical_alignment="center")
        on = left.toggle(
            plain(name),
            key=_begin(view, f"on-{name}", name not in asked_for.missing),
            disabled=absent,
            help="The utterance has none." if absent else None,
        )
        strength = right.slider(
            f"Noise on {plain(name)}",
            0.0,
            _MOST_NOISE,
            step=0.25,
            key=_begin(view, f"noise-{name}", min(strengths.get(name, 0.0), _MOST_NOISE)),
            label_visibility="collapsed",
            disabled=absent or not on,
        )
        if not on:
            hidden.append(name)
        elif strength:
            noise.append((name, float(strength)))
    return Question(missing=tuple(hidden), noise=tuple(noise))


def _channels(view: View, row: int, asked_for: Question) -> tuple[ChannelEdit, ...]:
    corpus = view.corpus
    offered = {
        f"{name}/{i}": (name, i)
        for name in view.outputs.modalities
        for i in readable_channels(corpus.modalities[name], most=corpus.modalities[name].dim)
        if len(corpus.features[name].of(row))
    }
    if not offered:
        say.caption("No modality of this corpus names its channels, so none is offered to edit.")
        return ()

    def words(option: str) -> str:
        name, i = offered[option]
        return f"{channel_title((corpus.modalities[name].channels or ())[i])}, {name}"

    before = {f"{c.modality}/{c.channel}": c for c in asked_for.channels}
    chosen = st.multiselect(
        "Change channels",
        list(offered),
        format_func=words,
        key=_begin(view, "channels", [option for option in before if option in offered]),
        wrap=True,
        placeholder="pick pitch, a smile, …" if "vision/0" in offered else "pick channels",
    )
    edits = [
        _channel(view, row, before.get(option, ChannelEdit(*offered[option]))) for option in chosen
    ]
    return tuple(edit for edit in edits if edit)


def _channel(view: View, row: int, asked_for: ChannelEdit) -> ChannelEdit:
    """A shift in the unit of the channel and, over several steps, a factor on its movement."""
    modality = view.corpus.modalities[asked_for.modality]
    title, unit = channel_words((modality.channels or ())[asked_for.channel])
    step, reach = _steps(view, asked_for.modality, asked_for.channel)
    key = f"{asked_for.modality}-{asked_for.channel}"
    left, right = st.columns(2)
    digits = max(-math.floor(math.log10(step)), 0)
    shift = left.slider(
        f"{plain(title)}, shift{f' ({unit})' if unit and not unit.startswith('AU') else ''}",
        -reach,
        reach,
        step=step,
        format=f"%+.{digits}f",
        key=_begin(view, f"shift-{key}", float(np.clip(asked_for.shift, -reach, reach))),
    )
    stretch = 1.0
    values = view.corpus.features[asked_for.modality].of(row)
    if modality.level == "sequence" and len(values) > 1:
        stretch = right.slider(
            "movement ×",
            0.0,
            _MOST_STRETCH,
            step=0.25,
            key=_begin(view, f"stretch-{key}", float(np.clip(asked_for.stretch, 0, _MOST_STRETCH))),
        )
    return replace(asked_for, shift=round(float(shift), digits), stretch=float(stretch))


def _steps(view: View, modality: str, channel: int) -> tuple[float, float]:
    """The step and the reach of a shift: about `_SPREADS` deviations in some hundred steps."""
    _, deviation = usual(view.corpus.fingerprint, modality, view.corpus)
    spread = float(deviation[channel]) or 1.0
    step = 10.0 ** (math.floor(math.log10(spread)) - 1)
    return step, round(_SPREADS * spread / step) * step


def _transcript(view: View, row: int, utterance: str, asked_for: Question) -> str | None:
    corpus = view.corpus
    own = text_of(corpus.utterances.iloc[row].get("transcript"))
    if word_encoder(view.checkpoint, corpus, row) is None:
        say.caption(_why_not(view, own))
        return None
    key = _begin(
        view, f"say-{utterance}", own if asked_for.transcript is None else asked_for.transcript
    )
    said = st.text_area(
        "What was said",
        key=key,
        height="content",
        help=_OF_DEMO if view.checkpoint.info.config.model.text_modality is None else _OF_MODEL,
    )
    return said if said.strip() and said != own else None


def _why_not(view: View, transcript: str) -> str:
    if not transcript:
        return "Other words cannot be tried: this utterance has no transcript."
    if "text" not in view.outputs.modalities:
        return (
            "Other words cannot be tried here: this model has no text modality. One trained with a "
            "text encoder reads the transcripts."
        )
    sources = [m.source for name, m in view.corpus.modalities.items() if name == "text"]
    source = f" ({plain(sources[0])})" if sources and sources[0] else ""
    return (
        f"Other words cannot be tried here: the text features of this corpus were made outside "
        f"this program{source}, so new words could not be encoded alike."
    )


def _begin(view: View, name: str, value: Any) -> str:
    """The key of a control, which starts from `value` where it is not on the page yet."""
    key = f"{_KEYS}{view.corpus.fingerprint}-{name}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
