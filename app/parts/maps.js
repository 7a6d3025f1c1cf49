// Draws maps on canvases, every point of them, and tells which points are chosen.
//
// A new colour, selection or slice arrives as a new message to the maps that stand: nothing is
// mounted again, and zoom and rotation stay. Where a message holds several epochs, a slider goes
// through them. Continues map_points.js, map_epochs.js and map_lines.js.

const NEAR = 9;  // pixels within which a point is pointed at
const BESIDE = 14;  // pixels from the pointer to what is said of a point
const DRAGGED = 4;  // pixels from which a press is no click
const HOVERED = "mmmie-hover", DRAWN = "mmmie-drawn";
const GLIDE_MS = 450;
const START = { zoom: 1, x: 0, y: 0, yaw: 0.6, pitch: 0.45 };
const FAINT = 0.22;  // of points behind triangles
const TOOLS = {
  box: ['<rect x="3" y="4" width="14" height="12" stroke-dasharray="2.5 2"/>',
    "Drag a box around utterances. Shift adds to the selection."],
  lasso: ['<ellipse cx="10" cy="8" rx="7" ry="5"/><path d="M6 12c-2 1-1 4 2 3s1 3-1 3"/>',
    "Draw around utterances. Shift adds to the selection."],
  move: ['<path d="M10 2v16M2 10h16M8 4l2-2 2 2M8 16l2 2 2-2M4 8l-2 2 2 2M16 8l2 2-2 2"/>',
    "Move, or turn in three dimensions; the wheel zooms."],
  reset: ['<path d="M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4"/>',
    "Show all again. A double click does too."],
};
class Maps extends Lines {
  constructor(root) {
    super();
    this.root = root;
    this.views = {};
    this.mode = null;
    this.hovered = null;
    for (const name of ["bar", "grid", "steps"]) this[name] = added(root, "div", name);
    this.tip = added(root, "div", "map-tip");
    this.epochs = new Epochs(this.steps, (slowly) => this.glide(slowly ? GLIDE_MS : 0));
    this.key = added(this.bar, "div", "key");
    this.tools = added(this.bar, "div", "tools");
    for (const [name, [icon, help]] of Object.entries(TOOLS)) {
      const button = added(this.tools, "button", name);
      draws(button, icon, help);
      button.onclick = () => (name === "reset" ? this.reset() : this.use(name));
    }
    this.panels = [];
    this.sized = new ResizeObserver(() => this.draw());
    this.sized.observe(this.grid);
    this.follow = ({ detail }) => { if (detail.from !== this) this.point(detail.row); };
    window.addEventListener(HOVERED, this.follow);
  }

  stop() {
    this.epochs.play(false);
    cancelAnimationFrame(this.gliding);
    this.sized.disconnect();
    window.removeEventListener(HOVERED, this.follow);
  }

  /** Draw a message; `choose` is told the ids that the reader chooses. */
  show(message, choose) {
    const shape = JSON.stringify([message.dimensions, message.columns, message.height,
      message.panels.map((panel) => panel.name)]);
    const still = alike(this.message, message);
    this.message = message;
    this.choose = choose;
    if (still) {
      this.drawMarks();
      this.tellDrawn();
      return;
    }
    this.epochs.offer(message.epochs);
    this.lines = null;
    if (shape !== this.shape) this.build(message);
    this.shape = shape;
    this.explain(message);
    this.colours = palette(message.colours);
    this.state = new Uint8Array(message.count).fill(1);  // 0 faded, 1 as all, 2 selected
    if (message.selected.length > 1) this.state.fill(0);
    if (message.within)
      for (let i = 0; i < message.count; i++) if (!message.within[i]) this.state[i] = 0;
    if (message.selected.length > 1) for (const row of message.selected) this.state[row] = 2;
    this.glide();
  }

  /** Move points from where they are drawn to where they belong, at once where nobody follows. */
  glide(milliseconds = GLIDE_MS) {
    const { points, count, dimensions, epochs, panels } = this.message;
    const size = count * dimensions, at = this.epochs.at * size;
    const from = this.now ?? {}, to = {};
    for (const name in points) to[name] = points[name].subarray(at, at + size);
    cancelAnimationFrame(this.gliding);
    this.explainEpoch();
    const moves = milliseconds && (epochs.length || panels.some((panel) => panel.before))
      && Object.keys(to).every((name) => from[name]?.length === size)
      && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    const began = performance.now();
    const step = (time) => {
      const share = moves ? Math.min(1, Math.max(0, time - began) / milliseconds) : 1;
      const eased = share * share * (3 - 2 * share);
      this.now = share === 1 ? to : Object.fromEntries(Object.entries(to).map(([name, ends]) =>
        [name, Float32Array.from(ends, (end, i) => from[name][i] + eased * (end - from[name][i]))]));
      this.draw();
      if (share < 1) this.gliding = requestAnimationFrame(step);
    };
    step(began);
  }

