// Reports on their way: each waits in the browser until the server has it, through dead networks and ended sign-ins.
import { t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { done, noteProblem, waiting } from "./keeping.js";

const SOON_MS = 15000;
const PAUSE_MS = 5000; // between two tries that nobody pressed for: reading may work while writing does not
const RELOAD = new Set(["csrf"]);
let running = null;
let timer = null;
let listening = null;
let failedAt = 0;
const watchers = new Set();
const onTheWay = new Map(); // id → the answer that is awaited: the form and the sender of what waits meet on one report

const who = (app) => app.session.account?.username;

/** Why one still waits: "offline" (or the server is away), "signin", "reload", "refused" (it must be corrected). */
export function hindrance(error) {
  if (error.status === 0 || error.status >= 500 || error.status === 429) return "offline";
  if (error.status === 401) return "signin";
  if (RELOAD.has(error.code)) return "reload";
  return "refused";
}

/** Call fn() whenever something began or ceased to wait. Answers off(). */
export function onWaiting(fn) {
  watchers.add(fn);
  return () => watchers.delete(fn);
}

const tell = () => watchers.forEach((fn) => fn());

// A key that was used: an earlier try was stored and its answer lost, unless what lies there is another matter.
async function stored(body) {
  const [ticket] = await request("GET", `/api/tickets/${encodeURIComponent(body.id)}`);
  return ticket && ticket.category.code === body.category && ticket.text === body.text.trim() ? ticket : null;
}

/** Send one that waits: {ticket} | {error, why}. What the server has is taken from those that wait. */
export function sendOne(app, one) {
  const { id } = one.body;
  if (!onTheWay.has(id)) onTheWay.set(id, send(app, one).finally(() => onTheWay.delete(id)));
  return onTheWay.get(id);
}

async function send(app, { body }) {
  const [sent, , error] = await request("POST", "/api/tickets", { body, key: body.id });
  const ticket = error?.code === "key-reused" ? await stored(body) : sent;
  if (ticket) {
    done(who(app), body.id);
    return { ticket };
  }
  const why = hindrance(error);
  if (why !== "refused") failedAt = Date.now();
  if (why === "offline") {
    clearTimeout(timer);
    timer = setTimeout(() => sendAll(app), SOON_MS);
  }
  noteProblem(who(app), body.id, { why, title: error.title, detail: error.detail, fields: error.fields || {} });
  return { error, why };
}

/** Send everything that waits, oldest first, one attempt at a time; stops where the way is closed. */
export function sendAll(app) {
  running ||= work(app).finally(() => { running = null; });
  return running;
}

async function work(app) {
  clearTimeout(timer);
  const before = state(app);
  const sent = [];
  for (const one of waiting(who(app))) {
    if (one.problem?.why === "refused" || one.lacksCaller || onTheWay.has(one.body.id)) continue; // who sends it says so
    const { ticket, why } = await sendOne(app, one);
    if (ticket) {
      sent.push(ticket);
      app.toast(t("Reported as %(number)s", { number: ticket.number }), {
        tone: "green", seconds: 8, label: t("Look at it"), undo: () => app.go("tickets", { ticket: ticket.id }),
      });
    } else if (why !== "refused") {
      break;
    }
  }
  if (sent.length) {
    app.layers.refresh("tickets");
    app.badges?.();
  }
  if (state(app) !== before) tell();
  return sent;
}

const state = (app) => JSON.stringify(waiting(who(app)).map(({ body, problem }) => [body.id, problem]));

/** From now on send what waits as soon as the server can be reached; once a page. */
export function keepSending(app) {
  if (listening || !who(app)) return;
  listening = app;
  const look = () => {
    if (running || !waiting(who(app)).some((one) => one.problem?.why !== "refused" && !one.lacksCaller && !onTheWay.has(one.body.id))) return;
    clearTimeout(timer);
    timer = setTimeout(() => sendAll(app), Math.max(0, failedAt + PAUSE_MS - Date.now()));
  };
  globalThis.addEventListener("wangge:reach", (event) => { if (event.detail.online) look(); });
  globalThis.addEventListener("online", look);
  globalThis.addEventListener("storage", tell);
  look();
}

/** Whether one is being sent this moment. */
export function isSending() {
  return running !== null;
}
