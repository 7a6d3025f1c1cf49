// The lines of maps: triangles, trails, axes and outlines. Continues map_points.js.

const QUIET = "#7b8794";

class Lines {
  /** Draw behind the points, in pixels of the page. */
  behind(here, drawing) {
    const context = here.ground.getContext("2d"), scale = window.devicePixelRatio || 1;
    context.save();
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.globalCompositeOperation = "destination-over";
    drawing(context);
    context.restore();
  }

  /** A line from where an utterance was before to where it is: faint ones of all, or of some. */
  drawTrails(before, { own, ...here }) {
    const { traced, count } = this.message;
    this.behind(here, (context) => {
      context.globalAlpha = traced ? 0.9 : 0.4;
      context.beginPath();
      for (const row of traced ?? Array(count).keys()) {
        context.moveTo(before.x[row], before.y[row]);
        context.lineTo(own.x[row], own.y[row]);
      }
      this.outline(context, QUIET, 1);
    });
  }

  /** Behind the points: a line at every tick, and a dotted one where both directions are equal. */
  drawAxes({ across, up, ticks }, here, view) {
    const { clientWidth: width, clientHeight: height } = here.stage;
    const places = (shares) => placed(
      Uint16Array.from(shares.flatMap((share) => [share * STEPS, share * STEPS])), 2, view, width,
      height);
    const { color, fontFamily } = getComputedStyle(this.root);
    this.behind(here, (context) => {
      const line = (from, to) => {
        context.beginPath();
        context.moveTo(...from);
        context.lineTo(...to);
        this.outline(context, QUIET, 1);
      };
      const write = (text, x, y, textAlign, textBaseline) => {
        Object.assign(context, { textAlign, textBaseline });
        context.fillText(text, x, y);
      };
      Object.assign(context, { font: `11px ${fontFamily}`, fillStyle: color });
      const { x, y } = places(ticks.map(([share]) => share));
      ticks.forEach(([, text], t) => {
        write(text, x[t], height - 5, "center", "alphabetic");
        write(text, 5, y[t], "left", "middle");
      });
      write(`${across} →`, width - 6, height - 20, "right", "alphabetic");
      write(`↑ ${up}`, 26, 6, "left", "top");
      const ends = places([0, 1]);
      context.setLineDash([2, 3]);
      line([ends.x[0], ends.y[0]], [ends.x[1], ends.y[1]]);
      context.setLineDash([]);
      context.globalAlpha = 0.25;
      for (const at of x) line([at, 0], [at, height - 18]);
      for (const at of y) line([22, at], [width, at]);
    });
  }

  /** An utterance joined to itself in all modalities, its corners in their hues. */
  drawTriangle(i, row, context) {
    const { primary, pinned, panels } = this.message, { fronts } = this.panels[i];
    const looked = [primary, pinned, this.hovered].includes(row);
    context.beginPath();
    for (const { x, y } of fronts) context.lineTo(x[row], y[row]);
    context.closePath();
    context.fillStyle = QUIET;
    context.globalAlpha = looked ? 0.35 : 0.12;
    context.fill();
    context.globalAlpha = looked ? 1 : 0.75;
    this.outline(context, looked ? getComputedStyle(this.root).color : QUIET, looked ? 2 : 1.2);
    context.globalAlpha = 1;
    [panels[i], ...panels[i].others].forEach(({ hue }, front) => {
      const { x, y } = fronts[front];
      context.fillStyle = hue;
      context.beginPath();
      context.arc(x[row], y[row], looked ? 4.5 : 3.2, 0, 7);
      context.fill();
    });
  }

  outline(context, colour, width) {
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  }
}
