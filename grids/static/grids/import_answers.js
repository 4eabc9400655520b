// What a person says about a file: its coordinates, its encoding, and which column is what.
import { field, h, t } from "../gis/dom.js";

const WORDS = ["tier", "code", "name_zh", "name_en", "parent", "walled", "id"];
const TIERS = [
  ["street", t("Street")], ["community", t("Community")], ["compound", t("Compound")], ["building", t("Building")], ["unit", t("Unit")], ["county", t("County")],
];
const OTHER = "other";

const titles = () => ({
  tier: t("Tier"), code: t("Code"), name_zh: t("Chinese name"), name_en: t("English name"), parent: t("Area above"), walled: t("Walled"), id: t("Identifier"),
});
const hints = () => ({ code: t("None: codes are numbered."), parent: t("None: found by place.") });

function crsField(references, said) {
  const known = references.flatMap((group) => group.references).some(({ code }) => code === said);
  const own = h("input", { name: "crs_other", placeholder: "EPSG:4547", value: known ? "" : said || "", autocomplete: "off", "aria-label": t("EPSG number") });
  const select = h("select", { name: "crs", onchange: () => { own.hidden = select.value !== OTHER; if (!own.hidden) own.focus(); } },
    h("option", { value: "" }, t("As the file says")),
    references.map((group) => h("optgroup", { label: group.title }, group.references.map(({ code, title }) => h("option", { value: code, selected: code === said }, code.includes(":") ? `${title} · ${code}` : title)))),
    h("option", { value: OTHER, selected: Boolean(said) && !known }, t("Another EPSG number…")));
  own.hidden = select.value !== OTHER;
  return [field(t("Coordinate system"), select, { hint: t("Never guessed: a file that does not say it needs your answer.") }), own];
}

// "column:NAME", "value:TEXT" or "" as one option's value
function columnField(word, found, [column, value]) {
  const option = (kind, text, label, chosen) => h("option", { value: kind ? `${kind}:${text}` : "", selected: chosen }, label);
  const columns = found.file.columns.map(({ name, samples }) => option("column", name, samples.length ? `${name} (${samples.slice(0, 2).join(", ")})` : name, name === column));
  const fixed = word === "tier" ? [h("optgroup", { label: t("The same for all rows") }, TIERS.map(([code, title]) => option("value", code, title, !column && code === value)))] : [];
  const select = h("select", { name: `map.${word}` }, option("", "", "–", !column && !value), fixed, fixed.length ? h("optgroup", { label: t("From a column") }, columns) : columns);
  return field(titles()[word], select, { hint: hints()[word] });
}

/** The fields for a file's answers; with a report (`found`) also those of its columns. */
export function answers({ references, said, found = null, open = false }) {
  const rare = said.encoding || said.swapped;
  return [
    found ? h("div", { class: "columns" }, WORDS.map((word) => columnField(word, found, found.map[word] || ["", ""]))) : null,
    crsField(references, said.crs),
    h("details", { open: Boolean(rare) && open },
      h("summary", null, t("More")),
      field(t("Encoding of a shapefile's texts"), h("select", { name: "encoding" },
        [["", t("Recognised by itself")], ["utf-8", "UTF-8"], ["gb18030", "GB18030"]].map(([value, label]) => h("option", { value, selected: value === (said.encoding || "") }, label)))),
      h("label", { class: "check" }, h("input", { type: "checkbox", name: "swapped", checked: Boolean(said.swapped) }), t("Latitude stands before longitude"))),
  ];
}

/** The answers of such a form as the server takes them. */
export function chosen(form) {
  const data = new FormData(form);
  const map = {};
  for (const [name, text] of data) {
    if (!name.startsWith("map.")) continue;
    const [kind, ...rest] = text.split(":");
    map[name.slice(4)] = kind === "column" ? [rest.join(":"), ""] : kind === "value" ? ["", rest.join(":")] : ["", ""];
  }
  const crs = data.get("crs") === OTHER ? (data.get("crs_other") || "").trim() : data.get("crs") || "";
  return { crs, encoding: data.get("encoding") || "", swapped: data.get("swapped") === "on", ...(Object.keys(map).length ? { map } : {}) };
}
