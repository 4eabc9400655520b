// What tickets say: clocks, chains, typed coordinates.
import assert from "node:assert/strict";
import { register } from "node:module";
import test from "node:test";

register(new URL("./flat.mjs", import.meta.url));
const { chainWords, dueWords, parseLonLat, postWords, span } = await import("../../layers/tickets/static/tickets/words.js");
const { clusterSize, SHAPES, styles } = await import("../../layers/tickets/static/tickets/style.js");

const { firstView, onMap, periodOf, shifted } = await import("../../layers/tickets/static/tickets/filters.js");

const HOUR = 3600000;

test("typed coordinates are read with every usual separator", () => {
  for (const text of ["111.77, 36.84", "111.77 36.84", "111.77，36.84", " 111.77;36.84 "]) assert.deepEqual(parseLonLat(text), { lonlat: [111.77, 36.84] });
});

test("typed rubbish is named and swapped pairs are not guessed", () => {
  for (const text of ["", "111.77", "1,2,3", "east, north", "111.77, NaN", "999, 10", "36.84, 111.77"]) {
    assert.equal(parseLonLat(text).lonlat, undefined, text);
    assert.ok(parseLonLat(text).problem, text);
  }
  assert.notEqual(parseLonLat("36.84, 111.77").problem, parseLonLat("999, 10").problem);
});

test("a clock says how long is left or over", () => {
  const now = Date.parse("2026-03-05T06:30:00Z");
  const due = (hours) => dueWords({ due_at: new Date(now + hours * HOUR).toISOString() }, now);
  assert.equal(dueWords({ due_at: null }, now), null);
  assert.deepEqual([due(-1).tone, due(0).tone, due(5).tone, due(48).tone], ["red", "red", "amber", "grey"]);
  assert.match(span(90 * 60000), /2/);
  assert.match(span(20 * 60000), /20/);
});

test("a chain begins at its compound; without one its last two areas are named", () => {
  const chain = ["county", "street", "community", "compound", "building", "unit"].map((tier) => ({ tier, name: tier }));
  assert.equal(chainWords(chain), "compound › building › unit");
  assert.equal(chainWords(chain.slice(0, 3)), "street › community");
  assert.equal(chainWords([]), "");
});

test("who answers: a role is not said twice", () => {
  const post = { post: "Grid worker of East", role_name: "grid worker", holder: "Li" };
  assert.equal(postWords([post]), "Grid worker of East");
  assert.match(postWords([{ ...post, post: "Post 3" }]), /Post 3.*grid worker/);
  assert.match(postWords([post, post, post]), /2/);
  assert.ok(postWords([]));
});

test("counted circles grow slowly and every open state has a shape", () => {
  const ctx = { colour: (name) => name, language: "zh-hans" };
  assert.ok(clusterSize(1) < clusterSize(100) && clusterSize(1e6) <= 52);
  const { symbol } = styles.ticket_cells({ count: 8, overdue: 2 }, 12, ctx);
  assert.deepEqual([symbol.count, symbol.share, symbol.shape], [8, 0.25, "cluster"]);
  assert.equal(Object.keys(SHAPES).length, 10);
  const pin = styles.tickets({ state: "dispatched", urgency: "urgent", due: "overdue", short_zh: "路灯", short_en: "Lamp" }, 18, ctx);
  assert.equal(pin.label.text, "路灯");
  const fill = (state) => styles.tickets({ state, urgency: "low", due: "" }, 17, ctx).symbol.fill;
  assert.deepEqual(["closed", "verified", "refused", "merged"].map(fill), ["green", "green", "ink-3", "ink-3"], "green is for what was done");
  assert.equal(styles.tickets({ state: "signed", urgency: "low", due: "" }, 17, ctx).label, null);
});

test("a period of the address: so many days until today, or two days of which the last counts whole", () => {
  const of = (values) => periodOf((name) => values[name] ?? null, "2026-03-01");
  assert.deepEqual(of({ days: "7" }), { since: "2026-02-23", until: null });
  assert.deepEqual(of({ since: "2026-01-01", until: "2026-01-31" }), { since: "2026-01-01", until: "2026-02-01" });
  assert.deepEqual(of({ days: "between", since: "2026-01-01" }), { since: "2026-01-01", until: null });
  assert.deepEqual(of({ until: "2026-01-31T00:00:00Z" }), { since: null, until: "2026-01-31T00:00:00Z" });
  assert.equal(shifted("2024-02-28", 2), "2024-03-01");
});

test("who moves tickets on is shown what waits, who reads them all of their areas, as anybody is in the past", () => {
  const of = (roles, moment = null) => firstView({ account: roles && { roles }, moment });
  assert.deepEqual([["chief"], ["leader", "worker"], ["department"], ["front_desk"]].map((roles) => of(roles)), Array(4).fill("needs_me"));
  assert.deepEqual([["leader"], ["planner", "analyst"], [], null].map((roles) => of(roles)), Array(4).fill("area"));
  assert.equal(of(["chief"], "2026-01-01"), "area");
});

test("the map is narrowed as the list is, by all but a circle of its own; plainly open needs no filter", () => {
  const open = { view: "area", state: "open", category: null, area: null, since: null, until: null, overdue: null, q: null, ids: null, cell: "18:5", order: "due" };
  assert.equal(onMap(open), null);
  assert.equal(onMap({ ...open, view: "needs_me", state: null }), null);
  assert.deepEqual(onMap({ ...open, category: "litter" }), { view: "area", state: "open", category: "litter" });
  assert.deepEqual(onMap({ ...open, state: "all" }), { view: "area", state: "all" });
  assert.deepEqual(onMap({ ...open, view: "mine" }), { view: "mine", state: "open" });
});
