import assert from "node:assert/strict";
import { test } from "node:test";
import { areaOf, onGrid, selfCrossing } from "../../gis/static/gis/rings.js";
import * as shaping from "../../gis/static/gis/shaping.js";

const METRE = 1 / 111195;
const at = (x, y) => onGrid([113.5 + (x * METRE) / Math.cos((35.2 * Math.PI) / 180), 35.2 + y * METRE]);
const box = (x, y, side) => [at(x, y), at(x + side, y), at(x + side, y + side), at(x, y + side)];
const drawn = (purpose, ring, drawing = shaping.blank()) => shaping.closed(shaping.add(shaping.begin(drawing, purpose), ring));
const size = (drawing) => Math.round(areaOf(shaping.geometryOf(drawing)));

test("an outer line, a hole in it and a second part", () => {
  let drawing = drawn("outer", box(0, 0, 100));
  drawing = drawn("hole", box(20, 20, 10), drawing);
  assert.equal(size(drawing), 9900);
  drawing = drawn("part", box(200, 0, 10), drawing);
  assert.equal(size(drawing), 10000);
  assert.deepEqual(drawing.polygons.map((rings) => rings.length), [2, 1]);
  assert.equal(drawing.line, null);
});

test("a hole outside, or over an edge, or in another hole is refused and nothing changes", () => {
  const drawing = drawn("hole", box(20, 20, 30), drawn("outer", box(0, 0, 100)));
  for (const ring of [box(200, 0, 5), box(95, 0, 20), box(25, 25, 5)]) assert.deepEqual(drawn("hole", ring, drawing), { refused: "outside" });
  assert.deepEqual(drawn("part", box(0, 0, 1).slice(0, 2)), { refused: "short" });
});

test("corners are moved, inserted and removed without touching anything else", () => {
  const drawing = drawn("hole", box(20, 20, 10), drawn("outer", box(0, 0, 100)));
  const before = JSON.stringify(drawing);
  const wider = shaping.moved(drawing, [0, 0, 2], at(120, 100));
  assert.deepEqual(shaping.cornerAt(wider, [0, 0, 2]), at(120, 100));
  assert.equal(wider.polygons[0][1], drawing.polygons[0][1]);
  const more = shaping.inserted(drawing, [0, 0, 3], at(-5, 50));
  assert.deepEqual(more.polygons[0][0].at(-1), at(-5, 50));
  assert.deepEqual(shaping.removed(more, [0, 0, 4]), drawing);
  const triangle = shaping.removed(drawing, [0, 1, 0]);
  assert.equal(triangle.polygons[0][1].length, 3);
  assert.equal(shaping.removed(triangle, [0, 1, 0]).polygons[0].length, 1, "a ring of three goes as a whole");
  assert.deepEqual(shaping.withoutRing(drawing, [0, 0, 0]).polygons, [], "an outer ring takes its holes along");
  assert.equal(JSON.stringify(drawing), before);
});

test("another course between two corners keeps the larger ring, or the other when asked", () => {
  const drawing = drawn("outer", box(0, 0, 100));
  const line = shaping.add(shaping.begin(drawing, "redraw", [0, 0, 1]), [at(120, 30), at(120, 70)]);
  assert.equal(size(shaping.closed(line, { end: [0, 0, 2] })), 10000 + 20 * 70);
  const dent = shaping.add(shaping.begin(drawing, "redraw", [0, 0, 1]), [at(90, 50), at(100, 100)]);
  const dented = shaping.closed(dent, { end: [0, 0, 2] });
  assert.equal(size(dented), 9500);
  assert.equal(dented.polygons[0][0].length, 5);
  assert.equal(selfCrossing(dented.polygons[0][0]), null);
  assert.equal(size(shaping.closed(dent, { end: [0, 0, 2], other: true })), 500);
  assert.deepEqual(shaping.closed(line, { end: [0, 0, 1] }), { refused: "elsewhere" });
  assert.deepEqual(shaping.closed(line), { refused: "elsewhere" });
});

test("a line goes back corner by corner; a hole's line ends with its last, the outer one stays", () => {
  let drawing = shaping.add(shaping.begin(shaping.blank(), "outer"), box(0, 0, 10));
  assert.equal(shaping.cornersOf(drawing), 4);
  assert.equal(shaping.add(drawing, [at(0, 10)]).line.points.length, 4, "the same corner twice is once");
  for (let n = 0; n < 6; n += 1) drawing = shaping.back(drawing);
  assert.deepEqual(drawing.line.points, []);
  assert.equal(shaping.back(shaping.begin(drawing, "hole")).line, null);
  assert.equal(shaping.geometryOf(drawing), null);
});

test("the nearest corner, the nearest edge, the next corner round all rings", () => {
  const drawing = drawn("hole", box(20, 20, 10), drawn("outer", box(0, 0, 100)));
  assert.deepEqual(shaping.nearestCorner(drawing, at(29, 31)).address, [0, 1, 2]);
  const edge = shaping.nearestEdge(drawing, at(50, -3));
  assert.deepEqual(edge.address, [0, 0, 0]);
  assert.ok(Math.abs(edge.metres - 3) < 0.01);
  assert.deepEqual(shaping.neighbour(drawing, null, 1), [0, 0, 0]);
  assert.deepEqual(shaping.neighbour(drawing, [0, 0, 3], 1), [0, 1, 0]);
  assert.deepEqual(shaping.neighbour(drawing, [0, 0, 0], -1), [0, 1, 3]);
});
