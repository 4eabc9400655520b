// Drawing and changing one polygon with Geoman; together with leaflet.js the only file that is handed L.
// Shapes go in and out as GeoJSON, (lon, lat). map.editor(options) of leaflet.js makes it:
//
// const editor = await map.editor({snapMetres, onChange(geometry|null, {drawing, points}), onDone()});
//   editor.neighbours(geojson, snapMetres)   what corners and edges are offered to snap to (only these)
//   editor.draw()            begin a new polygon     editor.finish()   close its line (Enter does it too)
//   editor.edit(geometry)    change a polygon        editor.geometry() the MultiPolygon as it stands, or null
//   editor.undo() redo() canUndo() canRedo() undoable() points() drawing()
//   editor.remove()          take everything off the map
import { begin, redo, step, undo } from "./steps.js";

const METRES_A_PIXEL = 156543.034;
const [LEAST_PX, MOST_PX] = [4, 28];
const flip = ([lon, lat]) => [lat, lon];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function toGeometry(L, latlngs) {
  const parts = L.LineUtil.isFlat(latlngs[0] || []) ? [latlngs] : latlngs;
  const ring = (points) => [...points, points[0]].map(({ lat, lng }) => [lng, lat]);
  const coordinates = parts.map((rings) => rings.filter((points) => points.length > 2).map(ring)).filter((rings) => rings.length);
  return coordinates.length ? { type: "MultiPolygon", coordinates } : null;
}

function toLatLngs(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const rings = polygons.map((part) => part.map((ring) => ring.slice(0, -1).map(flip)));
  return rings.length === 1 ? rings[0] : rings;
}

class Editor {
  constructor(L, map, { snapMetres = 1, onChange = () => {}, onDone = () => {} }) {
    Object.assign(this, { L, map, snapMetres, onChange, onDone, layer: null, offered: null, steps: begin(null) });
    L.PM.setOptIn(true); // nothing on the map may be snapped to or changed unless it says so
    map.pm.setLang(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
    map.pm.setGlobalOptions({ finishOnEnter: true, exitModeOnEscape: false });
    this.line = { color: colour("accent"), weight: 3, fillColor: colour("accent"), fillOpacity: 0.12 };
    this.onZoom = () => this.rescale();
    this.onCreate = ({ layer }) => this.created(layer);
    this.onStart = ({ workingLayer }) => {
      workingLayer.on("pm:vertexadded pm:vertexremoved", () => this.tell());
    };
    map.on("zoomend", this.onZoom);
    map.on("pm:create", this.onCreate);
    map.on("pm:drawstart", this.onStart);
    map.getContainer().classList.add("editing");
  }

  // Metres decided by the server, in pixels of this zoom.
  snapPixels() {
    const { lat } = this.map.getCenter();
    const metresAPixel = (METRES_A_PIXEL * Math.cos((lat * Math.PI) / 180)) / 2 ** this.map.getZoom();
    return Math.min(MOST_PX, Math.max(LEAST_PX, this.snapMetres / metresAPixel));
  }

  options() {
    return { snappable: true, snapSegment: true, snapMiddle: false, snapDistance: this.snapPixels(), allowSelfIntersection: true };
  }

  rescale() {
    const pixels = this.snapPixels();
    if (this.drawing()) this.map.pm.Draw.Polygon.options.snapDistance = pixels;
    if (this.layer) this.layer.pm.options.snapDistance = pixels;
  }

  neighbours(geojson, snapMetres = this.snapMetres) {
    this.snapMetres = snapMetres;
    this.offered?.remove();
    const style = { stroke: false, fill: false, interactive: false, snapIgnore: false, pmIgnore: true };
    this.offered = this.L.geoJSON(geojson, { style: () => style, interactive: false, snapIgnore: false });
    this.offered.eachLayer((layer) => { layer.options.snapIgnore = false; });
    this.offered.addTo(this.map);
    this.rescale();
  }

  drawing() {
    return !this.layer && this.map.pm.Draw.Polygon.enabled();
  }

  draw() {
    this.map.pm.enableDraw("Polygon", {
      ...this.options(), tooltips: false, cursorMarker: true, continueDrawing: false,
      templineStyle: { ...this.line, pmIgnore: false }, hintlineStyle: { color: this.line.color, weight: 2, dashArray: "5 5" },
      pathOptions: { ...this.line, pmIgnore: false },
    });
    this.tell();
  }

  finish() {
    if (this.points() >= 3) this.map.pm.Draw.Polygon._finishShape();
  }

  created(layer) {
    this.layer = layer;
    this.handles();
    this.steps = begin(this.geometry());
    this.tell();
    this.onDone();
  }

  edit(geometry) {
    this.layer?.remove();
    this.layer = this.L.polygon(toLatLngs(geometry), { ...this.line, pmIgnore: false }).addTo(this.map);
    this.handles();
    this.steps = begin(this.geometry());
    this.tell();
  }

  handles() {
    this.layer.off("pm:edit", this.edited, this);
    this.layer.pm.enable({ ...this.options(), draggable: false, removeLayerBelowMinVertexCount: false });
    this.layer.on("pm:edit", this.edited, this);
  }

  edited() {
    const before = this.steps;
    this.steps = step(before, this.geometry());
    if (this.steps !== before) this.tell();
  }

  show(geometry) {
    this.layer.pm.disable();
    this.layer.setLatLngs(toLatLngs(geometry));
    this.handles();
    this.tell();
  }

  canUndo() {
    return this.drawing() ? this.points() > 0 : this.undoable() > 0;
  }

  canRedo() {
    return !this.drawing() && this.steps.future.length > 0;
  }

  undoable() {
    return this.drawing() ? this.points() : this.steps.past.length;
  }

  undo() {
    if (!this.canUndo()) return;
    if (this.drawing()) {
      const { Polygon } = this.map.pm.Draw;
      if (this.points() > 1) Polygon._removeLastVertex();
      else { Polygon.disable(); this.draw(); }
      this.tell();
      return;
    }
    this.steps = undo(this.steps);
    this.show(this.steps.present);
  }

  redo() {
    if (!this.canRedo()) return;
    this.steps = redo(this.steps);
    this.show(this.steps.present);
  }

  points() {
    if (this.drawing()) return this.map.pm.Draw.Polygon._layer.getLatLngs().length;
    return this.layer ? this.layer.getLatLngs().flat(Infinity).length : 0;
  }

  geometry() {
    if (this.drawing()) return toGeometry(this.L, [this.map.pm.Draw.Polygon._layer.getLatLngs()]);
    return this.layer ? toGeometry(this.L, this.layer.getLatLngs()) : null;
  }

  tell() {
    this.onChange(this.geometry(), { drawing: this.drawing(), points: this.points() });
  }

  remove() {
    this.map.off("zoomend", this.onZoom);
    this.map.off("pm:create", this.onCreate);
    this.map.off("pm:drawstart", this.onStart);
    this.map.getContainer().classList.remove("editing");
    this.map.pm.disableDraw();
    this.layer?.pm.disable();
    this.layer?.remove();
    this.offered?.remove();
    this.layer = null;
  }
}

/** An editor on a Leaflet map with Geoman; see the head of this file. */
export function createEditor(L, map, options) {
  if (!map.pm) throw new Error("Geoman is not on this page: it is loaded for those who may draw");
  return new Editor(L, map, options);
}
