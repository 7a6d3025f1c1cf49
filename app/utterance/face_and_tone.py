"""An utterance as it can be seen and heard: a face from action units, a tone from the voice."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st

from app.parts import say
from app.parts.names import capital, plain
from app.parts.style import modality_colour, three_digits
from app.utterance.face import REST_SECONDS, draw_face, face_svg, face_words
from mmmie.analysis.corpora.channels import usual_values
from mmmie.analysis.corpora.face import FULL, face_channels, face_pose
from mmmie.analysis.corpora.tone import synthesise, tone_of, tone_seconds, voice_channels, wav_bytes
from mmmie.corpus import Corpus


@st.cache_data(show_spinner=False, max_entries=32)
def usual(fingerprint: str, modality: str, _corpus: Corpus) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (d,) of every channel of a modality over the corpus."""
    return usual_values(_corpus.features[modality])


def spoken_seconds(one: Mapping[str, object] | pd.Series) -> float | None:
    """How long an utterance took, where its row of the table says so."""
    start, end = one.get("start"), one.get("end")
    if not isinstance(start, float | int) or not isinstance(end, float | int):
        return None
    return float(end) - float(start) if np.isfinite(end) and end > start else None


def face_of(corpus: Corpus) -> str | None:
    """The modality that a face can be drawn from, None where there is none."""
    return next((name for name, m in corpus.modalities.items() if face_channels(m)), None)


def voice_of(corpus: Corpus) -> str | None:
    """The modality that a tone can be made from, None where there is none."""
    return next((name for name, m in corpus.modalities.items() if voice_channels(m)), None)


def utterance_face(
    corpus: Corpus, features: Mapping[str, np.ndarray], seconds: float | None, *, key: str
) -> bool:
    """Draw the face of an utterance.

    Args:
        corpus: what it belongs to.
        features: modality → (L, d) or (d,), those of the utterance or of an edit of it.
        seconds: how long it took, None if unknown.
        key: unique on the page.

    Returns:
        Whether there is a face to draw.
    """
    name = face_of(corpus)
    if name is None or not len(features[name]):
        return False
    modality = corpus.modalities[name]
    values = np.atleast_2d(features[name])
    pose = face_pose(values, face_channels(modality), *usual(corpus.fingerprint, name, corpus))
    words, lasts = face_words(pose), tone_seconds(len(values), seconds)
    draw_face(
        face_svg(pose, lasts, f"A face drawn from {name}: {words}"),
        frames=len(values),
        seconds=lasts,
        rest=REST_SECONDS,
        colour=modality_colour(name, list(corpus.modalities)),
        key=key,
    )
    say.caption(
        plain(capital(words)),
        text_alignment="center",
        help=f"Drawn from the channels of {plain(name)}. Each action unit is shown by its "
        f"distance from the corpus average, in full at {FULL:g} standard deviations. A face at "
        "rest is the average one. The slider goes through the frames; the shade is the light.",
    )
    return True


def utterance_tone(
    corpus: Corpus, features: Mapping[str, np.ndarray], seconds: float | None, *, label: str = ""
) -> bool:
    """Offer the tone of an utterance.

    Args:
        corpus: what it belongs to.
        features: modality → (L, d) or (d,), those of the utterance or of an edit of it.
        seconds: how long it took, None if unknown.
        label: what to call it, where there are several.

    Returns:
        Whether there is a voice to hear.
    """
    name = voice_of(corpus)
    if name is None or not len(features[name]):
        return False
    values = np.asarray(features[name], np.float32)
    channels = voice_channels(corpus.modalities[name])
    usual_energy = float(usual(corpus.fingerprint, name, corpus)[0][channels["energy"]])
    sound = _sound(values.tobytes(), values.shape, usual_energy, channels, seconds)
    pitches = np.atleast_2d(values)[:, channels["pitch"]]
    voiced = pitches[pitches > 0]
    pitch = f"{voiced.mean():.0f} Hz" if len(voiced) else "no voice"
    energy = float(np.atleast_2d(values)[:, channels["energy"]].mean())
    st.audio(sound, alt=f"A tone of {pitch} on average, made from {name}")
    say.caption(
        f"{label}{': ' if label else ''}{pitch}, {three_digits(round(energy))} dB",
        help=f"Not speech but a tone made from the channels of {plain(name)}. It follows their "
        "pitch and loudness. Where they are known, its beats are syllables with their pauses, and "
        "its brightness is the spectral tilt.",
    )
    return True


@st.cache_data(show_spinner=False, max_entries=64)
def _sound(
    values: bytes,
    shape: tuple[int, ...],
    usual_energy: float,
    channels: dict[str, int],
    seconds: float | None,
) -> bytes:
    """The tone as a file; the values themselves are the key, since they are few."""
    frames = np.atleast_2d(np.frombuffer(values, np.float32).reshape(shape))
    tone = tone_of(frames, channels, usual_energy)
    return wav_bytes(synthesise(tone, tone_seconds(len(frames), seconds)))
