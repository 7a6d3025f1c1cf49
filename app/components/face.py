"""The face of an utterance, with a button that plays its frames and a slider through them."""

from __future__ import annotations

import streamlit as st

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
        svg: from `app.views.face.face_svg`.
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
