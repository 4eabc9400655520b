// Names on the map never overlap, keep their order of importance, and follow their streets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apart } from "../../gis/static/gis/apart.js";
import { pressed } from "../../gis/static/gis/overlay.js";
import { glyphsAlong, lines, place, spots, Taken } from "../../gis/static/gis/labels.js";

const measure = (text, label) => text.length * (label?.size || 12) * (/[\u4e00-\u9fff]/.test(text) ? 1 : 0.55);
const overlap = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

test("no two placed names overlap, whatever is wanted", () => {
  let seed = 7;
  const random = () => { seed = (seed * 1664525 + 1013904223) % 4294967296; return seed / 4294967296; };
  const wanted = Array.from({ length: 400 }, (_, i) => ({
    key: `k${i}`, text: `楼${i}号院`, label: { size: 12, at: ["center", "point", "top"][i % 3], priority: i % 5 },
    anchor: [random() * 600, random() * 400], box: [0, 0, 600, 400],
  }));
  const placed = place(wanted, new Taken(), measure);
  assert.ok(placed.length > 20);
  const boxes = placed.flatMap((item) => item.boxes);
  for (let i = 0; i < boxes.length; i += 1) for (let j = i + 1; j < boxes.length; j += 1) assert.ok(!overlap(boxes[i], boxes[j]));
});

test("the more important name wins the place", () => {
  const at = { anchor: [50, 50] };
  const wanted = [
    { key: "a", text: "小巷小巷", label: { priority: 1 }, ...at }, { key: "b", text: "县政府县", label: { priority: 9 }, ...at },
    { key: "c", text: "小巷小巷", label: { priority: 1 }, anchor: [52, 50] }, { key: "d", text: "小巷小巷", label: { priority: 1 }, anchor: [48, 51] },
  ];
  assert.equal(place(wanted, new Taken(), measure)[0].text, "县政府县");
});

test("placing does not depend on the order of asking", () => {
  const wanted = Array.from({ length: 30 }, (_, i) => ({ key: `k${i}`, text: "和顺新村", label: { priority: 41 }, anchor: [(i * 37) % 200, (i * 53) % 120] }));
  const names = (list) => place(list, new Taken(), measure).map((item) => item.key);
  assert.deepEqual(names(wanted), names([...wanted].reverse()));
});

test("what a symbol covers is not written on", () => {
  const taken = new Taken();
  taken.add([0, 0, 100, 100]);
  assert.equal(place([{ key: "a", text: "东门", label: {}, anchor: [50, 50] }], taken, measure).length, 0);
});

test("a name steps aside for a circle in the middle of its area", () => {
  for (const size of [34, 44]) {
    const taken = new Taken();
    const circle = [50 - size / 2, 50 - size / 2, 50 + size / 2, 50 + size / 2];
    taken.add(circle);
    const [name] = place([{ key: "a", text: "南关社区", label: { size: 13 }, anchor: [50, 50] }], taken, measure);
    assert.ok(name, `a circle of ${size} px put the name out`);
    assert.ok(!overlap(name.boxes[0], circle));
    assert.ok(Math.abs(name.y - 50) < 50);
  }
});

test("a name runs along its street and never upside down", () => {
  const glyphs = glyphsAlong("Main Street", [300, 10, 0, 0], 12, (letter) => measure(letter));
  assert.ok(glyphs.every((glyph) => Math.abs(glyph.angle) < Math.PI / 2));
  assert.ok(glyphs[0].x < glyphs.at(-1).x);
});

test("a Chinese name on a steep street stands upright, top to bottom", () => {
  const glyphs = glyphsAlong("中心大街", [10, 300, 0, 0], 12, (letter) => measure(letter));
  assert.ok(glyphs.every((glyph) => glyph.angle === 0));
  assert.ok(glyphs[0].y < glyphs.at(-1).y);
});

test("too short or too bent a street keeps its name to itself", () => {
  assert.equal(glyphsAlong("中心大街", [0, 0, 20, 0], 12, (letter) => measure(letter)), null);
  assert.equal(glyphsAlong("Main Street", [0, 0, 40, 0, 40, 40, 0, 40, 0, 80], 12, (letter) => measure(letter)), null);
});

test("the same street name is not repeated nearby", () => {
  const wanted = [0, 40, 80].map((y) => ({ key: `s${y}`, text: "新华路", label: {}, line: [0, y, 200, y] }));
  assert.equal(place(wanted, new Taken(), measure).length, 1);
});

