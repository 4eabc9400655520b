import assert from "node:assert/strict";
import { test } from "node:test";
import * as rings from "../../gis/static/gis/rings.js";

const METRE = 1 / 111195;
const at = (x, y) => rings.onGrid([113.5 + (x * METRE) / Math.cos((35.2 * Math.PI) / 180), 35.2 + y * METRE]);
const square = (x, y, side) => rings.multiPolygon([[[at(x, y), at(x + side, y), at(x + side, y + side), at(x, y + side)]]]);

test("a geometry goes to open rings and back without change", () => {
  const shape = square(0, 0, 10);
  assert.equal(rings.vertexCount(shape), 4);
  assert.deepEqual(rings.multiPolygon(rings.polygonsOf(shape)), shape);
  assert.ok(rings.sameShape(shape, { type: "Polygon", coordinates: shape.coordinates[0] }));
});

test("area in square metres, holes left out", () => {
  const [[outer]] = rings.polygonsOf(square(0, 0, 100));
  const [[hole]] = rings.polygonsOf(square(10, 10, 20));
  assert.ok(Math.abs(rings.areaOf(rings.multiPolygon([[outer, hole]])) - 9600) < 5);
});

test("a bow tie crosses itself in the middle, a square does not", () => {
  const crossing = rings.selfCrossing([[0, 0], [2, 2], [2, 0], [0, 2]]);
  assert.deepEqual(crossing, [1, 1]);
  assert.equal(rings.selfCrossing([[0, 0], [2, 0], [2, 2], [0, 2]]), null);
});

test("a box is widened by metres", () => {
  const [west, south, east, north] = rings.boxOf(square(0, 0, 10), 5);
  assert.ok(Math.abs((north - south) / METRE - 20) < 0.01);
  assert.ok(west < 113.5 && east > 113.5);
});
