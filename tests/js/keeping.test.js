// What a browser keeps of reports: drafts and those that wait, by account, never the caller.
import assert from "node:assert/strict";
import { register } from "node:module";
import test, { beforeEach } from "node:test";

register(new URL("./flat.mjs", import.meta.url));

class Storage {
  #map = new Map();

  constructor() {
    return new Proxy(this, {
      ownKeys: () => [...this.#map.keys()],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      get: (target, name) => ({
        getItem: (key) => this.#map.get(key) ?? null,
        setItem: (key, value) => { if (this.full) throw new Error("QuotaExceededError"); this.#map.set(key, String(value)); },
        removeItem: (key) => { this.#map.delete(key); },
        text: () => JSON.stringify([...this.#map]),
      })[name],
      set: (target, name, value) => { this[name] = value; return true; },
    });
  }
}

globalThis.document = { querySelector: () => null, documentElement: { lang: "en" } };
const keeping = await import("../../layers/tickets/static/tickets/keeping.js");
const { hindrance, sendAll, sendOne } = await import("../../layers/tickets/static/tickets/sending.js");
const ID = "0b6b1a4e-0000-4000-8000-000000000001";
const body = (changes = {}) => ({ id: ID, lon: 1, lat: 2, category: "litter", text: "x", ...changes });
const app = (calls = []) => ({
  session: { account: { username: "li" } }, toast: (words) => calls.push(words), layers: { refresh() {} }, badges() {}, go() {},
});

beforeEach(() => {
  globalThis.localStorage = new Storage();
  for (const who of ["li", "wang"]) for (const one of keeping.waiting(who)) keeping.done(who, one.body.id);
});

test("a draft comes back to its own account for a week, without what is not its", () => {
  const now = Date.now();
  assert.ok(keeping.keepDraft("li", { id: ID, text: "灯", category: "street_lamp", photos: ["p"], caller: { phone: "10900000000" } }, now));
  assert.deepEqual([keeping.draftOf("li", now).text, keeping.draftOf("li", now).photos], ["灯", ["p"]]);
  assert.equal(keeping.draftOf("wang", now), null);
  assert.ok(!globalThis.localStorage.text().includes("10900000000"));
  assert.equal(keeping.draftOf("li", now + 8 * 86400000), null);
  globalThis.localStorage.setItem("wangge:report:li", "{broken");
  assert.equal(keeping.draftOf("li", now), null);
});

test("what waits keeps its caller in this page alone", () => {
  keeping.wait("li", body({ caller: { name: "张", phone: "10912345678", address: "" } }));
  const [one] = keeping.waiting("li");
  assert.equal(one.body.caller.phone, "10912345678");
  assert.equal(one.lacksCaller, false);
  const text = globalThis.localStorage.text();
  assert.ok(text.includes("litter") && !text.includes("10912345678") && !text.includes("张"));
  keeping.withoutCaller("li", ID);
  keeping.done("li", ID);
  assert.deepEqual(keeping.waiting("li"), []);
});

test("after a reload a report that had a caller is not sent without asking", async () => {
  keeping.wait("li", body());
  const kept = JSON.parse(globalThis.localStorage.getItem(`wangge:waiting:li:${ID}`));
  globalThis.localStorage.setItem(`wangge:waiting:li:${ID}`, JSON.stringify({ ...kept, called: true })); // as another page left it
  assert.equal(keeping.waiting("li")[0].lacksCaller, true);
  globalThis.fetch = () => assert.fail("must not be sent");
  await sendAll(app());
  keeping.withoutCaller("li", ID);
  assert.equal(keeping.waiting("li")[0].lacksCaller, false);
});

test("a browser that keeps nothing says so and keeps it in the page", () => {
  globalThis.localStorage.full = true;
  assert.equal(keeping.keeps(), false);
  assert.equal(keeping.wait("li", body()), false);
  assert.equal(keeping.waiting("li").length, 1);
  Object.defineProperty(globalThis, "localStorage", { configurable: true, get() { throw new Error("SecurityError"); } });
  assert.equal(keeping.waiting("li").length, 1);
  keeping.done("li", ID);
  Object.defineProperty(globalThis, "localStorage", { configurable: true, writable: true, value: new Storage() });
});

test("why it waits: the network, the sign-in, an old page, or the report itself", () => {
  const why = (status, code = "") => hindrance({ status, code });
  assert.deepEqual([why(0), why(503), why(500), why(429), why(401), why(403, "csrf"), why(403), why(422), why(409)],
    ["offline", "offline", "offline", "offline", "signin", "reload", "refused", "refused", "refused"]);
});

const answers = (...list) => {
  const sent = [];
  globalThis.fetch = async (address, { headers, body: text }) => {
    if (text) sent.push([headers["Idempotency-Key"], JSON.parse(text).id]);
    const [status, told] = list.shift() || [201, { id: "t", number: "N-1" }];
    if (!status) throw new TypeError("no network");
    return new Response(JSON.stringify(told), { status, headers: { "Content-Type": "application/json" } });
  };
  return sent;
};

test("what waits is sent under its own key until the server has it, then it is gone", async () => {
  keeping.wait("li", body());
  const said = [];
  let sent = answers([0], [401, { title: "sign in", code: "sign-in-needed" }]);
  await sendAll(app(said));
  assert.equal(keeping.waiting("li")[0].problem.why, "offline");
  await sendAll(app(said));
  assert.equal(keeping.waiting("li")[0].problem.why, "signin");
  sent = [...sent, ...answers([201, { id: ID, number: "141024-2026-000007" }])];
  assert.deepEqual(sent, [[ID, ID], [ID, ID]]);
  await sendAll(app(said));
  assert.deepEqual(keeping.waiting("li"), []);
  assert.match(said.at(-1), /141024-2026-000007/);
});

test("an answer that was lost is no second ticket, another matter under the id no success, and what is refused waits", async () => {
  keeping.wait("li", body());
  answers([422, { code: "key-reused", title: "used" }], [200, { id: ID, number: "N-2", category: { code: "litter" }, text: "x" }]);
  await sendAll(app());
  assert.deepEqual(keeping.waiting("li"), []);
  keeping.wait("li", body());
  answers([422, { code: "key-reused", title: "used" }], [200, { id: ID, number: "N-2", category: { code: "noise" }, text: "another" }]);
  await sendAll(app());
  assert.equal(keeping.waiting("li")[0].problem.why, "refused", "it must not be lost");
  keeping.wait("li", body());
  const sent = answers([422, { code: "unknown-category", title: "Please correct", detail: "no such category", fields: { category: "?" } }]);
  await sendAll(app());
  await sendAll(app());
  assert.equal(sent.length, 1, "it is not sent again and again");
  assert.equal(keeping.waiting("li")[0].problem.detail, "no such category");
  keeping.done("li", ID);
});

test("one that the form is sending is not sent a second time by who looks after those that wait", async () => {
  keeping.wait("li", body());
  const said = [];
  const sent = answers();
  const [{ ticket }] = await Promise.all([sendOne(app(said), keeping.waiting("li")[0]), sendAll(app(said))]);
  assert.equal(ticket.number, "N-1");
  assert.equal(sent.length, 1);
  assert.deepEqual(said, [], "the form says it, once");
  assert.deepEqual(keeping.waiting("li"), []);
});
