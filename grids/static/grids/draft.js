// A boundary that is being drawn or changed: the editor on the map, the live check, and the panel beside it.
import { area as areaWords, button, dateTime, field, h, metres, nameOf, number, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { areaOf, boxOf, sameShape, selfCrossing, polygonsOf } from "./rings.js";

const PATIENCE_MS = 250;
const ARROWS = { undo: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2", redo: "M15 7l5 5-5 5M20 12H9a5 5 0 0 0 0 10h2" };

/** One task in hand: task "draw" (a child of the area) or "move" (the area's own boundary). */
export class Draft {
  constructor(app, { area, task, geometry = null, words = null, onSaved, onDropped }) {
    Object.assign(this, { app, area, task, onSaved, onDropped });
    this.key = uuid(); // one key for one act, however often the button is pressed
    this.id = uuid();
    this.version = area.version;
    this.start = geometry;
    this.words = words;
    this.current = { geometry: null, drawing: true, points: 0 };
    this.check = { pending: false, problems: [], after: null, noded: [] };
    this.other = null;
    this.tier = task === "draw" ? area.child_tier : { code: area.tier, name_zh: area.tier_zh, name_en: area.tier_en };
    this.shapes = [];
  }

  async begin() {
    const { app, area } = this;
    this.build();
    if (this.task === "move") app.layers.select("", null); // the dashed line shows what was
    app.map.fit(area.bbox, { maxZoom: this.task === "draw" ? 19 : 20 });
    this.red = this.keep(app.map.addShapes(null, this.redStyle()));
    if (this.task === "move") this.keep(app.map.addShapes(area.geometry, { stroke: this.colour("ink-2"), width: 1.5, dash: [4, 4], under: true }));
    this.editor = await app.map.editor({
      onChange: (geometry, { drawing, points }) => this.changed(geometry, drawing, points),
      onDone: () => this.raise(),
    });
    if (this.over) { this.editor.remove(); return; }
    await this.look();
    if (this.over) return;
    if (this.start) this.editor.edit(this.start);
    else if (this.task === "move") this.editor.edit(area.geometry);
    else this.editor.draw();
    this.offKeys = this.listen();
    this.offMoved = app.map.on("moved", () => { if (this.more) this.look(); });
    this.offClick = app.map.onClick(() => {});
    this.addLegend();
  }

  colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  redStyle() {
    return { fill: this.colour("red"), fillOpacity: 0.32, stroke: this.colour("red"), width: 2.5, radius: 7 };
  }

  keep(shape) {
    this.shapes.push(shape);
    return shape;
  }

  addLegend() {
    const red = { fill: "rgb(185 50 38 / 32%)", stroke: this.colour("red"), width: 2 };
    const mine = { fill: "rgb(15 107 107 / 14%)", stroke: this.colour("accent"), width: 3 };
    this.app.legend.add("draft", t("In hand"), [
      { label: t("Being edited"), kind: "fill", style: mine },
      { label: t("To be corrected"), kind: "fill", style: red },
      ...(this.task === "move" ? [{ label: t("Boundary until now"), kind: "line", style: { stroke: this.colour("ink-2"), width: 1.5, dash: [4, 4] } }] : []),
    ]);
  }

  listen() {
    const onKey = (event) => {
      const typing = event.target.closest?.("input, textarea, select");
      if (typing || !(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey) this.editor.undo();
      else if (key === "y" || (key === "z" && event.shiftKey)) this.editor.redo();
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }

  // What may be snapped to: the neighbourhood of the edit, bounded by the server.
  async look() {
    const view = this.app.map.view().bbox;
    const bbox = this.more ? view : boxOf(this.area.geometry, 30);
    const [data] = await request("GET", "/api/areas/neighbourhood", { query: { bbox: bbox.join(","), tier: this.tier.code } });
    if (!data || this.over) return;
    this.more = data.more;
    const others = data.features.filter(({ id, properties }) => this.offers({ ...properties, id }));
    this.editor.neighbours({ type: "FeatureCollection", features: others }, data.snap_m);
    this.snapMetres = data.snap_m;
    this.hint();
  }

  // On a phone the sheet lies low while the line is drawn, and comes up for the names.
  raise() {
    if (!this.app.phone()) return;
    this.app.panel.level = 1;
    this.app.panel.settle();
  }

  // The area above, those beside and, of a boundary that moves, those inside; nobody else's walls.
  offers({ id, tier }) {
    if (this.task === "draw") return id === this.area.id || tier === this.tier.code;
    const above = this.area.chain.at(-2);
    return id !== this.area.id && (tier === this.area.tier || id === above?.id || tier === this.area.child_tier?.code);
  }

  changed(geometry, drawing, points) {
    this.current = { geometry, drawing, points };
    this.hint();
    this.tools();
    clearTimeout(this.waiting);
    this.control?.abort();
    this.app.panel.problem(null);
    if (!geometry) {
      this.check = { pending: false, problems: [], after: null, noded: [] };
      this.draw();
      return;
    }
    this.check = { ...this.check, pending: true, after: areaOf(geometry) };
    this.draw();
    this.waiting = setTimeout(() => this.ask(geometry), PATIENCE_MS);
  }

  async ask(geometry) {
    this.control = new AbortController();
    const target = this.task === "draw" ? { parent: this.area.id, tier: this.tier.code } : { area: this.area.id };
    const [data, , error] = await request("POST", "/api/areas/check", { body: { geometry, ...target }, signal: this.control.signal });
    if (this.over || error?.code === "aborted") return;
    if (error) {
      const problems = error.places.map((place, at) => ({ id: `place-${at}`, message: place.message, geometry: place.geometry, severity: "error" }));
      this.check = { pending: false, failed: true, problems: problems.length ? problems : [{ id: "error", message: error.detail || error.title, severity: "error" }], after: null, noded: [] };
    } else {
      this.check = { pending: false, problems: data.problems, after: data.area_m2.after, noded: data.noded };
    }
    this.draw();
  }

  wrong() {
    return this.check.problems.filter(({ severity }) => severity === "error");
  }

  ready() {
    const { geometry, drawing } = this.current;
    const changed = this.task === "draw" || (geometry && !sameShape(geometry, this.area.geometry));
    return Boolean(geometry) && !drawing && changed && !this.check.pending && !this.wrong().length && !this.saving;
  }

  dirty() {
    const { geometry } = this.current;
    return Boolean(geometry) && (this.task === "draw" || !sameShape(geometry, this.area.geometry));
  }

  tools() {
    const { app, editor } = this;
    const [first] = this.task === "draw" ? [t("Draw")] : [t("Move corners")];
    const steps = editor.past.length - 1;
    app.tools.show([
      { id: "mode", label: this.current.drawing ? first : t("Move corners"), on: true, run: () => {} },
      { id: "undo", label: steps > 0 && !this.current.drawing ? t("Undo %(count)s", { count: number(steps) }) : t("Undo"), icon: ARROWS.undo, disabled: !editor.canUndo(), run: () => editor.undo() },
      ...(this.current.drawing
        ? [{ id: "finish", label: t("Close the line"), disabled: this.current.points < 3, run: () => editor.finish() }]
        : [{ id: "redo", label: t("Redo"), icon: ARROWS.redo, disabled: !editor.canRedo(), run: () => editor.redo() }]),
    ]);
  }

  hint() {
    const { drawing, points } = this.current;
    const snap = this.snapMetres ? t("Snaps to neighbours within %(distance)s.", { distance: metres(this.snapMetres) }) : "";
    let words = t("Drag a corner; press a small point to add one; right-click (hold) a corner to remove it.");
    if (drawing && points < 3) words = t("Press the corners on the map, one after the other.");
    else if (drawing) words = t("Press the first corner again, or Enter, to close the line.");
    put(this.says, `${words} ${snap}`);
  }

  build() {
    const { app, area, task } = this;
    const place = nameOf(area);
    this.says = h("p", { class: "sub" });
    this.box = h("div", { "aria-live": "polite" });
    this.changes = h("div");
    this.save = button(t("Save and publish"), () => this.store(), { kind: "primary", disabled: true });
    const title = task === "draw" ? t("A new %(tier)s in “%(place)s”", { tier: nameOf(this.tier), place }) : t("Change the boundary of “%(place)s”", { place });
    app.panel.show({
      title,
      subtitle: this.says,
      body: [section(null, this.box), task === "draw" ? section(t("What it is called"), this.form()) : null, section(t("After saving"), this.changes)],
      foot: [button(t("Discard"), () => this.onDropped()), this.save],
      onClose: () => this.onDropped(),
      level: app.phone() && task === "draw" && !this.start ? 0 : null, // a finger needs the map
    });
    this.draw();
  }

  form() {
    const said = this.words || this.area.suggestion || {};
    const input = (name, value, more = {}) => h("input", { name, value: value || "", autocomplete: "off", oninput: () => this.draw(), ...more });
    this.fields = h("form", { onsubmit: (event) => { event.preventDefault(); if (this.ready()) this.store(); } },
      field(t("Chinese name"), input("name_zh", said.name_zh, { required: true, maxlength: 120 })),
      field(t("English name (may be empty)"), input("name_en", said.name_en, { maxlength: 120 })),
      field(t("Code"), input("code", said.code, { required: true, maxlength: 40 }), { hint: t("Suggested: the next free one.") }),
      this.tier.code === "compound" ? field(t("Is it walled?"), h("select", { name: "walled" },
        h("option", { value: "unknown" }, t("not known")), h("option", { value: "yes" }, t("walled")), h("option", { value: "no" }, t("not walled")))) : null);
    return this.fields;
  }

  values() {
    return Object.fromEntries(new FormData(this.fields));
  }

  draw() {
    const wrong = this.wrong();
    const { geometry } = this.current;
    const crossing = geometry && polygonsOf(geometry).flat().map(selfCrossing).find(Boolean);
    const shown = wrong.filter((problem) => problem.geometry);
    if (!shown.length && crossing) shown.push({ geometry: { type: "Point", coordinates: crossing } });
    this.red?.set(shown.length ? { type: "FeatureCollection", features: shown.map((problem) => ({ type: "Feature", geometry: problem.geometry, properties: {} })) } : null, this.redStyle());
    put(this.box, this.other || (wrong.length ? [
      tag(tn("%(count)s place to correct first", "%(count)s places to correct first", wrong.length), "red"),
      wrong.map((problem) => row(problem.message, problem.geometry ? button(t("Go there"), () => this.goTo(problem), { kind: "link" }) : null, { class: "wrong" })),
    ] : this.verdict()));
    put(this.changes, this.summary());
    this.save.disabled = !this.ready();
  }

  verdict() {
    const { geometry, drawing } = this.current;
    if (!geometry) return null;
    if (this.check.pending) return tag(t("Checking…"), "grey");
    if (drawing) return tag(t("Nothing wrong so far"), "grey");
    if (!this.dirty()) return null;
    return tag(t("Nothing in the way"), "green");
  }

  summary() {
    const after = this.check.after === null || this.check.after === undefined ? "–" : areaWords(this.check.after);
    const figures = this.task === "draw" ? after : t("%(before)s → %(after)s", { before: areaWords(this.area.area_m2), after });
    const others = this.check.noded.map(({ name }) => name).join(t(", "));
    return [
      row(t("Area"), figures),
      this.check.noded.length && !this.wrong().length ? row(t("Neighbours that share corners with it"), others) : null,
      row(t("In force"), t("at once; the former map is kept")),
    ];
  }

  goTo(problem) {
    const [lon, lat] = problem.point || polygonsOf(problem.geometry)[0]?.[0]?.[0] || problem.geometry.coordinates[0];
    this.app.map.flyTo([lon, lat], Math.max(this.app.map.view().zoom, 20));
  }

  async store() {
    if (!this.ready()) return;
    this.saving = true;
    this.draw();
    put(this.save, t("Saving…"));
    const { geometry } = this.current;
    const [data, , error] = this.task === "draw"
      ? await request("POST", "/api/areas", { key: this.key, body: { id: this.id, parent: this.area.id, tier: this.tier.code, geometry, ...this.values() } })
      : await request("PUT", `/api/areas/${this.area.id}/boundary`, { key: this.key, version: this.version, body: { geometry } });
    this.saving = false;
    put(this.save, t("Save and publish"));
    if (this.over) return;
    if (!error) {
      this.onSaved(data);
      return;
    }
    if (error.status === 412) this.stale(error);
    else if (error.problems) this.check = { ...this.check, pending: false, problems: error.problems };
    else this.app.panel.problem(error);
    if (this.fields) setFieldErrors(this.fields, error.fields);
    this.draw();
  }

  // Somebody else was faster: show the other line and let the person choose. Never last-wins.
  stale(error) {
    this.theirs?.remove();
    this.theirs = this.keep(this.app.map.addShapes(error.geometry, { stroke: this.colour("amber"), width: 3, dash: [8, 5], fill: this.colour("amber"), fillOpacity: 0.08 }));
    const keepMine = () => {
      this.version = error.version;
      this.key = uuid();
      this.other = null;
      this.changed(this.current.geometry, false, this.current.points);
    };
    this.other = h("div", { class: "near", role: "alert" },
      h("p", null, h("b", null, error.detail)),
      h("p", null, t("%(who)s, %(when)s: the amber line on the map.", { who: error.changed_by, when: dateTime(error.changed_at) })),
      h("p", null, button(t("Take theirs"), () => this.onDropped({ quietly: true })), " ", button(t("Go on with mine"), keepMine)));
  }

  /** What was drawn so far, to go on with after "undo". */
  kept() {
    return { geometry: this.current.geometry, words: this.fields ? this.values() : null };
  }

  end() {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.waiting);
    this.control?.abort();
    this.offKeys?.();
    this.offMoved?.();
    this.offClick?.();
    this.editor?.remove();
    this.shapes.forEach((shape) => shape.remove());
    this.app.tools.hide();
    this.app.legend.remove("draft");
  }
}
