// Drawing and changing one boundary with its holes and parts. map.editor(options) of leaflet.js makes it.
// Geoman draws lines, drags corners and snaps (editor_view.js); what a shape may become is shaping.js, what lies beside
// it nearby.js, undo steps.js. The drawing here is the truth: Geoman is shown it and reports what the pointer did.
// This file, editor_view.js, editor_keys.js and loupe.js are handed L or its map by leaflet.js. Shapes go in and out as (lon, lat).
//
// const editor = await map.editor({middle(), onChange(geometry|null, state), onLive(places), onTell(what), onDone(purpose)});
//   state = {drawing: bool, line: purpose|null, points, aim, selected, tracing, undoable, redoable}
//   onTell({kind: "refused" | "corner" | "cursor" | "snapped" …}) what a person who does not see the map is told
//   editor.neighbours(features, snapMetres)    what is offered to snap to, to trace and not to cross, and from how far
//   editor.take(drawing)      begin with a drawing (see shaping.js); edit(geometry), draw() with an empty outer line
//   editor.set(geometry)      another shape, as one step that can be undone
//   editor.begin("part" | "hole" | "redraw")   editor.finish()   editor.cancel() → was there anything to give up
//   editor.put(lonlat)        a corner of the line there   editor.press(lonlat) as if pressed there
//   editor.trace(bool)        follow the neighbour's border between two points on it   editor.otherWay()
//   editor.select(address|null) nudge([dx, dy] px) putDown() takeOut()   the corner in hand; withoutRing() its hole or part
//   editor.undo() redo() canUndo() canRedo() undoable() points() drawing() geometry() sketch()
//   editor.remove()           take everything off the map
import { keys } from "./editor_keys.js";
import { View } from "./editor_view.js";
import { along, crossings, lengthOf, misplaced, nearest, references } from "./nearby.js";
import * as shaping from "./shaping.js";
import { begin, redo, step, undo } from "./steps.js";

const METRES_A_PIXEL = 156543.034;
// However near one looks, a corner does not jump farther than a finger is wide.
const MOST_PX = 28;
const REACH_PX = 12;
const back = ({ lat, lng }) => [lng, lat];

class Editor {
  constructor(L, map, { middle, onChange = () => {}, onLive = () => {}, onTell = () => {}, onDone = () => {} }) {
    if (!map.pm) throw new Error("Geoman is not on this page: it is loaded for those who may draw");
    Object.assign(this, { L, map, onChange, onLive, onTell, onDone });
    this.middle = middle || (() => back(map.getCenter()));
    this.refs = [];
    this.snapMetres = 1;
    this.history = begin(shaping.blank());
    this.live = null; // a drawing under the pointer, not yet a step
    this.aim = null; // "redraw": waiting for its first point
    this.selected = null;
    this.tracing = false;
    this.other = false;
    this.view = new View(L, map, this);
    map.doubleClickZoom.disable();
    map.keyboard.disable(); // arrows move what is in hand
    this.offKeys = keys(map, this);
  }

  get now() {
    return this.live || this.history.present;
  }

  neighbours(given, snapMetres = this.snapMetres) {
    const features = given.features || given;
    this.refs = references(features);
    this.snapMetres = snapMetres;
    this.view.offer(features);
  }

  /** Metres decided by the server, in pixels of this zoom. */
  snapPixels() {
    const { lat } = this.map.getCenter();
    return this.snapMetres / ((METRES_A_PIXEL * Math.cos((lat * Math.PI) / 180)) / 2 ** this.map.getZoom());
  }

  metres(pixels) {
    return (pixels * this.snapMetres) / this.snapPixels();
  }

  snapped(lonlat, free = false) {
    return free ? null : nearest(this.refs, lonlat, Math.min(this.snapMetres, this.metres(MOST_PX)));
  }

  take(drawing) {
    this.history = begin(drawing);
    this.reset();
    this.changed();
  }

  draw() {
    this.take(shaping.begin(shaping.blank(), "outer"));
  }

  set(geometry) {
    this.reset();
    this.commit(shaping.drawingOf(geometry));
  }

  reset() {
    this.live = null;
    this.aim = null;
    this.selected = null;
    this.nudged = null;
  }

  /** A step; `shown`: the view has it already. `instead`: it takes the place of the last one. */
  commit(drawing, { shown = false, instead = false } = {}) {
    if (!drawing.polygons.length && !drawing.line) drawing = shaping.begin(drawing, "outer");
    this.live = null;
    this.nudged = null;
    this.history = instead ? { ...this.history, present: drawing, future: [] } : step(this.history, drawing);
    if (shown) this.tell();
    else this.changed();
  }

