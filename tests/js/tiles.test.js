// What lies under a point, and which tile a deep zoom is cut from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { native, TileGroup } from "../../gis/static/gis/group.js";
import { toWorld } from "../../gis/static/gis/overlay.js";
import { lift, short } from "../../gis/static/gis/symbols.js";
import { distanceToParts, featuresAt, insideRings, MAX_TILE_ZOOM, tileUrl } from "../../gis/static/gis/tiles.js";

const ring = (x0, y0, x1, y1) => Float32Array.from([x0, y0, x1, y0, x1, y1, x0, y1, x0, y0]);
const polygon = (id, ...rings) => ({ id, type: 3, parts: rings, box: [rings[0][0], rings[0][1], rings[0][4], rings[0][5]], properties: {} });

test("inside a ring, not in its hole", () => {
  const parts = [ring(0.1, 0.1, 0.9, 0.9), ring(0.4, 0.4, 0.6, 0.6)];
  assert.ok(insideRings(parts, 0.2, 0.2));
  assert.ok(!insideRings(parts, 0.5, 0.5));
  assert.ok(!insideRings(parts, 0.95, 0.5));
});

test("the smallest polygon comes first, points and lines before it", () => {
  const features = [
    polygon("street", ring(0, 0, 1, 1)), polygon("house", ring(0.4, 0.4, 0.6, 0.6)), polygon("elsewhere", ring(0.8, 0.8, 0.9, 0.9)),
    { id: "gate", type: 1, parts: [Float32Array.from([0.5, 0.51])], box: [0.5, 0.51, 0.5, 0.51], properties: {} },
    { id: "wall", type: 2, parts: [Float32Array.from([0, 0.5, 1, 0.5])], box: [0, 0.5, 1, 0.5], properties: {} },
  ];
  assert.deepEqual(featuresAt(features, 0.5, 0.5, () => 0.02).map(({ id }) => id), ["gate", "wall", "house", "street"]);
});

test("distance to a line is to the nearest spot of it", () => {
  const line = [Float32Array.from([0, 0, 1, 0])];
  assert.ok(Math.abs(distanceToParts(line, 0.5, 0.3) - 0.3) < 1e-6);
  assert.ok(Math.abs(distanceToParts(line, 1.3, 0.4) - 0.5) < 1e-6);
});

test("up to the deepest tiles each is its own, beyond it is a part of one", () => {
  assert.deepEqual(native({ z: 12, x: 5, y: 7 }), { tile: { z: 12, x: 5, y: 7 }, key: "12/5/7", parts: 1, left: 0, top: 0 });
  const deep = native({ z: MAX_TILE_ZOOM + 2, x: 4 * 11 + 3, y: 4 * 20 + 1 });
  assert.deepEqual(deep, { tile: { z: MAX_TILE_ZOOM, x: 11, y: 20 }, key: `${MAX_TILE_ZOOM}/11/20`, parts: 4, left: 3, top: 1 });
});

test("addresses of tiles carry the moment and the version", () => {
  assert.equal(tileUrl("base", { z: 3, x: 1, y: 2 }), "/tiles/base/3/1/2.mvt");
  assert.equal(tileUrl("grids", { z: 3, x: 1, y: 2 }, { moment: "2026-03-05T14:30", version: 2 }), "/tiles/grids/3/1/2.mvt?moment=2026-03-05T14%3A30&v=2");
});

test("world pixels are Web Mercator's", () => {
  assert.deepEqual(toWorld([0, 0], 0), [128, 128]);
  const [x, y] = toWorld([110, 35], 10);
  assert.ok(Math.abs(x - 256 * 1024 * (110 / 360 + 0.5)) < 1e-6);
  assert.ok(y > 0 && y < 128 * 1024);
});

test("counts are short, pins stand on their tip", () => {
  assert.deepEqual([7, 999, 1234, 9999, 12345].map(short), ["7", "999", "1.2k", "9.9k", "12k"]);
  assert.equal(lift({ shape: "pin", size: 16 }), 14);
  assert.equal(lift({ shape: "circle", size: 16 }), 0);
});

test("what was asked for before the map was narrowed does not come back over what was asked for after", async () => {
  const asked = [];
  const before = globalThis.fetch;
  globalThis.fetch = (url) => new Promise((answer) => { asked.push({ url, answer: () => answer({ status: 204, ok: true }) }); });
  try {
    const scene = { visible: () => true, changed() {}, failed(cause) { throw cause; }, ctx: {}, moment: null };
    const group = new TileGroup({ name: "tickets", layers: [{ name: "ticket_cells" }], temporal: false }, scene);
    let done = 0;
    group.load({ z: 12, x: 1, y: 1 }, null, () => { done += 1; });
    group.narrow({ overdue: "1" });
    const [shown] = group.screen.values();
    assert.deepEqual(asked.map(({ url }) => url.includes("overdue=1")), [false, true]);
    asked[1].answer();
    await new Promise(setImmediate);
    const narrowed = shown.features;
    assert.deepEqual(narrowed, {});
    asked[0].answer();
    await new Promise(setImmediate);
    assert.equal(shown.features, narrowed, "the late answer is of the former question");
    assert.equal(done, 1);
  } finally {
    globalThis.fetch = before;
  }
});
