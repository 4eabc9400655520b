// Photos on their way: one after the other, once each; outages are sat out, refusals told, drafts taken up again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Uploads, fitted, heavy, passing } from "../../layers/tickets/static/tickets/uploads.js";

// A server with answers from a list, a clock that goes off when told, and a store.
function made(answers = [], options = {}) {
  const sent = [];
  const clocks = [];
  const rows = new Map();
  let number = 0;
  const uploads = new Uploads({
    send: async (item, { onProgress }) => {
      sent.push(item.id);
      onProgress(0.5);
      const answer = answers[sent.length - 1] ?? 201;
      return answer === 201 ? [{ id: item.id }, {}, null] : [null, null, { status: answer, fields: { file: "no" } }];
    },
    uuid: () => `id-${++number}`,
    later: (next) => { clocks.push(next); return 0; },
    keep: { put: async (id, blob) => rows.set(id, blob), get: async (id) => rows.get(id) || null, drop: async (id) => rows.delete(id) },
    ...options,
  });
  return { uploads, sent, clocks, rows };
}
const files = (...names) => names.map((name) => ({ name, type: "image/jpeg", size: 10 }));
const settled = () => new Promise((done) => { setTimeout(done, 5); });

test("sends one after the other, each once, and keeps none that has arrived", async () => {
  const { uploads, sent, rows } = made();
  uploads.add(files("a", "b"));
  assert.equal(uploads.busy(), true);
  await settled();
  assert.deepEqual([sent, uploads.ids(), uploads.busy(), rows.size], [["id-1", "id-2"], ["id-1", "id-2"], false, 0]);
});

test("an outage holds up all of them in their order; the same id goes again when it is over", async () => {
  const { uploads, sent, clocks, rows } = made([0, 503, 201, 201]);
  uploads.add(files("a", "b"));
  await settled();
  assert.deepEqual([sent, uploads.busy(), uploads.trouble().status, rows.size], [["id-1"], true, 0, 2]);
  clocks.shift()();
  await settled();
  assert.equal(uploads.trouble().status, 503);
  uploads.retry();
  await settled();
  assert.deepEqual([sent, uploads.busy()], [["id-1", "id-1", "id-1", "id-2"], false]);
});

test("without a clock of a test the page's own is used", async () => {
  const { uploads } = made([0], { later: undefined });
  uploads.add(files("a"));
  await settled();
  assert.ok(uploads.timer);
  clearTimeout(uploads.timer);
});

test("a sign-in that has run out waits too; what the server refuses does not, and the next one goes", async () => {
  const { uploads, sent } = made([401, 422, 201]);
  uploads.add(files("a", "b"));
  await settled();
  assert.equal(uploads.trouble().status, 401);
  uploads.retry();
  await settled();
  assert.deepEqual([sent, uploads.ids(), uploads.busy()], [["id-1", "id-1", "id-2"], ["id-2"], false]);
  assert.equal(uploads.items[0].problem.fields.file, "no");
  assert.ok(passing({ status: 500 }) && !passing({ status: 409 }));
});

test("a draft's photos come back: those kept here are sent, the others lie on the server", async () => {
  const { uploads, sent, rows } = made();
  rows.set("left", { size: 3 });
  const resumed = uploads.resume(["there", "left"]);
  assert.deepEqual([uploads.ids(), uploads.busy()], [["there", "left"], true]); // at once, so that the draft keeps them
  await resumed;
  await settled();
  assert.deepEqual([sent, uploads.ids(), uploads.busy(), rows.size], [["left"], ["there", "left"], false, 0]);
  uploads.lost("there", { title: "gone" });
  assert.deepEqual([uploads.ids(), uploads.items[0].problem.title], [["left"], "gone"]);
});

test("no more than there is room for, and one taken out on its way is not sent", async () => {
  const { uploads, sent } = made([], { most: 2, prepare: async (file) => { await settled(); return file; } });
  assert.equal(uploads.add(files("a", "b", "c", "d")), 2);
  uploads.remove("id-1");
  await settled();
  await settled();
  await settled();
  assert.deepEqual([sent, uploads.ids()], [["id-2"], ["id-2"]]);
  uploads.clear();
  assert.deepEqual([uploads.ids(), uploads.busy()], [[], false]);
});

test("large photos become lighter, small ones and strange ones stay", () => {
  assert.deepEqual([fitted(4000, 3000), fitted(100, 50), fitted(10, 9000)], [[2560, 1920], [100, 50], [3, 2560]]);
  assert.ok(heavy({ type: "image/jpeg", size: 5e6 }) && heavy({ type: "image/avif", size: 5 }));
  assert.ok(!heavy({ type: "image/jpeg", size: 5e5 }) && !heavy({ type: "image/svg+xml", size: 5e6 }) && !heavy({ type: "image/gif", size: 5e6 }));
});
