// The search box: what was typed is shown in the names, and the keys go round what can be chosen.
import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";

register(new URL("./flat.mjs", import.meta.url));
const { next, parts } = await import("../../layers/atlas/static/atlas/search.js");

test("what was typed is marked where it stands", () => {
  assert.deepEqual(parts("和平社区", "和平"), [["和平", true], ["社区", false]]);
  assert.deepEqual(parts("Heping Community", "community heping"), [["Heping", true], [" ", false], ["Community", true]]);
  assert.deepEqual(parts("3号楼", "hpsq"), [["3号楼", false]]);
  assert.deepEqual(parts("aaa", "a"), [["aaa", true]]);
  assert.deepEqual(parts("", "a"), []);
  assert.deepEqual(parts("𠮷祥里", "祥"), [["𠮷", false], ["祥", true], ["里", false]]);
  assert.deepEqual(parts("İstanbul", "i"), [["İstanbul", false]]);
});

test("a name is put together again whatever was typed", () => {
  for (const words of ["", " ", "a", "区 社", "(", "[^", "社社社"]) assert.equal(parts("和平社区 (a)", words).map(([text]) => text).join(""), "和平社区 (a)");
});

const area = { kind: "area" };
const note = { kind: "note" };
test("arrows go round and pass notes over", () => {
  assert.equal(next([area, area, area], -1, 1), 0);
  assert.equal(next([area, area, area], 2, 1), 0);
  assert.equal(next([area, area, area], 0, -1), 2);
  assert.equal(next([area, area, area], -1, -1), 2);
  assert.equal(next([note, area], -1, 1), 1);
  assert.equal(next([note, area], 1, 1), 1);
  assert.equal(next([note], -1, 1), -1);
  assert.equal(next([], -1, 1), -1);
});
