// A boundary that is being drawn or changed: the editor on the map, the live check, and saving it.
import { number, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { DraftPanel } from "./draft_panel.js";
import { areaOf, boxOf, polygonsOf, sameShape, selfCrossing } from "../gis/rings.js";

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
    this.tier = task === "draw" ? area.child_tier : { code: area.tier, name_zh: area.tier_zh, name_en: area.tier_en };
    this.shapes = [];
  }

  async begin() {
    const { app, area } = this;
    this.panel = new DraftPanel(this);
    this.draw();
    if (this.task === "move") app.layers.select("", null); // the dashed line shows what was
    app.map.fit(area.bbox, { maxZoom: this.task === "draw" ? 19 : 20 });
    this.red = this.keep(app.map.addShapes(null, this.redStyle()));
    if (this.task === "move") this.keep(app.map.addShapes(area.geometry, { stroke: this.colour("ink-2"), width: 1.5, dash: [4, 4], under: true }));
    this.editor = await app.map.editor({
      onChange: (geometry, { drawing, points }) => this.changed(geometry, drawing, points),
      onDone: () => this.panel.raise(),
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
    this.panel.hint();
  }

  // The area above, those beside and, of a boundary that moves, those inside; nobody else's walls.
  offers({ id, tier }) {
    if (this.task === "draw") return id === this.area.id || tier === this.tier.code;
    const above = this.area.chain.at(-2);
    return id !== this.area.id && (tier === this.area.tier || id === above?.id || tier === this.area.child_tier?.code);
  }

  changed(geometry, drawing, points) {
    this.current = { geometry, drawing, points };
    this.panel.hint();
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
    return Boolean(geometry) && !drawing && changed && !this.check.pending && !this.wrong().length && !this.saving && !this.panel.notice;
  }

  dirty() {
    const { geometry } = this.current;
    return Boolean(geometry) && (this.task === "draw" || !sameShape(geometry, this.area.geometry));
  }

  tools() {
    const { app, editor } = this;
    const [first] = this.task === "draw" ? [t("Draw")] : [t("Move corners")];
    const steps = editor.undoable();
    app.tools.show([
      { id: "mode", label: this.current.drawing ? first : t("Move corners"), on: true, run: () => {} },
      { id: "undo", label: steps > 0 ? t("Undo %(count)s", { count: number(steps) }) : t("Undo"), icon: ARROWS.undo, disabled: !editor.canUndo(), run: () => editor.undo() },
      ...(this.current.drawing
        ? [{ id: "finish", label: t("Close the line"), disabled: this.current.points < 3, run: () => editor.finish() }]
        : [{ id: "redo", label: t("Redo"), icon: ARROWS.redo, disabled: !editor.canRedo(), run: () => editor.redo() }]),
    ]);
  }

  // Red on the map where it is wrong; a line that crosses itself at once, before the server has answered.
  draw() {
    const shown = this.wrong().map(({ geometry }) => geometry).filter(Boolean);
    const { geometry } = this.current;
    const crossing = shown.length || !geometry ? null : polygonsOf(geometry).flat().map(selfCrossing).find(Boolean);
    if (crossing) shown.push({ type: "Point", coordinates: crossing });
    const features = shown.map((place) => ({ type: "Feature", geometry: place, properties: {} }));
    this.red?.set(features.length ? { type: "FeatureCollection", features } : null, this.redStyle());
    this.panel.draw();
  }

  goTo(problem) {
    const [lon, lat] = problem.point || polygonsOf(problem.geometry)[0]?.[0]?.[0] || problem.geometry.coordinates[0];
    this.app.map.flyTo([lon, lat], Math.max(this.app.map.view().zoom, 20));
  }

  async store() {
    if (!this.ready()) return;
    this.saving = true;
    this.draw();
    const { geometry } = this.current;
    const [data, , error] = this.task === "draw"
      ? await request("POST", "/api/areas", { key: this.key, body: { id: this.id, parent: this.area.id, tier: this.tier.code, geometry, ...this.panel.values() } })
      : await request("PUT", `/api/areas/${this.area.id}/boundary`, { key: this.key, version: this.version, body: { geometry } });
    this.saving = false;
    if (this.over) return;
    if (!error) {
      this.onSaved(data);
      return;
    }
    // an earlier answer was lost and the shape changed since: the server tells with a key of its own what it has
    if (error.code === "key-reused") this.key = uuid();
    if (error.status === 412) this.stale(error);
    else if (error.problems) this.check = { ...this.check, pending: false, problems: error.problems };
    else this.app.panel.problem(error);
    this.panel.fieldErrors(error.fields);
    this.draw();
  }

  // Somebody else was faster: show the other line and let the person choose. Never last-wins.
  stale(error) {
    this.app.layers.refresh("grids");
    this.theirs?.remove();
    this.theirs = this.keep(this.app.map.addShapes(error.geometry, { stroke: this.colour("amber"), width: 3, dash: [8, 5], fill: this.colour("amber"), fillOpacity: 0.08 }));
    this.panel.stale(error, {
      takeTheirs: () => this.onDropped({ quietly: true }),
      keepMine: () => {
        this.version = error.version;
        this.key = uuid();
        this.changed(this.current.geometry, false, this.current.points);
      },
    });
  }

  /** What was drawn so far, to go on with after "undo". */
  kept() {
    return { geometry: this.current.geometry, words: this.task === "draw" ? this.panel.values() : null };
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
