// The address is the state: what is written can be read again, and "back" brings it back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatAt, isMoment, parseAt, State } from "../../layers/atlas/static/atlas/state.js";

function browser(search = "") {
  const steps = [search];
  const target = new EventTarget();
  const location = { pathname: "/", get search() { return steps.at(-1); } };
  const history = {
    pushState: (data, title, address) => steps.push(address.startsWith("?") ? address : ""),
    replaceState: (data, title, address) => { steps[steps.length - 1] = address.startsWith("?") ? address : ""; },
  };
  const back = () => { steps.pop(); target.dispatchEvent(new Event("popstate")); };
  return { state: new State({ location, history, target }), steps, back };
}

test("a view survives the address", () => {
  const view = { lonlat: [110.2985123, 35.7465432], zoom: 18 };
  const read = parseAt(formatAt(view));
  assert.ok(Math.abs(read.lonlat[0] - view.lonlat[0]) < 1e-6);
  assert.equal(read.zoom, 18);
});

for (const text of ["", "1,2", "a,b,c", "200,10,5", "10,89,5", "10,10,40", "10,10,0", "NaN,1,3"]) {
  test(`"${text}" is no view`, () => assert.equal(parseAt(text), null));
}

test("moments", () => {
  for (const good of ["2026-03-05", "2026-03-05T14:30", "2026-03-05T14:30:10"]) assert.ok(isMoment(good), good);
  for (const bad of ["", null, "now", "2026-13-45", "yesterday", "2026-03-05 14:30", "<script>"]) assert.ok(!isMoment(bad), String(bad));
});

test("setting tells listeners and makes a step; back undoes it and says so", () => {
  const { state, steps, back } = browser("?at=110,35,14");
  const heard = [];
  state.on("area", (value, before, { back: by }) => heard.push([value, before, by]));
  state.set({ area: "x" });
  assert.equal(steps.at(-1), "?area=x&at=110,35,14");
  state.set({ at: "111,35,14" }, { replace: true });
  assert.equal(steps.length, 2);
  back();
  assert.equal(state.get("area"), null);
  assert.deepEqual(heard, [["x", null, false], [null, "x", true]]);
});

test("setting what is already so is no step", () => {
  const { state, steps } = browser("?room=grids");
  state.set({ room: "grids", area: null });
  assert.equal(steps.length, 1);
});
