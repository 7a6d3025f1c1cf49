// Draws the maps of the codes on canvases, every point of them, and tells which points are chosen.
//
// A new colour, selection or slice arrives as a new message to the maps that stand: nothing is
// mounted again, and zoom and rotation stay. Points are set as pixels, because 22,856 utterances on
// seven maps are more than a canvas strokes, or a plotting library draws, within a blink.

const LEVELS = 255, STEPS = 65535;
const FADED = 0.15;
const NEAR = 9;  // pixels within which a point is pointed at
const DRAGGED = 4;  // pixels from which a press is no click
const HOVERED = "mmmie-hover", DRAWN = "mmmie-drawn";
const TOOLS = {
  box: ["select", "Drag a box around utterances. Shift adds to the selection."],
  lasso: ["gesture", "Draw around utterances. Shift adds to the selection."],
  move: ["drag_pan", "Move, or turn in three dimensions; the wheel zooms."],
  reset: ["fit_screen", "Show all again. A double click does too."],
};

function unpacked(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const part = (name) => {
    const [at, size] = head.buffers[name] ?? [0, 0];
    return name in head.buffers ? bytes.slice(4 + length + at, 4 + length + at + size) : null;
  };
  const points = {};
  for (const { points: own, others } of head.panels)
    for (const name of [own, ...others.map((other) => other.points)])
      points[name] ??= new Uint16Array(part(name).buffer);
  const values = part("values");
  return {
    ...head, points, packed: bytes.slice(4 + length), words: part("words"), within: part("within"), index: part("colours"),
    values: values && new Float32Array(values.buffer),
    count: points[head.panels[0].points].length / head.dimensions,
  };
}

/** Whether the points of two messages lie and look alike, so that only marks can have moved. */
function alike(before, now) {
  const drawn = ({ dimensions, columns, height, panels, colours, key, buffers, selected }) =>
    JSON.stringify([dimensions, columns, height, panels, colours, key, buffers,
      selected.length > 1 && selected]);
  if (before?.packed.length !== now.packed.length || drawn(before) !== drawn(now)) return false;
  for (let i = 0; i < now.packed.length; i++) if (before.packed[i] !== now.packed[i]) return false;
  return true;
}

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

/** Colours 0 to 255 of a message as [r, g, b]; null where each map has its own hue. */
function palette(colours) {
  if (!colours) return null;
  const none = rgb(colours.none);
  if (colours.legend) {
    const known = colours.legend.map(([, colour]) => rgb(colour));
    return Array.from({ length: LEVELS + 1 }, (_, i) => known[i] ?? none);
  }
  const stops = colours.scale.stops;
  const ramp = Array.from({ length: LEVELS }, (_, i) => {
    const share = i / (LEVELS - 1);
    const after = Math.max(1, stops.findIndex(([at]) => at >= share));
    const [[from, a], [to, b]] = [stops[after - 1], stops[after]];
    const weight = (share - from) / (to - from);
    return rgb(a).map((value, c) => value + weight * (rgb(b)[c] - value));
  });
  return [...ramp, none];
}

/** How much of each pixel around its middle a mark covers. */
function stamp(radius, ring) {
  const reach = Math.ceil(radius + 0.5), covers = [];
  const covered = (distance) => Math.min(1, Math.max(0, radius + 0.5 - distance))
    - (ring ? Math.min(1, Math.max(0, radius - Math.max(1, radius / 2.5) + 0.5 - distance)) : 0);
  for (let y = -reach; y <= reach; y++)
    for (let x = -reach; x <= reach; x++) {
      const part = covered(Math.hypot(x, y));
      if (part > 0.02) covers.push(x, y, part);
    }
  return Float32Array.from(covers);
}

/** Size and strength of marks: the more there are, the smaller and paler. */
function manner(count) {
  if (count <= 2000) return { radius: 2.4, alpha: 0.75 };
  return count <= 8000 ? { radius: 1.8, alpha: 0.6 } : { radius: 1.2, alpha: 0.3 };
}

/** A picture that colours are laid over, premultiplied. */
class Sheet {
  constructor(width, height) {
    Object.assign(this, { width, height, cells: new Float32Array(4 * width * height) });
  }

  lay(x, y, covers, colour, alpha) {
    const { width, height, cells } = this;
    for (let i = 0; i < covers.length; i += 3) {
      const px = x + covers[i], py = y + covers[i + 1];
      if (px < 0 || py < 0 || px >= width || py >= height) continue;
      const a = alpha * covers[i + 2], rest = 1 - a, at = 4 * (py * width + px);
      cells[at] = a * colour[0] + rest * cells[at];
      cells[at + 1] = a * colour[1] + rest * cells[at + 1];
      cells[at + 2] = a * colour[2] + rest * cells[at + 2];
      cells[at + 3] = a + rest * cells[at + 3];
    }
  }

