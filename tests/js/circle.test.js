// What a circle says in words: the sentence first, and never a zero for what is not known.
import assert from "node:assert/strict";
import { register } from "node:module";
import { test } from "node:test";

register(new URL("./flat.mjs", import.meta.url));
const { basisWords, gridWords, headline, householdWords, paceWords } = await import("../../layers/coverage/static/coverage/circle.js");
const { styles, widthOf } = await import("../../layers/streets/static/streets/style.js");

const adult = { name: "Adult", km_per_hour: 4, steps_allowed: true };
const ring = (minutes, residents, grids) => ({ properties: { minutes, residents, grids } });
const answer = (changes) => ({
  profile: adult, residents: "counted", basis: { residents: 200, grids: 10 },
  rings: { features: [ring(5, 10, 1), ring(10, 90, 4), ring(15, 142, 6)] }, ...changes,
});

test("the headline is the share of residents in the last ring", () => {
  assert.equal(headline(answer()), "71% of residents walk here in 15 minutes");
});

test("where residents are hidden or unknown it speaks of grids", () => {
  for (const residents of ["hidden", "unknown"]) {
    assert.equal(headline(answer({ residents, basis: { residents: null, grids: 10 } })), "60% of grids lie within 15 minutes on foot");
  }
});

test("grids are told for every ring, beside the residents", () => {
  assert.equal(gridWords(answer()), "1 · 4 · 6 of 10 grids");
  assert.equal(gridWords(answer({ basis: null })), "1 · 4 · 6");
});

test("households are told for every ring, and where nobody counted them there are none to tell", () => {
  const told = answer({ basis: { residents: 200, grids: 10, households: 90 } });
  told.rings.features.forEach(({ properties }, i) => { properties.households = ["<5", 40, 61][i]; });
  assert.equal(householdWords(told), "<5 · 40 · 61 of 90 households");
  assert.equal(householdWords(answer({ basis: { residents: 200, households: null } })), null);
  assert.equal(householdWords(answer({ basis: null })), null);
});

test("outside every area it only says how far", () => {
  assert.equal(headline(answer({ residents: "hidden", basis: null })), "This far in 15 minutes on foot");
});

test("the pace stands beside every figure", () => {
  assert.equal(paceWords(adult), "Adult 4.0 km/h");
  assert.equal(paceWords({ name: "Wheelchair", km_per_hour: 3, steps_allowed: false }), "Wheelchair 3.0 km/h, no stairs");
  assert.match(basisWords(answer()), /On foot · Adult 4\.0 km\/h · gates as known/);
});

test("streets only grow with the zoom, and the great ones are the wider", () => {
  for (const kind of ["primary", "residential", "footway"]) {
    const widths = [8, 11, 12, 13.5, 15, 16, 17.9, 18, 19, 21].map((zoom) => widthOf(kind, zoom));
    assert.deepEqual(widths, [...widths].sort((a, b) => a - b));
  }
  assert.ok(widthOf("primary", 15) > widthOf("residential", 15) && widthOf("residential", 15) > widthOf("path", 15));
});

test("every kind of street, shape and gate has a style", () => {
  const ctx = { colour: (name) => name, name: (properties) => properties.name_zh || "", language: "zh-hans" };
  for (const kind of ["motorway", "residential", "steps", "rail", "footway", "hovercraft"]) {
    for (const zoom of [8, 12.5, 17, 20]) assert.ok(styles.roads({ kind, name_zh: "南街" }, zoom, ctx).stroke);
  }
  for (const name of ["landuse", "green", "water", "footprints", "barriers"]) assert.ok(styles[name]({ kind: name }, 16, ctx));
  assert.notEqual(styles.footprints({ reason: "straddling" }, 16, ctx).stroke, styles.footprints({ reason: "outside" }, 16, ctx).stroke);
  assert.equal(styles.gates({ status: "closed" }, 17, ctx).symbol.shape, "square");
  assert.notEqual(styles.gates({ status: "mapped", open_to: "residents" }, 17, ctx).symbol.fill, styles.gates({ status: "mapped", open_to: "all" }, 17, ctx).symbol.fill);
});
