// What a person says about a file of tickets: which column is what, time zone, datum, and whose tickets they are.
import { field, h, t } from "../gis/dom.js";

const NEEDED = ["number", "reported", "lon", "lat"];
const FURTHER = ["category", "text", "closed", "accuracy"];
const DATUMS = ["wgs84", "cgcs2000", "gcj02", "bd09"];

const titles = () => ({
  number: t("Number"), reported: t("Reported at"), lon: t("Longitude"), lat: t("Latitude"),
  category: t("Category"), text: t("What is the matter"), closed: t("Closed at"), accuracy: t("Accuracy in metres"),
});
const datums = () => ({
  wgs84: t("WGS 84 (GPS)"), cgcs2000: "CGCS2000", gcj02: t("GCJ-02 (AMap, Tencent)"), bd09: t("BD-09 (Baidu)"),
});

function columnField(name, file, column) {
  const options = file.columns.filter(Boolean).map((title) => h("option", { value: title, selected: title === column }, title));
  return field(titles()[name], h("select", { name: `column.${name}` }, h("option", { value: "", selected: !column }, "–"), options));
}

const select = (name, pairs, value) => h("select", { name }, pairs.map(([code, title]) => h("option", { value: code, selected: code === value }, title)));

/** The fields of the answers; `said` are those given before, `unknown` words of the file that are no category here. */
export function answers({ file, guessed, said, categories, unknown = [], forms = null }) {
  const columns = said.columns || guessed;
  const zones = globalThis.Intl?.supportedValuesOf?.("timeZone") || [];
  const listed = categories.map(({ code, name }) => [code, name]);
  return [
    h("div", { class: "columns" }, [...NEEDED, ...FURTHER].map((name) => columnField(name, file, columns[name]?.[0]))),
    field(t("Datum of the coordinates"), select("datum", [["", t("Choose…")], ...DATUMS.map((code) => [code, datums()[code]])], said.datum || ""),
      { hint: t("Never guessed: maps of phones in China are shifted by some hundred metres.") }),
    field(t("Other system"), h("input", { name: "source", maxlength: 80, autocomplete: "off", value: said.source || stem(file.name) }),
      { hint: t("With its numbers this is how a ticket is known again.") }),
    field(t("Category where none is said"), select("category", listed, said.category || "other")),
    unknown.length ? h("fieldset", null, h("legend", null, t("Categories that are not in the list")),
      unknown.map(({ word }) => field(word, h("select", { name: `word.${word}` }, h("option", { value: "" }, t("Leave these rows out")), listed.map(([code, name]) => h("option", { value: code, selected: said.words?.[word] === code }, name)))))) : null,
    forms?.length ? field(t("Form of the times"), select("form", [["", t("Choose…")], ...forms.map((form) => [form, form])], said.form || "")) : null,
    h("details", { open: Boolean(said.encoding) || said.form === "other" },
      h("summary", null, t("More")),
      field(t("Time zone of its times"), h("input", { name: "time_zone", list: "ticket-zones", autocomplete: "off", value: said.time_zone || "Asia/Shanghai" })),
      h("datalist", { id: "ticket-zones" }, zones.map((zone) => h("option", { value: zone }))),
      forms?.length ? null : field(t("Form of the times"), h("input", { name: "form", autocomplete: "off", placeholder: "%d/%m/%Y %H:%M", value: said.form || "" }), { hint: t("Empty: found out from the file.") }),
      field(t("Encoding"), select("encoding", [["", t("Recognised by itself")], ["utf-8", "UTF-8"], ["gb18030", "GB18030"]], said.encoding || ""))),
  ];
}

/** The answers of such a form as the server takes them. */
export function chosen(form) {
  const data = new FormData(form);
  const columns = {};
  const words = {};
  for (const [name, value] of data) {
    if (name.startsWith("column.") && value) columns[name.slice(7)] = [value];
    if (name.startsWith("word.") && value) words[name.slice(5)] = value;
  }
  const plain = Object.fromEntries(["time_zone", "datum", "source", "category", "form", "encoding"].map((name) => [name, String(data.get(name) || "").trim()]));
  return { columns, words, ...plain };
}

const stem = (name) => name.replace(/\.[^.]*$/, "").slice(0, 80);
