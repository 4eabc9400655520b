// The room "hotspots": where tickets concentrate more than chance explains, and the tickets behind it.
// The address says it all: view (heat, need), cells, width, category, days (or since and until), per, neighbours, within;
// cell=<id> opens one cell, run=<id> a kept result.
import { button, chips, empty, h, nameOf, number, section, t, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { clearDots, showCell } from "./cell.js";
import { boxOf, byClass, cellAt, CLASSES, queryOf } from "./cells.js";
import { addressOf, files } from "./files.js";
import { form } from "./form.js";
import { drawHeat, heatWords } from "./heat.js";
import { banner, keeper, keptList } from "./kept.js";
import { drawNeed, needWords } from "./need.js";
import { drawPainted } from "./painted.js";
import { chance, className, correction, counted, headline, neighbours, period, source } from "./words.js";

const ASKED = ["view", "run", "cells", "width", "category", "days", "since", "until", "per", "neighbours", "within"];
const FLAME = "M12 3c1 4 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3 2-4 0 2 1 3 2 3 1-3-1-5 1-9z";
const OPACITY = { none: 0.35, "too-few": 0.32 };
const MOST = 10;
const PAGE = 20;
const NEAR = 16;

let control = null;
let answer = null;
let choices = null;
let drawn = null;
let outline = null;
let hidden = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const fillOf = (name) => (name === "unknown"
  ? { hatch: colour("too-few"), fillOpacity: 0.6, stroke: colour("too-few"), width: 0.4 }
  : { fill: colour(name), fillOpacity: OPACITY[name] ?? 0.75, stroke: colour("paper"), width: name in OPACITY ? 0.3 : 0.8, opacity: 0.8 });
// a past moment ends the period; otherwise it ends today, by the clock of the place
const today = (app) => (app.session.moment || new Date().toLocaleDateString("sv", { timeZone: document.documentElement.dataset.timeZone || "Asia/Shanghai" })).slice(0, 10);

function erase(app) {
  clearDots();
  drawn?.remove();
  outline?.remove();
  drawn = null;
  outline = null;
  app.legend.remove("hotspots");
}

function draw(app) {
  erase(app);
  if (answer.view !== "cells") {
    drawn = answer.view === "heat" ? drawHeat(app, answer) : drawNeed(app, answer);
    return;
  }
  const styled = (names) => names.map((name) => ({ label: className(name), kind: "fill", style: { ...fillOf(name), stroke: colour("line-control"), width: 0.5 } }));
  if (answer.summary.pictured) {
    drawn = drawPainted(app, { address: addressOf(answer, "picture"), styleOf: fillOf, label: t("Hot and cold") });
    app.legend.add("hotspots", t("Hot and cold"), styled(CLASSES.filter((name) => name !== "unknown" || answer.summary.unknown)));
    return;
  }
  const features = byClass(answer.features);
  drawn = app.map.addShapes({ type: "FeatureCollection", features }, Object.assign(({ properties }) => fillOf(properties.class), { under: true }));
  const present = new Set(features.map(({ properties }) => properties.class));
  app.legend.add("hotspots", t("Hot and cold"), styled(CLASSES.filter((name) => name !== "unknown" || present.has(name))));
}

function mark(app, features) {
  outline?.remove();
  outline = features.length ? app.map.addShapes({ type: "FeatureCollection", features }, { stroke: colour("ink"), width: 2.5 }) : null;
}

const inSpot = (spot) => answer.features.filter(({ properties }) => properties.spot === spot);

function spotItem(app, spot, rank) {
  const where = spot.where.join(" · ") || t("Outside every area");
  const cells = inSpot(spot.spot);
  const light = (features) => () => { if (!app.state.get("cell")) mark(app, features); }; // not when the list goes because a cell is shown
  const lit = { onmouseenter: light(cells), onmouseleave: light([]), onfocusin: light(cells), onfocusout: light([]) };
  return h("li", { class: "spot", ...lit },
    button([h("b", null, `${rank}. ${where}`), h("span", { class: "sub" }, tn("%(tickets)s tickets in %(count)s cell", "%(tickets)s tickets in %(count)s cells", spot.cells, { tickets: number(spot.tickets) }))],
      () => { app.state.set({ cell: spot.hottest }); app.map.fit(spot.bbox, { maxZoom: 17 }); }, { kind: "link", class: "what" }),
    button(t("Show on the map"), () => app.map.fit(spot.bbox, { maxZoom: 17 }), { kind: "link", "aria-label": t("Show on the map: %(where)s", { where }) }));
}

function notices({ residents, residents_hidden: secret, few_cells: few, tickets, compared, alone, constant, coarse, not_placed: unplaced }, { per }) {
  const whole = { people: typeof unplaced === "string" ? unplaced : number(unplaced) };
  return [
    coarse ? tn("%(people)s residents of %(count)s larger area were counted only as a whole and are in none of these cells; choose a tier above.", "%(people)s residents of %(count)s larger areas were counted only as a whole and are in none of these cells; choose a tier above.", coarse, whole) : null,
    compared === 1 ? t("There is only one cell here, and nothing to compare it with. Choose smaller cells.") : null,
    constant && per !== "residents" && tickets && compared > 1 ? t("Every cell holds the same number: nothing can stand out.") : null,
    alone && compared > 1 ? tn("%(count)s cell has no neighbour and stands for itself alone.", "%(count)s cells have no neighbour and stand for themselves alone.", alone) : null,
    secret ? t("Your appointments do not include residents' figures; only counts are compared.") : null,
    !secret && residents === null && !coarse ? t("No residents are recorded here, so there are no rates. Where figures are missing they are not zero.") : null,
    few && tickets && compared > 1 ? t("So few cells make the scores rough; read them with care.") : null,
  ].filter(Boolean).map((words) => h("p", { class: "near" }, words));
}

// A name that says what it is, to be changed.
function proposal({ category, cells }) {
  const named = (list, code) => list.find((one) => one.code === code)?.name;
  return [named(choices.categories, category) || t("All categories"), cells === "hexagon" ? t("Hexagons") : named(choices.tiers, cells), today({ session: {} })].filter(Boolean).join(" · ");
}

// The question in the words of the server.
function asked(app) {
  const words = { ...queryOf((name) => app.state.get(name), today(app)), moment: app.session.moment };
  return Object.fromEntries(Object.entries(words).filter(([, value]) => value).map(([name, value]) => [name, String(value)]));
}

const change = (app) => (values) => app.state.set({ cell: null, run: null, ...values });

// Which of the three pictures is shown.
function views(app) {
  return chips([{ value: "cells", label: t("Hot and cold") }, { value: "heat", label: t("Density") }, { value: "need", label: t("With coverage") }],
    app.state.get("view") || "cells", (value) => change(app)({ view: value === "cells" ? null : value }), t("What the map shows"));
}

// The two pictures beside that of hot and cold.
function beside(app) {
  const asked = { cells: app.state.get("cells") || (answer.view === "need" ? "compound" : "hexagon"), width: answer.question?.width || null };
  const controls = form({ state: app.state, question: asked, choices, today: today(app), change: change(app), known: true, only: answer.view });
  const open = (feature) => { app.state.set({ cell: feature.id }); app.map.fit(boxOf(feature), { maxZoom: 16 }); };
  app.panel.show({
    title: t("Hotspots"), subtitle: answer.question ? period(answer.question) : null,
    body: [section(null, views(app)), answer.view === "heat" ? heatWords(answer) : needWords(answer, open), section(null, controls)],
    onClose: () => app.go("map"),
  });
}

// More cells than are drawn one by one: what is where, and those that stand out, a page at a time.
function everyCell(app) {
  const { features, summary } = answer;
  const of = answer;
  const list = h("ul", { class: "list cells" });
  const foot = h("div");
  const all = summary.hot + summary.cold;
  const open = (feature) => { app.state.set({ cell: feature.id }); app.map.fit(boxOf(feature), { maxZoom: 17 }); };
  const more = async (from) => {
    if (from >= features.length && from < all) {
      const [told, , error] = await request("GET", addressOf(of, "standing"), { query: { first: from } });
      if (error) app.panel.problem(error);
      features.push(...(told?.features || []));
    }
    const page = features.slice(from, from + PAGE);
    list.append(...page.map((feature) => h("li", { class: "spot" },
      button([h("b", null, nameOf(feature.properties) || t("A hexagon")), h("span", { class: "sub" }, className(feature.properties.class), " · ", tn("%(count)s ticket", "%(count)s tickets", feature.properties.tickets))], () => open(feature), { kind: "link", class: "what" }))));
    foot.replaceChildren(...(page.length && from + PAGE < all ? [button(t("More"), () => more(from + page.length))] : []));
  };
  more(0);
  const values = { cells: number(summary.cells), standing: number(all) };
  return section(null, h("details", { class: "every" }, h("summary", null, t("Cells that stand out")),
    h("p", { class: "sub" }, t("All %(cells)s cells are painted on the map; press one to read it. The %(standing)s that stand out are listed here, the surest first. The files hold every cell.", values)),
    list, foot));
}

function overview(app) {
  if (answer.view !== "cells") {
    beside(app);
    return;
  }
  const { summary, question, spots, run } = answer;
  const controls = form({ state: app.state, question, choices, today: today(app), change: change(app), known: summary.residents !== null });
  const again = () => app.state.set({ cell: null, run: null });
  const kept = () => app.state.set({ cell: null, run: null });
  const nothing = !summary.tickets && question.since
    ? empty(t("No ticket was reported in this period that you may read."), button(t("Take the whole time"), () => change(app)({ days: "all", since: null, until: null })))
    : null;
  const taking = files(app, answer);
  app.panel.show({
    title: t("Hotspots"),
    subtitle: period(question),
    body: [
      taking.below,
      run ? banner(app, run, { again, forgotten: kept }) : section(null, views(app)),
      section(null, h("p", { class: run ? "" : "big" }, headline(summary)), summary.tickets ? h("p", { class: "sub" }, correction(summary)) : null, nothing, notices(summary, question)),
      run ? null : section(null, controls),
      summary.pictured ? everyCell(app) : null,
      spots.length ? section(t("Where to look first"), h("ul", { class: "list spots" }, spots.slice(0, MOST).map((spot, i) => spotItem(app, spot, i + 1))),
        summary.spots > MOST ? h("p", { class: "sub" }, t("and %(count)s more on the map", { count: number(summary.spots - MOST) })) : null) : null,
      section(t("How this was reckoned"), h("p", { class: "sub" }, counted(summary)),
        // where nothing was compared, no law gave any p-value
        summary.tickets && summary.compared > 1 ? [h("p", { class: "sub" }, source(summary, question)), h("p", { class: "sub" }, neighbours(question))] : null,
        h("p", { class: "sub" }, t("Grey: fewer than %(count)s tickets seen and expected around a cell.", { count: summary.least_events }))),
      run ? null : section(t("Keep this result"), keeper(app, { asked: asked(app), proposed: proposal(question), done: (made) => app.state.set({ run: made.id }) })),
      run ? null : keptList((id) => app.state.set({ cell: null, view: null, run: id })),
    ],
    foot: taking.foot,
    onClose: () => app.go("map"),
  });
}

// One cell: of those at hand, or of the many that are painted.
async function find(app, asked) {
  if (!answer.summary?.pictured) return null;
  const of = answer;
  const [feature, , error] = await request("GET", addressOf(of, "cell"), { query: asked });
  if (error && error.status !== 404) app.panel.problem(error);
  if (feature) of.pressed = feature;
  return feature;
}

async function detail(app) {
  const id = app.state.get("cell");
  const of = answer;
  const feature = [...(of.features || []), of.pressed].find((one) => one?.id === id) || await find(app, { cell: id });
  if (answer !== of || app.state.get("cell") !== id || app.room?.id !== room.id) return; // meanwhile something else was pressed
  if (!feature) {
    app.state.set({ cell: null }, { replace: true });
    return;
  }
  mark(app, [feature]);
  showCell(app, feature, { link: answer.summary.link, question: answer.question, chance, className, least: answer.summary.least_residents, coverage: answer.coverage });
}

function settle(app) {
  if (!answer) return;
  if (app.state.get("cell")) detail(app);
  else {
    clearDots();
    mark(app, []);
    overview(app);
  }
}

// The spots in view beside the panel, or all cells where there is none, unless the address says where to look.
function look(app) {
  const boxes = answer.bbox ? [answer.bbox] : answer.spots.length ? answer.spots.map(({ bbox }) => bbox) : answer.summary?.pictured ? [answer.summary.bbox] : answer.features.map(boxOf);
  const far = (side, pick) => boxes.reduce((most, box) => pick(most, box[side]), boxes[0][side]);
  if (boxes.length) app.map.fit([far(0, Math.min), far(1, Math.min), far(2, Math.max), far(3, Math.max)], { maxZoom: 15 });
}

async function ask(app, { fresh = false } = {}) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("Hotspots")), 300);
  const view = app.state.get("run") ? "cells" : app.state.get("view") || "cells";
  const query = app.state.get("run") ? {} : asked(app);
  if (view === "need" && !query.cells) query.cells = "compound";
  const door = app.state.get("run") ? `/api/hotspots/runs/${encodeURIComponent(app.state.get("run"))}` : { heat: "/api/hotspots/heat", need: "/api/atlas/needs" }[view] || "/api/hotspots";
  const [[known], [data, , error]] = await Promise.all([
    choices ? [choices] : request("GET", "/api/hotspots/choices", { signal }),
    request("GET", door, { query, signal }),
  ]);
  clearTimeout(waiting);
  if (signal.aborted) return;
  choices = known || choices;
  if (error) {
    failed(app, error);
    return;
  }
  answer = { ...data, view };
  draw(app);
  settle(app);
  if (fresh) look(app);
}

