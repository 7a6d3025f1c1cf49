// Draws the figures of the page into a file: Plotly's own by Plotly, maps by their canvases.

const SCALE = 2;
const KINDS = [".js-plotly-plot", ".mmmie-key", ".mmmie-panel", "svg.mmmie-drawing"];

/** Colours and offsets of a gradient as the browser writes it. */
function stops(gradient) {
  return [...gradient.matchAll(/(rgba?\([^)]*\))\s+([\d.]+)%/g)].map(([, c, at]) => [at / 100, c]);
}

function fill(context, box, style) {
  const { backgroundColor, backgroundImage } = style;
  context.fillStyle = backgroundColor;
  if (backgroundImage.startsWith("linear-gradient")) {
    context.fillStyle = context.createLinearGradient(box.x, 0, box.x + box.width, 0);
    for (const [at, colour] of stops(backgroundImage)) context.fillStyle.addColorStop(at, colour);
  }
  const round = style.borderRadius.endsWith("%") ? box.height / 2 : parseFloat(style.borderRadius);
  context.beginPath();
  context.roundRect(box.x, box.y, box.width, box.height, round || 0);
  context.fill();
}

/** An element of the page that is no plot: its grounds and canvases painted, its words apart. */
function sketched(element, scale) {
  const whole = element.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(whole.width * scale);
  canvas.height = Math.ceil(whole.height * scale);
  const context = canvas.getContext("2d"), words = [];
  context.scale(scale, scale);
  const placed = ({ left, top, width, height }) =>
    ({ x: left - whole.left, y: top - whole.top, width, height });
  const visit = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.data.trim()) return;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = placed(range.getBoundingClientRect());
      words.push({ text: node.data, style: getComputedStyle(node.parentElement), ...box });
      return;
    }
    const box = placed(node.getBoundingClientRect());
    fill(context, box, getComputedStyle(node));
    if (node.tagName === "CANVAS") context.drawImage(node, box.x, box.y, box.width, box.height);
    node.childNodes.forEach(visit);
  };
  visit(element);
  return { canvas, context, words, width: whole.width, height: whole.height };
}

const FONT = ["fontStyle", "fontWeight", "fontSize", "fontFamily"];

function sketch(element, format, scale) {
  const { canvas, context, words, width, height } = sketched(element, SCALE);
  if (format === "png") {
    context.textBaseline = "middle";
    for (const { text, style, x, y, height: line } of words) {
      context.font = FONT.map((name) => style[name]).join(" ");
      context.fillStyle = style.color;
      context.fillText(text, x, y + line / 2);
    }
    return canvas.toDataURL("image/png");
  }
  const space = "http://www.w3.org/2000/svg";
  const root = document.implementation.createDocument(space, "svg").documentElement;
  const add = (name, attributes) => {
    const made = root.appendChild(root.ownerDocument.createElementNS(space, name));
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  };
  root.setAttribute("width", width);
  root.setAttribute("height", height);
  add("image", { width, height, href: canvas.toDataURL("image/png") });
  for (const { text, style, x, y, height: line } of words) {
    add("text", {
      x, y: y + line / 2, "dominant-baseline": "central", fill: style.color,
      "font-family": style.fontFamily, "font-size": style.fontSize,
      "font-weight": style.fontWeight,
    }).textContent = text;
  }
  return `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
}

/** A drawing of ours on its own: as large as it stands here, in the colour of its words. */
function alone(drawing, scale) {
  const { width, height } = drawing.getBoundingClientRect();
  const { color, fontFamily } = getComputedStyle(drawing);
  const copy = drawing.cloneNode(true);
  copy.setAttribute("width", width * scale);
  copy.setAttribute("height", height * scale);
  copy.setAttribute("viewBox", `0 0 ${width} ${height}`);
  Object.assign(copy.style, { color, fontFamily });
  return `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
}

async function drawn(graph, format, scale) {
  if (graph.matches("svg")) return alone(graph, scale);
  if (!graph.classList.contains("js-plotly-plot")) return sketch(graph, format, scale);
  const { width, height } = graph._fullLayout;
  const layout = { ...graph.layout, paper_bgcolor: "rgba(0,0,0,0)" };
  const figure = { data: graph.data, layout, config: graph._context };
  return window.Plotly.toImage(figure, { format, width, height, scale });
}

function places(graphs) {
  const boxes = graphs.map((graph) => graph.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  return {
    width: Math.ceil(Math.max(...boxes.map((box) => box.right)) - left),
    height: Math.ceil(Math.max(...boxes.map((box) => box.bottom)) - top),
    at: boxes.map((box) => [Math.round(box.left - left), Math.round(box.top - top)]),
  };
}

async function asPng(graphs, ground) {
  const { width, height, at } = places(graphs);
  const canvas = document.createElement("canvas");
  canvas.width = width * SCALE;
  canvas.height = height * SCALE;
  const context = canvas.getContext("2d");
  context.fillStyle = ground;
  context.fillRect(0, 0, canvas.width, canvas.height);
  for (const [i, graph] of graphs.entries()) {
    const image = new Image();
    image.src = await drawn(graph, "png", SCALE);
    await image.decode();
    context.drawImage(image, at[i][0] * SCALE, at[i][1] * SCALE);
  }
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

async function asSvg(graphs, ground) {
  const { width, height, at } = places(graphs);
  const space = "http://www.w3.org/2000/svg";
  const page = document.implementation.createDocument(space, "svg");
  const root = page.documentElement;
  root.setAttribute("width", width);
  root.setAttribute("height", height);
  root.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const back = root.appendChild(page.createElementNS(space, "rect"));
  back.setAttribute("width", "100%");
  back.setAttribute("height", "100%");
  back.setAttribute("fill", ground);
  for (const [i, graph] of graphs.entries()) {
    const address = await drawn(graph, "svg", 1);
    const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
    const part = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    part.setAttribute("x", at[i][0]);
    part.setAttribute("y", at[i][1]);
    root.appendChild(page.importNode(part, true));
  }
  return new Blob([new XMLSerializer().serializeToString(page)], { type: "image/svg+xml" });
}

async function save(button, data, ground) {
  const format = button.dataset.format;
  const graphs = data.pictures.flatMap((name) => [
    ...document.querySelectorAll(KINDS.map((kind) => `.st-key-${CSS.escape(name)} ${kind}`)),
  ]).filter((graph) => graph.getClientRects().length);  // a hidden key has no place
  button.disabled = true;
  button.classList.remove("failed");
  try {
    const blob = await (format === "png" ? asPng : asSvg)(graphs, ground);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${data.name}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  } catch (error) {
    console.error(error);
    button.classList.add("failed");
    button.title = "The browser could not draw this figure: wait until it is there, try again.";
  } finally {
    button.disabled = false;
  }
}

export default function ({ parentElement, data }) {
  for (const button of parentElement.querySelectorAll("button")) {
    button.onclick = () => {
      const style = getComputedStyle(parentElement.querySelector(".row"));
      save(button, data, style.getPropertyValue("--st-background-color").trim() || "#ffffff");
    };
  }
}
