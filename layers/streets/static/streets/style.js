// How the base map looks: pale and quiet, so that what lies on it can speak. See gis/tiles.js for what a style may say.
import { t } from "../gis/dom.js";

// Width in px at zoom 12, 14, 16 and 18; what lies between is interpolated.
const WIDTHS = {
  motorway: [2.5, 5, 11, 22], trunk: [2.5, 5, 11, 22], primary: [2, 4.5, 11, 22], secondary: [1.6, 3.6, 9, 19],
  tertiary: [1.2, 3, 8, 17], residential: [0.8, 2, 6, 14], pedestrian: [0.8, 2, 5.5, 12], service: [0.5, 1.2, 3.6, 9],
  cycleway: [0.5, 0.8, 1.4, 2.4], track: [0.5, 0.8, 1.4, 2.4], footway: [0.5, 0.7, 1.2, 2.2],
  path: [0.5, 0.7, 1.2, 2.2], steps: [0.5, 1, 2.4, 5], rail: [0.6, 1, 1.8, 3],
};
const ORDER = Object.keys(WIDTHS).reverse();
const MAJOR = new Set(["motorway", "trunk", "primary", "secondary"]);
const THIN = new Set(["cycleway", "track", "footway", "path"]);
const NAMED_FROM = { motorway: 13, trunk: 13, primary: 13, secondary: 14, tertiary: 15, residential: 16, pedestrian: 16 };

/** The width in px of a kind of street at a zoom (a float). */
export function widthOf(kind, zoom) {
  const widths = WIDTHS[kind] || WIDTHS.path;
  const at = Math.max(0, Math.min(2.9999, (zoom - 12) / 2));
  const low = Math.floor(at);
  const grown = widths[low] + (widths[low + 1] - widths[low]) * (at - low);
  return zoom > 18 ? grown * 2 ** ((zoom - 18) * 0.8) : zoom < 12 ? Math.max(0.5, grown * 2 ** ((zoom - 12) * 0.4)) : grown;
}

function roadName(properties, zoom, ctx) {
  const text = ctx.name(properties);
  if (!text || zoom < (NAMED_FROM[properties.kind] ?? 17)) return undefined;
  return { text, size: MAJOR.has(properties.kind) ? 12 : 11, color: ctx.colour("road-ink"), at: "line", priority: MAJOR.has(properties.kind) ? 3 : 1 };
}

function road(properties, zoom, ctx) {
  const { kind } = properties;
  const width = widthOf(kind, zoom);
  const order = ORDER.indexOf(kind) + (properties.bridge ? 40 : 0) - (properties.tunnel ? 40 : 0);
  const label = roadName(properties, zoom, ctx);
  // A railway is a dark line with light sleepers, so that nobody takes it for a path or a border.
  if (kind === "rail" && zoom < 15) return { stroke: ctx.colour("rail-road"), width, opacity: properties.tunnel ? 0.4 : 1, order, hit: false };
  if (kind === "rail") return { stroke: ctx.colour("road"), width, dash: [7, 7], halo: ctx.colour("rail-road"), haloWidth: width + 1.6, opacity: properties.tunnel ? 0.4 : 1, order, hit: false };
  // Paths stay lines however near one comes: their true width is not known.
  if (kind === "steps") return { stroke: ctx.colour("path"), width: Math.max(1.4, Math.min(width, 5)), dash: [1.5, 1.5], order, label, hit: false };
  if (THIN.has(kind)) return { stroke: ctx.colour("path"), width: Math.min(width, 2.6), dash: zoom >= 16 ? [5, 4] : [3, 2], order, label, hit: false };
  const major = MAJOR.has(kind);
  return {
    stroke: ctx.colour(major ? "road-major" : "road"), width,
    halo: ctx.colour(major ? "road-major-line" : "road-line"), haloWidth: width + (zoom >= 14 ? 2 : 1.2),
    opacity: properties.tunnel ? 0.55 : 1, order, label, hit: false,
  };
}