  onto(context) {
    const image = context.createImageData(this.width, this.height);
    const { cells } = this, { data } = image;
    for (let at = 0; at < cells.length; at += 4) {
      const a = cells[at + 3];
      if (!a) continue;
      data[at] = cells[at] / a;
      data[at + 1] = cells[at + 1] / a;
      data[at + 2] = cells[at + 2] / a;
      data[at + 3] = 255 * a;
    }
    context.putImageData(image, 0, 0);
  }
}

/** Places of n utterances on a map as it is turned and zoomed, in pixels. */
function placed(points, dimensions, view, width, height) {
  const count = points.length / dimensions;
  const x = new Float32Array(count), y = new Float32Array(count);
  const depth = dimensions === 3 ? new Float32Array(count) : null;
  const [cosYaw, sinYaw] = [Math.cos(view.yaw), Math.sin(view.yaw)];
  const [cosPitch, sinPitch] = [Math.cos(view.pitch), Math.sin(view.pitch)];
  const side = Math.min(width, height) * 0.95;
  for (let i = 0; i < count; i++) {
    let across, down;
    if (depth) {
      const u = points[3 * i] / STEPS - 0.5, v = points[3 * i + 1] / STEPS - 0.5;
      const w = points[3 * i + 2] / STEPS - 0.5;
      const turned = sinYaw * u + cosYaw * v;
      across = (cosYaw * u - sinYaw * v) * side;
      down = -(cosPitch * w - sinPitch * turned) * side;
      depth[i] = sinPitch * w + cosPitch * turned;
    } else {
      across = (points[2 * i] / STEPS - 0.5) * width;
      down = (0.5 - points[2 * i + 1] / STEPS) * height;
    }
    x[i] = width / 2 + view.zoom * (across + view.x * width);
    y[i] = height / 2 + view.zoom * (down + view.y * height);
  }
  return { x, y, depth };
}

