// Tickets of another system out of a file: choose it, say which column is what, see what would be stored, store it.
// The address holds the job (?room=data&task=tickets&job=…), so a reload goes on where one was.
import { button, h, number, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { Bringing } from "../gis/bringing.js";
import { request } from "../gis/request.js";
import { answers, chosen } from "./import_answers.js";

const FIRST = 12;

/** The task "tickets" of the room "data": begin() shows it, end() leaves. */
export class Importing extends Bringing {
  constructor(app) {
    super(app, { door: "/api/imports/tickets", kinds: ".csv,.txt,.tsv,.xlsx", storing: "ticket-import", most: 500 });
  }

  async prepare() {
    const [data, , error] = await request("GET", `${this.door}/categories`);
    this.categories = data?.categories || [];
    return error;
  }

  words() {
    return {
      title: t("Import tickets"), read: t("Read the file"),
      hint: t("A table with a line of headings: CSV (UTF-8 or GB18030) or XLSX. You can also drop it here."),
    };
  }

  needs() {
    return [section(t("What the table needs"),
      h("p", null, t("For each ticket its number in the other system, when it was reported, and its longitude and latitude. Category, text, closing time and accuracy may be there.")),
      h("p", null, h("a", { href: `${this.door}/example`, download: "" }, t("Take the example: twelve made-up tickets"))))];
  }

  report(job) {
    return this.withRows(job, (data) => (job.kind === "ticket-look" ? this.ask(job, data.rows) : this.checked(job, data)));
  }

  stored(job) {
    return this.withRows(job, (data) => this.imported(job, data));
  }

  // The first rows of the file and those left out, which no job's own row may hold.
  async withRows(job, then) {
    const [data, , error] = await request("GET", `${this.door}/${job.id}/rows`);
    if (!this.at(job.id)) return;
    if (error) this.choose(error);
    else then(data);
  }

  // --- which column is what

  ask(job, rows, { said = null, unknown = [], forms = null } = {}) {
    const found = job.result;
    this.before = job.id;
    const earlier = said || this.said || {};
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); go.click(); } },
      answers({ file: found.file, guessed: found.guessed || {}, said: earlier, categories: this.categories, unknown, forms: forms || this.problem?.forms }));
    const go = button(t("Check"), () => this.say(job.id, form, go), { kind: "primary" });
    this.app.panel.show({
      title: found.file.name,
      subtitle: t("Say which column is what; nothing is stored yet."),
      body: [section(t("The first rows"), table(found.file.columns, rows)), section(t("How it is read"), form)],
      foot: [this.another(), go],
      onClose: () => this.close(),
      level: 2,
    });
    if (this.problem) { setFieldErrors(form, named(this.problem.fields)); this.app.panel.problem(this.problem); this.problem = null; }
  }

  async say(id, form, go) {
    go.disabled = true;
    setFieldErrors(form, {});
    this.said = chosen(form);
    const error = await this.check(id, this.said);
    if (this.over) return;
    go.disabled = false;
    if (error) setFieldErrors(form, named(error.fields));
  }

  // --- what would be

  checked(job, { rows, refused }) {
    const found = job.result;
    const agreed = new Set();
    this.before ||= job.id;
    this.said = found.said;
    const go = button(tn("Import %(count)s ticket", "Import %(count)s tickets", found.stored), () => this.store(job.id, { agreed: [...agreed] }, go), { kind: "primary" });
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
    if (this.problem) { this.app.panel.problem(this.problem); this.problem = null; }
  }

  doubt({ code, message, ask }, agreed, open) {
    if (!ask) return h("p", { class: "sub" }, message);
    const box = h("input", { type: "checkbox", name: `agree-${code}`, onchange: () => { agreed[box.checked ? "add" : "delete"](code); open(); } });
    return h("div", { class: "wrong" }, h("p", null, message), h("label", { class: "check" }, box, t("It is meant as I said")));
  }

  imported(job, { refused }) {
    const found = job.result;
    const reads = this.app.session.may?.includes("ticket.read"); // an administrator brings in what others work on
    const on = reads ? button(t("Look at the tickets"), () => this.app.go("tickets"), { kind: "primary" }) : button(t("Done"), () => this.close(), { kind: "primary" });
    this.app.layers.refresh("tickets");
    this.app.panel.show({
      title: t("Imported"), subtitle: job.title,
      body: [
        section(null, h("p", { class: "big" }, tn("%(count)s ticket is stored.", "%(count)s tickets are stored.", found.stored)), tag(t("Sent again, none is stored twice"), "green"), sums(found)),
        found.left_out ? section(t("Left out"), list(found, refused, job)) : null,
      ],
      foot: [this.another(), on],
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
