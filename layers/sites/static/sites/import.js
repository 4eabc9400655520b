// Sites out of a file: choose it, see what would be added and changed and what cannot be, put the columns right, store it.
// The address holds the job (?room=data&task=sites&job=…), so a reload or another device goes on where one was.
import { Bringing } from "../gis/bringing.js";
import { button, field, h, number, row, section, t, tag, tn } from "../gis/dom.js";

const AT_FIRST = 20;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const DATUMS = [["wgs84", "WGS 84"], ["cgcs2000", "CGCS2000"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"]];

/** The task "sites" of the room "data": begin() shows it, end() leaves. */
export class Sites extends Bringing {
  constructor(app) {
    super(app, { door: "/api/imports/sites", kinds: ".csv,.txt,.tsv,.xlsx,.gpkg,.geojson,.json", storing: "sites-import", most: 200 });
  }

  words() {
    return {
      title: t("Import service sites"), read: t("Read and check"),
      hint: t("A table (CSV in UTF-8 or GB18030, XLSX) or a map file of points (GeoPackage, GeoJSON). You can also drop it here."),
    };
  }

  needs() {
    return [section(t("What the table needs"),
      h("p", null, t("In each row a name, longitude and latitude; if you like kind, address, telephone, opening hours, services, rooms.")),
      h("p", { class: "sub" }, t("Opening hours as people write them: 周一至周五 08:30-12:00,14:30-18:00; 周六 09:00-12:00")),
      h("p", null, h("a", { href: "/api/sites/file.xlsx", download: "" }, t("All sites as a table to fill in"))))];
  }

  clear() {
    super.clear();
    this.marks?.remove();
    this.marks = null;
    this.app.legend.remove("sites-import");
  }

  report(job) {
    const found = job.result;
    this.before = job.id;
    const agreed = new Set();
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); this.check(job.id, answered(form)); } }, questions(found));
    const go = button(t("Store"), () => this.store(job.id, { agreed: [...agreed] }, go), { kind: "primary" });
    const open = () => { go.disabled = !found.storable || found.cautions.some(({ code }) => !agreed.has(code)); };
    open();
    this.mark(found);
    this.app.panel.show({
      title: found.file.name,
      subtitle: tn("%(count)s row", "%(count)s rows", found.file.rows),
      body: [
        section(null, verdict(found)),
        found.cautions.length ? section(t("Look at this first"), found.cautions.map((one) => caution(one, agreed, open))) : null,
        found.fault_count ? section(t("Lines that are left out"), faults(found), h("p", null, h("a", { href: job.file_url || `/api/jobs/${job.id}/file`, download: "" }, t("All of them as a file")))) : null,
        found.preview.length ? section(t("What would be stored"), h("div", { class: "rows" }, found.preview.slice(0, AT_FIRST).map((one) => row([one.name, h("span", { class: "sub" }, ` ${one.kind}`)], one.new ? t("to be added") : t("to be changed"))))) : null,
        section(t("How the file was read"), form, button(t("Check again"), () => this.check(job.id, answered(form)))),
      ],
      foot: [this.another(), go],
      onClose: () => this.close(),
      level: 2,
    });
    if (this.problem) { this.app.panel.problem(this.problem); this.problem = null; }
  }

  // Where they would stand.
  mark({ preview }) {
    if (!preview.length) return;
    const features = preview.map(({ lon, lat, name, new: fresh }) => ({ type: "Feature", properties: { name, fresh }, geometry: { type: "Point", coordinates: [lon, lat] } }));
    const look = ({ properties: { fresh } }) => ({ fill: colour(fresh ? "accent" : "amber"), fillOpacity: 0.9, stroke: colour("paper"), width: 2, radius: 7 });
    const tooltip = ({ properties: { name, fresh } }) => `${name} · ${fresh ? t("to be added") : t("to be changed")}`;
    this.marks = this.app.map.addShapes({ type: "FeatureCollection", features }, Object.assign(look, { tooltip }));
    const entries = [[true, t("to be added")], [false, t("to be changed")]].filter(([fresh]) => preview.some((one) => Boolean(one.new) === fresh));
    this.app.legend.add("sites-import", t("What the file would become"), entries.map(([fresh, label]) => ({ label, kind: "point", style: { symbol: { shape: "circle", size: 14, fill: colour(fresh ? "accent" : "amber"), stroke: colour("paper"), width: 2 } } })));
    const box = this.marks.bbox();
    if (box) this.app.map.fit(box, { maxZoom: 16 });
  }

  stored(job) {
    this.app.layers.refresh("sites");
    const told = job.result.stored;
    this.app.panel.show({
      title: told ? t("Stored") : t("Nothing new"), subtitle: job.title,
      body: [section(null,
        told ? h("p", { class: "big" }, tn("%(count)s site was added.", "%(count)s sites were added.", told.new)) : h("p", null, t("All of it is stored already; nothing was changed.")),
        told ? h("p", null, tn("%(count)s site was changed; what it was before stays in the past.", "%(count)s sites were changed; what they were before stays in the past.", told.changed)) : null)],
      foot: [this.another(), button(t("Done"), () => this.close(), { kind: "primary" })],
      onClose: () => this.close(),
    });
  }
}

