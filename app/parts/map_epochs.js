// The control below maps that hold several epochs. Continues map_points.js.

const EPOCH_MS = 600;
const PLAY = '<path d="M6 4l10 6-10 6z"/>', PAUSE = '<path d="M7 4v12M13 4v12"/>';

function added(parent, tag, name) {
  const element = parent.appendChild(document.createElement(tag));
  element.className = `mmmie-${name}`;
  return element;
}

function draws(button, icon, words) {
  button.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true">${icon}</svg>`;
  Object.assign(button, { title: words, type: "button" });
  button.setAttribute("aria-label", words);
}

/** A button that plays the epochs, and a slider; `show` is told whether points shall glide. */
class Epochs {
  constructor(room, show) {
    Object.assign(this, { room, show, at: 0, names: null });
    this.player = added(room, "button", "play");
    this.player.onclick = () => this.play(!this.playing);
    this.slider = added(room, "input", "slider");
    Object.assign(this.slider, { type: "range", min: 0 });
    this.slider.setAttribute("aria-label", "Epoch");
    this.slider.oninput = () => {
      this.play(false);
      this.go(Number(this.slider.value), false);
    };
    this.play(false);
  }

  /** Take the epochs of a message; the last one is shown where they are others than before. */
  offer(names) {
    if (`${names}` === `${this.names}`) return;
    this.play(false);
    this.names = names;
    this.room.style.display = names.length > 1 ? "" : "none";
    this.at = this.slider.max = Math.max(0, names.length - 1);
    this.slider.value = this.at;
  }

  go(at, slowly) {
    this.at = this.slider.value = at;
    this.show(slowly);
  }

  /** Go through all epochs from the first, or stop where it is. */
  play(on) {
    clearInterval(this.playing);
    this.playing = null;
    draws(this.player, on ? PAUSE : PLAY, on ? "Pause" : "Play the epochs");
    if (!on) return;
    let next = 0;
    const step = () => {
      this.go(next, true);
      next += 1;
      if (next >= this.names.length) this.play(false);
    };
    this.playing = setInterval(step, EPOCH_MS);
    step();
  }
}
