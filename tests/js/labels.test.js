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

test("counted circles do not cover one another, stay near their place, and nothing else moves", () => {
  const circle = (x, y, size = 40) => ({ x, y, symbol: { shape: "cluster", size } });
  const four = () => [circle(100, 100), circle(130, 104), circle(112, 128, 30), circle(400, 400), { x: 101, y: 101, symbol: { shape: "pin", size: 20 } }];
  const before = four();
  const after = apart(four());
  for (const [i, one] of after.slice(0, 4).entries()) {
    assert.ok(Math.hypot(one.x - before[i].x, one.y - before[i].y) <= 16.001);
    for (const other of after.slice(i + 1, 4)) assert.ok(Math.hypot(one.x - other.x, one.y - other.y) >= (one.symbol.size + other.symbol.size) / 2);
  }
  assert.deepEqual(after.slice(3), before.slice(3));
  const turned = apart(four().reverse()).reverse();
  after.forEach((one, i) => assert.ok(Math.hypot(one.x - turned[i].x, one.y - turned[i].y) < 1e-9));
});

test("circles at one and the same place part, and a crowd that has no room goes no farther than it may", () => {
  const at = (x, y) => ({ x, y, symbol: { shape: "cluster", size: 30 } });
  const [one, other] = apart([at(50, 50), at(50, 50)]);
  assert.ok(Math.abs(one.x - other.x) >= 30);
  const counted = (count) => ({ ...at(50, 50), symbol: { shape: "cluster", size: 30, count } });
  const [few, many] = apart([counted(3), counted(8)]);
  assert.deepEqual(apart([counted(8), counted(3)]), [many, few]);
  const crowd = apart(Array.from({ length: 30 }, (_, i) => at(i % 5, i % 7)));
  crowd.forEach((item, i) => assert.ok(Math.hypot(item.x - (i % 5), item.y - (i % 7)) <= 16.001));
});
