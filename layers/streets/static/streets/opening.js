// Opening a real place: hand in an OpenStreetMap extract, see on the map what it would become, store it whole or not at all.
// The address holds the job (?room=data&task=place&job=…), so a reload goes on where one was.
import { button, field, h, nameOf, number, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { Bringing } from "../gis/bringing.js";
import { request } from "../gis/request.js";

const CHINA = [73.5, 18, 135.1, 53.6];
const FIRST = 8;

/** The task "place" of the room "data": begin() shows it, end() takes its shapes off the map. */
export class Opening extends Bringing {
  constructor(app) {
    super(app, { door: "/api/imports/places", kinds: ".pbf,.osm,.gz,.bz2,.xml", storing: "osm-import" });
  }

  prepare() {
    hideBare(true); // the page of an empty place says what to do first: now it is being done
    return null;
  }

  end() {
    super.end();
    hideBare(false);
  }

  clear() {
    super.clear();
    this.shapes?.remove();
    this.mark?.remove();
    this.moved?.();
    this.app.legend.remove("opening");
    Object.assign(this, { shapes: null, mark: null, moved: null });
  }

  words() {
    return {
      title: t("Open a real place"), read: t("Read and show"),
      hint: t("An OpenStreetMap extract: .osm.pbf, .osm, .osm.gz or .osm.bz2. You can also drop it here."),
    };
  }

  needs() {
    return [
      section(t("Where such a file comes from"),
        h("p", null, t("On openstreetmap.org move the map to your town, press “Export” and save the file; whole provinces come from Geofabrik, to be cut out.")),
        h("p", null, h("a", { href: `${this.door}/example`, download: "" }, t("Or take the example: a small made-up town")))),
      section(t("What it becomes"),
        h("p", null, t("Streets, water, green and buildings become the base map; residential areas become compounds (level 1), the buildings in them level 2. County, street and community are provisional, drawn round it all. Residents are not in such files and stay unknown."))),
    ];
  }

  choose(problem = null) {
    super.choose(problem);
    this.app.layers.select("", null);
  }

  // --- the report, and the shapes on the map

  report(job) {
    const found = job.result;
    this.before = job.id;
    const input = (name, value, attributes = {}) => h("input", { name, value, maxlength: 60, autocomplete: "off", ...attributes });
    const zones = globalThis.Intl?.supportedValuesOf?.("timeZone") || [];
    const demo = h("input", { type: "checkbox", name: "demo", checked: true });
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); go.click(); } },
      field(t("Name in Chinese"), input("name_zh", found.name_zh)),
      field(t("Name in English"), input("name_en", found.name_en)),
      field(t("Time zone"), input("time_zone", zoneOf(found.bbox), { list: "zones" })),
      h("datalist", { id: "zones" }, zones.map((zone) => h("option", { value: zone }))),
      h("label", { class: "check" }, demo, t("Fill a few posts for demonstration")));
    const go = button(t("Store this place"), () => this.keep(job.id, form, go), { kind: "primary" });
    const counts = new Map(found.stored.map(({ code, count }) => [code, count]));
    this.app.panel.show({
      title: found.file,
      subtitle: t("Nothing is stored yet."),
      body: [
        section(null,
          h("p", { class: "big" }, [
            tn("%(count)s compound", "%(count)s compounds", counts.get("compound")), t(", "),
            tn("%(count)s building", "%(count)s buildings", counts.get("building")), t(", "),
            tn("%(count)s street or path", "%(count)s streets and paths", counts.get("ways")),
          ]),
          counts.get("compound") ? null : h("p", { class: "sub" }, t("No residential areas are mapped here: a chief draws the compounds."))),
        section(t("How it is called"), form),
        section(t("What would be stored"), found.stored.map(({ title, count }) => row(title, number(count)))),
        found.listed_count ? section(t("To look at"), this.listed(found), job.file ? h("p", null, h("a", { class: "button", href: job.file, download: "" }, t("Fetch the list as a file"))) : null) : null,
        section(t("Every object of the file"), found.objects.map((kind) => [
          row(kind.title, t("%(read)s = %(used)s used + %(left)s left", { read: number(kind.read), used: number(kind.used), left: number(kind.read - kind.used) })),
          kind.left.map(({ title, count }) => row(h("span", { class: "sub" }, title), number(count))),
        ])),
      ],
      foot: [this.another(), go],
      onClose: () => this.close(),
      level: this.app.phone() ? 1 : null,
    });
    if (this.problem) { setFieldErrors(form, this.problem.fields); this.app.panel.problem(this.problem); this.problem = null; }
    this.draw(job.id, found.bbox);
  }

  // Groups of objects; each row leads to its place and to its page on openstreetmap.org by its number.
  listed(found) {
    return found.listed.map((group) => {
      const line = (one) => row([h("span", null, one.name || t("without a name")), " ", h("span", { class: "sub" }, one.object)],
        one.lon === undefined ? null : button(t("Go there"), () => this.goTo([one.lon, one.lat]), { kind: "link" }));
      const box = h("div", { class: "rows" }, group.rows.slice(0, FIRST).map(line));
      const more = group.rows.length > FIRST ? button(t("Show all %(count)s", { count: number(group.rows.length) }), () => { box.append(...group.rows.slice(FIRST).map(line)); more.remove(); }, { kind: "link" }) : null;
      const left = group.count - group.rows.length;
      return h("details", null, h("summary", null, group.title, " ", tag(number(group.count))), box, more,
        left > 0 ? h("p", { class: "sub" }, tn("%(count)s more stands in the file.", "%(count)s more stand in the file.", left)) : null);
    });
  }

  draw(id, bbox) {
    this.shapes = this.app.map.addShapes(null, {
      tooltip: ({ properties }) => [nameOf(properties), wordFor(properties)].filter(Boolean).join(" · "),
    });
    this.app.legend.add("opening", t("What the file would become"), [
      { label: t("Compound"), kind: "fill", style: styleOf({ row: "area", tier: "compound" }) },
      { label: t("Building in a compound"), kind: "fill", style: styleOf({ row: "area", tier: "building" }) },
      { label: t("Building that becomes no grid"), kind: "fill", style: styleOf({ row: "feature", kind: "building", reason: "outside" }) },
      { label: t("Street or path"), kind: "line", style: styleOf({ row: "way" }) },
    ]);
    let control;
    const load = async () => {
      control?.abort();
      control = new AbortController();
      const box = this.app.map.view().bbox.map((edge, at) => Math.max(at % 2 ? -90 : -180, Math.min(at % 2 ? 90 : 180, edge)));
      const [data] = await request("GET", `${this.door}/${id}/shapes`, { query: { bbox: box.join(",") }, signal: control.signal });
      if (data && this.shapes && !this.over) this.shapes.set(data, ({ properties }) => styleOf(properties));
    };
    let still;
    this.moved = this.app.map.on("moved", () => { clearTimeout(still); still = setTimeout(load, 200); });
    this.app.map.fit(bbox, { maxZoom: 18 });
    load();
  }

  goTo(point) {
    this.mark?.remove();
    if (this.app.phone()) { // half a sheet leaves the place in sight
      this.app.panel.level = 1;
      this.app.panel.settle();
    }
    this.mark = this.app.map.addPoint(point, { radius: 9 });
    this.app.map.flyTo(point, 18);
  }

  // --- storing

  async keep(id, form, go) {
    const given = new FormData(form);
    const body = { name_zh: given.get("name_zh"), name_en: given.get("name_en"), time_zone: given.get("time_zone"), demo: given.has("demo") };
    const error = await this.store(id, body, go);
    if (error) setFieldErrors(form, error.fields);
  }

  stored(job) {
    this.app.layers.refresh();
    this.app.panel.show({
      title: t("The place is open"), subtitle: nameOf(job.result),
      body: [section(null,
        h("p", { class: "big" }, t("“%(name)s” is stored.", { name: nameOf(job.result) })),
        h("p", null, t("You are its administrator: appoint chiefs and workers in the room “Roster”, draw what is missing in “Grids”.")),
        job.result.demo ? h("p", { class: "sub" }, t("Sign-ins for the demonstration posts are printed on the server by “make demo”.")) : null)],
      foot: [h("a", { class: "button primary", href: "/" }, t("Look at the map"))],
      onClose: () => { location.assign("/"); },
    });
  }
}

