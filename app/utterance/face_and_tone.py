"""An utterance as it can be seen and heard: a face from action units, a tone from the voice."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from app.parts import page_text as say
from app.parts.component import component
from app.parts.names import capital, plain
from app.parts.style import modality_colour, three_digits
from mmmie.analysis.corpora.channels import usual_values
from mmmie.analysis.corpora.face import FULL, face_channels, face_pose
from mmmie.analysis.corpora.tone import synthesise, tone_of, tone_seconds, voice_channels, wav_bytes
from mmmie.corpus import Corpus

_HTML = """
<div class="box">
  <div class="stage"></div>
  <div class="steer">
    <button class="play" type="button">play_arrow</button>
    <input class="frame" type="range" min="0" step="1" value="0">
  </div>
  <div class="note" aria-live="polite"></div>
</div>
"""

_render = component(
    "mmmie_face",
    _HTML,
    Path(__file__).with_name("face"),
)


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
    """Draw the face of an utterance, if there is one.

    Args:
        features: modality → (L, d) or (d,), those of the utterance or of an edit of it.
        seconds: how long it took, None if unknown.

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
    _render(
        key=key,
        data={
            "svg": face_svg(pose, lasts, f"A face drawn from {name}: {words}"),
            "frames": len(values),
            "seconds": lasts,
            "rest": REST_SECONDS,
            "colour": modality_colour(name, list(corpus.modalities)),
        },
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
    """Offer the tone of an utterance, as `utterance_face` its face; `label` tells several apart."""
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


REST_SECONDS = 0.001
"""When the first frame begins; before it the drawing shows the average of all frames."""

_NOTICED = 0.5 / FULL  # half a standard deviation
_WORDS = {
    "smile": ("smiles more", "smiles less"),
    "cheek": ("cheeks raised more", "cheeks raised less"),
    "brow_lower": ("brows lowered more", "brows lowered less"),
    "brow_raise": ("brows raised more", "brows raised less"),
    "lid_raise": ("eyes wider", "eyes narrower"),
    "tighten": ("lips tighter", "lips looser"),
    "open": ("mouth more open", "mouth more closed"),
    "gaze": ("looks at the viewer more", "looks away more"),
}


def face_words(pose: Mapping[str, np.ndarray]) -> str:
    """What a face from `face_pose` does on average, the most unusual first.

    Example:
        >>> face_words({"smile": np.array([0.5, 0.7]), "cheek": np.array([-0.3])})
        'smiles more, cheeks raised less than usual'
    """
    means = {name: float(np.mean(pose[name])) for name in _WORDS if name in pose}
    noticed = sorted((n for n in means if abs(means[n]) >= _NOTICED), key=lambda n: -abs(means[n]))
    said = [_WORDS[name][means[name] < 0] for name in noticed[:2]]
    return ", ".join(said) + " than usual" if said else "much as usual"


def face_svg(pose: Mapping[str, np.ndarray], seconds: float, title: str) -> str:
    """A face as SVG whose own clock moves it: the average at 0, then all frames.

    The parts carry classes, so that a page gives them its colours.

    Args:
        pose: from `mmmie.analysis.corpora.face.face_pose`, (L,) each.
    """
    frames = len(next(iter(pose.values())))
    rest = _parts({name: float(np.mean(values)) for name, values in pose.items()})
    moves = [_parts({name: float(v[i]) for name, v in pose.items()}) for i in range(frames)]
    drawn = "".join(
        _element(name, attributes, [frame[name] for frame in moves], seconds)
        for name, attributes in rest.items()
    )
    return (
        f'<svg class="face" viewBox="0 0 120 132" role="img" aria-label="{escape(title)}">'
        f"{drawn}</svg>"
    )


_TAGS = {"head": "ellipse", "shade": "ellipse", "iris-left": "circle", "iris-right": "circle"}
_STILL = {"head": {"cx": "60", "rx": "45"}, "shade": {"cx": "60", "rx": "45"}}


def _element(name: str, rest: dict[str, str], frames: list[dict[str, str]], seconds: float) -> str:
    """One part at rest, with the frames that it goes through where it moves at all."""
    kind = name.removesuffix("-left").removesuffix("-right")
    tag = _TAGS.get(name, "path")
    fixed = "".join(f' {key}="{value}"' for key, value in _STILL.get(name, {}).items())
    own = "".join(f' {key}="{value}"' for key, value in rest.items())
    moved = "".join(
        f'<animate attributeName="{key}" values="{";".join(f[key] for f in frames)}" '
        f'begin="{REST_SECONDS}s" dur="{seconds:.2f}s" fill="freeze"/>'
        for key in rest
        if len({f[key] for f in frames}) > 1
    )
    return f'<{tag} class="{kind}"{fixed}{own}>{moved}</{tag}>'


def _parts(pose: Mapping[str, float]) -> dict[str, dict[str, str]]:
    """The attributes of every part of the face in one pose; 120 wide, 132 high."""

    def of(name: str) -> float:
        return pose.get(name, 0.0)

    turn = 9 * of("yaw")  # parts move sideways, as they do on a head that turns
    parts: dict[str, dict[str, str]] = {
        "head": {"cy": "66", "ry": "58"},
        "shade": {"cy": "66", "ry": "58", "opacity": f"{0.09 - 0.08 * of('light'):.3f}"},
    }
    for side, name in ((-1, "left"), (1, "right")):
        centre = 60 + turn + side * 18
        parts[f"cheek-{name}"] = _cheek(centre, side, of("cheek"))
        parts[f"brow-{name}"] = _brow(centre, side, of("brow_raise"), of("brow_lower"))
        parts[f"eye-{name}"] = _eye(centre, of("lid_raise"), of("cheek"), of("brow_lower"))
        parts[f"iris-{name}"] = _iris(centre, turn, of("gaze"))
    parts["nose"] = {
        "d": f"M {60 + 1.3 * turn:.1f} 62 Q {57 + 2 * turn:.1f} 74 {61 + 1.6 * turn:.1f} 76"
    }
    parts["mouth"] = _mouth(60 + turn, of("smile"), of("tighten"), of("open"))
    return parts


def _brow(centre: float, side: int, raised: float, lowered: float) -> dict[str, str]:
    """AU1 lifts the inner end, AU4 lowers it and draws it towards the other."""
    inner_x = centre - side * (9.5 + 2.5 * lowered)
    inner_y = 43 - 6 * raised + 6 * lowered
    outer_x, outer_y = centre + side * 11, 43.5 - 2 * raised + 1.5 * lowered
    bend = 36.5 - 5 * raised + 3.5 * lowered
    return {
        "d": f"M {inner_x:.1f} {inner_y:.1f} Q {centre:.1f} {bend:.1f} {outer_x:.1f} {outer_y:.1f}"
    }


def _eye(centre: float, raised: float, cheek: float, lowered: float) -> dict[str, str]:
    """The upper lid follows AU5 and the brow, the lower one is pushed up by AU6."""
    top = 48.5 - 2.5 * raised + 1.5 * lowered
    bottom = 63.5 - 3.5 * cheek
    left, right = centre - 9, centre + 9
    return {
        "d": f"M {left:.1f} 56 Q {centre:.1f} {top:.1f} {right:.1f} 56 "
        f"Q {centre:.1f} {bottom:.1f} {left:.1f} 56 Z"
    }


def _iris(centre: float, turn: float, contact: float) -> dict[str, str]:
    """Who avoids contact looks down and aside."""
    away = max(-contact, 0.0)
    aside = 4.5 * away * (1 if turn >= 0 else -1)
    return {"cx": f"{centre + aside:.1f}", "cy": f"{55.8 + 1.6 * away:.1f}", "r": "3.4"}


def _cheek(centre: float, side: int, cheek: float) -> dict[str, str]:
    """The fold under the eye that a raised cheek shows."""
    y = 72.5 - 4 * cheek
    left, right = centre - 7 + side * 3, centre + 7 + side * 3
    return {
        "d": f"M {left:.1f} {y:.1f} Q {centre + side * 3:.1f} {y + 3.5:.1f} {right:.1f} {y:.1f}",
        "opacity": f"{0.28 + 0.28 * cheek:.2f}",
    }


def _mouth(centre: float, smile: float, tighten: float, opened: float) -> dict[str, str]:
    """AU12 pulls the corners up and apart, AU23 makes the lips narrow and short."""
    half = 17 + 4 * smile - 4 * tighten
    corner = 95 - 8 * smile
    thick = max(3.6 - 2.6 * tighten, 0.8)
    gap = 9 * max(opened, 0.0)
    middle = 95 + 9 * smile  # a quadratic curve goes half as far as its control point
    left, right = centre - half, centre + half
    return {
        "d": f"M {left:.1f} {corner:.1f} Q {centre:.1f} {middle - thick:.1f} "
        f"{right:.1f} {corner:.1f} Q {centre:.1f} {middle + thick + gap:.1f} "
        f"{left:.1f} {corner:.1f} Z"
    }
