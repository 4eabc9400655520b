// The room "services": press a site or any place and see who can walk there in 5, 10 and 15 minutes.
// The address says it all: site=<id> or from=lon,lat; pace=<profile>; gates=open; instead=<site> while trying another
// spot for it; view=coverage for the whole place, with of=<area>, tier=<code>, show=<minutes or level> and
// hours=then or sat-10:00 (only sites that are open by then).
import { button, dateTime, empty, h, icon, nameOf, put, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { goToNearest, noteFarSites, STATIONS_FROM } from "../sites/nearest.js";
import { openTag } from "../sites/panel.js";
import { basisWords, circleBody } from "./circle.js";
import { coverageBody, drawSpots, measureOf, shade, unshade, whatIfBody } from "./coverage.js";

const TINTS = [0.34, 0.2, 0.13];
const HOUSE = "M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6";
const NEAR = 16;
const ALL = "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5";

const WATCHED = ["site", "from", "pace", "instead", "gates", "view", "of", "tier", "show", "hours"];
const LOUD = ["ticket_cells", "tickets", "public_tickets"];

let control = null;
let drawn = [];
let hushed = [];

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function clear(app) {
  drawn.forEach((shape) => shape.remove());
  drawn = [];
  app.legend.remove("circles");
}

function parse(text) {
  const [lon, lat] = (text || "").split(",").map(Number);
  return text && Number.isFinite(lon) && Number.isFinite(lat) ? [lon, lat] : null;
}

const write = ([lon, lat]) => `${lon.toFixed(6)},${lat.toFixed(6)}`;

/** Rings from the largest to the smallest, so that each tint lies on the one before. */
function draw(app, answer) {
  clear(app);
  const { features } = answer.rings;
  const rank = new Map(features.map((feature, i) => [feature.properties.minutes, i]));
  const style = (feature) => {
    const i = rank.get(feature.properties.minutes);
    return { fill: colour(`circle-${[5, 10, 15][Math.min(i, 2)]}`), fillOpacity: TINTS[Math.min(i, 2)], stroke: colour(`circle-${[5, 10, 15][Math.min(i, 2)]}`), width: 1.4, opacity: 0.9 };
  };
  const shapes = features.filter(({ geometry }) => geometry).reverse();
  const missed = answer.gaps.filter(({ shape }) => shape).map(({ shape }) => ({ type: "Feature", geometry: shape, properties: {} }));
  const hatch = { hatch: colour("uncovered"), fillOpacity: 0.55, under: true };
  if (missed.length) drawn.push(app.map.addShapes({ type: "FeatureCollection", features: missed }, hatch));
  const circles = app.map.addShapes({ type: "FeatureCollection", features: shapes }, style);
  drawn.push(circles);
  if (!answer.origin.site) {
    drawn.push(app.map.addPin([answer.origin.lon, answer.origin.lat], {
      draggable: true, label: t("Where the walk begins"), onDrag: (to) => drag(app, to, circles), onMove: (to) => app.state.set({ from: write(to), site: null }),
    }));
  }
  const rows = features.map(({ properties }, i) => ({
    label: t("%(minutes)s minutes", { minutes: properties.minutes }), kind: "fill",
    style: { fill: colour("circle-15"), fillOpacity: [0.62, 0.36, 0.16][Math.min(i, 2)], stroke: colour("circle-15"), width: 1 },
  }));
  if (missed.length) rows.push({ label: t("Residents who are not reached"), kind: "fill", style: { hatch: colour("uncovered"), stroke: colour("line-control"), width: 0.5 } });
  app.legend.add("circles", basisWords(answer), rows);
  return circles;
}

const question = (app) => ({ profile: app.state.get("pace"), gates: app.state.get("gates"), hours: app.state.get("hours"), moment: app.session.moment });

// While the pin is dragged the circle and the figures follow: one question at a time, always the newest place.
const dragging = { busy: false, next: null };
async function drag(app, to, circles) {
  dragging.next = to;
  if (dragging.busy) return;
  dragging.busy = true;
  while (dragging.next) {
    const [lon, lat] = dragging.next;
    dragging.next = null;
    const query = { lon, lat, instead: app.state.get("instead"), shapes: true, ...question(app) };
    const [found] = await request("GET", "/api/coverage/what-if", { query });
    const box = document.getElementById("what-if");
    if (!found || !box) continue;
    if (found.rings) circles.set({ type: "FeatureCollection", features: found.rings.filter(({ geometry }) => geometry).reverse() });
    put(box, whatIfBody(found));
  }
  dragging.busy = false;
}

async function ask(app, query) {
  return request("GET", "/api/circles", { query: { minutes: "5,10,15", moment: app.session.moment, ...query }, signal: control.signal });
}

/** "Community centre · open now · 08:30–18:00": the hours of that day, exceptions and all. */
function siteWords(app, site) {
  const spans = site.today === "00:00–24:00" ? t("all day") : site.today?.replaceAll(" ", t(", "));
  return [
    h("span", null, site.kind.name), " · ", openTag(site.open, app.session.moment),
    site.today === null ? null : [" ", h("span", { class: "whole" }, spans || (app.session.moment ? t("closed that day") : t("closed today")))], site.address ? h("div", null, site.address) : null,
  ];
}

// Stations are drawn from near only: from afar the list says so, and comes closer to the nearest one.
function fromNear(app, sites) {
  const words = h("p", { class: "sub" }, t("On the map from closer up."), " ", button(t("Come closer"), () => goToNearest(app, sites, STATIONS_FROM), { kind: "link" }));
  const settle = () => { words.hidden = app.map.view().zoom >= STATIONS_FROM; };
  settle();
  drawn.push({ remove: app.map.on("moved", settle) });
  return words;
}

async function intro(app) {
  clear(app);
  app.layers.select("", null);
  const waiting = setTimeout(() => app.panel.busy(t("Service circles")), 300);
  const [data, , error] = await request("GET", "/api/sites", { query: { moment: app.session.moment }, signal: control.signal });
  clearTimeout(waiting);
  if (error?.code === "aborted") return;
  const how = h("p", { class: "sub" }, t("Press a site or any place on the map to see who can walk there in 5, 10 and 15 minutes."));
  const lit = (ids) => () => app.layers.highlight(ids.length ? "sites" : "", ids);
  const line = (site) => h("li", null, h("a", {
    class: "item", href: `?room=services&site=${site.id}`, onmouseenter: lit([site.id]), onmouseleave: lit([]), onfocus: lit([site.id]), onblur: lit([]),
    onclick: (event) => { event.preventDefault(); app.state.set({ site: site.id, from: null, instead: null }); },
  }, h("span", { style: { display: "flex", "justify-content": "space-between", "align-items": "center", gap: "12px" } }, h("span", null, nameOf(site)), openTag(site.open, app.session.moment))));
  const kinds = [...new Set((data?.sites || []).map((site) => site.kind.name))];
  const group = (kind) => {
    const sites = data.sites.filter((site) => site.kind.name === kind);
    return section(kind, sites[0].kind.symbol === "dot" ? fromNear(app, sites) : null, h("ul", { class: "list" }, sites.map(line)));
  };
  app.panel.show({
    title: t("Service circles"), subtitle: how,
    body: error ? [] : kinds.length ? kinds.map(group) : [section(null, empty(t("There are no sites in this place yet; press any place on the map.")))],
    foot: [button(t("Coverage of the whole place"), () => app.state.set({ view: "coverage" }), { kind: "primary" })],
    onClose: () => {},
  });
  app.panel.problem(error);
}

// Coverage of the whole place, or of one area. come: somebody has just asked for it.
async function cover(app, { come = false } = {}) {
  clear(app);
  app.layers.select("", null);
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("Coverage")), 300);
  const query = Object.fromEntries(Object.entries({ area: app.state.get("of"), tier: app.state.get("tier"), ...question(app) }).filter(([, value]) => value));
  const [answer, , error] = await request("GET", "/api/coverage", { query, signal });
  clearTimeout(waiting);
  if (signal.aborted) return;
  const onClose = () => app.state.set({ view: null, of: null, tier: null, show: null, hours: null });
  if (error) {
    unshade(app);
    app.panel.show({ title: t("Coverage"), body: [], onClose });
    app.panel.problem({ ...error, retry: error.status === 409 ? () => show(app, { fit: false }) : null });
    return;
  }
  // who comes from one house wants to see the whole, and not the tint of the one area that the house lies in
  const { bbox } = answer.area;
  if (come && bbox && app.map.view().zoom > NEAR) app.map.fit(bbox, { maxZoom: NEAR });
  const measure = measureOf(answer, app.state.get("show"));
  if (answer.spots.length) app.layers.shade("", null); // one area with thousands of places: the places tell more than its tint
  else shade(app, answer, measure);
  const spots = drawSpots(app, answer);
  if (spots) drawn.push(spots);
  drawn.push(noteFarSites(app));
  app.panel.show({
    title: t("Coverage"),
    subtitle: app.session.moment ? h("p", { class: "sub" }, t("As of %(when)s.", { when: dateTime(app.session.moment) })) : null,
    body: coverageBody(app, answer, {
      measure, query,
      onMeasure: (value) => app.state.set({ show: value }),
      onTier: (value) => app.state.set({ tier: value }),
      onArea: (area) => { app.map.fit(area.bbox, { maxZoom: 17 }); app.state.set({ of: area.id, tier: null }); },
      onPace: (value) => app.state.set({ pace: value }),
      onGates: (value) => app.state.set({ gates: value === "open" ? value : null }),
      onHours: (value) => app.state.set({ hours: value === "any" ? null : value }),
      again: () => { if (app.state.get("view") === "coverage") show(app, { fit: false }); },
    }),
    onClose,
  });
}

