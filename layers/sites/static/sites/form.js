// One form for everything of a site: what it is, where, when it is open, what stands in it. Its place is a pin to drag.
//   editSite(app, site, {done(site), away()})   an existing one
//   addSite(app, {lonlat, done(site), away()})  a new one; the map is pressed to say where
import { button, field, h, nameOf, put, section, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { DAYS, dayNames, spansFrom, spansTyped, weekKnown } from "./hours.js";

const text = (name, value, attributes = {}) => h("input", { name, value: value || "", autocomplete: "off", ...attributes });

function select(name, options, chosen) {
  return h("select", { name }, options.map(({ code, name: words }) => h("option", { value: code, selected: code === chosen }, words)));
}

const DATES = /^\s*(\d{4}-\d{2}-\d{2})(?:\s*(?:\/|至|到|~|–)\s*(\d{4}-\d{2}-\d{2}))?\s*[:：]?\s*(.*)$/;

/** Lines "2026-10-01至2026-10-07 休息" → exceptions; the first line that is none is answered as {wrong}. */
export function exceptionsFrom(lines) {
  const found = {};
  for (const line of lines.split("\n").filter((one) => one.trim())) {
    const [, from, until, rest] = DATES.exec(line) || [];
    const spans = from && rest ? spansFrom(rest) : null;
    const key = until ? `${from}/${until}` : from;
    if (!spans || key in found) return { wrong: line.trim() };
    found[key] = spans;
  }
  return { found };
}

const exceptionLines = (hours) => Object.entries(hours?.exceptions || {}).sort(([a], [b]) => (a < b ? -1 : 1))
  .map(([key, spans]) => `${key.replace("/", "至")} ${spansTyped(spans, t)}`).join("\n");

class Form {
  constructor(app, site, { lonlat = null, done, away }) {
    Object.assign(this, { app, site, done, away, key: uuid(), agreed: [], lonlat: lonlat || (site ? [site.lon, site.lat] : null) });
    this.id = site?.id || uuid();
  }

  async open() {
    const [lists, , error] = await request("GET", "/api/sites/lists");
    const [staff] = this.site ? await request("GET", `/api/sites/${this.site.id}/staff`) : [null];
    if (error) { this.app.panel.problem(error); return; }
    Object.assign(this, { lists, staff: staff?.staff || [] });
    this.draw();
    this.pin();
    // a press belongs to the form: it must not lead away from what is being written
    this.app.map.cursor("crosshair");
    this.off = this.app.map.onClick((at) => this.moved(at));
  }

  pin() {
    this.marker?.remove();
    if (this.lonlat) this.marker = this.app.map.addPin(this.lonlat, { draggable: true, label: t("Where the site stands"), onMove: (to) => this.moved(to) });
  }

  moved(to) {
    this.lonlat = to;
    this.told = true;
    this.agreed = [];
    put(this.caution);
    if (this.marker) this.marker.move(to);
    else this.pin();
    this.place();
  }

  place() {
    put(this.where, this.lonlat ? `${this.lonlat[0].toFixed(6)}, ${this.lonlat[1].toFixed(6)}` : t("Press the map where the site stands."),
      this.told && this.site ? h("span", { class: "sub" }, ` ${t("moved; it serves the area it now lies in")}`) : null);
  }

  leave() {
    this.off?.();
    this.marker?.remove();
    this.app.map.cursor("");
  }

  draw() {
    const { site, lists } = this;
    this.where = h("p", { "aria-live": "polite" });
    this.caution = h("div", { "aria-live": "polite" });
    this.untold = h("p", { class: "sub", "aria-live": "polite" });
    this.rooms = h("div", { class: "lines" });
    this.duties = h("div", { class: "lines" });
    (site?.rooms || []).forEach((room) => this.roomLine(room));
    (site?.duties || []).forEach((duty) => this.dutyLine(duty));
    const offered = new Map((site?.services || []).map((one) => [one.service, one]));
    this.form = h("form", { class: "site-form", onsubmit: (event) => { event.preventDefault(); this.save(); } },
      section(t("What it is"),
        field(t("Chinese name"), text("name_zh", site?.name_zh, { maxlength: 120, required: true })),
        field(t("English name"), text("name_en", site?.name_en, { maxlength: 120 })),
        field(t("Kind"), select("kind", lists.kinds.map((kind) => ({ ...kind, name: kind.tier ? `${kind.name} · ${kind.tier}` : kind.name })), site?.kind.code || lists.kinds.at(-1)?.code)),
        h("div", { class: "field", data: { field: "place" } }, h("b", null, t("Place")), this.where, h("p", { class: "hint" }, t("Drag the pin, or press the map.")), h("p", { class: "field-error", hidden: true })),
        field(t("Address"), text("address_zh", site?.address_zh, { maxlength: 200 })),
        field(t("Telephone of the site"), text("phone", site?.phone, { maxlength: 40, inputmode: "tel" })),
        field(t("Run by"), select("operator_kind", lists.operators, site?.operator_kind || "")),
        field(t("Name of who runs it"), text("operator_zh", site?.operator_zh, { maxlength: 120 })),
        field(t("Way in"), select("step_free", lists.step_free, site?.step_free || ""))),
      section(t("Opening hours"),
        h("div", { class: "field", data: { field: "hours" } }, h("p", { class: "hint" }, t("For example 08:30-12:00, 14:30-18:00; empty: closed that day; 18:00-01:00 goes on past midnight.")), h("p", { class: "field-error", hidden: true })),
        DAYS.map((day, i) => field(dayNames(t)[i], text(day, spansTyped(site?.hours?.[day], t), { class: "hours", oninput: () => this.known() }))),
        this.untold, // below the days: what is being typed must not move
        button(t("Monday's hours on all working days"), () => { DAYS.slice(1, 5).forEach((day) => { this.form.elements[day].value = this.form.elements.mon.value; }); this.known(); }),
        field(t("Other hours on some days"), h("textarea", { name: "exceptions", rows: 3 }, exceptionLines(site?.hours)), { hint: t("A line for each: 2026-10-01至2026-10-07 休息, or 2026-10-10 09:00-12:00") })),
      section(t("Services offered"), h("div", { class: "field", data: { field: "services" } },
        h("details", { open: !site }, h("summary", null, t("Choose from the catalogue")), lists.services.map((one) => h("label", { class: "check" }, h("input", { type: "checkbox", name: "service", value: one.service, checked: offered.has(one.service) }), h("span", null, one.name)))),
        h("p", { class: "field-error", hidden: true }))),
      section(t("Rooms"), h("div", { class: "field", data: { field: "rooms" } }, this.rooms, button(t("Add a room"), () => this.roomLine({})), h("p", { class: "field-error", hidden: true }))),
      section(t("On duty"), h("div", { class: "field", data: { field: "duties" } }, this.duties, button(t("Add a post"), () => this.dutyLine({})), h("p", { class: "field-error", hidden: true }))));
    this.place();
    this.known();
    this.go = button(site ? t("Save") : t("Add the site"), () => this.save(), { kind: "primary" });
    this.app.panel.show({
      title: site ? t("Edit %(name)s", { name: nameOf(site) }) : t("New service site"),
      body: [section(null, this.caution), this.form, site ? section(t("Out of service"), h("p", { class: "sub" }, t("It leaves the map now, with its rooms and services; past moments still show it.")), button(t("Take it out of service"), () => this.finish(), { kind: "danger" })) : null],
      foot: [button(t("Cancel"), () => this.away()), this.go],
      onClose: () => this.away(),
      level: site ? 2 : 1, // where a new one stands is pressed on the map: a phone must show it
    });
  }

  // Seven empty days are not a closed place: nobody has told the hours, and the map says so.
  known() {
    const told = weekKnown(this.hours().hours) || DAYS.some((day) => this.form.elements[day].value.trim());
    put(this.untold, told ? null : t("All days are empty: the map will say that the hours are not known. For a place that never opens write %(closed)s on a day.", { closed: t("closed") }));
  }

  line(box, ...cells) {
    const entry = h("div", { class: "line" }, cells, button("×", () => entry.remove(), { kind: "quiet", "aria-label": t("Remove") }));
    box.append(entry);
    return entry;
  }

  roomLine(room) {
    const entry = this.line(this.rooms, text("room_name", room.name_zh, { placeholder: t("Name"), "aria-label": t("Name of the room"), maxlength: 120 }),
      text("room_floor", room.floor, { placeholder: t("Floor"), "aria-label": t("Floor"), maxlength: 20, class: "short" }),
      text("room_capacity", room.capacity ?? "", { placeholder: t("People"), "aria-label": t("People it holds"), inputmode: "numeric", class: "short" }));
    entry.room = room;
  }

  dutyLine(duty) {
    const people = h("select", { "aria-label": t("Person") }, h("option", { value: "" }, t("nobody by name")),
      duty.person && !this.staff.some(({ id }) => id === duty.person) ? h("option", { value: duty.person, selected: true }, duty.name) : null,
      this.staff.map((one) => h("option", { value: one.id, selected: one.id === duty.person }, `${one.name} · ${one.post}`)));
    const entry = this.line(this.duties, text("duty_post", duty.post_zh, { placeholder: t("Post"), "aria-label": t("Post"), maxlength: 80 }), people);
    entry.duty = duty;
  }

  hours() {
    const hours = {};
    const wrong = {};
    for (const day of DAYS) {
      const spans = spansFrom(this.form.elements[day].value);
      if (!spans) wrong[day] = t("Write times like 08:30-12:00, 14:30-18:00.");
      else if (spans.length || this.form.elements[day].value.trim()) hours[day] = spans; // "closed" is told, empty is not
    }
    const { found, wrong: line } = exceptionsFrom(this.form.elements.exceptions.value);
    if (line) wrong.exceptions = t("“%(line)s” cannot be read.", { line });
    else if (Object.keys(found).length) hours.exceptions = found;
    return { hours, wrong };
  }

  facts() {
    const { elements } = this.form;
    const value = (name) => elements[name].value.trim();
    const lines = (box) => [...box.children];
    const said = new Map((this.site?.services || []).map((one) => [one.service, one]));
    return {
      ...Object.fromEntries(["name_zh", "name_en", "kind", "address_zh", "phone", "operator_kind", "operator_zh", "step_free"].map((name) => [name, value(name)])),
      ...(this.told || !this.site ? { lon: this.lonlat?.[0] ?? null, lat: this.lonlat?.[1] ?? null, area: null } : {}),
      services: [...this.form.querySelectorAll("[name=service]:checked")].map((box) => ({ service: box.value, note_zh: said.get(box.value)?.note_zh || "", note_en: said.get(box.value)?.note_en || "" })),
      rooms: lines(this.rooms).map((entry) => {
        const [name, floor, people] = entry.querySelectorAll("input");
        return { key: entry.room.key || null, name_zh: name.value, name_en: name.value === entry.room.name_zh ? entry.room.name_en : "", floor: floor.value, capacity: people.value.trim() === "" ? null : Number(people.value) };
      }),
      duties: lines(this.duties).map((entry) => {
        const post = entry.querySelector("input").value;
        return { post_zh: post, post_en: post === entry.duty.post_zh ? entry.duty.post_en : "", person: entry.querySelector("select").value || null, hours: entry.duty.hours || {} };
      }),
    };
  }

  async save() {
    const { hours, wrong } = this.hours();
    setFieldErrors(this.form, wrong);
    this.app.panel.problem(null); // what was told of the former try
    if (Object.keys(wrong).length) { this.show(); return; }
    this.go.disabled = true;
    const body = { ...this.facts(), hours, agreed: this.agreed };
    const [saved, , error] = this.site
      ? await request("PUT", `/api/sites/${this.id}`, { body, key: this.key, version: this.site.version })
      : await request("POST", "/api/sites", { body: { ...body, id: this.id }, key: this.key });
    this.go.disabled = false;
    if (!error || error.status) this.key = uuid();
    if (error?.code === "not-agreed") { this.ask(error.cautions); return; }
    if (error) {
      setFieldErrors(this.form, error.fields);
      this.app.panel.problem(error);
      this.show();
      return;
    }
    this.leave();
    this.app.layers.refresh("sites");
    this.app.toast(this.site ? t("Saved") : t("The site is on the map"));
    this.done(saved);
  }

  show() {
    this.form.querySelector(".field-error:not([hidden])")?.scrollIntoView({ block: "center" });
  }

  // What is odd about the place is looked at before it is stored.
  ask(cautions) {
    const again = h("input", { type: "checkbox", onchange: () => { this.agreed = again.checked ? cautions.map(({ code }) => code) : []; } });
    put(this.caution, h("div", { class: "caution ask" }, cautions.map(({ message }) => h("p", null, message)),
      h("label", { class: "check" }, again, t("I have looked at it; store all the same"))));
    this.caution.scrollIntoView({ block: "center" });
  }

  async finish() {
    const [ended, , error] = await request("POST", `/api/sites/${this.id}/end`, { body: {}, version: this.site.version });
    if (error) { this.app.panel.problem(error); return; }
    const back = async () => {
      const [, , problem] = await request("POST", `/api/sites/${this.id}/reopen`, { body: {}, version: ended.version });
      this.app.layers.refresh("sites");
      if (problem) this.app.toast(problem.detail || problem.title, { tone: "red" });
      else this.app.go("map", { site: this.id });
    };
    this.leave();
    this.app.layers.refresh("sites");
    this.app.toast(t("%(name)s is out of service.", { name: nameOf(this.site) }), { undo: back, seconds: 12 });
    this.away(true);
  }
}

/** Edit a site that is there. */
export function editSite(app, site, options) {
  const form = new Form(app, site, options);
  form.open();
  return form;
}

/** Add one; where it stands is pressed on the map. */
export function addSite(app, options) {
  const form = new Form(app, null, options);
  form.open();
  return form;
}
