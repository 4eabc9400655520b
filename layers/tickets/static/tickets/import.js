// Tickets of another system out of a file: choose it, say which column is what, see what would be stored, store it.
// The address holds the job (?room=data&task=tickets&job=…), so a reload goes on where one was.
import { button, field, h, number, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { ended, follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";
import { answers, chosen } from "./import_answers.js";

const DOOR = "/api/imports/tickets";
const KINDS = ".csv,.txt,.tsv,.xlsx";
const FIRST = 12;

/** The task "tickets" of the room "data": begin() shows it, end() leaves. */
export class Importing {
  constructor(app) {
    Object.assign(this, { app, key: uuid(), offs: [] });
  }

  async begin() {
    this.offs.push(this.app.state.on("job", (id) => this.show(id)));
    const [data, , error] = await request("GET", `${DOOR}/categories`);
    if (this.over) return;
    this.categories = data?.categories || [];
    if (error) { this.choose(error); return; }
    await this.show(this.app.state.get("job"));
  }

  end() {
    this.over = true;
    this.stop?.();
    this.offs.splice(0).forEach((off) => off());
  }

  close() {
    this.app.state.set({ task: null, job: null });
  }

  async show(id) {
    this.stop?.();
    this.stop = null;
    if (!id) { this.choose(); return; }
    const [job, , error] = await request("GET", `/api/jobs/${encodeURIComponent(id)}`);
    if (this.over || this.app.state.get("job") !== id) return;
    if (error) this.choose(error);
    else if (ended(job)) await this.settled(job);
    else this.wait(job);
  }

  async settled(job) {
    const kind = job.kind.split("-").pop();
    if (job.state === "cancelled") {
      this.app.toast(t("Stopped; nothing was stored."));
      this.app.state.set({ job: this.looked || null });
      return;
    }
    if (job.state !== "done") {
      if (this.looked && kind !== "look") { this.failed = job.problem; this.app.state.set({ job: this.looked }); } else this.choose(job.problem || { title: t("This did not work.") });
      return;
    }
    const [data, , error] = await request("GET", `${DOOR}/${job.id}/rows`);
    if (this.over || this.app.state.get("job") !== job.id) return;
    if (error) { this.choose(error); return; }
    if (kind === "look") this.ask(job, data.rows);
    else if (kind === "check") this.report(job, data);
    else this.stored(job, data);
  }

  // --- choosing a file

  choose(problem = null) {
    const file = h("input", { type: "file", name: "file", class: "only-heard", accept: KINDS, required: true });
    const name = h("p", { class: "sub", "aria-live": "polite" });
    const read = button(t("Read the file"), () => this.send(file.files[0], read), { kind: "primary", disabled: true });
    const taken = () => {
      const [given] = file.files;
      read.disabled = !given || this.sending;
      put(name, given ? given.name : null);
    };
    file.addEventListener("change", taken);
    const drop = h("div", {
      class: "drop", data: { field: "file" }, ondragover: (event) => event.preventDefault(),
      ondrop: (event) => { event.preventDefault(); file.files = event.dataTransfer.files; taken(); },
    }, h("label", { class: "button" }, file, t("Choose a file")), name,
    h("p", { class: "hint" }, t("A table with a line of headings: CSV (UTF-8 or GB18030) or XLSX. You can also drop it here.")));
    this.app.panel.show({
      title: t("Import tickets"),
      subtitle: t("Nothing is stored before you have seen what would be."),
      body: [
        section(null, drop),
        section(t("What the table needs"),
          h("p", null, t("For each ticket its number in the other system, when it was reported, and its longitude and latitude. Category, text, closing time and accuracy may be there.")),
          h("p", null, h("a", { href: `${DOOR}/example`, download: "" }, t("Take the example: twelve made-up tickets")))),
      ],
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
    const [job, , error] = await request("POST", DOOR, { key: this.key, body });
    this.sending = false;
    if (this.over) return;
    if (!error || error.status) this.key = uuid(); // after an outage the same sending is tried again
    if (error) {
      read.disabled = false;
      put(read, t("Read the file"));
      this.app.panel.problem(error);
      return;
    }
    this.app.state.set({ job: job.id });
  }

  wait(job) {
    const { node, stop } = follow(job.id, { first: job, onEnd: (last) => this.settled(last) });
    this.stop = stop;
    this.app.panel.show({
      title: t("Import tickets"), subtitle: job.title,
      body: [section(null, node), section(null, h("p", { class: "sub" }, t("You may go on working; the job goes on and stands in the room Data.")))],
      onClose: () => this.close(),
    });
  }

  // --- which column is what

  ask(job, rows, { said = null, unknown = [], forms = null } = {}) {
    const found = job.result;
    this.looked = job.id;
    const before = said || this.said || {};
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); go.click(); } },
      answers({ file: found.file, guessed: found.guessed || {}, said: before, categories: this.categories, unknown, forms: forms || this.failed?.forms }));
    const go = button(t("Check"), () => this.check(job.id, form, go), { kind: "primary" });
    this.app.panel.show({
      title: found.file.name,
      subtitle: t("Say which column is what; nothing is stored yet."),
      body: [section(t("The first rows"), table(found.file.columns, rows)), section(t("How it is read"), form)],
      foot: [button(t("Another file"), () => this.app.state.set({ job: null })), go],
      onClose: () => this.close(),
      level: 2,
    });
    if (this.failed) { setFieldErrors(form, named(this.failed.fields)); this.app.panel.problem(this.failed); this.failed = null; }
  }

  async check(id, form, go) {
    go.disabled = true;
    setFieldErrors(form, {});
    this.said = chosen(form);
    const [job, , error] = await request("POST", `${DOOR}/${id}/check`, { key: uuid(), body: { said: this.said } });
    if (this.over) return;
    go.disabled = false;
    if (error) { setFieldErrors(form, named(error.fields)); this.app.panel.problem(error); return; }
    this.app.state.set({ job: job.id });
  }

  // --- what would be

  report(job, { rows, refused }) {
    const found = job.result;
    const agreed = new Set();
    this.said = found.said;
    const go = button(tn("Import %(count)s ticket", "Import %(count)s tickets", found.stored), () => this.store(job.id, [...agreed], go), { kind: "primary" });
    const open = () => { go.disabled = !found.stored || found.doubts.some(({ ask, code }) => ask && !agreed.has(code)); };
    open();
    const back = () => this.ask({ id: job.id, result: { file: found.file } }, rows, { said: found.said, unknown: found.unknown });
    this.app.panel.show({
      title: found.file.name,
      subtitle: t("Nothing is stored yet."),
      body: [
        section(null,
          h("p", { class: "big" }, tn("%(count)s ticket would be stored.", "%(count)s tickets would be stored.", found.stored)),
          sums(found)),
        found.doubts.length ? section(t("Look at this first"), found.doubts.map((doubt) => this.doubt(doubt, agreed, open))) : null,
        found.unknown.length ? section(t("Categories that are not in the list"),
          found.unknown.map(({ word, count }) => row(word, number(count))), button(t("Say which they are"), back)) : null,
        found.left_out ? section(t("Left out"), list(found, refused, job)) : null,
      ],
      foot: [button(t("Read it otherwise"), back), go],
      onClose: () => this.close(),
      level: 2,
    });
  }

  doubt({ code, message, ask }, agreed, open) {
    if (!ask) return h("p", { class: "sub" }, message);
    const box = h("input", { type: "checkbox", name: `agree-${code}`, onchange: () => { agreed[box.checked ? "add" : "delete"](code); open(); } });
    return h("div", { class: "wrong" }, h("p", null, message), h("label", { class: "check" }, box, t("It is meant as I said")));
  }

  async store(id, agreed, go) {
    go.disabled = true;
    this.storing ||= uuid();
    const [job, , error] = await request("POST", `${DOOR}/${id}/store`, { key: this.storing, body: { agreed } });
    if (this.over) return;
    if (error) { go.disabled = false; if (error.status) this.storing = null; this.app.panel.problem(error); return; }
    this.storing = null;
    this.app.state.set({ job: job.id });
  }

  stored(job, { refused }) {
    const found = job.result;
    this.app.layers.refresh("tickets");
    this.app.panel.show({
      title: t("Imported"), subtitle: job.title,
      body: [
        section(null, h("p", { class: "big" }, tn("%(count)s ticket is stored.", "%(count)s tickets are stored.", found.stored)), tag(t("Sent again, none is stored twice"), "green"), sums(found)),
        found.left_out ? section(t("Left out"), list(found, refused, job)) : null,
      ],
      foot: [button(t("Another file"), () => this.app.state.set({ job: null })), button(t("Look at the tickets"), () => this.app.go("tickets"), { kind: "primary" })],
      onClose: () => this.close(),
    });
  }
}

