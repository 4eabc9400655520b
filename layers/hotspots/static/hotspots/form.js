// What is compared with what: category, period, cells, counts or rates. Every change asks anew.
import { chips, field, h, metres, setFieldErrors, t } from "../gis/dom.js";

let open = false; // folded away until somebody wants to change something, and then open until it is folded again

const WITHIN = [200, 300, 500, 800, 1000];
const WIDTHS = [50, 100, 150, 200, 300, 500, 1000, 2000];

function select(name, options, chosen, onchange) {
  return h("select", { name, onchange: ({ target }) => onchange(target.value) },
    options.map(([value, label]) => h("option", { value, selected: String(value) === String(chosen ?? "") }, label)));
}

// Over which cells, who is whose neighbour, counts or rates.
function comparing({ state, question, change, known, cells, widths, width, usual }) {
  const rules = [["auto", t("Chosen for these cells")], ["touching", t("Cells that touch")], ["nearest", t("The eight nearest")], ["within", t("Within a distance")], ["walking", t("Within a walk along the streets")]];
  return [
    field(t("Counted by"), select("cells", cells, question.cells, (value) => change({ cells: value === usual ? null : value, width: null }))),
    question.cells === "hexagon" ? field(t("Width of a hexagon"), select("width", widths, width, (value) => change({ width: value || null }))) : null,
    field(t("Neighbouring cells"), select("neighbours", rules, state.get("neighbours") || "auto", (value) => change({ neighbours: value === "auto" ? null : value, within: null }))),
    ["within", "walking"].includes(state.get("neighbours")) ? field(t("How far"), select("within", WITHIN.map((metre) => [metre, metres(metre)]), state.get("within") || 500, (value) => change({ within: value === "500" ? null : value }))) : null,
    h("div", { class: "field", data: { field: "per" } },
      h("span", { class: "label" }, t("Compared")),
      chips([{ value: "count", label: t("Number of tickets") }, { value: "residents", label: t("Set against residents") }], state.get("per") || "count", (value) => change({ per: value === "count" ? null : value }), t("Compared")),
      known ? null : h("p", { class: "hint" }, t("Residents are not recorded here.")),
      h("p", { class: "field-error", hidden: true })),
  ];
}

/**
 * The controls; change(values) writes into the address.
 * only: "heat" or "need", whose answers do not rest on all of them.
 * choices: {categories, tiers} of {code, name}; question: what the answer was made of ({cells, width}); known: whether residents are known; errors: by field.
 */
export function form({ state, question, choices, today, change, known, errors = null, only = null }) {
  const days = state.get("days") || "90";
  const periods = [["30", t("Last 30 days")], ["90", t("Last 90 days")], ["180", t("Last half year")], ["365", t("Last year")], ["all", t("The whole time")], ["between", t("From … to …")]];
  const cells = [["hexagon", t("Hexagons")], ...choices.tiers.map(({ code, name }) => [code, name])];
  const width = state.get("width");
  const widths = [["", question.width && !width ? t("Chosen for this area: %(width)s", { width: metres(question.width) }) : t("Chosen for this area")], ...WIDTHS.map((metre) => [metre, metres(metre)])];
  const day = (name) => h("input", { type: "date", name, value: state.get(name) || "", max: today, onchange: ({ target }) => change({ [name]: target.value || null, days: "between" }) });
  const wordOf = (options, value) => options.find(([code]) => String(code) === String(value))?.[1];
  const said = [
    choices.categories.find(({ code }) => code === state.get("category"))?.name || t("All categories"),
    days === "between" ? null : wordOf(periods, days),
    question.cells === "hexagon" && question.width ? t("Hexagons of %(width)s", { width: metres(question.width) }) : wordOf(cells, question.cells),
    state.get("per") === "residents" ? t("Set against residents") : null,
  ].filter(Boolean);
  const made = h("form", { class: "asked", onsubmit: (event) => event.preventDefault() },
    field(t("Category"), select("category", [["", t("All categories")], ...choices.categories.map(({ code, name }) => [code, name])], state.get("category"), (value) => change({ category: value || null }))),
    field(t("Reported"), select("days", periods, days, (value) => change({ days: value === "90" ? null : value, ...(value === "between" ? { since: today.slice(0, 8).concat("01"), until: today } : { since: null, until: null }) }))),
    days === "between" ? [field(t("From"), day("since")), field(t("To (that day included)"), day("until"))] : null,
    only === "heat" ? null : comparing({ state, question, change, known, cells, widths, width, usual: only === "need" ? "compound" : "hexagon" }));
  if (errors) setFieldErrors(made, errors);
  return h("details", { class: "question", open: open || Boolean(errors), ontoggle: ({ target }) => { open = target.open; } },
    h("summary", null, h("span", null, said.join(" · ")), h("span", { class: "change" }, t("Change"))), made);
}
