// The seam round the map engine: the only file (with editor.js, which is handed L) that touches the global L.
// Coordinates are (lon, lat) everywhere outside; they are flipped here and nowhere else.
//
// const map = await createMap("map", {lonlat, zoom});
//   map.view()                      → {lonlat: [lon, lat], zoom, bbox: [west, south, east, north]}
//   map.setView(lonlat, zoom)       at once;   map.flyTo(lonlat, zoom) smoothly (at once with reduced motion)
//   map.fit(bbox, {maxZoom, edge px, animate, exact})   shows a box, leaving room for the panel; exact: between whole zooms
//   map.padding({right, bottom})    what of the map is covered by the panel, px;   map.middle() → lonlat of what is left
//   map.on("begin"|"move"|"moved"|"click"|"hover"|"out"|"resize"|"zooming", fn) → off();
//                                   click, hover: fn({lonlat, point: [x, y] px, touch: bool}); moved: fn(view)
//                                   begin: before it moves; after each comes a "moved", when it stands
//   map.onClick(fn)                 → off(); the newest listener gets the click alone (rooms use room.click instead)
//   map.addShapes(geojson, {fill, fillOpacity, stroke, width, dash, opacity, under, onclick, tooltip})
//                                   → {set(geojson, style?), style(style), remove(), bbox()}; under: true = below the
//                                   grids' lines; a style may be a function of the GeoJSON feature
//   map.addPin(lonlat, {draggable, onMove, onDrag, label, tone}) → {move(lonlat), remove(), lonlat()}
//   map.addPicture(url, bbox, {opacity, label}) → {remove()}   (an image over a box of degrees, below the grids' lines)
//   map.addPoint(lonlat, {radius, accuracy, className})  → {remove()}  (a dot, with a circle of accuracy in metres)
//   map.editor(options)             → Promise of ./editor.js's editor (Geoman), handed L and the Leaflet map
//   map.cursor("crosshair" | "")    map.toScreen(lonlat) → [x, y]    map.toLonLat([x, y]) → lonlat
//   map.zoomIn() zoomOut() invalidate() container
//   map.tileGroup(source)           → {refresh(), remove()}; see page.js
import { h, s } from "./dom.js";
import { gliding } from "./gliding.js";
import { toWorld } from "./overlay.js";
import { TILE_SIZE } from "./tiles.js";

const { L } = globalThis;
const calm = () => globalThis.matchMedia("(prefers-reduced-motion: reduce)").matches;
const flip = ([lon, lat]) => [lat, lon];
const back = ({ lat, lng }) => [lng, lat];
const corners = ([west, south, east, north]) => [[south, west], [north, east]];

// django-leaflet's map tag waits for this event, makes the map with LEAFLET_CONFIG and announces it.
function djangoMap() {
  return new Promise((resolve) => {
    globalThis.addEventListener("map:init", (event) => resolve(event.detail.map), { once: true });
    globalThis.dispatchEvent(new Event("wangge:map"));
  });
}

function tileLayer(map, group, pane) {
  const Layer = L.GridLayer.extend({
    createTile(coords, done) {
      const canvas = L.DomUtil.create("canvas", "tile");
      group.load({ z: coords.z - 1, x: coords.x, y: coords.y }, canvas, (error) => done(error, canvas));
      return canvas;
    },
  });
  // noWrap alone still asks for tiles east of the date line, which are none; the world's bounds end it
  const options = { tileSize: TILE_SIZE, pane, noWrap: true, bounds: [[-85.06, -180], [85.06, 180]], keepBuffer: 1, updateWhenZooming: false, updateWhenIdle: false, maxZoom: 22, minZoom: 1 };
  const layer = new Layer(options);
  layer.on("tileunload", ({ coords }) => group.unload({ z: coords.z - 1, x: coords.x, y: coords.y }));
  return layer.addTo(map);
}

// One canvas over the whole view and a margin; it moves and scales with the map between drawings.
const Overlay = L.Layer.extend({
  initialize(scene) {
    this.scene = scene;
  },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "overlay leaflet-zoom-animated", map.getPane("names"));
    this.canvas.setAttribute("aria-hidden", "true");
    this.later = () => {
      this.frame ??= requestAnimationFrame(() => { this.frame = null; this.paint(); });
    };
    this.paint();
  },
  getEvents() {
    return { moveend: this.paint, viewreset: this.paint, resize: this.paint, zoomanim: this.animate, zoom: this.follow };
  },
  paint() {
    const map = this._map;
    if (!map || map._animatingZoom) return;
    const size = map.getSize();
    const margin = size.multiplyBy(0.15).round();
    const ratio = globalThis.devicePixelRatio || 1;
    const [width, height] = [size.x + 2 * margin.x, size.y + 2 * margin.y];
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    this.corner = map.containerPointToLayerPoint([0, 0]).subtract(margin);
    this.zoom = map.getZoom();
    this.centre = map.layerPointToLatLng(this.corner);
    L.DomUtil.setTransform(this.canvas, this.corner, 1);
    const origin = map.getPixelOrigin().add(this.corner);
    this.origin = [origin.x, origin.y];
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.scene.draw(context, this.zoom, this.origin, [width, height]);
    this.scene.onDrawn?.();
  },
  transform(zoom, centre) {
    const scale = this._map.getZoomScale(zoom, this.zoom);
    const offset = this._map._latLngToNewLayerPoint(this.centre, zoom, centre);
    L.DomUtil.setTransform(this.canvas, offset, scale);
  },
  animate(event) {
    this.transform(event.zoom, event.center);
  },
  follow() {
    this.transform(this._map.getZoom(), this._map.getCenter());
  },
});