function inside(x, y, ring) {
  let within = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [xi, yi] = ring[i], [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}

const START = { zoom: 1, x: 0, y: 0, yaw: 0.6, pitch: 0.45 };

class Maps {
  constructor(root) {
    this.root = root;
    this.views = {};
    this.mode = null;
    this.hovered = null;
    for (const name of ["bar", "grid", "tip"]) this[name] = this.add(root, "div", name);
    this.key = this.add(this.bar, "div", "key");
    this.tools = this.add(this.bar, "div", "tools");
    for (const [name, [icon, help]] of Object.entries(TOOLS)) {
      const button = this.add(this.tools, "button", name);
      Object.assign(button, { textContent: icon, title: help, type: "button" });
      button.setAttribute("aria-label", help);
      button.onclick = () => (name === "reset" ? this.reset() : this.use(name));
    }
    this.panels = [];
    this.sized = new ResizeObserver(() => this.draw());
    this.sized.observe(this.grid);
    this.follow = ({ detail }) => { if (detail.from !== this) this.point(detail.row); };
    window.addEventListener(HOVERED, this.follow);
  }

  add(parent, tag, name) {
    const element = parent.appendChild(document.createElement(tag));
    element.className = `mmmie-${name}`;
    return element;
  }

  stop() {
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
    this.draw();
  }

  build({ panels, columns, height, dimensions }) {
    this.grid.replaceChildren();
    this.grid.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    this.views = {};
    this.panels = panels.map((panel, i) => {
      const box = this.add(this.grid, "div", "panel");
      const head = this.add(box, "div", "head"), stage = this.add(box, "div", "stage");
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

  explain({ panels, colours, key, count }) {
    this.panels.forEach(({ head, marks }, i) => {
      const quality = document.createElement("small");
      quality.textContent = panels[i].quality;
      head.replaceChildren(panels[i].name, quality);
      head.title = `${panels[i].name}: ${panels[i].quality}`;
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
    if (!colours) {
      say("b", "modality");
      const named = Object.fromEntries(panels.map((panel) => [panel.name.slice(2), panel.hue]));
      for (const [name, hue] of Object.entries(named)) say("span", name, hue);
      return;
    }
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
    const name = dimensions === 3 ? "all" : panels[i].others.length ? "common" : panels[i].name;
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
    const { panels, points, dimensions, index, count } = this.message;
    const panel = panels[i], here = this.panels[i], scale = window.devicePixelRatio || 1;
    const width = here.stage.clientWidth, height = here.stage.clientHeight;
    if (!width) return;
    for (const canvas of [here.ground, here.marks]) {
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    }
    const { radius, alpha } = manner(count);
    const sheet = new Sheet(here.ground.width, here.ground.height);
    const at = (name) => placed(points[name], dimensions, this.view(i), width, height);
    const dot = stamp(radius * scale, false);
    here.others = panel.others.map((other) => at(other.points));
    here.others.forEach(({ x, y }, o) => {
      const hue = rgb(this.colours ? "#7b8794" : panel.others[o].hue);
      for (let row = 0; row < count; row++)
        sheet.lay(Math.round(x[row] * scale), Math.round(y[row] * scale), dot, hue, 0.35 * FADED
          + (count > 2000 ? 0 : 0.65 * FADED));
    });
    here.own = at(panel.points);
    const { x, y, depth } = here.own;
    const own = rgb(panel.hue), plain = panel.ring ? stamp(radius * scale, true) : dot;
    const chosen = stamp((radius + 1) * scale, panel.ring);
    for (let level = 0; level < 3; level++)
      for (let row = 0; row < count; row++) {
        if (this.state[row] !== level) continue;
        const near = depth ? Math.min(1, Math.max(0.35, 0.75 - depth[row])) : 1;
        const strength = level === 2 ? 1 : level === 0 ? FADED : alpha * near;
        sheet.lay(Math.round(x[row] * scale), Math.round(y[row] * scale),
          level === 2 ? chosen : plain, this.colours ? this.colours[index[row]] : own, strength);
      }
    sheet.onto(here.ground.getContext("2d"));
    if (panel.axes) this.drawAxes(panel.axes, here, this.view(i));
  }

  /** Behind the points: a line at every tick, and a dotted one where both directions are equal. */
  drawAxes({ across, up, ticks }, here, view) {
    const context = here.ground.getContext("2d"), scale = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = here.stage;
    const places = (shares) => placed(
      Uint16Array.from(shares.flatMap((share) => [share * STEPS, share * STEPS])), 2, view, width,
      height);
    const { color, fontFamily } = getComputedStyle(this.root);
    const line = (from, to) => {
      context.beginPath();
      context.moveTo(...from);
      context.lineTo(...to);
      this.outline(context, "#7b8794", 1);
    };
    context.save();
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.globalCompositeOperation = "destination-over";
    Object.assign(context, { font: `11px ${fontFamily}`, fillStyle: color });
    const { x, y } = places(ticks.map(([share]) => share));
    ticks.forEach(([, text], t) => {
      Object.assign(context, { textAlign: "center", textBaseline: "alphabetic" });
      context.fillText(text, x[t], height - 5);
      Object.assign(context, { textAlign: "left", textBaseline: "middle" });
      context.fillText(text, 5, y[t]);
    });
    Object.assign(context, { textAlign: "right", textBaseline: "alphabetic" });
    context.fillText(`${across} →`, width - 6, height - 20);
    Object.assign(context, { textAlign: "left", textBaseline: "top" });
    context.fillText(`↑ ${up}`, 26, 6);
    const ends = places([0, 1]);
    context.setLineDash([2, 3]);
    line([ends.x[0], ends.y[0]], [ends.x[1], ends.y[1]]);
    context.setLineDash([]);
    context.globalAlpha = 0.25;
    for (const at of x) line([at, 0], [at, height - 18]);
    for (const at of y) line([22, at], [width, at]);
    context.restore();
  }

  drawMarks() {
    const { panels, joined, primary, pinned } = this.message;
    this.panels.forEach((here, i) => {
      if (!here.own) return;
      const scale = window.devicePixelRatio || 1, context = here.marks.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, here.marks.width, here.marks.height);
      const spot = (places, row) => [places.x[row], places.y[row]];
      here.others.forEach((places, o) => {
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
      const mark = (row, square, radius) => {
        const [x, y] = spot(here.own, row);
        context.beginPath();
        if (square) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
        else context.arc(x, y, radius, 0, 7);
        this.outline(context, "#ffffff", 5);  // dark inside white stands out in either theme
        this.outline(context, "#111827", 2);
      };
      if (pinned !== null) mark(pinned, true, 6.5);
      mark(primary, false, 7.5);
      if (this.hovered !== null) mark(this.hovered, false, 5);
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

  outline(context, colour, width) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
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
    const { x, y } = this.panels[i].own ?? { x: [] };
    let best = null, least = NEAR * NEAR;
    for (let row = 0; row < x.length; row++) {
      const distance = (x[row] - px) ** 2 + (y[row] - py) ** 2;
      if (distance < least) [best, least] = [row, distance];
    }
    return best;
  }

  enclosed(i, ring) {
    if (!ring) return [];
    const { x, y } = this.panels[i].own, found = [];
    for (let row = 0; row < x.length; row++) if (inside(x[row], y[row], ring)) found.push(row);
    return found;
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
    const stage = this.panels[i].stage, width = this.root.clientWidth;
    const left = stage.offsetLeft + here[0], top = stage.offsetTop + here[1];
    this.tip.style.left = `${Math.max(0, Math.min(left + 14, width - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${top + 14}px`;
  }

  point(row) {
    if (row === this.hovered || (row !== null && row >= (this.message?.count ?? 0))) return;
    this.hovered = row;
    this.drawMarks();
  }
}

function number(value) {
  if (Number.isNaN(value)) return "unknown";
  return String(Number(value.toPrecision(3))).replace("-", "−");
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
