// What the list of tickets and the map beside it are narrowed to: it stands in the address, and both ask by it.
import { button, field, h, nameOf, put, t } from "../gis/dom.js";
import { request } from "../gis/request.js";

const TIERS = ["prefecture", "county", "street", "community", "compound", "building", "unit"];
const PERIODS = ["7", "30", "90", "365"];
/** The names in the address that the list looks at. */
export const NAMES = ["view", "state", "category", "area", "days", "since", "until", "overdue", "ids", "q", "order", "cell"];
/** All of them taken off. */
export const CLEARED = Object.fromEntries(NAMES.filter((name) => name !== "view").map((name) => [name, null]));
const MOVERS = new Set(["worker", "chief", "department", "front_desk"]); // as STEPS in layers/atlas/today.py
let catalogue = null;
const areaNames = new Map();

const pad = (value) => String(value).padStart(2, "0");
const dayOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** A day so many days before or after another, as text. */
export function shifted(day, days) {
  const [year, month, date] = day.split("-").map(Number);
  return dayOf(new Date(year, month - 1, date + days));
}

/** {since, until} of the address as the API takes them: the last day of a period counts whole. */
export function periodOf(get, today = dayOf(new Date())) {
  const days = Number(get("days"));
  if (days > 0) return { since: shifted(today, 1 - days), until: null };
  const until = get("until");
  return { since: get("since"), until: /^\d{4}-\d{2}-\d{2}$/.test(until || "") ? shifted(until, 1) : until };
}

/**
 * The list that opens unasked: what waits for whom, for those who move tickets on; for who only reads them, and in the
 * past, where nothing waits for anybody any more, what lies in the own areas.
 */
export function firstView({ account, moment }) {
  return moment || !account?.roles.some((role) => MOVERS.has(role)) ? "area" : "needs_me";
}

/** The filters of the address, as the API takes them. */
export function filters(app) {
  const get = (name) => app.state.get(name);
  const { moment } = app.session;
  const narrowed = NAMES.some((name) => name !== "view" && name !== "state" && get(name));
  const view = get("view") || (narrowed ? "area" : firstView(app.session));
  const own = view === "needs_me";
  return {
    moment, view, order: get("order") || (own ? "due" : "newest"), state: own ? null : get("state") || (get("ids") ? "all" : "open"), overdue: get("overdue") ? "true" : null,
    category: get("category"), area: get("area"), ...periodOf(get), ids: get("ids"), q: get("q"), cell: own ? null : get("cell"),
  };
}

/** What of these filters the map takes over; null: it shows what is open. One circle narrows the list alone. */
export function onMap(wish) {
  if (wish.view === "needs_me") return null;
  const told = Object.entries({ view: wish.view, state: wish.state, category: wish.category, area: wish.area, since: wish.since, until: wish.until, overdue: wish.overdue, q: wish.q, ids: wish.ids })
    .filter(([, value]) => value);
  const plain = told.every(([name, value]) => (name === "view" && value === "area") || (name === "state" && value === "open"));
  return plain ? null : Object.fromEntries(told);
}

async function categories() {
  catalogue ||= request("GET", "/api/tickets/categories").then(([data]) => data?.items || []);
  const found = await catalogue;
  if (!found.length) catalogue = null; // asked for again when there was no answer
  return found;
}

const option = (value, label, chosen) => h("option", { value: value ?? "", selected: (chosen ?? "") === (value ?? "") }, label);

function select(name, label, options, chosen, onchange) {
  const control = h("select", { name, onchange: (event) => onchange(event.target.value || null) }, options.map(([value, words]) => option(value, words, chosen)));
  return field(label, control);
}

// The areas in the middle of the map, the widest first: what a person looks at is what is asked for.
function areaOptions(app, chosen) {
  const here = app.layers.features(app.map.middle()).filter(({ layer }) => TIERS.includes(layer))
    .sort((a, b) => TIERS.indexOf(a.layer) - TIERS.indexOf(b.layer));
  for (const { id, properties } of here) areaNames.set(String(id), nameOf(properties));
  const found = [...new Map(here.map(({ id }) => [String(id), areaNames.get(String(id))]))];
  if (chosen && !found.some(([id]) => id === chosen)) found.push([chosen, areaNames.get(chosen) || t("The chosen area")]);
  return [[null, t("Everything in my areas")], ...found];
}