function hatchId(map, pane, colour) {
  const svg = map.getPane(pane).querySelector("svg");
  const id = `hatch-${pane}-${colour.replace(/[^a-z0-9]/gi, "")}`;
  if (svg && !svg.getElementById(id)) {
    const line = s("path", { d: "M0 0V8", stroke: colour, "stroke-width": 2 });
    svg.prepend(s("defs", null, s("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, line)));
  }
  return `url(#${id})`;
}

function shapes(map, geojson, given) {
  let style = given;
  const pane = given.under ? "under" : "shapes";
  const of = (feature) => {
    const want = typeof style === "function" ? style(feature) : style;
    return {
      pane, stroke: Boolean(want.stroke), color: want.stroke, weight: want.width ?? 2, opacity: want.opacity ?? 1,
      dashArray: want.dash ? want.dash.join(" ") : null, fill: Boolean(want.fill || want.hatch), interactive: Boolean(given.onclick || given.tooltip),
      fillColor: want.hatch ? hatchId(map, pane, want.hatch) : want.fill, fillOpacity: want.fillOpacity ?? (want.hatch ? 0.5 : 0.2), radius: want.radius ?? 6,
    };
  };
  const layer = L.geoJSON(null, {
    pane, style: of, interactive: Boolean(given.onclick || given.tooltip),
    pointToLayer: (feature, latlng) => L.circleMarker(latlng, of(feature)),
    onEachFeature(feature, part) {
      if (given.onclick) part.on("click", (event) => { L.DomEvent.stop(event); given.onclick(feature, back(event.latlng)); });
      if (given.tooltip) part.bindTooltip(() => h("span", null, given.tooltip(feature)));
    },
  }).addTo(map);
  const set = (data, newStyle) => {
    if (newStyle) style = newStyle;
    layer.clearLayers();
    if (data) layer.addData(data);
    layer.setStyle(of); // again, now that the svg for hatching exists
  };
  set(geojson);
  return {
    set,
    style(newStyle) { style = newStyle; layer.setStyle(of); },
    remove() { layer.remove(); },
    bbox() {
      const box = layer.getBounds();
      return box.isValid() ? [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()] : null;
    },
  };
}

function pin(map, lonlat, { draggable = false, onMove, onDrag, label, tone = "accent" } = {}) {
  const body = s("path", { d: "M18 44C6 28 2 24 2 17a16 16 0 0 1 32 0c0 7-4 11-16 27z" });
  const picture = s("svg", { viewBox: "0 0 36 46", width: 36, height: 46, class: `pin ${tone}`, "aria-hidden": "true" }, body, s("circle", { cx: 18, cy: 17, r: 6 }));
  const markerIcon = L.divIcon({ html: picture, className: "pin-box", iconSize: [36, 46], iconAnchor: [18, 45] });
  const marker = L.marker(flip(lonlat), { icon: markerIcon, draggable, keyboard: draggable, alt: label, title: label, autoPan: draggable }).addTo(map);
  if (onDrag) marker.on("drag", () => onDrag(back(marker.getLatLng())));
  if (onMove) marker.on("dragend", () => onMove(back(marker.getLatLng())));
  return { move(to) { marker.setLatLng(flip(to)); }, lonlat: () => back(marker.getLatLng()), remove() { marker.remove(); } };
}

function point(map, lonlat, { radius = 7, accuracy = 0, className = "here" } = {}) {
  const group = L.layerGroup().addTo(map);
  const circle = accuracy ? L.circle(flip(lonlat), { radius: accuracy, className: `${className}-accuracy`, pane: "shapes", interactive: false }).addTo(group) : null;
  L.circleMarker(flip(lonlat), { radius, className: `${className}-dot`, pane: "shapes", interactive: false }).addTo(group);
  return { remove() { group.remove(); }, bbox: () => circle && [circle.getBounds().getWest(), circle.getBounds().getSouth(), circle.getBounds().getEast(), circle.getBounds().getNorth()] };
}

/** Make the map of the page in the element django-leaflet's tag named, over a Scene; see the head of this file. */
export async function createMap(scene, { lonlat, zoom }) {
  const map = await djangoMap();
  if (calm()) map._zoomAnimated = map.options.zoomAnimation = false; // no layer is on it yet: all will change at once
  const begin = gliding(map);
  map.zoomControl?.remove();
  map.attributionControl.setPrefix(false);
  Object.assign(map.options, { maxZoom: 22, zoomSnap: 1, wheelPxPerZoomLevel: 90, bounceAtZoomLimits: false });
  for (const [name, order] of [["base", 200], ["under", 250], ["grids", 300], ["shapes", 420], ["names", 450]]) map.createPane(name).style.zIndex = order;
  map.getPane("names").classList.add("unpressable");
  map.setView(flip(lonlat), zoom, { animate: false });
  const overlay = new Overlay(scene).addTo(map);
  scene.onChange = () => overlay.later();
  let covered = { left: 0, top: 0, right: 0, bottom: 0 };
  const takers = [];
  const box = map.getContainer();

  const view = () => {
    const bounds = map.getBounds();
    return { lonlat: back(map.getCenter()), zoom: map.getZoom(), bbox: [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()] };
  };
  const pointer = (event) => ({ lonlat: back(event.latlng), point: [event.containerPoint.x, event.containerPoint.y], touch: event.originalEvent?.pointerType === "touch" });
  const events = {
    begin: ["begin", () => null], move: ["move", () => view()], moved: ["moveend", () => view()], zooming: ["zoomstart", () => view()],
    click: ["click", pointer], hover: ["mousemove", pointer], out: ["mouseout", () => null], resize: ["resize", () => view()],
  };
  const centred = (at, z) => {
    const shift = L.point((covered.right - covered.left) / 2, (covered.bottom - covered.top) / 2);
    return map.unproject(map.project(flip(at), z).add(shift), z);
  };

  return {
    container: box,
    view,
    setView: (at, z) => { begin(); map.setView(centred(at, z), z, { animate: false }); },
    flyTo(at, z = map.getZoom()) { begin(); map.setView(centred(at, z), z, { animate: !calm(), duration: 0.4 }); },
    fit(bbox, { maxZoom = 19, edge = 48, animate = true, exact = false } = {}) {
      begin();
      map.options.zoomSnap = exact ? 0 : 1; // a sheet of paper is filled; on the screen zooms are whole
      map.fitBounds(corners(bbox), {
        maxZoom, animate: animate && !calm(), duration: 0.4,
        paddingTopLeft: [covered.left + edge, covered.top + edge], paddingBottomRight: [covered.right + edge, covered.bottom + edge],
      });
    },
    padding(sides) { covered = { ...covered, ...sides }; },
    middle() {
      const { x, y } = map.getSize();
      return back(map.containerPointToLatLng([(x + covered.left - covered.right) / 2, (y + covered.top - covered.bottom) / 2]));
    },
    on(name, fn) {
      const [leafletName, make] = events[name];
      const listener = (event) => fn(make(event));
      map.on(leafletName, listener);
      return () => map.off(leafletName, listener);
    },
    onClick(fn) {
      takers.push(fn);
      return () => takers.splice(takers.indexOf(fn), 1);
    },
    taken(event) { return takers.length ? (takers.at(-1)(event.lonlat, event), true) : false; },
    addShapes: (geojson, style = {}) => shapes(map, geojson, style),
    addPicture(address, bbox, { opacity = 1, label = "" } = {}) {
      const picture = L.imageOverlay(address, corners(bbox), { opacity, alt: label, pane: "under", interactive: false }).addTo(map);
      return { remove: () => picture.remove() };
    },
    addPin: (at, options) => pin(map, at, options),
    addPoint: (at, options) => point(map, at, options),
    async editor(options) {
      const { createEditor } = await import("./editor.js");
      return createEditor(L, map, options);
    },
    cursor(name) { box.style.cursor = name || ""; },
    toScreen(at) { const p = map.latLngToContainerPoint(flip(at)); return [p.x, p.y]; },
    toLonLat([x, y]) { return back(map.containerPointToLatLng([x, y])); },
    zoomIn() { begin(); map.zoomIn(); },
    zoomOut() { begin(); map.zoomOut(); },
    invalidate() { map.invalidateSize({ pan: false }); },
    tileGroup(source) {
      const group = scene.add(source);
      const layer = tileLayer(map, group, source.pane || "grids");
      return { refresh: () => group.refresh(), narrow: (filter) => group.narrow(filter), redraw: () => group.redraw(), remove: () => layer.remove() };
    },
    repaint: () => overlay.later(),
    hit(at, reach) {
      const [x, y] = toWorld(at, map.getZoom());
      return scene.hit(x, y, map.getZoom(), overlay.origin, reach);
    },
    credit(words) { map.attributionControl.addAttribution(words); },
  };
}
