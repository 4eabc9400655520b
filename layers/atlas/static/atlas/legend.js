// The legend (only what can be seen now) and the layer switch.
import { button, h, icon, put, t } from "../gis/dom.js";
import { drawItems } from "../gis/draw.js";
import { drawSymbol } from "../gis/symbols.js";
import { legends } from "./styles.js";

const CHEVRON = "M6 9l6 6 6-6";
const [WIDE, HIGH] = [26, 18];

/** A little picture of a style. kind: "fill" | "line" | "point". */
export function swatch(kind, style, font) {
  const ratio = globalThis.devicePixelRatio || 1;
  const canvas = h("canvas", { width: WIDE * ratio, height: HIGH * ratio, "aria-hidden": "true" });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const [first] = Array.isArray(style) ? style : [style];
  if (kind === "point") {
    const symbol = first.symbol || first;
    const size = Math.min(symbol.size || 12, symbol.shape === "pin" ? 9 : 15);
    const drawn = { ...symbol, size, width: Math.min(symbol.width ?? 2, 2.5), text: size < 14 ? null : symbol.text, count: undefined };
    if (symbol.shape === "cluster") Object.assign(drawn, { text: "", width: 3 });
    drawSymbol(context, WIDE / 2, symbol.shape === "pin" ? HIGH - 2 : HIGH / 2, drawn, font);
    return canvas;
  }
  const ring = [3, 3, WIDE - 3, 3, WIDE - 3, HIGH - 3, 3, HIGH - 3, 3, 3].map((v, i) => (i % 2 ? v / HIGH : v / WIDE));
  const line = [1, HIGH - 6, WIDE / 2, HIGH / 2 - 2, WIDE - 1, HIGH / 2].map((v, i) => (i % 2 ? v / HIGH : v / WIDE));
  const parts = [(kind === "line" ? line : ring).map((v, i) => v * (i % 2 ? HIGH : WIDE))];
  const feature = { type: kind === "line" ? 2 : 3, parts };
  const plain = (Array.isArray(style) ? style : [style]).map((one) => ({ feature, style: { ...one, haloWidth: Math.min(one.haloWidth ?? 0, 5) } }));
  drawItems(context, plain, { scale: 1, dx: 0, dy: 0 });
  return canvas;
}

/** The legend box; sources: the page's tile groups; scene tells what is drawn. */
export class Legend {
  constructor(element, { scene, sources, font, zoom }) {
    Object.assign(this, { element, scene, font, zoom });
    this.layers = sources.flatMap((source) => source.layers).sort((a, b) => b.order - a.order);
    this.own = new Map(); // what rooms draw themselves
    this.open = localStorageGet("legend") !== "closed" && globalThis.innerWidth >= 768;
    this.items = h("div", { class: "items", id: "legend-items" });
    this.head = h("button", { type: "button", "aria-controls": "legend-items", onclick: () => this.fold() }, t("Legend"), icon(CHEVRON, 16));
    put(element, this.head, this.items);
    this.shown = null;
    this.settle();
  }

  fold() {
    this.open = !this.open;
    localStorageSet("legend", this.open ? "open" : "closed");
    this.settle();
  }

  settle() {
    this.head.setAttribute("aria-expanded", String(this.open));
    this.items.hidden = !this.open;
  }

  add(id, title, entries) {
    this.own.set(id, { title, entries });
    this.draw(true);
  }

  remove(id) {
    if (this.own.delete(id)) this.draw(true);
  }

  // The entries of the layers that have something on the screen.
  * visible() {
    for (const layer of this.layers) {
      const seen = this.scene.seen?.get(layer.name);
      if (!seen?.size || !legends[layer.name] || !this.scene.visible(layer, this.zoom())) continue;
      for (const entry of legends[layer.name](this.scene.ctx)) {
        if (!entry.when || [...seen].some((properties) => entry.when(properties, this.scene.ctx))) yield { ...entry, layer: layer.name, today: this.past() && !layer.temporal };
      }
    }
  }

  past() {
    return Boolean(this.scene.ctx.moment);
  }

  // What has no history is shown as it is today: said, so that nobody takes it for the map of then.
  today() {
    if (!this.past()) return null;
    const base = this.layers.some((layer) => layer.base && this.scene.seen?.get(layer.name)?.size);
    return base ? h("p", { class: "today" }, t("Streets, walls and the base map are drawn as of today.")) : null;
  }

  /** Draw again when what is seen has changed. */
  draw(always = false) {
    const entries = [...this.visible()];
    const key = [this.past(), ...entries.map((entry) => `${entry.layer}/${entry.label}`)].join();
    if (key === this.shown && !always) return;
    this.shown = key;
    const line = ({ label, kind, style, today }) => h("div", { class: "entry" }, swatch(kind, style, this.font),
      h("span", null, label, today ? h("small", { class: "today" }, t("as of today")) : null));
    const parts = [...this.own.values()].map(({ title, entries: own }) => [h("h3", null, title), own.map(line)]);
    const rest = entries.map(line);
    put(this.items, parts, parts.length && rest.length ? h("h3", null, t("Map")) : null, rest, this.today());
    this.element.hidden = !parts.length && !rest.length;
  }
}

/** What the layer switch shows: a box for each layer that can be switched, with the zoom it begins at. */
export function layerSwitch(app, sources, zoom) {
  const layers = sources.flatMap((source) => source.layers).filter((layer) => !layer.base).sort((a, b) => b.order - a.order);
  const base = sources.flatMap((source) => source.layers).filter((layer) => layer.base);
  const line = (name, title, hint) => h("label", { class: "switch" },
    h("input", { type: "checkbox", checked: app.layers.shown(name), onchange: (event) => app.layers.show(name, event.target.checked) }),
    h("span", null, title), hint ? h("small", null, hint) : null);
  return [
    h("h2", null, t("Layers")),
    layers.map((layer) => line(layer.name, layer.title, zoom < layer.min_zoom ? t("zoom in") : null)),
    base.length ? line("base", t("Base map"), null) : null,
    layers.length ? null : h("p", null, t("There are no layers yet.")),
    h("h2", { class: "apart" }, t("Reading")),
    h("label", { class: "switch" }, h("input", { type: "checkbox", id: "large-text", checked: large(), onchange: (event) => setLarge(event.target.checked, app) }), h("span", null, t("Large text"))),
    button(t("Show everything"), () => { layers.forEach((layer) => app.layers.show(layer.name, true)); app.layers.show("base", true); }, { kind: "link" }),
  ];
}

const large = () => document.documentElement.dataset.text === "large";

/** Large text for whoever reads better so; kept in this browser. */
function setLarge(on, app) {
  if (on) document.documentElement.dataset.text = "large";
  else delete document.documentElement.dataset.text;
  localStorageSet("text", on ? "large" : "");
  app.panel.settle();
  app.map.invalidate();
}

if (localStorageGet("text") === "large") document.documentElement.dataset.text = "large";

function localStorageGet(name) {
  try { return globalThis.localStorage.getItem(name); } catch { return null; } // storage may be forbidden
}

function localStorageSet(name, value) {
  try { globalThis.localStorage.setItem(name, value); } catch { /* then it is only not remembered */ }
}
