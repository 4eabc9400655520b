// Areas from a file: choose it, say what it does not say itself, see on the map what is wrong, store it whole or not at all.
// The address holds the job (?task=import&job=…), so a reload or another device goes on where one was.
import { button, h, nameOf, number, put, row, section, t, tag, tn } from "../gis/dom.js";
import { ended, follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";
import { answers, chosen } from "./import_answers.js";
import { cautions, facts, problems, verdict } from "./import_report.js";

const DOOR = "/api/imports/areas";
const KINDS = ".geojson,.json,.gpkg,.parquet,.zip";
const MOST_MB = 500;

/** The task "import" of the room: begin() shows it, end() takes its shapes off the map. */
export class Import {
  constructor(app) {
    Object.assign(this, { app, shapes: null, mark: null, offs: [], key: uuid() });
  }

  async begin() {
    this.offs.push(this.app.state.on("job", (id) => this.show(id)));
    const [data, , error] = await request("GET", `${DOOR}/references`);
    if (this.over) return;
    if (error) {
      this.app.panel.show({ title: t("Import areas"), body: [], onClose: () => this.close() });
      this.app.panel.problem({ ...error, retry: () => { this.end(); this.over = false; this.begin(); } });
      return;
    }
    this.references = data.references;
    await this.show(this.app.state.get("job"));
  }

  end() {
    this.over = true;
    this.clear();
    this.offs.splice(0).forEach((off) => off());
  }

  clear() {
    this.stop?.();
    this.shapes?.remove();
    this.mark?.remove();
    this.moved?.();
    Object.assign(this, { stop: null, shapes: null, mark: null, moved: null });
  }

  close() {
    this.app.state.set({ task: null, job: null });
  }

  async show(id) {
    this.clear();
    if (!id) { this.choose(); return; }
    const [job, , error] = await request("GET", `/api/jobs/${encodeURIComponent(id)}`);
    if (this.over || this.app.state.get("job") !== id) return;
    if (error) { this.choose(); this.app.panel.problem(error); return; }
    if (!ended(job)) this.wait(job);
    else this.settled(job);
  }

  settled(job) {
    this.clear();
    if (job.state === "done" && job.kind === "area-import") this.stored(job);
    else if (job.state === "done") this.report(job);
    else if (job.state === "cancelled") { this.app.toast(t("Stopped; nothing was stored.")); this.app.state.set({ job: job.kind === "area-import" ? this.checked || null : null }); }
    else this.failed(job);
  }

  // --- choosing a file

  choose(problem = null, before = null) {
    const file = h("input", { type: "file", name: "file", class: "only-heard", accept: KINDS, required: true });
    const name = h("p", { class: "sub", "aria-live": "polite" });
    const read = button(t("Read and check"), () => this.send(file.files[0], form), { kind: "primary", disabled: true });
    const taken = () => {
      const [given] = file.files;
      read.disabled = !given || this.sending;
      put(name, given ? `${given.name} · ${size(given.size)}` : null);
      if (given && given.size > MOST_MB * 2 ** 20) { read.disabled = true; put(name, t("The file is larger than %(most)s MB.", { most: number(MOST_MB) })); }
    };
    file.addEventListener("change", taken);
    const drop = h("div", {
      class: "drop", data: { field: "file" }, ondragover: (event) => event.preventDefault(),
      ondrop: (event) => { event.preventDefault(); file.files = event.dataTransfer.files; taken(); },
    }, h("label", { class: "button" }, file, t("Choose a file")), name,
    h("p", { class: "hint" }, t("GeoJSON, GeoPackage, GeoParquet, or a shapefile as a zip. You can also drop it here.")));
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); if (!read.disabled) read.click(); } },
      answers({ references: this.references, said: before?.said || {} }));
    this.read = read;
    this.app.panel.show({
      title: t("Import areas"),
      subtitle: t("Nothing is stored before you have seen what would be."),
      body: [section(null, drop), section(t("If the file does not say it itself"), form)],
      foot: [button(t("Cancel"), () => this.close()), read],
      onClose: () => this.close(),
      level: 2,
    });
    if (problem) this.app.panel.problem(problem);
    this.app.layers.select("", null);
  }

  async send(file, form) {
    this.sending = true;
    this.read.disabled = true;
    put(this.read, t("Sending…"));
    const body = new FormData();
    body.append("file", file);
    body.append("said", JSON.stringify(chosen(form)));
    const [job, , error] = await request("POST", DOOR, { key: this.key, body });
    this.sending = false;
    if (this.over) return;
    this.key = uuid();
    if (error) {
      this.read.disabled = false;
      put(this.read, t("Read and check"));
      this.app.panel.problem(error);
      return;
    }
    this.app.state.set({ job: job.id });
  }

  // --- waiting, and when it did not work

  wait(job) {
    const { node, stop } = follow(job.id, { first: job, onEnd: (last) => this.settled(last) });
    this.stop = stop;
    this.app.panel.show({
      title: t("Import areas"), body: [section(null, node), section(null, h("p", { class: "sub" }, t("You may go on working; the job goes on and stands in the room Data.")))],
      onClose: () => this.close(),
    });
  }

  failed(job) {
    if (job.kind === "area-import") {
      this.app.panel.show({
        title: t("Nothing was stored"), subtitle: job.title,
        body: [section(null, (job.problem?.places || []).slice(0, 50).map((place) => row(place.message, place.geometry ? button(t("Go there"), () => this.goTo(place), { kind: "link" }) : null, { class: "wrong" })))],
        foot: [button(t("Another file"), () => this.app.state.set({ job: null }), { kind: "primary" })], onClose: () => this.close(),
      });
      this.app.panel.problem(job.problem || { title: t("This did not work.") });
      return;
    }
    this.again(job);
  }

  // The file came but could not be read so: the answers, and the same file again.
  again(job) {
    const form = h("form", { class: "answers" }, answers({ references: this.references, said: job.said || {}, open: true }));
    this.app.panel.show({
      title: t("The file cannot be read so"), subtitle: job.title,
      body: [section(t("What the file does not say itself"), form)],
      foot: [button(t("Another file"), () => this.app.state.set({ job: null })), button(t("Check again"), () => this.check(job.id, chosen(form)), { kind: "primary" })],
      onClose: () => this.close(),
    });
    this.app.panel.problem(job.problem);
  }

  async check(id, said) {
    const [job, , error] = await request("POST", `${DOOR}/${id}/check`, { key: uuid(), body: { said } });
    if (this.over) return;
    if (error) this.app.panel.problem(error);
    else this.app.state.set({ job: job.id });
  }

  // --- the report, and the shapes on the map

  report(job) {
    const found = job.result;
    const agreed = new Set();
    const form = h("form", { class: "answers" }, answers({ references: this.references, said: found.said, found, open: !found.sound }));
    const go = button(tn("Import %(count)s area", "Import %(count)s areas", found.new), () => this.store(job.id, [...agreed], go), { kind: "primary" });
    const open = () => { go.disabled = !found.sound || found.cautions.some(({ ask, code }) => ask && !agreed.has(code)); };
    open();
    const reread = (said) => this.check(job.id, { ...chosen(form), ...said });
    this.app.panel.show({
      title: found.file.name,
      subtitle: facts(found),
      body: [
        section(null, verdict(found)),
        found.cautions.length ? section(t("Look at this first"), cautions(found, { agreed, open, reread, references: this.references })) : null,
        found.problem_count ? section(t("What is wrong"), problems(found, (problem) => this.goTo(problem))) : null,
        section(t("How the file was read"), form, button(t("Check again"), () => reread({}))),
      ],
      foot: [button(t("Another file"), () => this.app.state.set({ job: null })), go],
      onClose: () => this.close(),
      level: this.app.phone() ? 1 : null,
    });
    this.draw(job.id, found);
  }

  draw(id, found) {
    const style = ({ properties }) => (properties.bad
      ? { stroke: colour("red"), fill: colour("red"), fillOpacity: 0.16, width: 2 }
      : { stroke: colour(properties.standing ? "ink-3" : "accent"), fill: colour(properties.standing ? "ink-3" : "accent"), fillOpacity: 0.1, width: 1.5, dash: properties.standing ? [3, 3] : null });
    this.shapes = this.app.map.addShapes(null, {
      tooltip: ({ properties }) => [t("Row %(row)s", { row: properties.row }), nameOf(properties), properties.code].filter(Boolean).join(" · "),
    });
    let control;
    const load = async () => {
      control?.abort();
      control = new AbortController();
      const [data] = await request("GET", `${DOOR}/${id}/shapes`, { query: { bbox: this.app.map.view().bbox.map((edge, at) => clamp(edge, at)).join(",") }, signal: control.signal });
      if (data && this.shapes && !this.over) this.shapes.set(data, style);
    };
    let still;
    this.moved = this.app.map.on("moved", () => { clearTimeout(still); still = setTimeout(load, 200); });
    if (found.bbox) this.app.map.fit(found.bbox, { maxZoom: 19 });
    load();
  }

  goTo({ geometry, point }) {
    this.mark?.remove();
    if (this.app.phone()) { // half a sheet leaves the place in sight
      this.app.panel.level = 1;
      this.app.panel.settle();
    }
    this.mark = geometry ? this.app.map.addShapes({ type: "Feature", geometry, properties: {} }, { stroke: colour("red"), fill: colour("red"), fillOpacity: 0.35, width: 3 }) : null;
    const box = this.mark?.bbox();
    if (box) this.app.map.fit(box, { maxZoom: 20 });
    else if (point) this.app.map.flyTo(point, 19);
  }

  async store(id, agreed, go) {
    go.disabled = true;
    this.storing ||= uuid();
    const [job, , error] = await request("POST", `${DOOR}/${id}/store`, { key: this.storing, body: { agreed } });
    if (this.over) return;
    if (error) { go.disabled = false; this.storing = null; this.app.panel.problem(error); return; }
    this.storing = null;
    this.checked = id;
    this.app.state.set({ job: job.id });
  }

  stored(job) {
    const { result } = job;
    this.app.layers.refresh("grids");
    this.app.panel.show({
      title: t("Imported"), subtitle: job.title,
      body: [section(null,
        h("p", { class: "big" }, tn("%(count)s area is in force.", "%(count)s areas are in force.", result.areas)),
        tag(t("stored as one change"), "green"),
        h("p", { class: "sub" }, t("Each area's history names this import.")))],
      foot: [button(t("Another file"), () => this.app.state.set({ job: null })), button(t("Look at the map"), () => this.close(), { kind: "primary" })],
      onClose: () => this.close(),
    });
    if (result.bbox) this.app.map.fit(result.bbox, { maxZoom: 18 });
  }
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A map zoomed far out shows more than the earth.
const clamp = (edge, at) => Math.max(at % 2 ? -90 : -180, Math.min(at % 2 ? 90 : 180, edge));

function size(bytes) {
  return bytes < 2 ** 20 ? t("%(n)s KB", { n: number(Math.max(1, bytes / 1024)) }) : t("%(n)s MB", { n: number(bytes / 2 ** 20, 1) });
}