  changed() {
    this.view.hint(null);
    this.view.draw();
    this.tell();
  }

  tell() {
    const { line } = this.history.present;
    this.onChange(this.geometry(), {
      drawing: this.drawing(), line: line?.purpose || null, points: this.points(), aim: this.aim, selected: this.selected, tracing: this.tracing,
      undoable: this.undoable(), redoable: this.history.future.length,
    });
  }

  begin(purpose) {
    const { present } = this.history;
    this.selected = null;
    this.aim = purpose === "redraw" ? purpose : null;
    if (purpose === "redraw") this.changed();
    else this.commit(shaping.begin({ ...present, line: null }, purpose));
  }

  /** Give up what is in hand: the aim, a corner, a line within a shape; false where there is nothing of the kind. */
  cancel() {
    const { present } = this.history;
    if (this.aim || this.selected) {
      this.reset();
      this.changed();
      return true;
    }
    if (!present.line || !present.polygons.length) return false;
    this.commit({ ...present, line: null });
    return true;
  }

  press(lonlat, { free = false } = {}) {
    if (this.history.present.line) this.put(lonlat, { free });
    else if (this.aim === "redraw") this.startRedraw(lonlat);
    else this.select(null);
  }

  put(lonlat, { free = false } = {}) {
    const { present } = this.history;
    const { line } = present;
    const own = line.purpose === "redraw" ? this.ownPlace(lonlat) : null;
    if (own) {
      this.finishRedraw(own);
      return;
    }
    if (line.purpose !== "redraw" && line.points.length > 2 && this.far(line.points[0], lonlat) <= REACH_PX) {
      this.finish();
      return;
    }
    const snap = this.snapped(lonlat, free);
    const to = snap?.lonlat || lonlat;
    this.commit(shaping.add(present, [...this.traced(line.points.at(-1), to), to]));
    this.onTell({ kind: "put", points: this.points(), snap, metres: lengthOf(this.history.present.line.points.slice(-2)) });
  }

  traced(from, to) {
    return (this.tracing && from && along(this.refs, from, to, { other: this.other })?.points) || [];
  }

  far(a, b) {
    const [p, q] = [a, b].map(([lon, lat]) => this.map.latLngToContainerPoint([lat, lon]));
    return p.distanceTo(q);
  }

  // The own corner near a point; on an edge, one is made there. With the drawing in which it stands.
  ownPlace(lonlat) {
    const { present } = this.history;
    const corner = shaping.nearestCorner(present, lonlat);
    if (corner && this.far(shaping.cornerAt(present, corner.address), lonlat) <= REACH_PX) return { address: corner.address, drawing: present };
    const edge = shaping.nearestEdge(present, lonlat);
    if (!edge || this.far(edge.lonlat, lonlat) > REACH_PX) return null;
    const [part, ring, at] = edge.address;
    const drawing = shaping.inserted(present, edge.address, edge.lonlat);
    const start = drawing.line?.start;
    const pushed = start && start[0] === part && start[1] === ring && start[2] > at ? [part, ring, start[2] + 1] : start;
    return { address: [part, ring, at + 1], drawing: { ...drawing, line: drawing.line && { ...drawing.line, start: pushed } } };
  }

  startRedraw(lonlat) {
    const place = this.ownPlace(lonlat);
    if (!place) {
      this.onTell({ kind: "refused", reason: "start" });
      return;
    }
    this.aim = null;
    this.commit(shaping.begin(place.drawing, "redraw", place.address));
  }

  finishRedraw({ address, drawing }) {
    const end = shaping.cornerAt(drawing, address);
    const whole = shaping.add(drawing, this.traced(drawing.line.points.at(-1), end));
    this.conclude(shaping.closed(whole, { end: address, other: this.other }), "redraw");
  }

  finish() {
    const { line } = this.history.present;
    if (!line) return;
    if (line.purpose === "redraw") this.onTell({ kind: "refused", reason: "end" });
    else this.conclude(shaping.closed(this.history.present), line.purpose);
  }

  conclude(drawing, purpose) {
    if (drawing.refused) {
      this.onTell({ kind: "refused", reason: drawing.refused });
      return;
    }
    this.commit(drawing);
    this.onDone(purpose);
  }

