"""The face of an utterance, with a button that plays its frames and a slider through them."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import streamlit as st

from mmmie.analysis.corpora.face import FULL

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

_CSS = """
.box { width: 100%; max-width: 11rem; margin: 0 auto; font-family: var(--st-font);
  color: var(--st-text-color); }
.face { display: block; width: 100%; fill: none; stroke: var(--st-text-color); stroke-width: 2;
  stroke-linecap: round; stroke-linejoin: round; }
.head { fill: var(--face-colour); fill-opacity: 0.14; stroke-opacity: 0.55; stroke-width: 1.6; }
.shade { fill: #10151a; stroke: none; }
.brow { stroke-width: 3; }
.eye { fill: #f4f5f7; stroke-width: 1.5; }
.iris { fill: #1f2933; stroke: none; }
.nose, .cheek { stroke-width: 1.5; stroke-opacity: 0.7; }
.mouth { fill: var(--st-text-color); stroke-width: 1.6; }
.steer { display: flex; align-items: center; gap: 0.25rem; }
.play { all: unset; cursor: pointer; font-family: "Material Symbols Rounded"; font-size: 1.35rem;
  line-height: 1; width: 1.35rem; overflow: hidden; border-radius: 50%; }
.play:hover { color: var(--st-primary-color); }
.play:focus-visible { box-shadow: 0 0 0 2px var(--st-primary-color); }
.frame { flex: 1; min-width: 0; height: 1rem; accent-color: var(--st-primary-color); }
.note { font-size: 0.76rem; opacity: 0.75; text-align: center; }
"""

_JS = """
export default function ({ parentElement, data }) {
  const part = (name) => parentElement.querySelector(name);
  const stage = part(".stage");
  if (stage.drawn === data.svg) return;  // a rerun of the page must not stop it
  stage.drawn = data.svg;
  stage.stop?.();
  stage.innerHTML = data.svg;  // numbers only, and a title that is escaped
  stage.style.setProperty("--face-colour", data.colour);
  const svg = stage.firstElementChild, play = part(".play"), slider = part(".frame");
  svg.pauseAnimations();
  slider.max = data.frames;
  part(".steer").style.display = data.frames > 1 ? "" : "none";
  slider.setAttribute("aria-label", "Frame of the face; 0 is the average");
  let request = 0;
  const show = (frame) => {
    const share = (frame - 1) / Math.max(data.frames - 1, 1);
    svg.setCurrentTime(frame < 1 ? 0 : data.rest + share * data.seconds * 0.9999);
    slider.value = Math.round(frame);
    part(".note").textContent = frame < 1
      ? (data.frames > 1 ? `average of ${data.frames} frames` : "")
      : `frame ${Math.round(frame)} of ${data.frames}`;
  };
  const name = (icon, words) => {
    play.textContent = icon;
    play.setAttribute("aria-label", words);
  };
  stage.stop = () => {
    cancelAnimationFrame(request);
    request = 0;
    name("play_arrow", "Play the frames of the face");
  };
  play.onclick = () => {
    if (request) return stage.stop();
    name("pause", "Pause the face");
    const from = Number(slider.value) >= data.frames ? 1 : Math.max(Number(slider.value), 1);
    let start;
    const step = (now) => {
      start ??= now;
      const frame = from + (now - start) / 1000 / data.seconds * (data.frames - 1);
      show(Math.min(frame, data.frames));
      if (frame < data.frames) request = requestAnimationFrame(step);
      else stage.stop();
    };
    request = requestAnimationFrame(step);
  };
  slider.oninput = () => { stage.stop(); show(Number(slider.value)); };
  stage.stop();
  show(0);
  return () => stage.stop();
}
"""

_render = st.components.v2.component("mmmie_face", html=_HTML, css=_CSS, js=_JS)


def draw_face(svg: str, *, frames: int, seconds: float, rest: float, colour: str, key: str) -> None:
    """Draw a face.

    Args:
        svg: from `app.utterance.face.face_svg`.
        frames: how many it goes through.
        seconds: how long they take.
        rest: when, in seconds of its own clock, the first frame begins.
        colour: of the modality.
        key: unique on the page.
    """
    _render(
        key=key,
        data={"svg": svg, "frames": frames, "seconds": seconds, "rest": rest, "colour": colour},
    )


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
    """What a face does on average, the most unusual first.

    Args:
        pose: from `mmmie.analysis.corpora.face.face_pose`.

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
        seconds: how long the frames take.
        title: for those who cannot see it.
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
