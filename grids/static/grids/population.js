// Residents out of a file: choose it, see what would be counted and what cannot be, put the columns right, store it.
// The address holds the job (?room=data&task=population&job=…), so a reload or another device goes on where one was.
import { button, field, h, number, row, section, t, tag, tn } from "../gis/dom.js";
import { Bringing } from "../gis/bringing.js";

const AT_FIRST = 20;
const DATUMS = [["wgs84", "WGS 84"], ["cgcs2000", "CGCS2000"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"]];

/** The task "population" of the room "data": begin() shows it, end() leaves. */
export class Counting extends Bringing {
  constructor(app) {
    super(app, { door: "/api/imports/population", kinds: ".csv,.txt,.tsv,.xlsx", storing: "population-import", most: 200 });
  }

  words() {
    return {
      title: t("Import residents"), read: t("Read and check"),
      hint: t("A table with a line of heads: CSV (UTF-8 or GB18030) or XLSX. You can also drop it here."),
    };
  }

  needs() {
    return [section(t("What the table needs"),
      h("p", null, t("In each row where people live – the code of an area, or longitude and latitude – and how many they are, in all or by age.")),
      h("p", { class: "sub" }, t("What is stored replaces the figures of the same areas; an empty cell is unknown, not 0.")))];
  }

  failed(job) {
    if (job.kind !== this.storing) { this.choose(job.problem || { title: t("This did not work.") }); return; }
    this.app.panel.show({
      title: t("Nothing was stored"), subtitle: job.title, body: [],
      foot: [button(t("Another file"), () => this.toJob(null), { kind: "primary" })], onClose: () => this.close(),
    });
    this.app.panel.problem(job.problem || { title: t("This did not work.") });
  }

  // --- the report

  report(job) {
    const found = job.result;
    this.before = job.id;
    const agreed = new Set();
    const form = h("form", { class: "answers", onsubmit: (event) => { event.preventDefault(); this.check(job.id, answered(form)); } }, questions(found));
    const go = button(t("Store"), () => this.store(job.id, { agreed: [...agreed] }, go), { kind: "primary" });
    const open = () => { go.disabled = !found.storable || found.cautions.some(({ ask, code }) => ask && !agreed.has(code)); };
    open();
    const file = job.file_url || (found.fault_count ? `/api/jobs/${job.id}/file` : null);
    this.app.panel.show({
      title: found.file.name,
      subtitle: [tn("%(count)s row", "%(count)s rows", found.file.rows), found.by === "point" ? t("by points") : t("by codes of areas")].join(" · "),
      body: [
        section(null, verdict(found)),
        found.cautions?.length ? section(t("Look at this first"), found.cautions.map((caution) => cautioned(caution, { agreed, open, reread: (datum) => this.check(job.id, { ...answered(form), datum }) }))) : null,
        found.fault_count ? section(t("Lines that are left out"), faults(found),
          h("p", null, h("a", { href: file, download: "" }, t("All of them as a file")))) : null,
        section(t("How the file was read"), form, button(t("Check again"), () => this.check(job.id, answered(form)))),
      ],
      foot: [this.another(), go],
      onClose: () => this.close(),
      level: 2,
    });
  }

  stored(job) {
    const told = job.result.stored;
    this.app.panel.show({
      title: told ? t("Stored") : t("Nothing new"), subtitle: job.title,
      body: [section(null,
        told ? h("p", { class: "big" }, tn("%(count)s resident is counted.", "%(count)s residents are counted.", told.residents)) : h("p", null, t("All of it is stored already; nothing was changed.")),
        told ? h("p", null, tn("in %(count)s area", "in %(count)s areas", told.areas)) : null,
        told && told.households !== null ? h("p", null, tn("%(count)s household", "%(count)s households", told.households)) : null,
        told?.ended ? h("p", { class: "sub" }, tn("The figures of %(count)s area above or below have ended.", "The figures of %(count)s areas above or below have ended.", told.ended)) : null,
        h("p", { class: "sub" }, t("What was counted before stays in the past.")))],
      foot: [this.another(), button(t("Done"), () => this.close(), { kind: "primary" })],
      onClose: () => this.close(),
    });
  }
}

function verdict(found) {
  if (found.wanting) return [tag(t("Not yet clear"), "amber"), h("p", null, found.wanting)];
  const lines = [
    found.by_band.map((band) => row(band.name, number(band.residents))),
    row(t("Areas with new figures"), number(found.new)),
    found.replaced ? row(t("Areas whose figures are replaced"), t("%(count)s (so far %(residents)s residents)", { count: number(found.replaced), residents: number(found.replaced_residents) })) : null,
    found.unchanged ? row(t("Areas with the same figures already"), number(found.unchanged)) : null,
    found.outside.count ? row(t("Outside every area, counted for the county"), number(found.outside.count)) : null,
  ];
  const sum = h("p", { class: "big" }, tn("%(count)s resident", "%(count)s residents", found.residents));
  const kept = found.given === found.residents ? h("p", { class: "sub" }, t("All that the file says.")) : h("p", { class: "sub" }, t("The lines that can be read say %(given)s.", { given: number(found.given) }));
  const homes = found.households === null ? null : [
    row(t("Households"), number(found.households)),
    found.unhoused ? row(t("Lines without a number of households"), number(found.unhoused)) : null,
  ];
  const rounded = found.rounded ? h("p", { class: "sub" }, t("Figures with decimals were made whole; their sum stays.")) : null;
  if (found.nothing_new) return [tag(t("Nothing new"), "grey"), h("p", null, t("All of it is stored already.")), sum, lines];
  const left = found.fault_count ? tag(tn("%(count)s line is left out", "%(count)s lines are left out", found.fault_count), "amber") : tag(t("Everything fits"), "green");
  return [left, sum, kept, rounded, homes, lines];
}

function cautioned(caution, { agreed, open, reread }) {
  const tick = caution.ask ? h("label", { class: "check" }, h("input", {
    type: "checkbox", onchange: (event) => { if (event.target.checked) agreed.add(caution.code); else agreed.delete(caution.code); open(); },
  }), t("I have looked at it; store all the same")) : null;
  const datum = DATUMS.find(([code]) => code === caution.try);
  const way = datum ? button(t("Read as %(name)s", { name: datum[1] }), () => reread(datum[0])) : null;
  return h("div", { class: caution.ask ? "caution ask" : "caution" }, h("p", null, caution.message), way, tick);
}

function faults(found) {
  const line = ({ line: at, message }) => row([h("b", null, t("Line %(line)s", { line: at })), ` ${message}`], null, { class: "wrong" });
  const left = found.fault_count - AT_FIRST;
  return [h("div", { class: "rows" }, found.faults.slice(0, AT_FIRST).map(line)), left > 0 ? h("p", { class: "sub" }, tn("… and %(count)s more", "… and %(count)s more", left)) : null];
}

const titles = () => ({ code: t("Code of the area"), lon: t("Longitude"), lat: t("Latitude"), residents: t("Residents"), households: t("Households"), number: t("Number of the row") });

// Which column is what, in which datum, how deep, who counted, since when.
function questions(found) {
  const column = (word, title) => field(title, h("select", { name: `map.${word}` },
    h("option", { value: "" }, "–"),
    found.file.columns.map(({ name, samples }) => h("option", { value: name, selected: found.map[word] === name }, samples.length ? `${name} (${samples.slice(0, 2).join(", ")})` : name))));
  const said = found.said || {};
  return [
    h("div", { class: "columns" }, found.words.map((word) => column(word, titles()[word] || word))),
    h("details", { open: found.bands.some(({ code }) => found.map[code]) }, h("summary", null, t("Age bands")), h("div", { class: "columns" }, found.bands.map(({ code, name }) => column(code, name)))),
    h("details", { open: Boolean(said.datum || said.tier || said.since || said.source) },
      h("summary", null, t("More")),
      field(t("Datum of the coordinates"), h("select", { name: "datum" }, DATUMS.map(([code, title]) => h("option", { value: code, selected: code === (said.datum || "wgs84") }, title)))),
      field(t("Count points in"), h("select", { name: "tier" },
        [["", t("the deepest area")], ["compound", t("Compound")], ["community", t("Community")], ["street", t("Street")], ["county", t("County")]].map(([code, title]) => h("option", { value: code, selected: code === (said.tier || "") }, title)))),
      field(t("Source of the figures"), h("input", { name: "source", value: said.source || "", maxlength: 200, autocomplete: "off" })),
      field(t("Holds since"), h("input", { name: "since", type: "date", value: said.since || "" }), { hint: t("Empty: from now on.") })),
  ];
}

function answered(form) {
  const data = new FormData(form);
  const columns = {};
  for (const [name, head] of data) if (name.startsWith("map.") && head) columns[name.slice(4)] = head;
  return { columns, datum: data.get("datum"), tier: data.get("tier"), source: data.get("source").trim(), since: data.get("since") };
}