  hover(lonlat, free = false) {
    const { line } = this.history.present;
    if (!line && !this.aim) return;
    const own = this.aim || line?.purpose === "redraw" ? this.ownPlace(lonlat) : null;
    const to = own ? shaping.cornerAt(own.drawing, own.address) : this.snapped(lonlat, free)?.lonlat || lonlat;
    const from = line?.points.at(-1);
    const course = from ? [from, ...this.traced(from, to), to] : [to];
    this.view.hint(course, lengthOf(course));
  }

  trace(on) {
    this.tracing = on;
    this.other = false;
    this.tell();
  }

  otherWay() {
    this.other = !this.other;
    this.tell();
  }

  /** A corner is being dragged. */
  dragged(drawing, address) {
    this.live = drawing;
    this.mark(address);
  }

  // What the new edges cross, at once; the server says the rest a moment later.
  mark([part, r, at]) {
    const ring = this.now.polygons[part][r];
    const edges = [[ring[(at - 1 + ring.length) % ring.length], ring[at]], [ring[at], ring[(at + 1) % ring.length]]];
    const places = crossings(edges, this.refs);
    if (misplaced(ring[at], this.refs)) places.push(ring[at]);
    this.onLive({ geometry: this.geometry(), places });
  }

  select(address) {
    if (!address && !this.selected) return;
    this.selected = address;
    this.nudged = null;
    this.changed();
    if (address) {
      this.onTell({ kind: "corner", ...this.place(address) });
      this.view.show(shaping.cornerAt(this.history.present, address));
    }
  }

  // Which corner of how many, and its edges in metres.
  place(address) {
    const ring = this.history.present.polygons[address[0]][address[1]];
    const [point, n] = [ring[address[2]], ring.length];
    const edges = [ring[(address[2] - 1 + n) % n], ring[(address[2] + 1) % n]].map((other) => lengthOf([point, other]));
    return { at: address[2] + 1, of: n, hole: address[1] > 0, edges, lonlat: point };
  }

  step(by) {
    this.select(shaping.neighbour(this.history.present, this.selected, by));
  }

  /** Move the corner in hand by pixels; steps of one corner in a row are undone as one. */
  nudge([dx, dy]) {
    const { present } = this.history;
    const [lon, lat] = shaping.cornerAt(present, this.selected);
    const point = this.map.latLngToContainerPoint([lat, lon]).add([dx, dy]);
    const next = shaping.moved(present, this.selected, back(this.map.containerPointToLatLng(point)));
    const key = this.selected.join();
    this.history = this.nudged === key ? { ...this.history, present: next, future: [] } : step(this.history, next);
    this.changed();
    this.nudged = key;
    this.onTell({ kind: "corner", ...this.place(this.selected) });
  }

  /** Leave the corner in hand where it is, or on the neighbour's corner or edge it is near. */
  putDown() {
    const { present } = this.history;
    const snap = this.snapped(shaping.cornerAt(present, this.selected));
    const next = snap ? shaping.moved(present, this.selected, snap.lonlat) : present;
    if (this.nudged === this.selected.join()) this.history = { ...this.history, present: next };
    else this.history = step(this.history, next);
    this.selected = null;
    this.nudged = null;
    this.changed();
    this.onTell({ kind: "down", snap });
  }

  /** Take out the corner in hand, or the line's last one. */
  takeOut(address = this.selected) {
    const { present } = this.history;
    this.selected = null;
    if (present.line) this.commit(shaping.back(present));
    else if (address) this.commit(shaping.removed(present, address));
  }

  /** Take out the hole or the part of the corner in hand. */
  withoutRing() {
    const [part, ring] = this.selected;
    this.selected = null;
    this.commit(shaping.withoutRing(this.history.present, [part, ring]));
  }

  insert(address, lonlat) {
    this.commit(shaping.inserted(this.history.present, address, lonlat));
  }

  canUndo() { return this.history.past.length > 0; }

  canRedo() { return this.history.future.length > 0; }

  undoable() { return this.history.past.length; }

  undo() {
    this.history = undo(this.history);
    this.reset();
    this.changed();
  }

  redo() {
    this.history = redo(this.history);
    this.reset();
    this.changed();
  }

  points() { return shaping.cornersOf(this.history.present); }

  drawing() { return Boolean(this.history.present.line); }

  geometry() { return shaping.geometryOf(this.now); }

  edit(geometry) { this.take(shaping.drawingOf(geometry)); }

  sketch() { return this.history.present; }

  remove() {
    this.offKeys();
    this.map.doubleClickZoom.enable();
    this.map.keyboard.enable();
    this.view.remove();
  }
}

/** An editor on a Leaflet map; see the head of this file. */
export function createEditor(L, map, options) {
  return new Editor(L, map, options);
}
