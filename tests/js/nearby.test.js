import assert from "node:assert/strict";
import { test } from "node:test";
import * as nearby from "../../gis/static/gis/nearby.js";
import { multiPolygon, onGrid } from "../../gis/static/gis/rings.js";

const METRE = 1 / 111195;
const at = (x, y) => onGrid([113.5 + (x * METRE) / Math.cos((35.2 * Math.PI) / 180), 35.2 + y * METRE]);
const box = (x, y, side) => [at(x, y), at(x + side, y), at(x + side, y + side), at(x, y + side)];
const feature = (id, ...rings) => ({ id, properties: { name_zh: id }, geometry: multiPolygon([rings]) });
const refs = nearby.references([feature("wall", box(0, 0, 100)), feature("house", box(30, 0, 20))]);

test("corners come before edges, and nothing beyond the metres that were said", () => {
  const corner = nearby.nearest(refs, at(99.4, 0.5), 1);
  assert.equal(corner.kind, "corner");
  assert.deepEqual(corner.lonlat, at(100, 0));
  const edge = nearby.nearest(refs, at(100.7, 40), 1);
  assert.equal(edge.kind, "edge");
  assert.ok(Math.abs(edge.lonlat[0] - at(100, 40)[0]) < 1e-8);
  assert.equal(edge.ref.id, "wall");
  assert.equal(nearby.nearest(refs, at(101.2, 40), 1), null);
  assert.equal(nearby.nearest([], at(0, 0), 50), null);
});

test("the way along a border: the shorter one round its corners, or the other", () => {
  const way = nearby.along(refs, at(100, 40), at(60, 100));
  assert.deepEqual(way.points, [at(100, 100)]);
  assert.equal(way.ref.id, "wall");
  const other = nearby.along(refs, at(100, 40), at(60, 100), { other: true });
  assert.deepEqual(other.points, [at(100, 0), at(0, 0), at(0, 100)]);
  assert.deepEqual(nearby.along(refs, at(60, 100), at(100, 40)).points, [at(100, 100)]);
  assert.deepEqual(nearby.along(refs, at(100, 40), at(100, 80)).points, [], "along one edge there is no corner between");
  assert.deepEqual(nearby.along(refs, at(100, 80), at(100, 40)).points, []);
});

test("both ways together are the whole ring, wherever one starts", () => {
  const spots = [at(0, 0), at(50, 0), at(100, 0), at(100, 33), at(70, 100), at(0, 5)];
  const wall = refs.slice(0, 1);
  for (const from of spots) {
    for (const to of spots) {
      if (from === to) continue;
      const [short, long] = [false, true].map((other) => nearby.along(wall, from, to, { other }));
      const length = ({ points }) => nearby.lengthOf([from, ...points, to]);
      assert.ok(Math.abs(length(short) + length(long) - 400) < 0.1, `${from} ${to}`);
      assert.ok(length(short) <= length(long) + 0.01);
    }
  }
});

test("no way where no border carries both ends", () => {
  assert.equal(nearby.along(refs, at(100, 40), at(40, 10)), null);
  assert.equal(nearby.along(refs, at(50, 10), at(40, 20)).ref.id, "house");
});

test("new edges that cross a border are found with the place", () => {
  const [place] = nearby.crossings([[at(90, 50), at(110, 50)]], refs);
  assert.ok(Math.hypot(place[0] - at(100, 50)[0], place[1] - at(100, 50)[1]) < 2e-8);
  assert.deepEqual(nearby.crossings([[at(60, 50), at(90, 50)]], refs), []);
});

test("a point inside a neighbour, or outside the area above, is misplaced; a courtyard is no part of a neighbour", () => {
  const [wall] = nearby.references([{ ...feature("wall", box(0, 0, 100)), properties: { keep: "in" } }]);
  const [ringHouse] = nearby.references([{ ...feature("ring", box(20, 20, 40), box(30, 30, 10)), properties: { keep: "out" } }]);
  const around = [wall, ringHouse];
  assert.equal(nearby.misplaced(at(10, 10), around), false);
  assert.equal(nearby.misplaced(at(120, 10), around), true);
  assert.equal(nearby.misplaced(at(25, 25), around), true);
  assert.equal(nearby.misplaced(at(35, 35), around), false);
});
