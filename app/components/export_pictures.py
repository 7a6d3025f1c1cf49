"""Buttons that save figures as they stand on the screen, as PNG or SVG.

The browser draws the file when a button is pressed, with the colours of the theme that it shows:
nothing is rendered before, and the server needs no browser of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

_HTML = """
<div class="row">
  <button data-format="png" title="Download the figure as PNG, twice the size on the screen.">
    <span class="icon" aria-hidden="true">download</span>PNG</button>
  <button data-format="svg" title="Download the figure as SVG, for papers and slides.">
    <span class="icon" aria-hidden="true">download</span>SVG</button>
</div>
"""

_CSS = """
.row { display: flex; gap: 1rem; align-items: center; }
button { all: unset; cursor: pointer; display: inline-flex; align-items: center; gap: 0.5rem;
  font-family: var(--st-font); font-size: 0.875rem; line-height: 1.6;
  min-height: 2.5rem; color: var(--st-text-color); }
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
button:disabled { cursor: progress; opacity: 0.5; }
button.failed { color: var(--st-red-text-color, #b42318); }
.icon { font-family: "Material Symbols Rounded"; font-size: 1rem; line-height: 1;
  font-feature-settings: "liga"; -webkit-font-feature-settings: "liga"; user-select: none; }
"""

_JS = """
const SCALE = 2;

async function drawn(graph, format, scale) {
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
    ...document.querySelectorAll(`.st-key-${CSS.escape(name)} .js-plotly-plot`),
  ]);
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
"""

_render = st.components.v2.component("mmmie_pictures", html=_HTML, css=_CSS, js=_JS)


def picture_buttons(name: str, pictures: Sequence[str]) -> None:
    """Draw the buttons.

    Args:
        name: unique on the page; what the files are called.
        pictures: keys of charts, or of a container around them. Several become one picture, in
            which they stand as they do on the screen.
    """
    _render(
        key=f"{name}-pictures",
        data={"name": name, "pictures": [_class_of(key) for key in pictures]},
        width="content",
    )


def _class_of(key: str) -> str:
    """How Streamlit writes a key in the class of an element."""
    return re.sub(r"[^a-zA-Z0-9_-]", "-", key.strip())
