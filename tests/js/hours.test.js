import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptions, spansFrom, spansInWords, spansTyped, week, weekKnown } from "../../layers/sites/static/sites/hours.js";

const t = (message, values) => message.replace(/%\((\w+)\)s/g, (whole, name) => values[name]);
const office = [["08:30", "12:00"], ["14:30", "18:00"]];

test("days with the same hours stand in one line", () => {
  const hours = { mon: office, tue: office, wed: office, thu: office, fri: office, sat: [["09:00", "12:00"]] };
  assert.deepEqual(week(hours, t), [
    { days: "Monday to Friday", times: "08:30–12:00, 14:30–18:00" },
    { days: "Saturday", times: "09:00–12:00" },
    { days: "Sunday", times: "closed" },
  ]);
});

test("a week without a change is every day", () => {
  const all = Object.fromEntries(["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map((day) => [day, [["00:00", "24:00"]]]));
  assert.deepEqual(week(all, t), [{ days: "Every day", times: "all day" }]);
  assert.deepEqual(week({ mon: [] }, t), [{ days: "Every day", times: "closed" }]);
});

test("a week that nobody told is not a closed one", () => {
  for (const hours of [{}, null, { exceptions: { "2026-10-01": [] } }]) {
    assert.equal(weekKnown(hours), false);
    assert.deepEqual(week(hours, t), []);
  }
  assert.equal(weekKnown({ sun: [] }), true);
  assert.deepEqual([undefined, [], office].map((spans) => spansTyped(spans, t)), ["", "closed", "08:30-12:00, 14:30-18:00"]);
  assert.deepEqual(spansFrom(spansTyped([], t)), [], "what is told as closed is read as closed");
});

test("past midnight is told", () => {
  assert.equal(spansInWords([["18:00", "01:00"]], t), "18:00–01:00 (next day)");
});

test("exceptions from today on, soonest first", () => {
  const hours = { exceptions: { "2026-10-03": [["09:00", "12:00"]], "2026-10-01": [], "2025-10-01": [] } };
  assert.deepEqual(exceptions(hours, "2026-09-01", t), [
    { day: "2026-10-01", until: "", times: "closed" }, { day: "2026-10-03", until: "", times: "09:00–12:00" },
  ]);
});

test("a stretch of days is told until its last day", () => {
  const hours = { exceptions: { "2026-10-01/2026-10-07": [] } };
  assert.deepEqual(exceptions(hours, "2026-10-07", t), [{ day: "2026-10-01", until: "2026-10-07", times: "closed" }]);
  assert.deepEqual(exceptions(hours, "2026-10-08", t), []);
});

test("hours are typed as people write them", () => {
  assert.deepEqual(spansFrom("8:30-12:00、14:30～18:00"), office);
  assert.deepEqual(spansFrom(spansTyped(office)), office);
  assert.deepEqual(spansFrom("休息"), []);
  assert.deepEqual(spansFrom("全天"), [["00:00", "24:00"]]);
  assert.equal(spansFrom("morning"), null);
});
