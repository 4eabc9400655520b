// An answer as a file: a link, or for very many cells a job that makes it and tells how far it is.
import { button, h, put, t } from "../gis/dom.js";
import { follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";

const KINDS = [["csv", "CSV"], ["xlsx", "XLSX"], ["gpkg", "GeoPackage"], ["geojson", "GeoJSON"]];

/** Where something of an answer is found: "file.csv", "picture", "cell"; of a kept one as it was kept. */
export function addressOf({ run, summary, view }, what) {
  return run ? `/api/hotspots/runs/${run.id}/${what}` : `/api/${view === "need" ? "atlas/needs" : "hotspots"}/${what}?${summary.link}`;
}

const making = new WeakMap(); // the job of an answer stays in sight when a cell was looked at meanwhile

/** {foot, below}: ways to the files for the panel's foot, and a node that shows the job at work. */
export function files(app, answer) {
  const below = making.get(answer) || h("div", { class: "making", "aria-live": "polite" });
  making.set(answer, below);
  if (!answer.summary.pictured) return { foot: KINDS.map(([kind, label]) => h("a", { class: "button file", href: addressOf(answer, `file.${kind}`), download: "" }, label)), below };
  let stop = null;
  const make = async (kind) => {
    const id = uuid();
    const asked = answer.run ? {} : { asked: Object.fromEntries(new URLSearchParams(answer.summary.link)) };
    const [, , error] = await request("POST", addressOf(answer, `file.${kind}`).split("?")[0], { key: uuid(), body: { id, ...asked } });
    if (error) {
      app.panel.problem(error);
      return;
    }
    stop?.();
    const job = follow(id, {});
    ({ stop } = job);
    app.own(stop);
    put(below, job.node);
    below.scrollIntoView({ block: "nearest" });
  };
  return { foot: KINDS.map(([kind, label]) => button(label, () => make(kind), { class: "button file" })), below };
}