// Keep the controls, so that the way out is at hand.
function failed(app, error) {
  answer = null;
  erase(app);
  const controls = form({ state: app.state, question: { cells: app.state.get("cells") || "hexagon", width: null }, choices: choices || { categories: [], tiers: [] }, today: today(app), change: change(app), known: true, errors: error.fields });
  app.panel.show({ title: t("Hotspots"), body: [section(null, views(app)), section(null, controls)], onClose: () => app.go("map") });
  app.panel.problem({ ...error, retry: error.status === 422 ? null : () => ask(app) });
  document.querySelector("#panel .field-error:not([hidden])")?.scrollIntoView({ block: "center" });
}

export const room = {
  id: "hotspots",
  title: t("Hotspots"),
  icon: FLAME,
  roles: ["planner", "analyst", "leader", "chief"],
  enter(app) {
    // counted circles over coloured cells would hide both
    // opened by this address: the ticket layers that it says are off were switched off here, not by the person
    const opened = !document.documentElement.dataset.ready;
    hidden = ["ticket_cells", "tickets"].filter((name) => opened || app.layers.shown(name));
    // who comes from one house wants to see where it is hot, and not the inside of one cell
    const inside = app.came && !app.state.get("cell") && app.map.view().zoom > NEAR;
    hidden.forEach((name) => app.layers.show(name, false));
    let waiting = false;
    const again = () => {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        if (app.room?.id === room.id) ask(app);
      });
    };
    ASKED.forEach((name) => app.own(app.state.on(name, again)));
    app.own(app.state.on("cell", () => { if (!waiting) settle(app); }));
    ask(app, { fresh: inside || !app.state.get("at") });
  },
  leave(app) {
    control?.abort();
    erase(app);
    answer = null;
    hidden.forEach((name) => app.layers.show(name, true));
    hidden = [];
  },
  click(app, lonlat) {
    const found = answer?.features && cellAt(answer.features, lonlat);
    if (!found && answer?.summary?.pictured) find(app, { lon: lonlat[0], lat: lonlat[1] }).then((feature) => { if (app.room?.id === room.id) app.state.set({ cell: feature?.id || null }); });
    else app.state.set({ cell: found ? found.id : null });
    return true;
  },
  escape(app) {
    if (!app.state.get("cell")) return false;
    app.state.set({ cell: null });
    return true;
  },
};

