// The map's side of an editor, on Geoman: it draws the line, drags the corners and snaps; what it reports becomes a step.
// Beside it: the course that is traced along a neighbour with its metres, cross hairs, the loupe.
import { h, metres } from "./dom.js";
import { Loupe } from "./loupe.js";
import { geometryOf } from "./shaping.js";

const MOST_PX = 28;
const LEAST_PX = 0.5;
const MANY_CORNERS = 300; // Geoman then shows the handles nearest to the pointer only
const flip = ([lon, lat]) => [lat, lon];
const back = ({ lat, lng }) => [lng, lat];
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const coarse = () => globalThis.matchMedia("(pointer: coarse)").matches;
const byTouch = (event) => event?.pointerType === "touch" || Boolean(event?.type?.startsWith("touch"));

/** What an Editor shows, and what the pointer does to it. */
export class View {
  constructor(L, map, editor) {
    Object.assign(this, { L, map, editor, pen: null });
    L.PM.setOptIn(true); // nothing on the map may be snapped to or changed unless it says so
    map.pm.setLang(document.documentElement.lang.startsWith("zh") ? "zh" : "en");
    map.pm.setGlobalOptions({ finishOnEnter: false, exitModeOnEscape: false });
    const accent = colour("accent");
    const quiet = { pane: "shapes", interactive: false, color: accent };
    this.style = { color: accent, weight: 3, fillColor: accent, fillOpacity: 0.12 };
    this.course = L.polyline([], { ...quiet, weight: 2, dashArray: "5 5" }).addTo(map);
    this.cross = this.mark("aim");
    this.picked = this.mark("picked");
    this.loupe = new Loupe(map);
    this.listeners = {
      click: () => { if (!this.pen) editor.select(null); },
      mousemove: ({ latlng, originalEvent }) => this.pointed(latlng, originalEvent),
      mouseout: () => this.hint(null),
      zoomend: () => this.rescale(),
      move: () => this.aim(),
      layeradd: ({ layer }) => this.unnamed(layer),
      "pm:create": ({ layer }) => {
        layer.remove();
        editor.finish();
        if (editor.drawing()) setTimeout(() => this.draw()); // refused: Geoman's pen has gone, the line has not
      },
      "pm:drawstart": ({ workingLayer }) => workingLayer.on("pm:vertexadded", ({ latlng }) => this.put(latlng)),
    };
    map.on(this.listeners);
    this.focus = () => map.getContainer().focus({ preventScroll: true }); // so that the keys reach the map
    map.getContainer().addEventListener("pointerdown", this.focus);
    map.getContainer().classList.add("editing");
  }

  // Geoman makes every corner a button without a name: hundreds of stops for the Tab key. Keys reach the corners by
  // editor_keys.js, so these are for the pointer alone.
  unnamed(layer) {
    const element = layer.getElement?.();
    if (!element?.classList.contains("marker-icon")) return;
    layer.options.keyboard = false;
    element.removeAttribute("role");
    element.removeAttribute("tabindex");
  }

  mark(className) {
    const icon = this.L.divIcon({ className, html: "", iconSize: null });
    return this.L.marker([0, 0], { icon, interactive: false, keyboard: false, zIndexOffset: 1000 });
  }

  toggle(marker, lonlat) {
    if (lonlat) marker.setLatLng(flip(lonlat)).addTo(this.map);
    else marker.remove();
  }

  // Metres decided by the server, in pixels of this zoom; Geoman takes a zero for "as you like".
  snapping() {
    return { snappable: true, snapSegment: true, snapMiddle: false, allowSelfIntersection: true, snapDistance: Math.max(LEAST_PX, Math.min(MOST_PX, this.editor.snapPixels())) };
  }

  rescale() {
    const { snapDistance } = this.snapping();
    if (this.pen) this.pen.options.snapDistance = snapDistance;
    if (this.shape) this.shape.pm.options.snapDistance = snapDistance;
    this.aim();
  }

  /** What may be snapped to: only these. */
  offer(features) {
    this.offered?.remove();
    const style = { stroke: false, fill: false, interactive: false, pmIgnore: true };
    this.offered = this.L.geoJSON({ type: "FeatureCollection", features }, { style: () => style, interactive: false });
    this.offered.eachLayer((layer) => { layer.options.snapIgnore = false; });
    this.offered.addTo(this.map);
    this.rescale();
  }

  /** Show the drawing as it is: the shape with its handles, or the line that is drawn. */
  draw() {
    const { now: { polygons, line }, aim, selected } = this.editor;
    this.outline(polygons);
    const purpose = aim || line?.purpose;
    if (this.shape) {
      this.shape.options.snapIgnore = purpose !== "redraw";
      if (purpose) this.shape.pm.disable();
      else this.handles(polygons);
    }
    this.draws(purpose, line?.points || []);
    this.toggle(this.picked, selected && polygons[selected[0]][selected[1]][selected[2]]);
    this.aim();
  }

  outline(polygons) {
    if (!polygons.length) {
      this.shape?.remove();
      this.shape = null;
      return;
    }
    const latlngs = polygons.map((rings) => rings.map((ring) => ring.map(flip)));
    if (this.shape && this.map.hasLayer(this.shape)) {
      this.shape.pm.disable();
      this.shape.setLatLngs(latlngs);
      return;
    }
    this.shape = this.L.polygon(latlngs, { ...this.style, pane: "shapes", pmIgnore: false }).addTo(this.map);
    this.shape.on({
      "pm:vertexclick": ({ indexPath }) => this.editor.select(indexPath),
      "pm:markerdragstart": () => { this.editor.selected = null; this.toggle(this.picked, null); },
      "pm:markerdrag": ({ indexPath, markerEvent }) => this.dragged(indexPath, markerEvent),
      "pm:markerdragend": () => this.loupe.hide(),
      "pm:vertexadded": ({ marker }) => { this.inserting = Boolean(marker._dragging); },
      "pm:edit": () => this.edited(),
    });
  }