function hideBare(hidden) {
  const note = document.querySelector(".bare");
  if (note) note.hidden = hidden;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function styleOf({ row: what, tier, kind, reason, status }) {
  if (what === "area" && tier === "county") return { stroke: colour("ink-3"), width: 2, dash: [8, 4], fillOpacity: 0 };
  if (what === "area" && tier === "compound") return { stroke: colour("accent"), width: 2.5, fill: colour("accent"), fillOpacity: 0.1 };
  if (what === "area") return { stroke: colour("accent"), width: 1, fill: colour("accent"), fillOpacity: 0.3 };
  if (what === "gate") return { stroke: colour("accent"), width: 2, fill: colour("paper"), fillOpacity: 1, radius: 4, dash: status === "inferred" ? [2, 2] : null };
  if (what === "way") return { stroke: colour("ink-3"), width: 1.2 };
  if (what === "barrier") return { stroke: colour("ink-3"), width: 1, dash: [2, 3] };
  if (kind === "water") return { stroke: colour("water-line"), fill: colour("water"), fillOpacity: 0.8, width: 1 };
  if (kind === "green") return { stroke: colour("park"), fill: colour("park"), fillOpacity: 0.8, width: 1 };
  if (kind === "compound" && !reason) return {}; // the area lies on it
  if (reason) return { stroke: colour("amber"), fill: colour("house"), fillOpacity: 0.6, width: 1, dash: [4, 3] };
  return { stroke: colour("house-line"), fill: colour("house"), fillOpacity: kind === "landuse" ? 0.2 : 0.5, width: 0.5 };
}

function wordFor({ row: what, reason, status }) {
  if (what === "gate") return status === "inferred" ? t("Inferred gate: a path crosses the edge, nobody has confirmed it") : t("Gate");
  return { straddling: t("across a compound's edge"), outside: t("in no compound"), overlapping: t("overlaps another one") }[reason] || "";
}

// A clock to begin with: the middle of the place lies in China, or the clock of this device.
function zoneOf([west, south, east, north]) {
  const [lon, lat] = [(west + east) / 2, (south + north) / 2];
  const inside = lon > CHINA[0] && lon < CHINA[2] && lat > CHINA[1] && lat < CHINA[3];
  return inside ? "Asia/Shanghai" : Intl.DateTimeFormat().resolvedOptions().timeZone;
}
