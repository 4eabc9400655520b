import assert from "node:assert/strict";
import { test } from "node:test";
import { boxOf, byClass, cellAt, colour, colours, daysBefore, queryOf } from "../../layers/hotspots/static/hotspots/cells.js";

const square = (x, y, name, holes = []) => ({
  type: "Feature", id: `${x},${y}`, properties: { class: name },
  geometry: { type: "Polygon", coordinates: [[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1], [x, y]], ...holes] },
});

test("cells of one class become one shape, hot ones on top", () => {
  const drawn = byClass([square(0, 0, "hot-99"), square(1, 0, "none"), square(2, 0, "hot-99")]);
  assert.deepEqual(drawn.map(({ properties }) => properties.class), ["none", "hot-99"]);
  assert.equal(drawn[1].geometry.coordinates.length, 2);
});

test("the cell under a point, holes left out", () => {
  const hole = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6], [0.4, 0.4]];
  const cells = [square(0, 0, "none", [hole]), square(1, 0, "none")];
  assert.equal(cellAt(cells, [1.5, 0.5]).id, "1,0");
  assert.equal(cellAt(cells, [0.2, 0.5]).id, "0,0");
  assert.equal(cellAt(cells, [0.5, 0.5]), null);
  assert.equal(cellAt(cells, [5, 5]), null);
  assert.deepEqual(boxOf(cells[1]), [1, 0, 2, 1]);
});

test("days are counted over months and leap years", () => {
  assert.equal(daysBefore("2026-03-01", 1), "2026-02-28");
  assert.equal(daysBefore("2024-03-01", 1), "2024-02-29");
  assert.equal(daysBefore("2026-01-01", 365), "2025-01-01");
});

test("the address becomes the question", () => {
  const query = (values) => queryOf((name) => values[name], "2026-03-05");
  assert.deepEqual(query({}), { since: "2025-12-06", until: "2026-03-05" });
  assert.deepEqual(query({ days: "all", per: "residents", cells: "compound" }), { cells: "compound", per: "residents" });
  assert.deepEqual(query({ days: "between", since: "2026-01-01" }), { since: "2026-01-01" });
  assert.deepEqual(query({ days: "1", width: "200" }), { width: "200", since: "2026-03-05", until: "2026-03-05" });
});

test("a grey picture gets the page's colours, darker where cells meet, striped where residents are unknown", () => {
  const styles = { none: [100, 200, 50, 80], unknown: [10, 20, 30, 120] };
  const table = colours(["none", "unknown"], 64, (name) => styles[name]);
  let between = [0, 0, 0, 0];
  const of = (...greys) => {
    const pixels = Uint8ClampedArray.from(greys.flatMap((grey) => [grey, grey, grey, 255]));
    colour(pixels, greys.length, table, new Map([[2, between]]));
    return Array.from({ length: greys.length }, (_, at) => [...pixels.slice(at * 4, at * 4 + 4)]);
  };
  assert.deepEqual(of(0, 1, 1 + 64), [[0, 0, 0, 0], [100, 200, 50, 80], [72, 144, 36, 108]]);
  const stripes = of(...Array(16).fill(2)).map(([, , , alpha]) => alpha > 0);
  assert.equal(stripes.filter(Boolean).length, 4);
  assert.deepEqual(stripes.slice(0, 8), stripes.slice(8));
  between = [7, 8, 9, 200];
  const filled = of(...Array(8).fill(2)).map(([red]) => red);
  assert.deepEqual([filled.filter((red) => red === 10).length, filled.filter((red) => red === 7).length], [2, 6]);
});
