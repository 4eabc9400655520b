// Watching a job: asked until it has ended, outages sat out, nothing asked after it was stopped.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, pause, tally, watch } from "../../gis/static/gis/jobs.js";

const job = (state, more = {}) => ({ id: "1", state, done: 0, total: null, message: "", ...more });

// Answers from a list, and a clock without waiting: every pause ends at once.
function server(answers) {
  const asked = [];
  const pauses = [];
  const ask = async (method, url) => {
    asked.push(`${method} ${url}`);
    const answer = answers[Math.min(asked.length, answers.length) - 1];
    return answer.status === undefined ? [answer, {}, null] : [null, null, answer];
  };
  const wait = (next, ms) => { pauses.push(ms); queueMicrotask(next); };
  return { ask, wait, asked, pauses };
}

const until = (answers) => new Promise((resolve) => {
  const told = [];
  const made = server(answers);
  watch("1", (now) => { told.push(now.state); if (ended(now)) setImmediate(() => resolve({ told, ...made })); }, made);
});

test("asks until the job has ended, and no more", async () => {
  const { told, asked } = await until([job("queued"), job("running"), job("done")]);
  assert.deepEqual(told, ["queued", "running", "done"]);
  assert.deepEqual(asked, Array(3).fill("GET /api/jobs/1"));
});

test("sits out an outage", async () => {
  const away = { status: 503, code: "unavailable" };
  const { told } = await until([job("running"), { status: 0, code: "offline" }, away, job("done")]);
  assert.deepEqual(told, ["running", "done"]);
});

test("a job that is not there has failed", async () => {
  const { told, asked } = await until([{ status: 404, code: "no-job" }]);
  assert.deepEqual(told, ["failed"]);
  assert.equal(asked.length, 1);
});

test("nothing is told after it was stopped", async () => {
  const told = [];
  const made = server([job("running")]);
  const stop = watch("1", (now) => { told.push(now.state); if (told.length === 3) stop(); }, made);
  await new Promise((resolve) => { setTimeout(resolve, 20); });
  assert.equal(told.length, 3);
  assert.equal(made.asked.length, 3);
});

test("asks often at first, seldom later, seldom while hidden", () => {
  assert.ok(pause(1) < pause(30) && pause(30) < pause(100));
  assert.ok(pause(1, true) > pause(100));
});

test("says how far it is", () => {
  globalThis.document = { documentElement: { lang: "en", dataset: {} } };
  assert.equal(tally(job("running", { done: 1234, total: 4936 })), "1,234 of 4,936 (25%)");
  assert.equal(tally(job("running", { done: 12 })), "12");
  assert.equal(tally(job("running", { done: 12, total: 4 })), "12 of 4 (100%)");
});
