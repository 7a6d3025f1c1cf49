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
