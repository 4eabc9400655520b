// A boundary that is being drawn or changed: the editor on the map, the live check, keeping and saving it.
import { dateTime, h, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { areaOf, polygonsOf, sameShape } from "../gis/rings.js";
import { Marks } from "./draft_marks.js";
import { DraftPanel } from "./draft_panel.js";
import { showTools, wordsFor } from "./draft_tools.js";
import { Keeping } from "./keeping.js";

const PATIENCE_MS = 250;
const UNCHECKED = { pending: false, problems: [], after: null, noded: [], rest: null };

/** One task in hand: task "draw" (a child of the area) or "move" (the area's own boundary). */
export class Draft {
  constructor(app, { area, task, start = null, onSaved, onDropped }) {
    Object.assign(this, { app, area, task, start, onSaved, onDropped });
    this.key = uuid(); // one key for one act, however often the button is pressed
    this.id = start?.id || uuid();
    this.version = area.version;
    this.words = start?.words || null;
    this.phone = app.phone();
    this.current = { geometry: null, drawing: true, line: null, points: 0, undoable: 0 };
    this.check = UNCHECKED;
    this.oddWords = {};
    this.tier = task === "draw" ? area.child_tier : { code: area.tier, name_zh: area.tier_zh, name_en: area.tier_en };
  }

  async begin() {
    const { app, area, task } = this;
    this.keeping = new Keeping({
      task, area: area.id,
      onState: (state, when) => this.panel.kept(state, when),
      onConflict: (sketch) => this.elsewhere(sketch),
    });
    this.panel = new DraftPanel(this);
    this.heard = h("div", { class: "only-heard", role: "status", id: "draft-heard" });
    document.getElementById("stage").append(this.heard);
    this.marks = new Marks(app);
    this.panel.draw();
    if (task === "move") app.layers.select("", null); // the dashed line shows what was
    app.map.fit(area.bbox, { maxZoom: task === "draw" ? 19 : 20 });
    if (task === "move") this.marks.set("before", area.geometry);
    const [sketch] = await Promise.all([this.start ? null : this.keeping.load(), this.open()]);
    if (this.over) { this.editor.remove(); return; }
    await this.look();
    if (this.over) return;
    if (this.start) this.editor.take(this.start.drawing);
    else if (sketch) this.resume(sketch);
    else this.fresh();
    this.offs = [app.map.on("moved", () => this.look()), app.map.onClick(() => {}), this.listen()];
    this.marks.addLegend({ moving: task === "move" });
  }

  async open() {
    this.editor = await this.app.map.editor({
      middle: () => this.app.map.middle(),
      onChange: (geometry, state) => this.changed(geometry, state),
      onLive: (places) => this.marks.live(places),
      onTell: (told) => this.tell(told),
      onDone: (purpose) => { if (purpose === "outer") this.panel.raise(); },
    });
  }

  fresh() {
    if (this.task === "move") this.editor.edit(this.area.geometry);
    else this.editor.draw();
  }

  // What was begun on another day or device goes on where it was.
  resume(sketch) {
    this.words = sketch.words;
    this.id = sketch.new_area || this.id;
    this.version = sketch.made_from ?? this.version;
    this.panel.show();
    this.editor.take(sketch.drawing);
    this.panel.kept("kept", sketch.updated_at);
    this.app.toast(t("You go on with what you drew at %(time)s.", { time: dateTime(sketch.updated_at) }), {
      label: t("Start afresh"), undo: () => { this.version = this.area.version; this.fresh(); }, seconds: 8,
    });
  }

  // Another page or device went on with the same drawing.
  elsewhere(sketch) {
    this.marks.set("theirs", { type: "MultiPolygon", coordinates: sketch.drawing.polygons.map((rings) => rings.map((ring) => [...ring, ring[0]])) });
    const done = () => { this.panel.notice = null; this.marks.set("theirs", null); this.draw(); };
    this.panel.elsewhere(sketch, {
      takeOther: () => { this.keeping.yield(sketch); done(); this.editor.take(sketch.drawing); },
      keepThis: () => { this.keeping.insist(sketch); done(); },
    });
    this.draw();
  }

  listen() {
    const onKey = (event) => {
      const typing = event.target.closest?.("input, textarea, select");
      if (typing || !(event.ctrlKey || event.metaKey)) return;
      const key = event.key.toLowerCase();
      if (key === "z" && !event.shiftKey) { if (this.editor.canUndo()) this.editor.undo(); } else if (key === "y" || (key === "z" && event.shiftKey)) { if (this.editor.canRedo()) this.editor.redo(); } else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }

  tell(told) {
    const words = wordsFor(told);
    this.heard.textContent = words;
    if (told.kind === "refused") this.app.toast(words, { tone: "red" });
  }

  // What may be snapped to and traced: the neighbourhood that can be seen, bounded by the server.
  async look() {
    const bbox = this.app.map.view().bbox;
    this.looking?.abort();
    this.looking = new AbortController();
    const query = { bbox: bbox.map((degrees) => degrees.toFixed(7)).join(","), tier: this.tier.code };
    const [data] = await request("GET", "/api/areas/neighbourhood", { query, signal: this.looking.signal });
    if (!data || this.over) return;
    const others = data.features.filter(({ id, properties }) => this.offers({ ...properties, id }));
    for (const { id, properties } of others) properties.keep = this.side(id, properties.tier);
    this.editor.neighbours(others, data.snap_m);
    this.snapMetres = data.snap_m;
    this.panel.hint();
  }

  // The area above, those beside and, of a boundary that moves, those inside; nobody else's walls.
  offers({ id, tier }) {
    if (this.task === "draw") return id === this.area.id || tier === this.tier.code;
    const above = this.area.chain.at(-2);
    return id !== this.area.id && (tier === this.area.tier || id === above?.id || tier === this.area.child_tier?.code);
  }

  // On which side of a neighbour the line must stay.
  side(id, tier) {
    const above = this.task === "draw" ? this.area.id : this.area.chain.at(-2)?.id;
    if (id === above) return "in";
    return tier === this.tier.code ? "out" : null;
  }

  changed(geometry, state) {
    this.current = { geometry, ...state };
    this.panel.hint();
    showTools(this);
    const drawing = JSON.stringify(this.editor.sketch());
    if (drawing !== this.lastDrawing) this.keep();
    this.lastDrawing = drawing;
    const told = JSON.stringify(geometry);
    if (told === this.lastAsked && !this.check.failed) {
      this.draw();
      return;
    }
    this.lastAsked = told;
    clearTimeout(this.waiting);
    this.control?.abort();
    this.app.panel.problem(null);
    this.check = geometry ? { ...this.check, pending: true, after: areaOf(geometry) } : UNCHECKED;
    this.draw();
    if (geometry) this.waiting = setTimeout(() => this.ask(geometry), PATIENCE_MS);
  }

  /** Keep what is there now on the server, unless nothing has been done. */
  keep() {
    if (!this.editor || (!this.dirty() && !this.current.undoable && !this.typed)) return;
    this.keeping.put({
      drawing: this.editor.sketch(), words: this.panel.values(), tier: this.tier.code,
      new_area: this.task === "draw" ? this.id : null, made_from: this.task === "move" ? this.version : null,
    });
  }

  target() {
    return this.task === "draw" ? { parent: this.area.id, tier: this.tier.code } : { area: this.area.id };
  }

  async ask(geometry) {
    this.control = new AbortController();
    const words = this.task === "draw" ? { words: this.panel.values() } : {};
    const [data, , error] = await request("POST", "/api/areas/check", { body: { geometry, ...this.target(), ...words }, signal: this.control.signal });
    if (this.over || error?.code === "aborted") return;
    if (error) {
      const problems = error.places.map((place, at) => ({ id: `place-${at}`, message: place.message, geometry: place.geometry, severity: "error" }));
      this.check = { ...UNCHECKED, failed: true, problems: problems.length ? problems : [{ id: "error", message: error.detail || error.title, severity: "error" }] };
    } else {
      this.check = { pending: false, problems: data.problems, after: data.area_m2.after, noded: data.noded, rest: data.uncovered };
      if (data.words) this.worded(data.words);
    }
    this.draw();
  }

  /** Names or code were typed: say at once what is wrong with them. */
  typing() {
    this.typed = true;
    clearTimeout(this.spelling);
    this.spelling = setTimeout(async () => {
      this.keep();
      const [data] = await request("POST", "/api/areas/check", { body: { ...this.target(), words: this.panel.values() } });
      if (data && !this.over) { this.worded(data.words); this.draw(); }
    }, PATIENCE_MS);
  }

  worded({ wrong, odd }) {
    this.wrongWords = wrong;
    this.panel.fieldErrors(this.typed ? wrong : {}, odd);
  }

  wrong() { return this.check.problems.filter(({ severity }) => severity === "error"); }

  nearly() { return this.check.problems.filter(({ severity }) => severity === "warning"); }

  ready() {
    const { geometry, drawing } = this.current;
    const changed = this.task === "draw" || (geometry && !sameShape(geometry, this.area.geometry));
    return Boolean(geometry) && !drawing && changed && !this.check.pending && !this.wrong().length && !this.saving && !this.panel.notice;
  }

  dirty() {
    const { geometry } = this.current;
    return Boolean(geometry) && (this.task === "draw" || !sameShape(geometry, this.area.geometry));
  }

  draw() {
    this.marks.found(this.check.problems, this.current.geometry, this.check.rest);
    this.panel.draw();
  }

  goTo(problem) {
    const [lon, lat] = problem.point || polygonsOf(problem.geometry)[0]?.[0]?.[0] || problem.geometry.coordinates[0];
    this.app.map.flyTo([lon, lat], Math.max(this.app.map.view().zoom, 20));
  }

  /** Try the way out that the server offers: one step, undone like any other. */
  mend(problem) {
    this.editor.set(problem.mend);
    this.heard.textContent = t("Mended; undo takes it back.");
  }

  async store() {
    if (!this.ready()) return;
    this.saving = true;
    this.draw();
    await this.keeping.pause();
    const { geometry } = this.current;
    const [data, , error] = this.task === "draw"
      ? await request("POST", "/api/areas", { key: this.key, body: { id: this.id, parent: this.area.id, tier: this.tier.code, geometry, ...this.panel.values() } })
      : await request("PUT", `/api/areas/${this.area.id}/boundary`, { key: this.key, version: this.version, body: { geometry, reason: this.panel.reason() } });
    this.saving = false;
    if (this.over) return;
    if (!error) {
      this.keeping.end();
      this.onSaved(data);
      return;
    }
    this.keeping.resume();
    // an earlier answer was lost and the shape changed since: the server tells with a key of its own what it has
    if (error.code === "key-reused") this.key = uuid();
    if (error.status === 412) this.stale(error);
    else if (error.problems) this.check = { ...this.check, pending: false, problems: error.problems };
    else this.app.panel.problem(error);
    this.panel.fieldErrors(error.fields);
    this.draw();
  }

  // Somebody else changed the same edge: show the other line and let the person choose. Never last-wins.
  stale(error) {
    this.app.layers.refresh("grids");
    this.marks.set("theirs", error.geometry);
    this.marks.set("base", error.base);
    this.marks.set("before", null);
    const go = () => {
      this.panel.notice = null;
      this.version = error.version;
      this.key = uuid();
      this.area = { ...this.area, geometry: error.geometry, area_m2: error.area_m2, version: error.version };
      this.marks.set("base", null);
      this.lastAsked = null;
    };
    this.panel.stale(error, {
      mine: this.check.after,
      see: () => this.app.map.fit(this.marks.theirs.bbox(), { maxZoom: 20 }),
      takeTheirs: () => this.onDropped({ quietly: true, discard: true }),
      fromTheirs: () => { go(); this.marks.set("theirs", null); this.editor.set(error.geometry); },
      keepMine: () => { go(); this.changed(this.current.geometry, this.current); },
    });
  }

  /** What was drawn so far, to go on with after "undo". */
  kept() {
    return { drawing: this.editor.sketch(), words: this.panel.values(), id: this.id };
  }

  /** Whether anything would be lost. */
  begun() {
    return Boolean(this.editor && (this.dirty() || this.current.undoable));
  }

  /** Escape: first what is in hand, then nothing is left for it to do here. */
  escape() {
    return Boolean(this.editor?.cancel());
  }

  end({ discard = false } = {}) {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.waiting);
    clearTimeout(this.spelling);
    this.control?.abort();
    this.looking?.abort();
    if (discard) this.keeping?.drop();
    else this.keeping?.stop();
    this.offs?.forEach((off) => off());
    this.editor?.remove();
    this.marks?.remove();
    this.heard?.remove();
    this.app.tools.hide();
  }
}
