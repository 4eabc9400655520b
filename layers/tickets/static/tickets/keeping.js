// What this browser keeps of reports: the one being written, and those that wait to be sent. Never the caller's data.
//
// Each account has its own; what waits stands under a key of its own, so that two pages never overwrite each other.
// Where a browser keeps nothing (private window, full), it stays in this page, and `keeps()` says so.

const DRAFT = "wangge:report:";
const WAITING = "wangge:waiting:";
const WEEK_MS = 7 * 86400000;
const page = new Map(); // what could not be kept, and what must not be

function store() {
  try {
    return globalThis.localStorage || null;
  } catch {
    return null; // cookies and storage are forbidden here
  }
}

function read(key) {
  if (page.has(key)) return page.get(key);
  try {
    return JSON.parse(store()?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    store().setItem(key, JSON.stringify(value));
    page.delete(key);
    return true;
  } catch {
    page.set(key, value);
    return false;
  }
}

function drop(key) {
  page.delete(key);
  try {
    store()?.removeItem(key);
  } catch {
    // nothing was kept there
  }
}

function keysWith(start) {
  let kept = [];
  try {
    kept = Object.keys(store() || {});
  } catch {
    // nothing is kept here
  }
  return [...new Set([...kept, ...page.keys()])].filter((key) => key.startsWith(start));
}

/** Whether a reload of the page would still find what is kept. */
export function keeps() {
  const key = `${DRAFT}try`;
  const kept = write(key, 1);
  drop(key);
  return kept;
}

const PARTS = ["id", "lonlat", "raw", "datum", "accuracy", "area", "floor", "category", "text", "photos", "external"];

/** Keep what is written so far; only the parts that may lie on a device. Says whether a reload finds it. */
export function keepDraft(who, draft, now = Date.now()) {
  return write(DRAFT + who, { ...Object.fromEntries(PARTS.map((part) => [part, draft[part] ?? null])), at: now });
}

/** The draft of this account, or null: none, a broken one, or one older than a week. */
export function draftOf(who, now = Date.now()) {
  const kept = read(DRAFT + who);
  if (!kept || typeof kept !== "object" || typeof kept.id !== "string" || !(now - kept.at < WEEK_MS)) return null;
  return kept;
}

/** Forget the draft. */
export function dropDraft(who) {
  drop(DRAFT + who);
}

/** Put a report among those that wait; `caller` stays in this page alone. Says whether a reload finds it. */
export function wait(who, body, { now = Date.now(), title = "" } = {}) {
  const { caller = null, ...rest } = body;
  if (caller) page.set(`caller:${body.id}`, caller);
  return write(WAITING + who + ":" + body.id, { body: rest, at: now, title, called: Boolean(caller), problem: null });
}

/** What waits for this account, oldest first: {body (with the caller while this page knows it), at, title, called, problem}. */
export function waiting(who) {
  const found = keysWith(`${WAITING}${who}:`).map(read).filter((one) => one?.body?.id);
  return found.sort((a, b) => a.at - b.at).map((one) => {
    const caller = page.get(`caller:${one.body.id}`);
    return { ...one, body: caller ? { ...one.body, caller } : one.body, lacksCaller: one.called && !caller };
  });
}

/** Note what the server said to one that waits (null: nothing yet). */
export function noteProblem(who, id, problem) {
  const key = `${WAITING}${who}:${id}`;
  const one = read(key);
  if (one) write(key, { ...one, problem });
}

/** Let one go without its caller's data, which this page no longer knows. */
export function withoutCaller(who, id) {
  const key = `${WAITING}${who}:${id}`;
  const one = read(key);
  if (one) write(key, { ...one, called: false });
}

/** It is stored, or given up. */
export function done(who, id) {
  drop(`${WAITING}${who}:${id}`);
  page.delete(`caller:${id}`);
}
