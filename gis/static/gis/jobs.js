// Long work on the server (see docs/jobs.md): how far it is, stopping it, what came of it.
//
//   const stop = watch(id, (job) => …)         asks until the job has ended; job = what /api/jobs/{id} answers
//   const view = progress(job, {onCancel});    a node that shows a job;  view.update(job) shows what changed
//   const { node, stop } = follow(id, {onEnd}) both together, with a button that stops the job
//   mine(app) → node                           the person's own jobs, newest first; [] shows nothing
import { ago, button, h, icon, number, percent, put, section, t } from "./dom.js";
import { request } from "./request.js";

const ENDED = new Set(["done", "failed", "cancelled"]);
const DOWN = "M12 4v11m-5-5l5 5 5-5M5 20h14";

/** Whether nothing more will happen to a job. */
export function ended(job) {
  return ENDED.has(job.state);
}

/** How long to wait before asking again, ms: often at first, seldom later, seldom while nobody looks. */
export function pause(asked, hidden = false) {
  if (hidden) return 5000;
  return asked < 12 ? 400 : asked < 60 ? 1000 : 2500;
}

/** Ask for a job until it has ended; answers a function that stops asking. Outages are sat out. */
export function watch(id, onChange, { ask = request, wait = setTimeout } = {}) {
  let going = true;
  let asked = 0;
  const next = async () => {
    if (!going) return;
    const [job, , error] = await ask("GET", `/api/jobs/${id}`);
    if (!going) return;
    asked += 1;
    if (job) onChange(job);
    else if (error.status >= 400 && error.status < 500) {
      going = false;
      onChange({ id, title: "", state: "failed", done: 0, total: null, message: "", problem: error, result: null, file: null });
    }
    if (going && !(job && ended(job))) wait(next, pause(asked, globalThis.document?.hidden));
  };
  next();
  return () => { going = false; };
}

/** How far a job is, in words. */
export function tally({ done, total }) {
  if (total) return t("%(done)s of %(total)s (%(share)s)", { done: number(done), total: number(total), share: percent(Math.min(1, done / total)) });
  return done ? number(done) : "";
}

// What stands under the title: a line for each state.
function words(job) {
  if (job.state === "queued") return job.unattended ? t("Waiting: no worker is running on the server. Tell your administrator.") : t("Waiting for its turn");
  if (job.stopping) return t("Stopping…");
  if (job.state === "running") return [job.message, tally(job)].filter(Boolean).join(" · ") || t("Running");
  if (job.state === "done") return [t("Done"), job.total ? number(job.total) : ""].filter(Boolean).join(" · ");
  return job.state === "cancelled" ? t("Stopped; nothing was stored.") : "";
}

function bar(job) {
  const value = job.total ? Math.min(1, job.done / job.total) : null;
  return h("div", {
    class: value === null ? "job-bar waiting" : "job-bar", role: "progressbar", "aria-label": job.title || t("Progress"), "aria-valuemin": 0, "aria-valuemax": 100,
    "aria-valuenow": value === null ? null : Math.round(value * 100), style: { "--w": `${(value ?? 0) * 100}%` },
  }, h("i"));
}

/** A node that shows a job; `node.update(job)` shows what changed and keeps the focus where it is. */
export function progress(first, { onCancel = null, title = true } = {}) {
  const line = h("p", { class: "sub", "aria-live": "polite" });
  const place = h("div");
  const rest = h("div");
  const stop = onCancel ? button(t("Stop"), () => { stop.disabled = true; onCancel(); }, { kind: "quiet" }) : null;
  const head = title ? h("p", { class: "job-title" }) : null;
  const node = h("div", { class: "job" }, head, place, h("div", { class: "job-line" }, line, stop), rest);
  let last = "";
  node.update = (job) => {
    if (head) head.textContent = job.title;
    put(place, ended(job) ? null : bar(job));
    line.textContent = words(job);
    line.hidden = !line.textContent;
    if (stop) {
      stop.hidden = ended(job);
      stop.disabled ||= Boolean(job.stopping);
    }
    node.dataset.state = job.state;
    if (job.state !== last) put(rest, outcome(job));
    last = job.state;
  };
  node.update(first);
  return node;
}

// What came of it: the file, or what is wrong and what to do.
function outcome(job) {
  if (job.file) return h("a", { class: "button", href: job.file, download: "" }, icon(DOWN, 18), t("Fetch the file"));
  if (job.state !== "failed") return null;
  const { title, detail, fields } = job.problem || {};
  return h("div", { class: "problem", role: "alert" },
    h("p", null, h("b", null, title || t("This did not work."))), detail ? h("p", null, detail) : null,
    Object.values(fields || {}).filter((text) => text !== detail).map((text) => h("p", null, text)));
}

/** Show a job until it has ended; onEnd(job) once. Answers {node, stop}. */
export function follow(id, { first = null, onEnd = null, onChange = null, title = true } = {}) {
  const cancel = async () => {
    const [job] = await request("POST", `/api/jobs/${id}/cancel`);
    if (job) node.update(job);
  };
  const node = progress(first || { id, title: "", state: "queued", done: 0, total: null, message: "" }, { onCancel: cancel, title });
  const stop = watch(id, (job) => {
    node.update(job);
    onChange?.(job);
    if (ended(job)) onEnd?.(job);
  });
  return { node, stop };
}

/** The person's own jobs of late as a section, those that run followed; empty when there are none. */
export function mine(app) {
  const box = h("div");
  const fill = async () => {
    const [data] = await request("GET", "/api/jobs");
    if (!data?.jobs.length) return;
    put(box, section(t("My jobs"), h("ul", { class: "list jobs" }, data.jobs.slice(0, 10).map((job) => {
      const [view, stop] = ended(job) ? [progress(job), null] : Object.values(follow(job.id, { first: job }));
      if (stop) app.own(stop);
      return h("li", null, view, h("p", { class: "sub" }, ago(job.created_at)));
    }))));
  };
  if (app.session.account) fill();
  return box;
}
