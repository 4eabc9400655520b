// Vector tiles: from bytes to features, what a style may say, and which feature lies under a point.
//
// STYLES. Each app exports from static/<app>/style.js
//   export const styles = {layerName: (properties, zoom, ctx) => style | style[] | null};
//   export const legend = {layerName: (ctx) => [{label, kind: "fill"|"line"|"point", style, when?(properties)}]};
//   export const tips = {layerName: (properties, ctx) => words};   // beside the pointer
// A style is a plain object; everything may be left out:
//   fill, fillOpacity (1)      colour of the inside
//   hatch                      colour of 45° hatching over the inside
//   stroke, width (1), dash    the line, in CSS px; opacity (1) fades the line and its halo
//   halo, haloWidth            a wider line below all lines of the layer (casings of roads, light halos)
//   order (0)                  drawing order within the layer, low first
//   symbol {shape, size, fill, stroke, width, dash, text, textColor, count, share, alarm}
//                              for points; shape: circle square diamond star pin triangle ring cluster hexagon;
//                              size = px across; count is written, share (0…1) fills the ring with colour `alarm`
//   label {text, size (12), weight (400), color, halo, haloWidth (3), at, priority (0), minWidth, offset}
//                              at: "center" | "top" (inside edge of a polygon) | "line" | "point" (beside a symbol);
//                              higher priority is placed first; minWidth = px the feature must be wide
//   hit: false                 lets hover and clicks through
// zoom is the map's zoom (256 px world = 0), a float while zooming.
// ctx = {colour(name): value of the custom property --name, name(properties): name_zh or name_en by language,
//        language, moment: text|null, session, own: Set of area ids, state}.
import { VectorTile } from "@mapbox/vector-tile";
import { PbfReader } from "pbf";

/** Side of a tile in CSS px: a tile z/x/y is made for map zoom z + 1. */
export const TILE_SIZE = 512;
/** The deepest tiles asked for; beyond it they are drawn larger. */
export const MAX_TILE_ZOOM = 19;

const POINT = 1;
const LINE = 2;
const POLYGON = 3;

function flat(parts) {
  return parts.map((part) => {
    const line = new Float32Array(part.length * 2);
    part.forEach((point, i) => { line[2 * i] = point.x; line[2 * i + 1] = point.y; });
    return line;
  });
}

function boundsOf(parts) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      if (part[i] < box[0]) box[0] = part[i];
      if (part[i] > box[2]) box[2] = part[i];
      if (part[i + 1] < box[1]) box[1] = part[i + 1];
      if (part[i + 1] > box[3]) box[3] = part[i + 1];
    }
  }
  return box;
}

/**
 * decode(ArrayBuffer) → {layerName: [feature]}; a feature is
 * {layer, id, type: 1 point | 2 line | 3 polygon, properties, parts: [Float32Array x0 y0 x1 y1 …], box}
 * with coordinates as shares of the tile (0…1, a little outside where the tile has a margin).
 */
export function decode(buffer) {
  const tile = new VectorTile(new PbfReader(buffer));
  const layers = {};
  for (const [name, layer] of Object.entries(tile.layers)) {
    const features = [];
    for (let i = 0; i < layer.length; i += 1) {
      const raw = layer.feature(i);
      const parts = flat(raw.loadGeometry());
      for (const part of parts) for (let k = 0; k < part.length; k += 1) part[k] /= raw.extent;
      const { properties } = raw;
      features.push({ layer: name, id: properties.id ?? raw.id, type: raw.type, properties, parts, box: boundsOf(parts) });
    }
    layers[name] = features;
  }
  return layers;
}

/** Whether a point lies inside a polygon's rings (even-odd, so holes are outside). */
export function insideRings(parts, x, y) {
  let inside = false;
  for (const ring of parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const [xi, yi, xj, yj] = [ring[i], ring[i + 1], ring[j], ring[j + 1]];
      if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
    }
  }
  return inside;
}

/** Least distance from a point to the lines of a feature, in the units of its parts. */
export function distanceToParts(parts, x, y) {
  let best = Infinity;
  for (const part of parts) {
    for (let i = 0; i + 3 < part.length; i += 2) {
      const [ax, ay] = [part[i], part[i + 1]];
      const [dx, dy] = [part[i + 2] - ax, part[i + 3] - ay];
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      best = Math.min(best, Math.hypot(x - ax - along * dx, y - ay - along * dy));
    }
    if (part.length === 2) best = Math.min(best, Math.hypot(x - part[0], y - part[1]));
  }
  return best;
}

/**
 * Features of one tile at (x, y) given as shares of the tile; near(feature) = how far away, as a share of the
 * tile, still counts for points and lines. Nearest point first, then lines, then polygons, the smallest first.
 */
export function featuresAt(features, x, y, near) {
  const found = [];
  for (const feature of features) {
    const margin = feature.type === POLYGON ? 0 : near(feature);
    const [left, top, right, bottom] = feature.box;
    if (x < left - margin || x > right + margin || y < top - margin || y > bottom + margin) continue;
    if (feature.type === POLYGON) {
      if (insideRings(feature.parts, x, y)) found.push([POLYGON, (right - left) * (bottom - top), feature]);
    } else {
      const away = distanceToParts(feature.parts, x, y);
      if (away <= margin) found.push([feature.type === POINT ? POINT : LINE, away, feature]);
    }
  }
  return found.sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((entry) => entry[2]);
}

/** The address of a tile; group is one Layer's name or a group ("base"). moment is text (a date or an instant) or null; filter: {name: text} the group knows. */
export function tileUrl(group, { z, x, y }, { moment = null, version = 0, filter = null } = {}) {
  const query = new URLSearchParams(filter || {});
  if (moment) query.set("moment", moment);
  if (version) query.set("v", String(version));
  const tail = query.toString();
  return `/tiles/${group}/${z}/${x}/${y}.mvt${tail ? `?${tail}` : ""}`;
}