  build({ panels, columns, height, dimensions }) {
    this.grid.replaceChildren();
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.views = {};
    this.panels = panels.map((panel, i) => {
      const box = added(this.grid, "div", "panel");
      const head = added(box, "div", "head"), stage = added(box, "div", "stage");
      stage.style.height = `${height}px`;
      const canvases = [0, 1].map(() => stage.appendChild(document.createElement("canvas")));
      canvases[1].setAttribute("role", "img");
      this.listen(canvases[1], i);
      canvases[1].placeOf = (id) => this.placeOf(i, id);  // for tests in a browser
      return { head, stage, ground: canvases[0], marks: canvases[1] };
    });
    if (this.dimensions !== dimensions) this.use(dimensions === 3 ? "move" : "box");
    this.dimensions = dimensions;
  }

  explainEpoch() {
    const { panels, epochs } = this.message;
    const epoch = epochs.length ? `epoch ${epochs[this.epochs.at]}` : "";
    this.panels.forEach(({ head }, i) => {
      const told = [panels[i].quality, panels[i].told[this.epochs.at], epoch].filter(Boolean).join(", ");
      head.lastChild.textContent = told;
      head.title = `${panels[i].name}: ${told}`;
    });
  }

  explain({ panels, colours, key, count, hues }) {
    this.panels.forEach(({ head, marks }, i) => {
      head.replaceChildren(panels[i].name, document.createElement("small"));
      marks.setAttribute("aria-label", `Map of ${panels[i].name}, ${count} utterances`);
    });
    this.key.replaceChildren();
    this.bar.style.display = key ? "" : "none";
    if (!key) return;
    const say = (tag, text, colour) => {
      const element = this.key.appendChild(document.createElement(tag));
      element.textContent = text;
      if (colour) {
        const dot = document.createElement("i");
        dot.style.background = colour;
        element.prepend(dot);
      }
      return element;
    };
    if (hues.length && (!colours || panels.some((panel) => panel.together))) {
      say("b", "modality");
      for (const [name, hue] of hues) say("span", name, hue);
    }
    if (!colours) return;
    say("b", colours.by);
    for (const [name, colour] of colours.legend ?? []) say("span", name, colour);
    if (!colours.scale) return;
    const { low, high, stops } = colours.scale;
    const line = say("span", ""), ramp = document.createElement("i");
    ramp.className = "scale";
    ramp.style.background =
      `linear-gradient(90deg, ${stops.map(([at, c]) => `${c} ${100 * at}%`).join(", ")})`;
    line.append(number(low), ramp, number(high));
  }

  use(mode) {
    this.mode = mode;
    for (const button of this.tools.children)
      button.setAttribute("aria-pressed", button.classList.contains(`mmmie-${mode}`));
    for (const { marks } of this.panels) marks.style.cursor = mode === "move" ? "grab" : "crosshair";
  }

  reset() {
    this.views = {};
    this.draw();
  }

  /** Maps in one projection are moved together, and in three dimensions all of them. */
  view(i) {
    const { panels, dimensions } = this.message;
    const name = dimensions === 3 ? "all" : panels[i].projection;
    return (this.views[name] ??= { ...START });
  }

  draw() {
    if (!this.message || !this.grid.clientWidth) return;
    this.panels.forEach((_, i) => this.drawPoints(i));
    this.drawMarks();
    this.tellDrawn();
  }

  tellDrawn() {
    this.root.dispatchEvent(new CustomEvent(DRAWN, { bubbles: true, composed: true }));
  }