  handles(polygons) {
    const many = polygons.flat(2).length > MANY_CORNERS;
    this.shape.pm.enable({ ...this.snapping(), draggable: false, removeLayerBelowMinVertexCount: true, limitMarkersToCount: many ? MANY_CORNERS / 2 : -1 });
  }

  drawn() {
    const open = (ring) => ring.map(back);
    const polygons = this.map.hasLayer(this.shape) ? this.shape.getLatLngs().map((rings) => rings.filter((ring) => ring.length > 2).map(open)) : [];
    return { polygons: polygons.filter((rings) => rings.length), line: null };
  }

  dragged(address, event) {
    this.editor.dragged(this.drawn(), address);
    const lonlat = back(event.target.getLatLng());
    if (byTouch(event.originalEvent)) this.loupe.show(this.map.latLngToContainerPoint(flip(lonlat)), this.editor);
  }

  // A corner made by dragging the middle of an edge is reported twice, and is one step.
  edited() {
    const instead = this.inserting;
    this.inserting = false;
    const drawing = this.drawn();
    const gone = geometryOf(this.editor.sketch())?.coordinates.flat().length !== geometryOf(drawing)?.coordinates.flat().length;
    this.editor.commit(drawing, { shown: !gone, instead });
  }

  // Geoman's pen for the line that is drawn: begun, ended and shown the line's corners as they are.
  draws(purpose, points) {
    const shape = purpose && (purpose === "redraw" ? "Line" : "Polygon");
    if (this.pen && this.pen._shape !== shape) {
      this.pen.disable();
      this.pen = null;
    }
    if (!shape) return;
    if (!this.pen?.enabled()) {
      const thin = { stroke: false };
      this.map.pm.enableDraw(shape, {
        ...this.snapping(), tooltips: false, cursorMarker: true, continueDrawing: false,
        templineStyle: { ...this.style, pmIgnore: false }, hintlineStyle: thin, pathOptions: { ...this.style, pmIgnore: false },
      });
      this.pen = this.map.pm.Draw[shape];
    }
    this.feed(points);
  }

  feed(points) {
    const { pen } = this;
    const shown = pen._layer.getLatLngs();
    if (shown.length === points.length && shown.every(({ lat, lng }, at) => lng === points[at][0] && lat === points[at][1])) return;
    this.feeding = true;
    pen._markers.forEach((marker) => pen._layerGroup.removeLayer(marker));
    Object.assign(pen, { _markers: [], _otherSnapLayers: [] });
    pen._layer.setLatLngs([]);
    pen._layer._latlngInfo = [];
    for (const point of points) {
      const latlng = this.L.latLng(flip(point));
      pen._layer._latlngInfo.push({ latlng });
      pen._layer.addLatLng(latlng);
      pen._createMarker(latlng);
    }
    this.feeding = false;
  }

  put(latlng) {
    if (!this.feeding) this.editor.press(back(latlng), { free: this.map.pm.Keyboard.isAltKeyPressed() });
  }

  pointed(latlng, event) {
    if (byTouch(event)) return;
    const shown = this.pen?._hintMarker?._snapped ? this.pen._hintMarker.getLatLng() : latlng;
    this.editor.hover(back(shown), event?.altKey);
  }

  /** The course from the last corner to the pointer, and how long it is. */
  hint(course, length = 0) {
    this.course.setLatLngs((course || []).map(flip));
    this.tape ||= h("div", { class: "tape", "aria-hidden": "true" });
    if (!course || !length) {
      this.tape.remove();
      return;
    }
    this.tape.textContent = metres(length);
    const { x, y } = this.map.latLngToContainerPoint(flip(course.at(-1)));
    this.tape.style.transform = `translate(${Math.round(x) + 14}px, ${Math.round(y) - 30}px)`;
    if (!this.tape.isConnected) this.map.getContainer().append(this.tape);
  }

  /** The cross hairs: of the keyboard where it was used, of a finger in the middle while a line is drawn. */
  aim() {
    const { editor } = this;
    this.toggle(this.cross, editor.cursor || (coarse() && this.pen ? editor.middle() : null));
  }

  /** Bring a place into sight, without moving the map when it is. */
  show(lonlat) {
    const { x, y } = this.map.latLngToContainerPoint(flip(lonlat));
    const middle = this.map.latLngToContainerPoint(flip(this.editor.middle()));
    const size = this.map.getSize();
    const right = size.x - 2 * (size.x / 2 - middle.x);
    const bottom = size.y - 2 * (size.y / 2 - middle.y);
    if (x > 40 && y > 60 && x < right - 40 && y < bottom - 40) return;
    this.map.panBy([x - middle.x, y - middle.y], { animate: false });
  }

  remove() {
    this.map.off(this.listeners);
    this.map.getContainer().removeEventListener("pointerdown", this.focus);
    this.pen?.disable();
    this.shape?.pm.disable();
    this.map.getContainer().classList.remove("editing");
    this.loupe.hide();
    this.tape?.remove();
    for (const layer of [this.shape, this.offered, this.course, this.cross, this.picked]) layer?.remove();
  }
}