function areaSelect(app, chosen, change) {
  const control = h("select", { name: "area", onchange: (event) => change({ area: event.target.value || null }) });
  const draw = () => put(control, areaOptions(app, chosen).map(([value, words]) => option(value, words, chosen)));
  draw();
  control.addEventListener("pointerdown", draw); // the map may have moved since
  control.addEventListener("focus", draw);
  return field(t("Area in the middle of the map"), control);
}

function periodFields(app, change) {
  const get = (name) => app.state.get(name);
  const between = get("days") === "between" || (!get("days") && (get("since") || get("until")));
  const words = [[null, t("At any time")], ...PERIODS.map((days) => [days, t("In the last %(n)s days", { n: days })]), ["between", t("Between two days")]];
  const day = (name, label) => field(label, h("input", { type: "date", name, value: (get(name) || "").slice(0, 10), onchange: (event) => change({ days: "between", [name]: event.target.value || null }) }));
  return [
    select("days", t("Ticket reported"), words, between ? "between" : get("days"), (days) => change({ days, since: null, until: null })),
    between ? [day("since", t("From this day")), day("until", t("Until this day"))] : null,
  ];
}

/** The form of the filters: a node. It is drawn anew with the list. */
export function filterForm(app, wish) {
  const change = (values) => app.state.set({ view: wish.view === "needs_me" ? "area" : wish.view, cell: null, ids: null, ...values });
  const words = h("input", { type: "search", name: "q", value: wish.q || "", placeholder: t("A word, a number"), maxlength: 100, autocomplete: "off" });
  const seek = h("form", { role: "search", class: "seek", onsubmit: (event) => { event.preventDefault(); change({ q: words.value.trim() || null }); } },
    field(t("Search tickets"), words), button(t("Search"), () => change({ q: words.value.trim() || null }), { type: "submit" }));
  const kinds = h("div", null, select("category", t("Ticket category"), [[null, t("All categories")]], null, () => null));
  categories().then((items) => put(kinds, select("category", t("Ticket category"), [[null, t("All categories")], ...items.map(({ code, name }) => [code, name])], wish.category, (category) => change({ category }))));
  const state = select("state", t("Ticket state"), [["open", t("Still open")], ["ended", t("Ended")], ["all", t("Open and ended")]], wish.state || "open", (value) => change({ state: value === "open" ? null : value }));
  const order = select("order", t("Ticket order"), [["newest", t("Newest first")], ["due", t("Due soonest first")]], wish.order, (value) => change({ order: value === "newest" ? null : value }));
  const late = h("label", { class: "switch" }, h("input", { type: "checkbox", name: "overdue", checked: Boolean(wish.overdue), onchange: (event) => change({ overdue: event.target.checked ? "1" : null }) }), h("span", null, t("Only overdue ones")));
  const used = NAMES.some((name) => !["view", "ids", "cell"].includes(name) && app.state.get(name));
  return h("details", { id: "ticket-filters", open: used || open, ontoggle: (event) => { open = event.target.open; } },
    h("summary", null, t("Search and filter")),
    seek, h("div", { class: "filter-grid" }, state, kinds, periodFields(app, change), areaSelect(app, wish.area, change), order), late,
    used ? h("p", null, button(t("Take all filters off"), () => app.state.set({ ...CLEARED, view: wish.view }), { kind: "link", id: "no-filters" })) : null);
}
let open = false;

/** What narrows the list alone, each with the way to take it off: one circle of the map, named tickets. */
export function notes(app, wish) {
  const off = (name, words) => h("p", { class: "note", id: `only-${name}` }, words, " · ", button(t("Show all again"), () => app.state.set({ [name]: null }), { kind: "link" }));
  return [wish.cell ? off("cell", t("Only those in the circle you pressed")) : null, wish.ids ? off("ids", t("Only the tickets behind a figure")) : null];
}
