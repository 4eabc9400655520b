// Pure logic of editing one boundary with its holes and parts. Nothing is changed in place, no map, no page.
//
// A drawing is {polygons: [[ring, hole…], …], line: null | {purpose, points, start}}; rings are open lists of [lon, lat].
// line is what is being drawn: purpose "outer" (the first ring), "part" (one more), "hole", "redraw" (another course
// between two corners; start = [part, ring, corner]). A corner's address is [part, ring, at].
import { areaOf, multiPolygon, planeAt, polygonsOf, same } from "./rings.js";

/** Nothing yet. */
export function blank() {
  return { polygons: [], line: null };
}

/** A stored shape, to be changed. */
export function drawingOf(geometry) {
  return { polygons: polygonsOf(geometry), line: null };
}

/** The MultiPolygon as it stands, an outer line of three corners or more included; null where there is none. */
export function geometryOf({ polygons, line }) {
  const growing = line && (line.purpose === "outer" || line.purpose === "part") && line.points.length > 2 ? [[line.points]] : [];
  const all = [...polygons, ...growing].filter(([shell]) => shell?.length > 2);
  return all.length ? multiPolygon(all) : null;
}

/** How many corners there are, of the line alone while one is drawn. */
export function cornersOf({ polygons, line }) {
  return line ? line.points.length : polygons.flat().reduce((sum, ring) => sum + ring.length, 0);
}

/** Begin a line. */
export function begin(drawing, purpose, start = null) {
  return { ...drawing, line: { purpose, points: start ? [cornerAt(drawing, start)] : [], start } };
}

/** Corners added to the line, in order; one that repeats the last is none. */
export function add(drawing, points) {
  const kept = [...drawing.line.points];
  for (const point of points) if (!same(kept.at(-1), point)) kept.push(point);
  return { ...drawing, line: { ...drawing.line, points: kept } };
}

/** The line without its last corner; without any, no line (an outer one stays, empty). */
export function back(drawing) {
  const { line } = drawing;
  const least = line.purpose === "redraw" ? 1 : 0;
  if (line.points.length > least) return { ...drawing, line: { ...line, points: line.points.slice(0, -1) } };
  return line.purpose === "outer" ? drawing : { ...drawing, line: null };
}

/** The corner at an address. */
export function cornerAt({ polygons }, [part, ring, at]) {
  return polygons[part][ring][at];
}

const change = (drawing, [part, ring], ringNow) => ({
  ...drawing,
  polygons: drawing.polygons.map((rings, p) => (p === part ? rings.map((points, r) => (r === ring ? ringNow : points)) : rings)),
});

/** A corner somewhere else. */
export function moved(drawing, address, to) {
  const ring = drawing.polygons[address[0]][address[1]];
  return change(drawing, address, ring.map((point, at) => (at === address[2] ? to : point)));
}

/** A new corner after the one at an address. */
export function inserted(drawing, address, point) {
  const ring = drawing.polygons[address[0]][address[1]];
  return change(drawing, address, [...ring.slice(0, address[2] + 1), point, ...ring.slice(address[2] + 1)]);
}

/** Without a corner; a ring of three goes as a whole, an outer one with its holes. */
export function removed(drawing, address) {
  const ring = drawing.polygons[address[0]][address[1]];
  return ring.length > 3 ? change(drawing, address, ring.filter((_, at) => at !== address[2])) : withoutRing(drawing, address);
}

/** Without a hole, or without a part and its holes. */
export function withoutRing(drawing, [part, ring]) {
  const polygons = ring === 0
    ? drawing.polygons.filter((_, p) => p !== part)
    : drawing.polygons.map((rings, p) => (p === part ? rings.filter((_, r) => r !== ring) : rings));
  return { ...drawing, polygons };
}

