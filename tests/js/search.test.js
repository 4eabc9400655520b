// Typed coordinates: longitude first unless the text says otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCoordinates } from "../../layers/atlas/static/atlas/coordinates.js";

const good = [
  ["110.2985, 35.7465", [110.2985, 35.7465]], ["35.7465, 110.2985", [110.2985, 35.7465]], ["35.7N 110.3E", [110.3, 35.7]],
  ["110.2985，35.7465", [110.2985, 35.7465]], ["-74.006 40.7128", [-74.006, 40.7128]], ["北35.7 东110.3", null],
];
for (const [text, lonlat] of good) test(`"${text}"`, () => assert.deepEqual(parseCoordinates(text), lonlat));

for (const text of ["", "新华路", "3号楼", "12 号院 5", "141024-2026-000123", "Building 3, Unit 2", "200, 95", "1234567"]) {
  test(`"${text}" is no place`, () => assert.equal(parseCoordinates(text), null));
}
