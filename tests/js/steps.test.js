import assert from "node:assert/strict";
import { test } from "node:test";
import * as steps from "../../gis/static/gis/steps.js";

test("undo and redo go back and forth, and a new step forgets what was undone", () => {
  let history = steps.begin("a");
  history = steps.step(steps.step(history, "b"), "c");
  assert.equal(steps.step(history, "c"), history);
  history = steps.undo(history);
  assert.equal(history.present, "b");
  assert.equal(steps.redo(history).present, "c");
  assert.equal(steps.undo(steps.undo(steps.undo(history))).present, "a");
  history = steps.step(history, "d");
  assert.equal(steps.redo(history).present, "d");
});