async function show(app, { fit, come = false }) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  if (app.state.get("view") === "coverage") { await cover(app, { come }); return; }
  unshade(app);
  const site = app.state.get("site");
  const from = parse(app.state.get("from"));
  if (!site && !from) { await intro(app); return; }
  const pace = app.state.get("pace");
  const gates = app.state.get("gates");
  const instead = site ? null : app.state.get("instead");
  const heading = site ? t("Service circles") : t("From this place");
  const waiting = setTimeout(() => app.panel.busy(heading), 300);
  const [compared] = instead ? await ask(app, { site: instead, profile: pace, gates }) : [null];
  const origin = site ? { site } : { lon: from[0], lat: from[1], of: compared?.basis?.id };
  const [[answer, , error], [change], [about]] = await Promise.all([
    ask(app, { ...origin, profile: pace, gates }),
    site ? [null] : request("GET", "/api/coverage/what-if", { query: { lon: from[0], lat: from[1], instead, ...question(app) }, signal }),
    site ? request("GET", `/api/sites/${encodeURIComponent(site)}`, { query: { moment: app.session.moment }, signal }) : [null],
  ]);
  clearTimeout(waiting);
  if (signal.aborted) return;
  const onClose = () => app.state.set({ site: null, from: null, instead: null });
  if (error) {
    clear(app);
    if (from) drawn.push(app.map.addPin(from, { draggable: true, label: t("Where the walk begins"), onMove: (to) => app.state.set({ from: write(to) }) }));
    app.panel.show({ title: heading, body: [section(null, button(t("Choose another place"), onClose))], onClose });
    app.panel.problem(error);
    return;
  }
  app.layers.select("sites", site);
  const circles = draw(app, answer);
  const box = circles.bbox();
  const whole = () => { if (box) app.map.fit(box, { maxZoom: 17 }); };
  app.panel.show({
    title: about ? nameOf(about) : instead && compared ? t("%(name)s, elsewhere", { name: nameOf(compared.origin.site) }) : t("From this place"),
    subtitle: about ? siteWords(app, about) : h("span", null, `${answer.origin.lon.toFixed(5)}, ${answer.origin.lat.toFixed(5)}`),
    body: circleBody(app, answer, {
      compared, query: { ...origin, ...question(app), ...(site ? { hours: null } : { instead }) }, gates: gates || "as-is", change: site ? null : h("div", { id: "what-if", "aria-live": "polite" }, whatIfBody(change)),
      onGates: (value) => app.state.set({ gates: value === "open" ? value : null }),
      onPace: (code) => app.state.set({ pace: code }),
      onMove: () => app.state.set({ instead: site, from: write([answer.origin.lon, answer.origin.lat]), site: null }),
      onBack: () => app.state.set({ site: instead, from: null, instead: null }),
    }),
    foot: [button([icon(ALL, 16), t("Show the whole circle")], whole)],
    onClose,
  });
  if (fit) whole();
}