// The server names fields, the form its columns.
const named = (fields = {}) => Object.fromEntries(Object.entries(fields).flatMap(([name, message]) => [[name, message], [`column.${name}`, message]]));

function sums(found) {
  return [
    row(t("Rows in the file"), number(found.rows)),
    found.already ? row(t("Here already"), number(found.already)) : null,
    found.placeless ? row(t("Without a position"), number(found.placeless)) : null,
    found.bad ? row(t("With a mistake"), number(found.bad)) : null,
    found.twice ? row(t("Times that the clock showed twice (the first was taken)"), number(found.twice)) : null,
  ];
}

function list(found, refused, job) {
  return [
    refused.slice(0, FIRST).map(({ line, reason }) => row(h("span", null, h("span", { class: "sub" }, t("Line %(line)s", { line: number(line) })), " ", reason))),
    found.left_out > FIRST ? h("p", { class: "sub" }, tn("%(count)s more stands in the file.", "%(count)s more stand in the file.", found.left_out - FIRST)) : null,
    job.file ? h("p", null, h("a", { class: "button", href: job.file, download: "" }, t("Fetch the rows that are left out"))) : null,
    h("p", { class: "sub" }, t("Mend them in a spreadsheet and import that file: what is stored already is not stored twice.")),
  ];
}

function table(columns, rows) {
  return h("div", { class: "preview", tabindex: 0, role: "region", "aria-label": t("The first rows") },
    h("table", null,
      h("thead", null, h("tr", null, columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", null, rows.slice(0, 5).map((cells) => h("tr", null, columns.map((_, at) => h("td", null, cells[at] || "")))))));
}