test("a park in two pieces is named once, two buildings of one name twice", () => {
  const two = (priority) => [0, 60].map((y) => ({ key: `p${y}`, text: "滨河公园", label: { priority }, anchor: [100, 50 + y] }));
  assert.equal(place(two(2), new Taken(), measure).length, 1);
  assert.equal(place(two(40), new Taken(), measure).length, 2);
});

test("long names break in two", () => {
  assert.deepEqual(lines("县医院家属院"), ["县医院家属院"]);
  assert.deepEqual(lines("钟楼社区党群服务中心"), ["钟楼社区党", "群服务中心"]);
  assert.deepEqual(lines("gh moscow暂定街道"), ["gh moscow", "暂定街道"]);
  assert.deepEqual(lines("Nowordbreakinthisverylongname"), ["Nowordbreakinthisverylongname"]);
  assert.deepEqual(lines("County Hospital Residential Compound"), ["County Hospital", "Residential Compound"]);
});

test("a point's name stands beside it, not on it", () => {
  for (const { box } of spots("point", [100, 100], 40, 14, { offset: 8 })) assert.ok(!overlap(box, [95, 95, 105, 105]));
});

test("a press in a circle means the circle, not what it covers; beside it the nearest", () => {
  const site = { x: 60, y: 50, symbol: { shape: "circle", size: 12 }, feature: "site" };
  const circle = { x: 50, y: 50, symbol: { shape: "cluster", size: 40 }, feature: "circle" };
  const gate = { x: 50, y: 50, symbol: { shape: "circle", size: 8 }, feature: "gate", hit: false };
  assert.deepEqual(pressed([site, circle, gate], [60, 50], 6), ["circle", "site"]);
  assert.deepEqual(pressed([circle, site], [60, 50], 6), ["site", "circle"]);
  assert.deepEqual(pressed([site, circle], [74, 50], 14), ["site"]);
  assert.deepEqual(pressed([site, circle], [200, 50], 14), []);
});

// a counted circle of a cell of 64 px, eight to a tile's side, at px (x, y) of a map whose side is 8,192 px
const counted = (x, y, size = 40) => ({ x, y, symbol: { shape: "cluster", size }, feature: { id: "7:1" } });
const moved = (symbols, origin = [0, 0]) => apart(symbols, origin, 8192, 512);

test("counted circles that would cover one another draw back into their own cells; nothing else moves", () => {
  const four = () => [counted(126, 100), counted(131, 97), counted(128 + 60, 128 + 2, 52), counted(416, 420), { ...counted(127, 101), symbol: { shape: "pin", size: 20 } }];
  const before = four();
  const after = moved(four());
  for (const [i, one] of after.slice(0, 4).entries()) {
    assert.ok(Math.hypot(one.x - before[i].x, one.y - before[i].y) <= 40);
    for (const other of after.slice(i + 1, 4)) assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= (one.symbol.size + other.symbol.size) / 2);
  }
  assert.deepEqual(after.slice(3), before.slice(3));
  assert.deepEqual(moved(four().reverse()).reverse(), after);
  assert.deepEqual(moved([counted(126, 100)]), [counted(126, 100)], "nothing in the cell beside it");
});

test("where a counted circle stands does not depend on the view, nor on tiles that are not loaded", () => {
  const ground = [];
  for (let i = 0; i < 400; i += 1) { // a cell each, somewhere in it
    const [column, row] = [i % 20, Math.floor(i / 20)];
    ground.push([column * 64 + ((i * 37) % 64), row * 64 + ((i * 53) % 64), 26 + (i % 27)]);
  }
  const all = moved(ground.map(([x, y, size]) => counted(x, y, size)));
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= (one.symbol.size + other.symbol.size) / 2);
  }
  const [left, top] = [512, 512]; // one tile alone, seen from another place
  const alone = moved(ground.map(([x, y, size]) => counted(x - left, y - top, size)).filter(({ x, y }) => x >= 0 && y >= 0 && x < 512 && y < 512), [left, top]);
  const same = all.filter((_one, i) => ground[i][0] >= 512 && ground[i][1] >= 512 && ground[i][0] < 1024 && ground[i][1] < 1024);
  assert.ok(same.length > 20);
  for (const [i, { x, y }] of alone.entries()) assert.ok(Math.hypot(x + left - same[i].x, y + top - same[i].y) < 1e-9);
});

test("a cell too small for its circle has it in the middle", () => {
  const [one, other] = apart([counted(31, 16), counted(33, 16)], [0, 0], 4096, 256); // cells of 32 px
  assert.deepEqual([one.x, other.x], [16, 48]);
});