/** Tickets step back while circles are read; the address remembers it, so that they come back after a reload too. */
function hush(app) {
  hushed = (app.state.get("hushed") || "").split(",").filter((name) => LOUD.includes(name));
  if (!hushed.length) hushed = LOUD.filter((name) => app.layers.shown(name));
  hushed.forEach((name) => app.layers.show(name, false));
  app.state.set({ hushed: hushed.join(",") }, { replace: true });
}

function unhush(app) {
  hushed.forEach((name) => app.layers.show(name, true));
  hushed = [];
  app.state.set({ hushed: null }, { replace: true });
}

export const room = {
  id: "services",
  title: t("Services"),
  icon: HOUSE,
  roles: null,
  enter(app) {
    hush(app);
    app.own(app.state.on("*", (names, { back }) => {
      if (names.some((name) => WATCHED.includes(name))) show(app, { fit: names.includes("site") && Boolean(app.state.get("site")) && !back, come: names.includes("view") && !back });
    }));
    show(app, { fit: !app.state.get("at"), come: app.came });
  },
  leave(app) {
    control?.abort();
    clear(app);
    unshade(app);
    unhush(app);
    app.layers.select("", null);
  },
  click(app, lonlat, features) {
    const site = features.find(({ layer }) => layer === "sites");
    const area = app.state.get("view") === "coverage" && features.find(({ layer }) => layer === (app.state.get("tier") || "community"));
    if (site) app.state.set({ site: site.id, from: null, instead: null, view: null });
    else if (area) app.state.set({ of: area.id, tier: null });
    else app.state.set({ view: null, from: write(lonlat), site: null });
    return true;
  },
};
