// What maps are made of: the message of the server, colours, marks, and where points are.
//
// Points are set as pixels, because 22,856 utterances on seven maps are more than a canvas strokes,
// or a plotting library draws, within a blink.

const LEVELS = 255, STEPS = 65535;
const FADED = 0.15;

function unpacked(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const part = (name) => {
    const [at, size] = head.buffers[name] ?? [0, 0];
    return name in head.buffers ? bytes.slice(4 + length + at, 4 + length + at + size) : null;
  };
  const points = {};
  for (const { points: own, before, others } of head.panels)
    for (const name of [own, before, ...others.map((other) => other.points)])
      if (name) points[name] ??= new Uint16Array(part(name).buffer);
  const values = part("values");
  return {
    ...head, points, packed: bytes.slice(4 + length), words: part("words"),
    within: part("within"), index: part("colours"),
    values: values && new Float32Array(values.buffer),
    count: points[head.panels[0].points].length / head.dimensions / (head.epochs.length || 1),
  };
}

/** Whether the points of two messages lie and look alike, so that only marks can have moved. */
function alike(before, now) {
  const drawn = ({ primary, pinned, joined, selected, points, packed, words, within, index, values,
    ...rest }) => JSON.stringify([rest, selected.length > 1 && selected]);
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
function placed(points, dimensions, view, width, height, square) {
  const count = points.length / dimensions;
  const x = new Float32Array(count), y = new Float32Array(count);
  const depth = dimensions === 3 ? new Float32Array(count) : null;
  const [cosYaw, sinYaw] = [Math.cos(view.yaw), Math.sin(view.yaw)];
  const [cosPitch, sinPitch] = [Math.cos(view.pitch), Math.sin(view.pitch)];
  const side = Math.min(width, height) * 0.95;
  const [wide, high] = square ? [side, side] : [width, height];
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
      across = (points[2 * i] / STEPS - 0.5) * wide;
      down = (0.5 - points[2 * i + 1] / STEPS) * high;
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

function number(value) {
  if (Number.isNaN(value)) return "unknown";
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
