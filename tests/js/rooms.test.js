// A room is fetched once, when it is first entered; a failed fetch can be tried again.
import assert from "node:assert/strict";
import { test } from "node:test";
import { later } from "../../layers/atlas/static/atlas/later.js";

test("fetched once, and then everything of it is there", async () => {
  let times = 0;
  const room = later({ id: "x", title: "X", roles: null }, async () => { times += 1; return { room: { id: "other", enter: () => "in" } }; });
  assert.equal(room.loaded, false);
  const [one, two] = await Promise.all([room.ready(), room.ready()]);
  assert.equal(one, room);
  assert.equal(two, room);
  assert.equal(times, 1);
  assert.equal(room.id, "x");
  assert.equal(room.enter(), "in");
  assert.equal(room.loaded, true);
});

test("what could not be fetched is tried again", async () => {
  let broken = true;
  const room = later({ id: "x" }, async () => {
    if (broken) throw new TypeError("no connection");
    return { room: { enter() {} } };
  });
  await assert.rejects(room.ready(), TypeError);
  broken = false;
  await room.ready();
  assert.equal(room.loaded, true);
});
