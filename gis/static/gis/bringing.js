// Bringing something in from a file, as every such page does it: choose a file, see what it would become, store it.
// Each step is a job on the server; the address holds the job (&job=…), so a reload or another device goes on there.
//
//   class Residents extends Bringing {
//     constructor(app) { super(app, { door: "/api/imports/…", kinds: ".csv,.xlsx", storing: "kind of the job that stores" }); }
//     words() → { title, read, hint }       the panel's title, the button that sends, what may be dropped
//     needs() → nodes under the choice of a file
//     report(job)                           a job that looked and is done;  stored(job): one that stored
//   }
// A subclass may also have prepare() (asks what it needs first, answers a problem), fill(body) (what goes with the file),
// clear() (takes its things off the map) and failed(job), and sets `this.before` to the job to go back to when storing was stopped or did not work.
import { button, h, number, percent, put, section, t } from "./dom.js";
import { ended, follow } from "./jobs.js";
import { request, uuid } from "./request.js";

const LARGE = 2 ** 21; // from here on one wants to see how far the sending is

/** A task of a room: begin() shows it, end() leaves. */
export class Bringing {
  constructor(app, { door, kinds, storing, most = null }) {
    Object.assign(this, { app, door, kinds, storing, most, key: uuid(), offs: [], before: null, problem: null });
  }

  needs() { return []; }

  fill() {}

  prepare() { return null; }

  clear() {
    this.stop?.();
    this.stop = null;
  }

  async begin() {
    this.offs.push(this.app.state.on("job", (id) => this.show(id)));
    const problem = await this.prepare();
    if (this.over) return;
    if (problem) this.choose(problem);
    else await this.show(this.app.state.get("job"));
  }

  end() {
    this.over = true;
    this.clear();
    this.offs.splice(0).forEach((off) => off());
  }

  close() {
    this.app.state.set({ task: null, job: null });
  }

  toJob(job) {
    this.app.state.set({ job });
  }

  /** Whether the page still stands at this job: what is answered later is of no use to it. */
  at(id) {
    return !this.over && this.app.state.get("job") === id;
  }

  async show(id) {
    this.clear();
    if (!id) { this.choose(); return; }
    const [job, , error] = await request("GET", `/api/jobs/${encodeURIComponent(id)}`);
    if (!this.at(id)) return;
    if (error) this.choose(error);
    else if (ended(job)) await this.settled(job);
    else this.wait(job);
  }

  async settled(job) {
    this.clear();
    if (job.state === "done") await (job.kind === this.storing ? this.stored(job) : this.report(job));
    else if (job.state === "cancelled") {
      this.app.toast(t("Stopped; nothing was stored."));
      this.toJob(job.id === this.before ? null : this.before);
    } else this.failed(job);
  }

  /** Back to what was looked at, with what is wrong now; to the choice of a file where nothing was. */
  failed(job) {
    const problem = job.problem || { title: t("This did not work.") };
    if (!this.before || this.before === job.id) { this.choose(problem); return; }
    this.problem = problem;
    this.toJob(this.before);
  }

  another() {
    return button(t("Another file"), () => { this.before = null; this.toJob(null); });
  }

  // --- choosing a file

  choose(problem = null) {
    const { title, read: label, hint } = this.words();
    const file = h("input", { type: "file", name: "file", class: "only-heard", accept: this.kinds, required: true });
    const name = h("p", { class: "sub", "aria-live": "polite" });
    const read = button(label, () => this.send(file.files[0], read), { kind: "primary", disabled: true });
    const taken = () => {
      const [given] = file.files;
      const large = given && this.most && given.size > this.most * 2 ** 20;
      read.disabled = !given || large || this.sending;
      put(name, large ? t("The file is larger than %(most)s MB.", { most: number(this.most) }) : given && `${given.name} · ${size(given.size)}`);
    };
    file.addEventListener("change", taken);
    const drop = h("div", {
      class: "drop", data: { field: "file" }, ondragover: (event) => event.preventDefault(),
      ondrop: (event) => { event.preventDefault(); file.files = event.dataTransfer.files; taken(); },
    }, h("label", { class: "button" }, file, t("Choose a file")), name, h("p", { class: "hint" }, hint));
    this.app.panel.show({
      title,
      subtitle: t("Nothing is stored before you have seen what would be."),
      body: [section(null, drop), ...this.needs()],
      foot: [button(t("Cancel"), () => this.close()), read],
      onClose: () => this.close(),
      level: 2,
    });
    if (problem) this.app.panel.problem(problem);
  }

  async send(file, read) {
    this.sending = true;
    read.disabled = true;
    put(read, t("Sending…"));
    const body = new FormData();
    body.append("file", file);
    this.fill(body);
    const onProgress = file.size > LARGE ? (share) => put(read, `${t("Sending…")} ${percent(share)}`) : undefined;
    const [job, , error] = await request("POST", this.door, { key: this.key, body, onProgress });
    this.sending = false;
    if (!error || error.status) this.key = uuid(); // after an outage the same sending is tried again
    if (this.over) return;
    if (error) {
      read.disabled = false;
      put(read, this.words().read);
      this.app.panel.problem(error);
      return;
    }
    this.toJob(job.id);
  }

  wait(job) {
    const { node, stop } = follow(job.id, { first: job, onEnd: (last) => { if (this.at(job.id)) this.settled(last); } });
    this.stop = stop;
    this.app.panel.show({
      title: this.words().title, subtitle: job.title,
      body: [section(null, node), section(null, h("p", { class: "sub" }, t("You may go on working; the job goes on and stands in the room Data.")))],
      onClose: () => this.close(),
    });
  }

  // --- the steps after it

  /** Ask for the file to be checked as was said; answers what is wrong with that, null where a new job has begun. */
  async check(id, said) {
    const [job, , error] = await request("POST", `${this.door}/${id}/check`, { key: uuid(), body: { said } });
    if (this.over) return null;
    if (error) this.app.panel.problem(error);
    else this.toJob(job.id);
    return error;
  }

  /** Ask for what was looked at to be stored, once however often it is pressed; answers what is wrong with that. */
  async store(id, body, go) {
    go.disabled = true;
    this.storingKey ||= uuid();
    const [job, , error] = await request("POST", `${this.door}/${id}/store`, { key: this.storingKey, body });
    if (!error || error.status) this.storingKey = null; // after an outage the same storing is tried again
    if (this.over) return null;
    if (error) {
      go.disabled = false;
      this.app.panel.problem(error);
    } else this.toJob(job.id);
    return error;
  }
}

function size(bytes) {
  return bytes < 2 ** 20 ? t("%(n)s KB", { n: number(Math.max(1, bytes / 1024)) }) : t("%(n)s MB", { n: number(bytes / 2 ** 20, 1) });
}
