// A magnifier beside the finger: what lies under it, twice as large, with the shape in hand and a cross.
import { h } from "./dom.js";

const SIDE = 132;
const SCALE = 2;
const AWAY = 96;
const PANES = ["base", "grids", "names"];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** One magnifier on a Leaflet map. */
export class Loupe {
  constructor(map) {
    this.map = map;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas = h("canvas", { class: "loupe", width: SIDE * ratio, height: SIDE * ratio, "aria-hidden": "true" });
    this.pen = this.canvas.getContext("2d");
    this.ratio = ratio;
  }

  /** Show what lies at a point of the map (px) while something of an editor is dragged there. */
  show({ x, y }, editor) {
    const box = this.map.getContainer();
    const { pen, ratio } = this;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = colour("land");
    pen.fillRect(0, 0, SIDE, SIDE);
    pen.translate(SIDE / 2, SIDE / 2);
    pen.scale(SCALE, SCALE);
    pen.translate(-x, -y);
    const corner = box.getBoundingClientRect();
    for (const pane of PANES) {
      for (const canvas of this.map.getPane(pane)?.querySelectorAll("canvas") || []) {
        const place = canvas.getBoundingClientRect();
        if (place.width) pen.drawImage(canvas, place.left - corner.left, place.top - corner.top, place.width, place.height);
      }
    }
    pen.strokeStyle = colour("accent");
    pen.lineWidth = 2;
    for (const ring of editor.now.polygons.flat()) {
      pen.beginPath();
      for (const [lon, lat] of ring) {
        const point = this.map.latLngToContainerPoint([lat, lon]);
        pen.lineTo(point.x, point.y);
      }
      pen.closePath();
      pen.stroke();
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.strokeStyle = colour("ink");
    pen.lineWidth = 1;
    pen.beginPath();
    for (const [a, b] of [[SIDE / 2 - 14, SIDE / 2 - 4], [SIDE / 2 + 4, SIDE / 2 + 14]]) {
      pen.moveTo(a, SIDE / 2);
      pen.lineTo(b, SIDE / 2);
      pen.moveTo(SIDE / 2, a);
      pen.lineTo(SIDE / 2, b);
    }
    pen.stroke();
    // above the finger; where there is no room, beside it
    const above = y - AWAY - SIDE > 0;
    const left = Math.max(4, Math.min(box.clientWidth - SIDE - 4, above ? x - SIDE / 2 : x + (x > box.clientWidth / 2 ? -AWAY - SIDE / 2 : AWAY - SIDE / 2)));
    this.canvas.style.transform = `translate(${Math.round(left)}px, ${Math.round(above ? y - AWAY - SIDE / 2 : Math.max(4, y - SIDE / 2))}px)`;
    if (!this.canvas.isConnected) box.append(this.canvas);
  }

  hide() {
    this.canvas.remove();
  }
}
