// Pure logic of editing: rings of [lon, lat], metres, crossings. No map, no page; tested with node --test.

const METRES_A_DEGREE = 111195;
const GRID = 1e8;

/** A coordinate on the 1e-8 degree grid that the server keeps. */
export function onGrid([lon, lat]) {
  return [Math.round(lon * GRID) / GRID, Math.round(lat * GRID) / GRID];
}

/** The polygons of a GeoJSON geometry as arrays of open rings (without the repeated last vertex). */
export function polygonsOf(geometry) {
  if (!geometry) return [];
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.map((rings) => rings.map((ring) => (same(ring[0], ring[ring.length - 1]) ? ring.slice(0, -1) : ring)));
}

/** Open rings back to a GeoJSON MultiPolygon on the grid, each ring closed. */
export function multiPolygon(polygons) {
  const closed = (ring) => [...ring, ring[0]].map(onGrid);
  return { type: "MultiPolygon", coordinates: polygons.map((rings) => rings.map(closed)) };
}

export function same(a, b) {
  return Boolean(a && b) && a[0] === b[0] && a[1] === b[1];
}

/** Whether two geometries have the same vertices in the same order. */
export function sameShape(a, b) {
  return JSON.stringify(polygonsOf(a)) === JSON.stringify(polygonsOf(b));
}

export function vertexCount(geometry) {
  return polygonsOf(geometry).flat().reduce((sum, ring) => sum + ring.length, 0);
}

/** A flat plane in metres around a place: a function [lon, lat] → [x, y]. Straight lines stay straight. */
export function planeAt([lon, lat]) {
  const east = METRES_A_DEGREE * Math.max(Math.cos((lat * Math.PI) / 180), 1e-6);
  return ([x, y]) => [(x - lon) * east, (y - lat) * METRES_A_DEGREE];
}

/** Square metres of a geometry, good to a part in a thousand: what to show before the server has answered. */
export function areaOf(geometry) {
  let sum = 0;
  for (const rings of polygonsOf(geometry)) {
    rings.forEach((ring, at) => {
      const points = ring.map(planeAt(ring[0]));
      let twice = 0;
      points.forEach(([x, y], i) => {
        const [nextX, nextY] = points[(i + 1) % points.length];
        twice += x * nextY - nextX * y;
      });
      sum += ((at === 0 ? 1 : -1) * Math.abs(twice)) / 2;
    });
  }
  return sum;
}

function cross(o, a, b) {
  return (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
}

/** Where two segments cross in their interiors, or null. */
export function crossingOf(a, b, c, d) {
  const [first, second] = [cross(a, b, c), cross(a, b, d)];
  const [third, fourth] = [cross(c, d, a), cross(c, d, b)];
  if (first * second >= 0 || third * fourth >= 0) return null;
  const share = first / (first - second);
  return [c[0] + share * (d[0] - c[0]), c[1] + share * (d[1] - c[1])];
}

/** The first point where a ring crosses itself, or null; for rings small enough to look at on each move. */
export function selfCrossing(ring) {
  const n = ring.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = i + 2; j < n; j += 1) {
      if (i === 0 && j === n - 1) continue;
      const found = crossingOf(ring[i], ring[(i + 1) % n], ring[j], ring[(j + 1) % n]);
      if (found) return found;
    }
  }
  return null;
}

/** [west, south, east, north] of a geometry, widened by metres on every side. */
export function boxOf(geometry, metres = 0) {
  const points = polygonsOf(geometry).flat(2);
  const lons = points.map(([lon]) => lon);
  const lats = points.map(([, lat]) => lat);
  const north = metres / METRES_A_DEGREE;
  const east = north / Math.max(Math.cos((lats[0] * Math.PI) / 180), 1e-6);
  return [Math.min(...lons) - east, Math.min(...lats) - north, Math.max(...lons) + east, Math.max(...lats) + north];
}