/** Even-odd: whether a ring goes round a point. */
export function goesRound(ring, [x, y]) {
  let inside = false;
  ring.forEach(([x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  });
  return inside;
}

/** The part that holds every one of some points and none of whose holes does; -1 where there is none. */
export function partRound({ polygons }, points) {
  return polygons.findIndex(([shell, ...holes]) => points.every((point) => goesRound(shell, point) && !holes.some((hole) => goesRound(hole, point))));
}

/**
 * The drawing with its line closed, or {refused: "short" | "outside" | "elsewhere"} with the reason. `end` is the address
 * where a redrawn line ends; of the two rings that gives, the larger is kept (`other`: the smaller).
 */
export function closed(drawing, { end = null, other = false } = {}) {
  const { line, polygons } = drawing;
  if (line.purpose === "redraw") return redrawn(drawing, end, other);
  if (line.points.length < 3) return { refused: "short" };
  if (line.purpose !== "hole") return { polygons: [...polygons, [line.points]], line: null };
  const part = partRound(drawing, line.points);
  if (part < 0) return { refused: "outside" };
  return { polygons: polygons.map((rings, p) => (p === part ? [...rings, line.points] : rings)), line: null };
}

function redrawn(drawing, end, other) {
  const { points, start } = drawing.line;
  if (!end || end[0] !== start[0] || end[1] !== start[1] || end[2] === start[2]) return { refused: "elsewhere" };
  const ring = drawing.polygons[start[0]][start[1]];
  const run = (from, to) => { // corners from one to another along the ring, both included
    const kept = [];
    for (let at = from; ; at = (at + 1) % ring.length) {
      kept.push(ring[at]);
      if (at === to) return kept;
    }
  };
  const between = points.slice(1).filter((point) => !same(point, ring[end[2]]));
  const one = [...run(end[2], start[2]), ...between];
  const two = [...run(start[2], end[2]), ...[...between].reverse()];
  const size = (points) => (points.length > 2 ? areaOf(multiPolygon([[points]])) : 0);
  const [larger, smaller] = size(one) >= size(two) ? [one, two] : [two, one];
  const kept = other ? smaller : larger;
  if (kept.length < 3) return { refused: "short" };
  return { ...change(drawing, start, kept), line: null };
}

/** The own edge nearest to a point: {address of the corner before, lonlat on the edge, metres}, or null. */
export function nearestEdge({ polygons }, lonlat) {
  const plane = planeAt(lonlat);
  let best = null;
  polygons.forEach((rings, part) => rings.forEach((ring, r) => ring.forEach((point, at) => {
    const next = ring[(at + 1) % ring.length];
    const { share, metres } = footOn(plane(point), plane(next));
    if (!best || metres < best.metres) {
      const on = [point[0] + share * (next[0] - point[0]), point[1] + share * (next[1] - point[1])];
      best = { address: [part, r, at], lonlat: on, metres };
    }
  })));
  return best;
}

/** The own corner nearest to a point: {address, metres}, or null. */
export function nearestCorner({ polygons }, lonlat) {
  const plane = planeAt(lonlat);
  let best = null;
  polygons.forEach((rings, part) => rings.forEach((ring, r) => ring.forEach((point, at) => {
    const metres = Math.hypot(...plane(point));
    if (!best || metres < best.metres) best = { address: [part, r, at], metres };
  })));
  return best;
}

/** The foot of the origin on a segment in metres: its share of the way and its distance. */
export function footOn([ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length2 = dx * dx + dy * dy;
  const share = length2 ? Math.max(0, Math.min(1, -(ax * dx + ay * dy) / length2)) : 0;
  return { share, metres: Math.hypot(ax + share * dx, ay + share * dy) };
}

/** The corner before or after an address, round all rings of all parts. */
export function neighbour({ polygons }, address, step) {
  const all = polygons.flatMap((rings, part) => rings.flatMap((ring, r) => ring.map((_, at) => [part, r, at])));
  if (!all.length) return null;
  if (!address) return all[step > 0 ? 0 : all.length - 1];
  const place = all.findIndex(([part, ring, at]) => part === address[0] && ring === address[1] && at === address[2]);
  return all[(place + step + all.length) % all.length];
}