function named(colour, minWidth) {
  return (properties, zoom, ctx) => {
    const text = zoom >= 13 ? ctx.name(properties) : "";
    return text ? { text, size: 12, color: ctx.colour(colour), at: "center", priority: 2, minWidth } : undefined;
  };
}
const waterName = named("water-ink", 60);
const parkName = named("park-ink", 56);
const groundName = named("house-ink", 64);

// A building that lies across a compound's edge or on top of another one became no grid: somebody should look at it.
const TO_LOOK_AT = new Set(["straddling", "overlapping"]);

function footprint(properties, zoom, ctx) {
  const odd = TO_LOOK_AT.has(properties.reason);
  return {
    fill: ctx.colour("house"), stroke: ctx.colour(odd ? "amber" : "house-line"), width: odd ? 1.2 : zoom >= 16 ? 0.8 : 0.4, dash: odd ? [3, 2] : undefined,
    order: odd ? 1 : 0, hit: false,
    label: zoom >= 17 && ctx.name(properties)
      ? { text: ctx.name(properties), size: 11, color: ctx.colour("house-ink"), at: "center", priority: 0, minWidth: 34 } : undefined,
  };
}

function gateSymbol(properties, ctx, size) {
  const ink = ctx.colour("grid-ink");
  const closed = properties.status === "closed";
  const filled = properties.open_to === "residents";
  const inferred = properties.status === "inferred";
  return {
    symbol: {
      shape: closed ? "square" : "diamond", size: inferred ? size - 2 : size,
      fill: closed ? ctx.colour("ink-3") : filled ? ink : ctx.colour("paper"),
      stroke: inferred ? ctx.colour("ink-3") : ink, width: inferred ? 1 : 1.6,
    },
  };
}

export const styles = {
  landuse: (properties, zoom, ctx) => ({
    fill: ctx.colour(properties.kind === "compound" ? "compound" : "block"), hit: false,
    label: properties.kind === "landuse" && zoom >= 15 ? groundName(properties, zoom, ctx) : undefined,
  }),
  green: (properties, zoom, ctx) => ({ fill: ctx.colour("park"), label: parkName(properties, zoom, ctx), hit: false }),
  water: (properties, zoom, ctx) => ({
    fill: ctx.colour("water"), stroke: ctx.colour("water-line"), width: zoom >= 14 ? 0.8 : 0.4, label: waterName(properties, zoom, ctx), hit: false,
  }),
  footprints: footprint,
  roads: road,
  barriers: (properties, zoom, ctx) => ({ stroke: ctx.colour("wall"), width: zoom >= 18 ? 1.4 : 0.9, hit: false }),
  gates: (properties, zoom, ctx) => gateSymbol(properties, ctx, zoom >= 17 ? 13 : 10),
};

export const legend = {
  footprints: (ctx) => [
    { label: t("Building that is no grid: across a compound's edge, or on top of another"), kind: "fill", style: footprint({ reason: "straddling" }, 17, ctx), when: (p) => TO_LOOK_AT.has(p.reason) },
  ],
  gates: (ctx) => [
    { label: t("Gate, for everybody or not known"), kind: "point", style: gateSymbol({ status: "mapped", open_to: "all" }, ctx, 12), when: (p) => !["inferred", "closed"].includes(p.status) && p.open_to !== "residents" },
    { label: t("Gate, residents only"), kind: "point", style: gateSymbol({ status: "mapped", open_to: "residents" }, ctx, 12), when: (p) => p.status !== "closed" && p.open_to === "residents" },
    { label: t("Inferred gate: a path crosses the edge, nobody has confirmed it"), kind: "point", style: gateSymbol({ status: "inferred", open_to: "unknown" }, ctx, 12), when: (p) => p.status === "inferred" && p.open_to !== "residents" },
    { label: t("Closed gate"), kind: "point", style: gateSymbol({ status: "closed" }, ctx, 12), when: (p) => p.status === "closed" },
  ],
};

export const tips = {
  gates: (gate) => {
    const [words] = legend.gates({ colour: () => "" }).filter((entry) => entry.when(gate)).map((entry) => entry.label);
    return words || "";
  },
};
