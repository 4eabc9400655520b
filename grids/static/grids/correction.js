// Correcting the past: a former version's words, shape and period are told anew, with a reason.
import { area as areaWords, button, dateTime, field, h, metres, nameOf, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { telling } from "./life.js";
import { boxOf, polygonsOf, sameShape } from "../gis/rings.js";

const PATIENCE_MS = 250;
const ARROWS = { undo: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2", redo: "M15 7l5 5-5 5M20 12H9a5 5 0 0 0 0 10h2" };
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const zone = () => document.documentElement.dataset.timeZone || "Asia/Shanghai";

/** An instant as a field of day and time wants it, in the place's time zone. */
export function localInput(value) {
  if (!value) return "";
  const parts = new Intl.DateTimeFormat("sv-SE", { timeZone: zone(), dateStyle: "short", timeStyle: "short" });
  return parts.format(new Date(value)).replace(" ", "T");
}

/** One correction in hand. area: what the panel showed; version: the chapter; may: {words, shape}. */
export class Correction {
  constructor(app, { area, version, may, onSaved, onDropped }) {
    Object.assign(this, { app, area, version, may, onSaved, onDropped });
    this.key = uuid();
    this.geometry = null;
    this.problems = [];
    this.kept = [];
    this.verdicts = h("div", { "aria-live": "polite" });
    this.shapeBox = h("div");
    this.save = button(t("Save the correction"), () => this.store(), { kind: "primary" });
    this.show();
  }

  show() {
    const { app, version } = this;
    const until = version.until ? dateTime(version.until) : t("today");
    app.panel.show({
      title: t("Correct the past of “%(name)s”", { name: nameOf(version) }),
      subtitle: t("As told of %(from)s to %(until)s", { from: dateTime(version.from), until }),
      body: [
        section(null, h("p", { class: "said" }, t("For what was recorded wrongly. What really changed since is drawn or renamed as of now. What was told before stays readable in the area's life.")), this.verdicts),
        section(null, this.form()),
        this.may.shape ? section(t("Shape"), this.shapeBox) : null,
      ],
      foot: [button(t("Discard"), () => this.onDropped()), this.save],
      onClose: () => this.onDropped(),
    });
    this.drawShapeBox();
  }

  form() {
    const { version, area } = this;
    const words = this.may.words;
    const input = (name, more = {}) => h("input", { name, value: version[name] || "", autocomplete: "off", ...more });
    const walled = [["unknown", t("not known")], ["yes", t("walled")], ["no", t("not walled")]];
    this.fields = h("form", { onsubmit: (event) => { event.preventDefault(); this.store(); } },
      words ? field(t("Chinese name"), input("name_zh", { required: true, maxlength: 120 })) : null,
      words ? field(t("English name (may be empty)"), input("name_en", { maxlength: 120 })) : null,
      words ? field(t("Code"), input("code", { required: true, maxlength: 40 })) : null,
      words && area.tier === "compound" ? field(t("Is it walled?"), h("select", { name: "walled" },
        walled.map(([value, label]) => h("option", { value, selected: version.walled === value }, label)))) : null,
      field(t("Wrong since"), h("input", { type: "datetime-local", name: "from", value: localInput(version.from) })),
      field(t("Wrong until"), h("input", { type: "datetime-local", name: "until", value: localInput(version.until) }),
        { hint: version.until ? null : t("Empty: until now, and it goes on so.") }),
      field(t("Why it is corrected"), h("textarea", { name: "reason", maxlength: 500, required: true, rows: 2 }), { hint: t("It stands in the area's life for everybody to read.") }),
      h("button", { type: "submit", hidden: true }));
    this.fields.addEventListener("change", () => { this.key = uuid(); });
    return this.fields;
  }

  drawShapeBox() {
    const { version, after } = this;
    if (!this.editor) {
      put(this.shapeBox, row(t("Area"), areaWords(version.area_m2)), button(t("Correct the shape too"), () => this.reshape(), { class: "wide" }));
      return;
    }
    put(this.shapeBox, h("p", { class: "sub" }, t("Drag a corner; press a small point to add one; right-click (hold) a corner to remove it."), " ",
      this.snap ? t("Snaps to neighbours within %(distance)s.", { distance: metres(this.snap) }) : null),
    row(t("Area"), t("%(before)s → %(after)s", { before: areaWords(version.area_m2), after: areaWords(after ?? version.area_m2) })),
    button(t("Leave the shape as it was"), () => this.leaveShape(), { kind: "link" }));
  }

  async reshape() {
    const { app, area, version } = this;
    const was = await telling(area.id, version.id);
    if (!was || this.over) return;
    this.was = was.geometry;
    app.map.fit(was.bbox, { maxZoom: 20 });
    this.kept.push(app.map.addShapes(was.geometry, { stroke: colour("ink-2"), width: 1.5, dash: [4, 4], under: true }));
    this.red = app.map.addShapes(null, this.redStyle());
    this.kept.push(this.red);
    app.legend.add("correction", t("In hand"), [
      { label: t("Being corrected"), kind: "fill", style: { fill: "rgb(15 107 107 / 14%)", stroke: colour("accent"), width: 3 } },
      { label: t("As told until now"), kind: "line", style: { stroke: colour("ink-2"), width: 1.5, dash: [4, 4] } },
    ]);
    this.editor = await app.map.editor({ onChange: (geometry, { drawing } = {}) => this.changed(geometry, drawing) });
    if (this.over) { this.editor.remove(); return; }
    const query = { bbox: boxOf(was.geometry, 30).join(","), tier: area.tier, moment: app.session.moment };
    const [near] = await request("GET", "/api/areas/neighbourhood", { query });
    if (this.over) return;
    if (near) {
      const around = new Set([area.tier, area.child_tier?.code]);
      const others = near.features.filter((one) => one.id !== area.id && (around.has(one.properties.tier) || one.id === area.chain.at(-2)?.id));
      this.snap = near.snap_m;
      this.editor.neighbours({ type: "FeatureCollection", features: others }, near.snap_m);
    }
    this.editor.edit(was.geometry);
    this.drawShapeBox();
    this.tools();
    if (app.phone()) { app.panel.level = 1; app.panel.settle(); }
  }

  leaveShape() {
    this.editor?.remove();
    this.editor = null;
    this.geometry = null;
    this.after = null;
    this.problems = [];
    this.kept.splice(0).forEach((shape) => shape.remove());
    this.app.tools.hide();
    this.app.legend.remove("correction");
    this.draw();
    this.drawShapeBox();
  }

  redStyle() {
    return { fill: colour("red"), fillOpacity: 0.32, stroke: colour("red"), width: 2.5, radius: 7 };
  }

  tools() {
    const { editor } = this;
    this.app.tools.show([
      { id: "undo", label: t("Undo"), icon: ARROWS.undo, disabled: !editor.canUndo(), run: () => editor.undo() },
      { id: "redo", label: t("Redo"), icon: ARROWS.redo, disabled: !editor.canRedo(), run: () => editor.redo() },
    ]);
  }

  changed(geometry, drawing) {
    if (this.over || !this.editor) return;
    this.geometry = geometry && !sameShape(geometry, this.was) ? geometry : null;
    this.key = uuid();
    this.tools();
    clearTimeout(this.waiting);
    this.control?.abort();
    this.problems = [];
    this.pending = Boolean(this.geometry);
    this.draw();
    if (this.geometry && !drawing) this.waiting = setTimeout(() => this.ask(), PATIENCE_MS);
  }

  // Only what differs goes out; the rest stays as it was told.
  body() {
    const told = Object.fromEntries(new FormData(this.fields));
    const body = { reason: told.reason };
    for (const name of ["name_zh", "name_en", "code", "walled"]) if (name in told && told[name] !== (this.version[name] || "")) body[name] = told[name];
    for (const name of ["from", "until"]) if (told[name] && told[name] !== localInput(this.version[name])) body[name] = told[name];
    if (this.geometry) body.geometry = this.geometry;
    return body;
  }

  async ask() {
    this.control = new AbortController();
    const [data, , error] = await request("POST", `/api/areas/${this.area.id}/corrections/check`, { version: this.version.version, body: this.body(), signal: this.control.signal });
    if (this.over || error?.code === "aborted") return;
    this.pending = false;
    this.problems = error ? this.told(error) : data.problems;
    this.after = error ? null : data.area_m2.after;
    this.draw();
    this.drawShapeBox();
  }

  told(error) {
    if (error.problems) return error.problems;
    return [{ id: "error", message: error.detail || error.title, geometry: null }];
  }

  draw() {
    const features = this.problems.filter(({ geometry }) => geometry).map(({ geometry }) => ({ type: "Feature", geometry, properties: {} }));
    this.red?.set(features.length ? { type: "FeatureCollection", features } : null, this.redStyle());
    const wrong = this.problems.length;
    put(this.verdicts, wrong ? [
      tag(tn("%(count)s place to correct first", "%(count)s places to correct first", wrong), "red"),
      this.problems.map((problem) => row([problem.message, problem.from ? h("div", { class: "sub" }, t("as things stood on %(when)s", { when: dateTime(problem.from) })) : null],
        problem.geometry ? button(t("Go there"), () => this.goTo(problem), { kind: "link" }) : null, { class: "wrong" })),
    ] : this.pending ? tag(t("Checking…"), "grey") : this.geometry ? tag(t("Nothing in the way"), "green") : null);
    this.save.disabled = Boolean(wrong || this.pending || this.saving);
    put(this.save, this.saving ? t("Saving…") : t("Save the correction"));
  }

  goTo(problem) {
    const at = problem.point || polygonsOf(problem.geometry)[0]?.[0]?.[0] || problem.geometry.coordinates[0];
    this.app.map.flyTo(at, Math.max(this.app.map.view().zoom, 20));
  }

  async store() {
    if (this.save.disabled) return;
    this.saving = true;
    this.app.panel.problem(null);
    this.draw();
    const [saved, , error] = await request("POST", `/api/areas/${this.area.id}/corrections`, { key: this.key, version: this.version.version, body: this.body() });
    this.saving = false;
    if (this.over) return;
    if (!error) { this.onSaved(saved); return; }
    if (error.code === "key-reused") this.key = uuid();
    if (error.problems) this.problems = error.problems;
    else this.app.panel.problem(error.status === 412 ? { ...error, retry: () => this.onDropped() } : error);
    setFieldErrors(this.fields, error.fields);
    this.draw();
    this.fields.querySelector('[aria-invalid="true"]')?.focus();
  }

  end() {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.waiting);
    this.control?.abort();
    this.editor?.remove();
    this.kept.forEach((shape) => shape.remove());
    this.app.tools.hide();
    this.app.legend.remove("correction");
  }
}