  drawPoints(i) {
    const { panels, dimensions, index, count, square } = this.message;
    const panel = panels[i], here = this.panels[i], scale = window.devicePixelRatio || 1;
    const width = here.stage.clientWidth, height = here.stage.clientHeight;
    if (!width) return;
    for (const canvas of [here.ground, here.marks]) {
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    }
    const { radius, alpha } = manner(count);
    const sheet = new Sheet(here.ground.width, here.ground.height);
    const at = (name) =>
      placed(this.now[name], dimensions, this.view(i), width, height, square);
    const dot = stamp(radius * scale, false);
    here.others = panel.others.map((other) => at(other.points));
    here.own = at(panel.points);
    here.fronts = panel.together ? [here.own, ...here.others] : [here.own];
    if (!panel.together)
      here.others.forEach(({ x, y }, o) => {
        const hue = rgb(this.colours ? QUIET : panel.others[o].hue);
        for (let row = 0; row < count; row++)
          sheet.lay(Math.round(x[row] * scale), Math.round(y[row] * scale), dot, hue,
            0.35 * FADED + (count > 2000 ? 0 : 0.65 * FADED));
      });
    const plain = panel.ring ? stamp(radius * scale, true) : dot;
    const chosen = stamp((radius + 1) * scale, panel.ring);
    const hues = [panel, ...panel.others].map(({ hue }) => rgb(hue));
    const coloured = this.colours && !panel.together;
    for (let level = 0; level < 3; level++)
      here.fronts.forEach(({ x, y, depth }, front) => {
        for (let row = 0; row < count; row++) {
          if (this.state[row] !== level) continue;
          const near = depth ? Math.min(1, Math.max(0.35, 0.75 - depth[row])) : 1;
          const seen = panel.triangles ? FAINT : alpha * near;
          const strength = level === 2 ? 1 : level === 0 ? FADED : seen;
          sheet.lay(Math.round(x[row] * scale), Math.round(y[row] * scale),
            level === 2 ? chosen : plain, coloured ? this.colours[index[row]] : hues[front],
            strength);
        }
      });
    sheet.onto(here.ground.getContext("2d"));
    if (panel.before) this.drawTrails(at(panel.before), here);
    if (panel.axes) this.drawAxes(panel.axes, here, this.view(i));
  }