function verdict(found) {
  if (found.wanting) return [tag(t("Not yet clear"), "amber"), h("p", null, found.wanting)];
  if (found.nothing_new) return [tag(t("Nothing new"), "grey"), h("p", null, t("All of it is stored already."))];
  const left = found.fault_count ? tag(tn("%(count)s line is left out", "%(count)s lines are left out", found.fault_count), "amber") : tag(t("Everything fits"), "green");
  return [left, h("p", { class: "big" }, tn("%(count)s new site", "%(count)s new sites", found.new)),
    row(t("Sites that change"), number(found.changed)), row(t("Sites that are as they are"), number(found.unchanged))];
}

function caution({ code, message }, agreed, open) {
  return h("div", { class: "caution ask" }, h("p", null, message), h("label", { class: "check" }, h("input", {
    type: "checkbox", onchange: (event) => { if (event.target.checked) agreed.add(code); else agreed.delete(code); open(); },
  }), t("I have looked at it; store all the same")));
}

function faults(found) {
  const left = found.fault_count - AT_FIRST;
  return [h("div", { class: "rows" }, found.faults.slice(0, AT_FIRST).map(({ line, message }) => row([h("b", null, t("Line %(line)s", { line })), ` ${message}`], null, { class: "wrong" }))),
    left > 0 ? h("p", { class: "sub" }, tn("… and %(count)s more", "… and %(count)s more", left)) : null];
}

const titles = () => ({
  name_zh: t("Chinese name"), name_en: t("English name"), kind: t("Kind"), lon: t("Longitude"), lat: t("Latitude"), area: t("Code of the area"),
  address_zh: t("Address"), phone: t("Telephone of the site"), hours: t("Opening hours"), services: t("Services offered"), rooms: t("Rooms"),
});

function questions(found) {
  const named = titles();
  const column = (word) => field(named[word], h("select", { name: `map.${word}` }, h("option", { value: "" }, "–"),
    found.file.columns.map(({ name, samples }) => h("option", { value: name, selected: found.map[word] === name }, samples.length ? `${name} (${samples[0]})` : name))));
  return [
    h("div", { class: "columns" }, found.words.filter((word) => named[word]).map(column)),
    found.words.filter((word) => !named[word] && found.map[word]).map((word) => h("input", { type: "hidden", name: `map.${word}`, value: found.map[word] })),
    field(t("Datum of the coordinates"), h("select", { name: "datum" }, DATUMS.map(([code, title]) => h("option", { value: code, selected: code === (found.said?.datum || "wgs84") }, title)))),
  ];
}

function answered(form) {
  const data = new FormData(form);
  const columns = {};
  for (const [name, head] of data) if (name.startsWith("map.") && head) columns[name.slice(4)] = head;
  return { columns, datum: data.get("datum") };
}
