// Pure logic of what lies beside an edit: the nearest corner or edge to snap to, the way along a neighbour's border,
// and where new edges cross it. References are {id, properties, rings, boxes}; distances are metres. properties.keep says
// on which side of it an edit must stay ("in", "out"), where that is known.
import { crossingOf, planeAt, polygonsOf } from "./rings.js";
import { footOn, goesRound } from "./shaping.js";

const METRES_A_DEGREE = 111195;
const ON_LINE_METRES = 0.02;

/** GeoJSON features → references. */
export function references(features) {
  return features.map(({ id, geometry, properties }) => {
    const rings = polygonsOf(geometry).flat();
    return { id, properties, rings, boxes: rings.map(boxOf) };
  });
}

function boxOf(ring) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of ring) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}

const reachOf = ([, lat], metres) => [metres / (METRES_A_DEGREE * Math.max(Math.cos((lat * Math.PI) / 180), 1e-6)), metres / METRES_A_DEGREE];

// Every place on a ring within so many metres of a point.
function* placesOn(refs, lonlat, metres) {
  const [east, north] = reachOf(lonlat, metres);
  const plane = planeAt(lonlat);
  for (const ref of refs) {
    for (const [r, ring] of ref.rings.entries()) {
      const [west, south, right, top] = ref.boxes[r];
      if (lonlat[0] < west - east || lonlat[0] > right + east || lonlat[1] < south - north || lonlat[1] > top + north) continue;
      let before = plane(ring[0]);
      for (let at = 0; at < ring.length; at += 1) {
        const next = plane(ring[(at + 1) % ring.length]);
        const foot = footOn(before, next);
        if (foot.metres <= metres) yield { ref, ring: r, at, ...foot, corner: Math.hypot(...before) };
        before = next;
      }
    }
  }
}

function on(ring, at, share) {
  const [a, b] = [ring[at], ring[(at + 1) % ring.length]];
  if (share <= 0) return a;
  return share >= 1 ? b : [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
}

/** What a point snaps to within some metres, corners before edges: {lonlat, kind: "corner" | "edge", ref}, or null. */
export function nearest(refs, lonlat, metres) {
  let corner = null;
  let edge = null;
  for (const place of placesOn(refs, lonlat, metres)) {
    const { ref, ring, at } = place;
    const points = ref.rings[ring];
    for (const [which, far] of [[at, place.corner], [(at + 1) % points.length, null]]) {
      const distance = far ?? Math.hypot(...planeAt(lonlat)(points[which]));
      if (distance <= metres && (!corner || distance < corner.metres)) corner = { lonlat: points[which], kind: "corner", ref, metres: distance };
    }
    if (!edge || place.metres < edge.metres) edge = { lonlat: on(points, at, place.share), kind: "edge", ref, metres: place.metres };
  }
  return corner || edge;
}

/**
 * The corners between two points along a border that both lie on, the shorter way round (`other`: the longer one);
 * null where no border carries both.
 */
export function along(refs, from, to, { other = false } = {}) {
  const starts = [...placesOn(refs, from, ON_LINE_METRES)];
  const ends = [...placesOn(refs, to, ON_LINE_METRES)];
  let best = null;
  for (const a of starts) {
    for (const b of ends) {
      if (a.ref !== b.ref || a.ring !== b.ring) continue;
      const ways = bothWays(a.ref.rings[a.ring], a, b);
      const way = ways[other ? 1 : 0];
      if (!best || way.metres < best.metres) best = { ...way, ref: a.ref };
    }
  }
  return best && { points: best.points.filter((point) => !near(point, from) && !near(point, to)), ref: best.ref };
}

const near = (a, b) => Math.hypot(...planeAt(a)(b)) <= ON_LINE_METRES;

// The two ways from one place of a ring to another: forth and back, the shorter first.
function bothWays(ring, a, b) {
  const [start, end] = [on(ring, a.at, a.share), on(ring, b.at, b.share)];
  const n = ring.length;
  const forth = [];
  const ahead = a.at === b.at && b.share >= a.share ? 0 : (b.at - a.at + n) % n || n;
  for (let i = 1; i <= ahead; i += 1) forth.push(ring[(a.at + i) % n]);
  const backward = [];
  for (let i = 0; i < n - ahead; i += 1) backward.push(ring[(a.at - i + n) % n]);
  const measured = [forth, backward].map((points) => ({ points, metres: lengthOf([start, ...points, end]) }));
  return measured[0].metres <= measured[1].metres ? measured : [measured[1], measured[0]];
}

/** Metres along a line. */
export function lengthOf(points) {
  let sum = 0;
  for (let i = 1; i < points.length; i += 1) sum += Math.hypot(...planeAt(points[i - 1])(points[i]));
  return sum;
}

/** Where segments [[a, b], …] cross the borders of references, at most so many. */
export function crossings(segments, refs, most = 20) {
  const found = [];
  for (const [a, b] of segments) {
    const [west, east] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
    const [south, north] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
    for (const { rings, boxes } of refs) {
      for (const [r, ring] of rings.entries()) {
        const box = boxes[r];
        if (east < box[0] || west > box[2] || north < box[1] || south > box[3]) continue;
        for (let at = 0; at < ring.length; at += 1) {
          const place = crossingOf(a, b, ring[at], ring[(at + 1) % ring.length]);
          if (place) found.push(place);
          if (found.length >= most) return found;
        }
      }
    }
  }
  return found;
}

/** Whether a point lies where it may not: inside a reference to keep out of, or outside one to keep in. */
export function misplaced(point, refs) {
  const inside = ({ rings }) => rings.filter((ring) => goesRound(ring, point)).length % 2 === 1;
  return refs.some((ref) => (ref.properties.keep === "out" && inside(ref)) || (ref.properties.keep === "in" && !inside(ref)));
}