  drawMarks() {
    const { panels, joined, primary, pinned } = this.message;
    this.panels.forEach((here, i) => {
      if (!here.own) return;
      const scale = window.devicePixelRatio || 1, context = here.marks.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, here.marks.width, here.marks.height);
      const spot = (places, row) => [places.x[row], places.y[row]];
      if (!panels[i].together) here.others.forEach((places, o) => {
        for (const row of joined) {
          const looked = row === primary || row === pinned, [x, y] = spot(places, row);
          context.strokeStyle = context.fillStyle = panels[i].others[o].hue;
          context.lineWidth = looked ? 1.75 : 1;
          context.globalAlpha = looked ? 1 : 0.7;
          context.beginPath();
          context.moveTo(...spot(here.own, row));
          context.lineTo(x, y);
          context.stroke();
          context.beginPath();
          if (row === pinned) context.rect(x - 4, y - 4, 8, 8);
          else context.arc(x, y, looked ? 4.5 : 2.5, 0, 7);
          context.fill();
          context.globalAlpha = 1;
          if (looked) this.outline(context, "#ffffff", 1);
        }
      });
      if (panels[i].triangles) for (const row of joined) this.drawTriangle(i, row, context);
      const mark = (row, square, radius) => {
        if (row !== null) for (const front of here.fronts) {
          const [x, y] = spot(front, row);
          context.beginPath();
          if (square) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
          else context.arc(x, y, radius, 0, 7);
          this.outline(context, "#ffffff", 5);  // dark inside white stands out in either theme
          this.outline(context, "#111827", 2);
        }
      };
      mark(pinned, true, 6.5);
      mark(primary, false, 7.5);
      mark(this.hovered, false, 5);
      if (this.drag?.panel === i && this.drag.ring) {
        context.beginPath();
        this.drag.ring.forEach((corner) => context.lineTo(...corner));
        context.closePath();
        context.fillStyle = "rgba(86, 180, 233, 0.15)";
        context.fill();
        context.setLineDash([4, 3]);
        this.outline(context, "#56B4E9", 1.5);
        context.setLineDash([]);
      }
    });
  }

  listen(canvas, i) {
    const at = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.onpointerdown = (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      this.drag = { panel: i, from: at(event), last: at(event), path: [at(event)], ring: null };
    };
    canvas.onpointermove = (event) => {
      const here = at(event), { drag } = this;
      if (!drag) return this.tell(i, here, this.nearest(i, here));
      drag.path.push(here);
      const far = Math.hypot(here[0] - drag.from[0], here[1] - drag.from[1]) > DRAGGED;
      if (!far && !drag.moved) return;
      drag.moved = true;
      this.tell(i, here, null);
      if (this.mode === "move") this.move(i, drag, here);
      else {
        const [[x0, y0], [x1, y1]] = [drag.from, here];
        drag.ring = this.mode === "lasso" ? drag.path : [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
        this.drawMarks();
      }
    };
    canvas.onpointerup = (event) => {
      const { drag } = this;
      this.drag = null;
      if (!drag) return;
      const found = drag.moved ? this.enclosed(i, drag.ring) : [this.nearest(i, at(event))];
      this.drawMarks();
      this.take(found.filter((row) => row !== null), event.shiftKey);
    };
    canvas.onpointerleave = () => { if (!this.drag) this.tell(i, null, null); };
    canvas.ondblclick = () => this.reset();
    canvas.addEventListener("wheel", (event) => {
      if (this.mode !== "move") return;
      event.preventDefault();
      const view = this.view(i), more = Math.exp(-event.deltaY / 400);
      view.zoom = Math.min(40, Math.max(0.5, view.zoom * more));
      this.soon();
    }, { passive: false });
  }

  move(i, drag, here) {
    const view = this.view(i), { clientWidth: width, clientHeight: height } = this.panels[i].stage;
    const [dx, dy] = [here[0] - drag.last[0], here[1] - drag.last[1]];
    drag.last = here;
    if (this.message.dimensions === 3) {
      view.yaw += dx / 120;
      view.pitch = Math.min(1.57, Math.max(-1.57, view.pitch + dy / 120));
    } else {
      view.x += dx / width / view.zoom;
      view.y += dy / height / view.zoom;
    }
    this.soon();
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => { this.frame = null; this.draw(); });
  }

  nearest(i, [px, py]) {
    let best = null, least = NEAR * NEAR;
    for (const { x, y } of this.panels[i].fronts ?? [])
      for (let row = 0; row < x.length; row++) {
        const distance = (x[row] - px) ** 2 + (y[row] - py) ** 2;
        if (distance < least) [best, least] = [row, distance];
      }
    return best;
  }

  /** What a box or lasso surrounds, of the slice only: the others are hardly seen. */
  enclosed(i, ring) {
    if (!ring) return [];
    const { within, count } = this.message, { fronts } = this.panels[i];
    return [...Array(count).keys()].filter((row) => (!within || within[row])
      && fronts.some(({ x, y }) => inside(x[row], y[row], ring)));
  }

  take(rows, add) {
    if (!rows.length) return;
    const all = add ? [...new Set([...this.message.selected, ...rows])] : rows;
    this.choose(all.map((row) => this.fields(row)[0]));
  }

  fields(row) {
    this.lines ??= new TextDecoder().decode(this.message.words).split("\n");
    return this.lines[row].split("\x1f");
  }

  placeOf(i, id) {
    this.fields(0);
    const row = this.lines.findIndex((line) => line.startsWith(`${id}\x1f`));
    const box = this.panels[i].marks.getBoundingClientRect();
    return [box.left + this.panels[i].own.x[row], box.top + this.panels[i].own.y[row]];
  }

  /** Show a row on all maps of the page, and beside the pointer what it is. */
  tell(i, here, row) {
    if (row !== this.hovered)
      window.dispatchEvent(new CustomEvent(HOVERED, { detail: { row, from: this } }));
    this.point(row);
    this.tip.style.display = row === null ? "none" : "block";
    if (row === null) return;
    const [id, speaker, said, told] = this.fields(row), { colours, values, index } = this.message;
    const lines = [`${id}${speaker ? `, ${speaker}` : ""}`, said, told];
    const value = values ? number(values[row]) : colours?.legend?.[index[row]]?.[0];
    if (colours && !["label", "prediction", "speaker"].includes(colours.by) && value !== undefined)
      lines.push(`${colours.by} ${value}`);
    this.tip.replaceChildren(...lines.filter(Boolean).map((text, at) => {
      const line = document.createElement(at ? "span" : "b");
      line.textContent = text;  // what a corpus says is text, whatever it looks like
      return line;
    }));
    const stage = this.panels[i].stage.getBoundingClientRect();
    const { width, height } = this.tip.getBoundingClientRect();
    const [x, y] = [stage.left + here[0], stage.top + here[1]];
    this.tip.style.left = `${x + BESIDE + width > innerWidth ? x - BESIDE - width : x + BESIDE}px`;
    this.tip.style.top = `${y + BESIDE + height > innerHeight ? y - BESIDE - height : y + BESIDE}px`;
  }

  point(row) {
    if (row === this.hovered || (row !== null && row >= (this.message?.count ?? 0))) return;
    this.hovered = row;
    this.drawMarks();
  }
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".mmmie-maps");
  root.maps ??= new Maps(root);
  root.maps.show(unpacked(data), (ids) => setTriggerValue("chosen", ids));
  return () => {
    root.maps?.stop();
    root.maps = null;
    root.replaceChildren();
  };
}
