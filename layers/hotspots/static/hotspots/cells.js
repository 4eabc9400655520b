// Plain logic of the hotspot map: cells by class for drawing, the cell under a point, periods. No map, no page.

/** Classes from hot to cold, then what nothing can be said of. */
export const CLASSES = ["hot-99", "hot-95", "hot-90", "none", "cold-90", "cold-95", "cold-99", "too-few", "unknown"];

/** One MultiPolygon feature a class, so that thousands of cells are a handful of paths; hot ones last, on top. */
export function byClass(features) {
  const parts = new Map();
  for (const { geometry, properties } of features) {
    const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
    if (!parts.has(properties.class)) parts.set(properties.class, []);
    parts.get(properties.class).push(...polygons);
  }
  const order = ["unknown", "too-few", "none", "cold-90", "cold-95", "cold-99", "hot-90", "hot-95", "hot-99"];
  return order.filter((name) => parts.has(name)).map((name) => ({
    type: "Feature", properties: { class: name }, geometry: { type: "MultiPolygon", coordinates: parts.get(name) },
  }));
}

function inRing([x, y], ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The feature that contains (lon, lat), or null. */
export function cellAt(features, lonlat) {
  return features.find(({ geometry }) => {
    const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
    return polygons.some((rings) => rings.filter((ring) => inRing(lonlat, ring)).length % 2 === 1);
  }) || null;
}

/** [west, south, east, north] of one feature. */
export function boxOf({ geometry }) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const polygons = geometry.type === "MultiPolygon" ? geometry.coordinates : [geometry.coordinates];
  for (const [lon, lat] of polygons.flat(2)) {
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  }
  return box;
}

/** The day (2026-03-05) a number of days before another such day. */
export function daysBefore(day, days) {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() - days);
  return at.toISOString().slice(0, 10);
}

/** The query of an analysis from the address: only what is set; `today` is the last day of the period. */
export function queryOf(get, today) {
  const query = {};
  for (const name of ["cells", "width", "category", "per", "neighbours", "within"]) if (get(name)) query[name] = get(name);
  const days = get("days") || "90";
  if (days === "between") {
    if (get("since")) query.since = get("since");
    if (get("until")) query.until = get("until");
  } else if (days !== "all") {
    query.since = daysBefore(today, Number(days) - 1);
    query.until = today;
  }
  return query;
}

const HATCH = 8; // pixels from one stripe to the next

/** Bytes of a pixel for each grey value: styles of the classes by their name, and where two cells meet a darker one. */
export function colours(classes, edge, styleOf) {
  const table = new Uint8ClampedArray(256 * 4);
  classes.forEach((name, at) => {
    const [red, green, blue, alpha] = styleOf(name);
    table.set([red, green, blue, alpha], (at + 1) * 4);
    table.set([red * 0.72, green * 0.72, blue * 0.72, Math.min(255, alpha * 1.35)], (at + 1 + edge) * 4);
  });
  return table;
}

/** Colour the pixels of a grey picture in place; of grey values in `hatched` the table says the stripes, that what lies between. */
export function colour(pixels, width, table, hatched) {
  for (let at = 0; at < pixels.length; at += 4) {
    const grey = pixels[at];
    const [column, line] = [(at / 4) % width, Math.floor(at / 4 / width)];
    const between = (column + line) % HATCH > 1 ? hatched.get(grey) : null;
    for (let part = 0; part < 4; part += 1) pixels[at + part] = between ? between[part] : table[grey * 4 + part];
  }
}
