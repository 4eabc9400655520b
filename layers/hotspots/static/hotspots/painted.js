// More cells than are drawn one by one: the server paints the classes of what is in view, grey by class, we colour them.
import { h, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { colour, colours } from "./cells.js";

const STRIPE = 0.8; // how opaque a stripe over a colour is

// A colour of the page as bytes.
function bytes(context, text, opacity) {
  context.fillStyle = text;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  context.clearRect(0, 0, 1, 1);
  return [red, green, blue, Math.round(opacity * 255)];
}

async function coloured({ picture, classes, edge }, styleOf) {
  const image = new Image();
  image.src = picture;
  await image.decode();
  const canvas = h("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const table = colours(classes, edge, (name) => {
    const { fill, hatch, fillOpacity } = styleOf(name);
    return bytes(context, hatch || fill, hatch && fill ? STRIPE : fillOpacity);
  });
  const between = ({ fill, fillOpacity }) => (fill ? bytes(context, fill, fillOpacity) : [0, 0, 0, 0]);
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height);
  colour(data.data, canvas.width, table, new Map(classes.flatMap((name, at) => (styleOf(name).hatch ? [[at + 1, between(styleOf(name))]] : []))));
  context.putImageData(data, 0, 0);
  return canvas.toDataURL();
}

/** Paint the view, and again whenever the map has moved; answers {remove()}. address: where pictures of the answer are. */
export function drawPainted(app, { address, styleOf, label }) {
  let control = null;
  let shown = null;
  let gone = false;
  const note = h("p", { class: "from-near", hidden: true }, t("Each square shows what most of the cells in it are. Zoom in to see them one by one."));
  document.getElementById("stage").append(note);
  const paint = async () => {
    control?.abort();
    control = new AbortController();
    const { signal } = control;
    const { bbox: [west, south, east, north] } = app.map.view();
    const { clientWidth: wide, clientHeight: high } = app.map.container;
    const limit = (value, most) => Math.max(-most, Math.min(most, value));
    const box = { west: limit(west, 180), south: limit(south, 85), east: limit(east, 180), north: limit(north, 85) };
    const [data, , error] = await request("GET", address, { query: { ...box, wide, high }, signal });
    if (gone || signal.aborted) return;
    if (error) {
      app.panel.problem({ ...error, retry: paint });
      return;
    }
    const url = await coloured(data, styleOf);
    if (gone || signal.aborted) return;
    const before = shown;
    shown = app.map.addPicture(url, data.bbox, { label });
    before?.remove();
    note.hidden = !data.together;
  };
  const off = app.map.on("moved", paint);
  paint();
  return {
    remove() {
      gone = true;
      off();
      control?.abort();
      shown?.remove();
      note.remove();
    },
  };
}
