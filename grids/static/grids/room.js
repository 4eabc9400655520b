// The room "grids": look at one area and its life, draw what lies in it, move its corners, call it by its name.
import { area as areaWords, button, dateTime, empty, h, nameOf, number, row, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { Correction } from "./correction.js";
import { ending } from "./ending.js";
import { Import } from "./import.js";
import { Life } from "./life.js";
import { Problems } from "./problems.js";
import { renaming } from "./renaming.js";
import { tierWord } from "./words.js";
import { inHand, layAside, unsaved, work } from "./work.js";

const TIERS = new Set(["county", "street", "community", "compound", "building", "unit"]);
const GROUP = "grids";
let control = null;
let seen = null; // the area that the panel shows
let life = null; // its story
let correction = null;
let importing = null;
let problems = null;
let away = false; // the area was chosen in the panel and may lie out of sight

const link = (app, area) => h("a", {
  href: `?room=grids&area=${area.id}`, onclick: (event) => { event.preventDefault(); away = true; app.state.set({ area: area.id, task: null }); },
}, nameOf(area));

function chainOf(app, chain) {
  return chain.slice(0, -1).flatMap((step, at) => [at ? " › " : null, link(app, step)]);
}

function walledWords(value) {
  return { yes: t("walled"), no: t("not walled"), unknown: t("not known") }[value];
}

function chiefWords(chief) {
  if (chief.vacant) return t("vacant; the area above answers");
  const post = nameOf({ name_zh: chief.post_zh, name_en: chief.post_en });
  return [nameOf(chief), post].filter(Boolean).join(" · ") || t("held");
}

function residentsWords(residents) {
  return residents.known ? number(residents.count) : t("not known");
}

function householdWords({ households, unhoused }) {
  if (households === null) return t("not known");
  return unhoused ? [number(households), h("small", { class: "sub" }, ` · ${tn("not counted in %(count)s grid with residents", "not counted in %(count)s grids with residents", unhoused)}`)] : number(households);
}

function facts(app, data) {
  return section(null,
    data.chain.length > 1 ? row(t("Lies in"), chainOf(app, data.chain), { class: "fact" }) : null,
    row(t("Area"), areaWords(data.area_m2)),
    row(t("Grid chief"), chiefWords(data.chief), { class: "fact" }),
    data.residents ? row(t("Residents"), residentsWords(data.residents)) : null,
    data.residents?.known ? row(t("Households"), householdWords(data.residents)) : null,
    data.children.map((child) => row(nameOf({ name_zh: child.tier_zh, name_en: child.tier_en }), number(child.count))),
    data.tier === "compound" ? row(t("Walled"), walledWords(data.walled)) : null,
    data.child_tier && !data.children.length ? empty(
      t("No %(tier)s is drawn in it yet.", { tier: tierWord(data.child_tier) }),
      data.may.draw && !app.readOnly() ? button(t("Draw one"), () => app.state.set({ task: "draw" }), { kind: "link" }) : null) : null);
}

function foot(app, data) {
  if (app.session.moment) return [button(t("Back to now"), () => app.state.set({ moment: null }), { kind: "primary" })];
  if (app.readOnly()) return [];
  const made = [];
  if (data.may.rename) made.push(button(t("Rename"), () => app.state.set({ task: "rename" })));
  if (data.may.move) made.push(button(t("Change the boundary"), () => app.state.set({ task: "move" }), { kind: data.may.draw ? "" : "primary" }));
  if (data.may.draw) made.push(button(t("Draw a %(tier)s here", { tier: tierWord(data.child_tier) }), () => app.state.set({ task: "draw" }), { kind: "primary" }));
  return made;
}

// Far from the hand and without colour until one means it: looking everything over, and the end of an area, are rare.
function seldom(app, data) {
  if (app.readOnly() || !(data.may.draw || data.may.retire)) return null;
  return section(null,
    data.may.draw ? h("p", null, button(t("Look for problems in it"), () => app.state.set({ task: "problems" }), { kind: "link" })) : null,
    data.may.retire ? h("p", null, button(t("End this area…"), () => app.state.set({ task: "end" }), { kind: "link" })) : null);
}

function notThere(app, error) {
  const ways = [];
  if (app.session.moment) ways.push(button(t("Back to now"), () => app.state.set({ moment: null })));
  const known = error.known_from ? h("p", { class: "sub" }, error.known_until
    ? t("It was there from %(from)s to %(until)s.", { from: dateTime(error.known_from), until: dateTime(error.known_until) })
    : t("It has been there since %(from)s.", { from: dateTime(error.known_from) })) : null;
  app.panel.show({
    title: t("Not on this map"), body: [section(null, empty(error.detail || error.title, ways), known)],
    onClose: () => app.state.set({ area: null }),
  });
}

async function load(app, id) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const skeleton = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [[data, , error], [story]] = await Promise.all([
    request("GET", `/api/areas/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal }),
    request("GET", `/api/areas/${encodeURIComponent(id)}/history`, { signal }),
  ]);
  clearTimeout(skeleton);
  return [data, story || { versions: [], next: null, count: 0, may: {} }, error];
}

/** Show an area and its life in the panel. */
async function show(app, id, { fit = false } = {}) {
  const [data, story, error] = await load(app, id);
  if (error?.code === "aborted") return null;
  if (error) { notThere(app, error); return null; }
  seen = data;
  life?.end();
  life = new Life(app, data, story);
  if (fit) app.map.fit(data.bbox, { maxZoom: 19 });
  app.layers.select(data.tier, data.id);
  app.crumbs(data.chain);
  app.panel.show({
    title: nameOf(data),
    subtitle: [nameOf({ name_zh: data.tier_zh, name_en: data.tier_en }), " · ", t("code %(code)s", { code: data.code })],
    body: [facts(app, data), life.element(), seldom(app, data)],
    foot: foot(app, data),
    onClose: () => app.state.set({ area: null, task: null }),
  });
  return data;
}

function correcting(app, data) {
  const version = life.versions.find((one) => String(one.version) === app.state.get("telling"));
  if (!version || !life.mayCorrect()) { app.state.set({ task: null, telling: null }); return; }
  const done = () => app.state.set({ task: null, telling: null });
  correction = new Correction(app, {
    area: data, version, may: life.may, onDropped: done,
    onSaved() {
      app.layers.refresh(GROUP);
      app.toast(t("The past of “%(name)s” is corrected; what was told before stands in its life.", { name: nameOf(data) }));
      done();
    },
  });
}

// The tasks that end in a saved area, or in nothing.
const TASKS = {
  draw: { may: "draw", run: (app, data) => work(app, data, "draw", { onSaved: (saved) => saidAndSeen(app, saved) }) },
  move: { may: "move", run: (app, data) => work(app, data, "move", { onSaved: (saved) => saidAndSeen(app, saved) }) },
  rename: { may: "rename", run: (app, data) => renaming(app, data, (saved) => (saved ? saidAndSeen(app, saved) : app.state.set({ task: null }))) },
  problems: { may: "draw", run: (app, data) => { problems = new Problems(app, { id: data.id, name: nameOf(data) }, () => app.state.set({ task: null })); problems.begin(); } },
  end: { may: "retire", run: (app, data) => ending(app, data, (ended) => afterEnding(app, data, ended)) },
};

function saidAndSeen(app, saved) {
  app.layers.refresh(GROUP);
  const others = (saved.joined || []).join(t(", "));
  app.toast(others
    ? t("“%(name)s” is saved and in force, together with what %(others)s changed meanwhile.", { name: nameOf(saved), others })
    : t("“%(name)s” is saved and in force.", { name: nameOf(saved) }));
  app.state.set({ area: saved.id, task: null });
}

function afterEnding(app, data, ended) {
  if (ended) {
    app.layers.refresh(GROUP);
    app.toast(t("“%(name)s” has ended.", { name: nameOf(data) }));
  }
  app.state.set({ area: ended ? data.chain.at(-2)?.id : data.id, task: null });
}

async function settle(app, { fit = false } = {}) {
  layAside(app);
  correction?.end();
  correction = null;
  importing?.end();
  importing = null;
  problems?.end();
  problems = null;
  if (app.state.get("task") === "import" && mayImport(app)) {
    seen = null;
    app.crumbs(null);
    importing = new Import(app);
    importing.begin();
    return;
  }
  const id = app.state.get("area");
  const task = app.state.get("task");
  if (!id) {
    control?.abort();
    seen = null;
    life?.end();
    app.layers.select("", null);
    app.crumbs(null);
    welcome(app);
    return;
  }
  const data = await show(app, id, { fit });
  if (!data || app.state.get("task") !== task || app.state.get("area") !== id) return;
  if (task === "correct") correcting(app, data);
  if (app.readOnly()) return;
  if (data.may[TASKS[task]?.may]) TASKS[task].run(app, data);
}

// A file may bring areas wherever its sender may draw; each row is looked at on the server.
const mayImport = (app) => !app.readOnly() && app.session.may?.includes("area.draw");

function welcome(app) {
  const own = app.session.account?.areas || [];
  app.panel.show({
    title: t("Grids"),
    body: [
      section(null, empty(t("Press an area on the map to see what it is and how it came to be."))),
      own.length ? section(t("Your areas"), h("ul", { class: "list" }, own.map((area) => h("li", null, h("a", {
        class: "item", href: `?room=grids&area=${area.id}`, onclick: (event) => { event.preventDefault(); away = true; app.state.set({ area: area.id }); },
      }, nameOf(area)))))) : null,
      mayImport(app) ? section(t("Many at once"), button(t("Import areas from a file"), () => app.state.set({ area: null, task: "import" }))) : null,
      unsaved(app),
    ],
  });
}

// While a line is in hand; arrows, Space, Enter and Delete reach the editor when the map has the focus.
const toEditor = (act) => () => { const editor = inHand()?.editor; if (editor) act(editor); };
const inShape = (purpose) => toEditor((editor) => { if (!editor.drawing() && editor.sketch().polygons.length) editor.begin(purpose); });
const KEYS = [
  { key: "r", title: t("Redraw a stretch"), run: inShape("redraw") },
  { key: "h", title: t("Cut a hole"), run: inShape("hole") },
  { key: "p", title: t("Add a part"), run: inShape("part") },
  { key: "t", title: t("Follow the neighbour"), run: toEditor((editor) => editor.trace(!editor.tracing)) },
  { key: "o", title: t("The other way round"), run: toEditor((editor) => editor.otherWay()) },
  { key: "↑ ↓ ← →", title: t("Move the cross hairs or the corner in hand; finer with Shift"), run() {} },
  { key: t("Space"), title: t("Put a corner, or take up the one under the cross hairs"), run() {} },
  { key: "[ ]", title: t("The corner before, the next corner"), run() {} },
  { key: "Delete", title: t("Remove the corner in hand"), run() {} },
  { key: "Ctrl Z", title: t("Undo; with Shift: redo"), run() {} },
];

export const room = {
  id: "grids",
  title: t("Grids"),
  icon: "M4 4h16v16H4zM4 10h16M12 10v10",
  roles: null,
  enter(app) {
    // a new room or moment enters anew by itself
    app.own(app.state.on("*", (names) => {
      if (!names.includes("room") && !names.includes("moment") && (names.includes("area") || names.includes("task"))) settle(app, { fit: away });
      away = false;
    }));
    settle(app, { fit: Boolean(app.state.get("area")) && !app.state.get("at") });
  },
  leave(app) {
    control?.abort();
    layAside(app);
    correction?.end();
    correction = null;
    life?.end();
    importing?.end();
    importing = null;
    problems?.end();
    problems = null;
    app.layers.select("", null);
  },
  click(app, lonlat, features) {
    if (inHand() || correction || importing || problems) return true;
    const found = features.find(({ layer }) => TIERS.has(layer));
    app.state.set({ area: found ? found.id : null, task: null });
    return true;
  },
  escape(app) {
    if (inHand()?.escape()) return true;
    if (app.state.get("task")) {
      app.state.set({ task: null, telling: null, job: null });
      return true;
    }
    return false;
  },
  keys: [
    ...KEYS,
    { key: "n", title: t("Draw in this area"), run: (app) => { if (seen?.may.draw && !app.readOnly()) app.state.set({ task: "draw" }); } },
    { key: "e", title: t("Change this boundary"), run: (app) => { if (seen?.may.move && !app.readOnly()) app.state.set({ task: "move" }); } },
  ],
};
