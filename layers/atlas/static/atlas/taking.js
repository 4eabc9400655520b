// Layers as files: what the map shows, taken away. A file that takes long is made by a job.
import { button, empty, field, h, number, put, t } from "../gis/dom.js";
import { follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";
import { togglePopover } from "./popover.js";

const FORMATS = [
  ["gpkg", "GeoPackage (.gpkg)"], ["shp", "Shapefile (.zip)"], ["geojson", "GeoJSON"], ["parquet", "GeoParquet"], ["csv", t("Table (CSV, no shapes)")],
];

const ROOM = 196; // of a box that is placed before the form has come

/** The address of a file; what is not said is left out. */
export function addressOf(layer, { format, area = null, moment = null, filters = {} }) {
  const query = new URLSearchParams({ ...filters, format });
  if (area) query.set("area", area);
  if (moment) query.set("moment", moment);
  return `/api/layers/${encodeURIComponent(layer)}/export?${query}`;
}

/** The file name that an answer proposes. */
export function nameIn(disposition, fallback) {
  const [, name] = /filename="([^"/\\]+)"/.exec(disposition || "") || [];
  return name || fallback;
}

function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The file itself, or what is wrong: [blob, name, problem]. */
async function fetchFile(address, fallback) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin" });
  } catch {
    return [null, "", { title: t("The server cannot be reached."), detail: t("Try again.") }];
  }
  if (response.ok) return [await response.blob(), nameIn(response.headers.get("Content-Disposition"), fallback), null];
  const problem = await response.json().catch(() => ({}));
  return [null, "", { title: t("This did not work."), ...problem }];
}

function problemBox(problem) {
  return h("div", { class: "problem", role: "alert" }, h("p", null, h("b", null, problem.title)), problem.detail ? h("p", null, problem.detail) : null);
}

async function byJob(app, layer, wanted, below) {
  const id = uuid();
  const [, , error] = await request("POST", `/api/layers/${encodeURIComponent(layer)}/export`, {
    key: uuid(), body: { id, format: wanted.format, area: wanted.area ?? null, moment: wanted.moment || "", filters: wanted.filters || {} },
  });
  if (error) {
    put(below, problemBox(error));
    return;
  }
  const { node, stop } = follow(id, {});
  app.own(stop);
  put(below, node);
}

/** A form that takes away a layer, of one area when one is named: a node; room = px kept free for what comes. */
export function takeAway(app, { area = null, room = 0 } = {}) {
  const box = h("div", { class: "take-away", style: room ? { "min-height": `${room}px` } : {} }, h("div", { class: "skeleton" }), h("div", { class: "skeleton" }));
  (async () => {
    const [data, , error] = await request("GET", "/api/layers");
    if (error) {
      put(box, problemBox(error));
      return;
    }
    if (!data.layers.length) {
      put(box, empty(t("There is nothing here that can be exported.")));
      return;
    }
    const layer = h("select", { name: "layer", data: { first: true } }, data.layers.map(({ name, title }) => h("option", { value: name }, title)));
    const format = h("select", { name: "format" }, FORMATS.filter(([word]) => data.formats.includes(word)).map(([word, title]) => h("option", { value: word }, title)));
    const below = h("div", { "aria-live": "polite" });
    const go = button(t("Export"), async () => {
      const wanted = { format: format.value, area, moment: app.session.moment, filters: app.layers.narrowed?.(layer.value) };
      go.disabled = true;
      put(below, h("div", { class: "skeleton" }));
      const [blob, name, problem] = await fetchFile(addressOf(layer.value, wanted), `${layer.value}.${format.value}`);
      go.disabled = false;
      if (blob) {
        save(blob, name);
        put(below, h("p", { class: "sub" }, t("%(name)s, %(size)s kB", { name, size: number(blob.size / 1000, blob.size < 10_000 ? 1 : 0) })));
      } else if (problem.code === "too-many-rows" && app.session.account) await byJob(app, layer.value, wanted, below);
      else if (problem.code === "too-many-rows") put(below, problemBox({ title: problem.detail, detail: t("Sign in, then a job makes it.") }));
      else put(below, problemBox(problem));
    }, { kind: "primary" });
    put(box, field(t("What"), layer), field(t("As"), format), go, below);
  })();
  return box;
}

/** A button that opens that form. */
export function exportButton(app, options) {
  const opener = button(t("Export…"), () => togglePopover(opener, t("Export as a file"), () => [h("h2", null, t("Export as a file")), takeAway(app, { ...options, room: ROOM })]), { "aria-haspopup": "dialog", "aria-expanded": "false" });
  return opener;
}
