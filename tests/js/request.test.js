// The way to the server: an answer is data or an error, never neither, however it ends.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { request } from "../../gis/static/gis/request.js";

const JSON_TYPE = new Headers({ "Content-Type": "application/json" });
const answering = (response) => { globalThis.fetch = async () => response; };
const broken = (name, status = 200) => ({
  ok: status < 400, status, headers: JSON_TYPE, json: async () => { throw Object.assign(new Error(name), { name }); },
});

beforeEach(() => {
  globalThis.document = { querySelector: () => null, documentElement: { lang: "en" } };
});

test("what was cancelled while its body arrived is cancelled, not empty", async () => {
  answering(broken("AbortError"));
  const [data, , error] = await request("POST", "/api/areas/check", { body: {} });
  assert.equal(data, null);
  assert.equal(error.code, "aborted");
});

test("a line that breaks within the body is an outage: the caller may send again", async () => {
  answering(broken("TypeError"));
  const [, , error] = await request("POST", "/api/tickets", { body: {} });
  assert.equal(error.code, "offline");
  assert.equal(error.status, 0);
});

test("an answer that is no JSON though it says so is told, not taken for nothing", async () => {
  answering(broken("SyntaxError"));
  const [data, , error] = await request("GET", "/api/tickets");
  assert.equal(data, null);
  assert.equal(error.status, 200);
  assert.equal(error.code, "unreadable");
});

test("an error whose body cannot be read keeps its status", async () => {
  answering(broken("SyntaxError", 502));
  const [, , error] = await request("GET", "/api/tickets");
  assert.equal(error.status, 502);
  assert.deepEqual(error.places, []);
});
