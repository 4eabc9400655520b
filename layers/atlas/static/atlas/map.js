// The page: makes the map, gives the rooms their app object, and keeps address, rail, bar and legend in step.
import { button, h, icon, language, nameOf, put, t } from "../gis/dom.js";
import { createMap } from "../gis/leaflet.js";
import { Scene } from "../gis/overlay.js";
import { arrive } from "./arriving.js";
import { comeBackHere, makeAccount, makeMoment, showCrumbs, watchReach } from "./bar.js";
import { makeControls } from "./controls.js";
import { Legend } from "./legend.js";
import { Panel } from "./panel.js";
import { closePopover } from "./popover.js";
import { rooms } from "./rooms.js";
import { makeSearch } from "./search.js";
import { formatAt, isMoment, parseAt, State } from "./state.js";
import { styles, tips } from "./styles.js";

const TIERS = ["prefecture", "county", "street", "community", "compound", "building", "unit"];
const config = JSON.parse(document.getElementById("config").textContent);
const find = (id) => document.getElementById(id);
const phone = () => globalThis.matchMedia("(max-width: 767px)").matches;

const colours = new Map();
function colour(name) {
  if (!colours.has(name)) colours.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || "#f0f");
  return colours.get(name);
}

// What the first look shows: the address, else the own areas or the whole place.
function firstView(state) {
  const said = parseAt(state.get("at"));
  if (said) return said;
  const [west, south, east, north] = config.extent;
  const [wide, high] = phone() ? [innerWidth - 24, innerHeight - 140] : [innerWidth - 120, innerHeight - 120];
  const mercator = (lat) => Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
  const zoom = Math.log2(Math.min(wide / (256 * ((east - west) / 360 || 1e-6)), high / (256 * (mercator(north) - mercator(south) || 1e-6))));
  return { lonlat: [(west + east) / 2, (south + north) / 2], zoom: Math.max(3, Math.min(18, Math.floor(zoom + 0.2))) };
}

// What this place is about: the map beyond these tiers is veiled.
const GROUND = ["prefecture", "county"];

async function start() {
  const state = new State();
  const { session } = config;
  session.moment = isMoment(state.get("moment")) ? state.get("moment") : null;
  const font = getComputedStyle(document.body).fontFamily;
  const ctx = { colour, name: nameOf, language: language(), session, moment: session.moment, state, own: new Set(session.account?.subtree || []) };
  const scene = new Scene({ styles, ctx, font, onError: (cause) => missed(cause) });
  scene.moment = session.moment;
  const off = new Set((state.get("off") || "").split(",").filter(Boolean));
  const base = new Set(config.sources.flatMap((source) => source.layers).filter((layer) => layer.base).map((layer) => layer.name));
  const hidden = new Set(config.sources.flatMap((source) => source.layers).filter((layer) => !layer.shown).map((layer) => layer.name));
  const on = new Set((state.get("on") || "").split(",").filter(Boolean));
  const switchOff = () => {
    scene.off = new Set([...off, ...[...hidden].filter((name) => !on.has(name))].flatMap((name) => (name === "base" ? [...base] : [name])));
  };
  switchOff();

  // A tile that does not come: the bar says when the server is out of reach, a toast when it answers with an error.
  let told = 0;
  const missed = (cause) => {
    if (cause instanceof TypeError) dispatchEvent(new CustomEvent("wangge:reach", { detail: { online: false } }));
    else if (Date.now() - told > 15000) {
      told = Date.now();
      app.toast(t("Part of the map could not be drawn. It is asked for again when you move the map."), { tone: "red", seconds: 8 });
    }
  };

  const map = await createMap(scene, firstView(state));
  const groups = new Map(config.sources.map((source) => [source.name, map.tileGroup({ ...source, pane: source.name === "base" ? "base" : "grids", ground: source.name === "grids" && session.place.kind !== "empty" ? GROUND : null })]));
  for (const words of [session.place.attribution, session.approval]) if (words) map.credit(words);
  const groupOf = (layer) => groups.get(config.sources.find((source) => source.name === layer || source.layers.some(({ name }) => name === layer))?.name);
  const redraw = () => { groups.forEach((group) => group.redraw()); map.repaint(); };
  // Until the user touches anything, the first look stays whole beside a panel that opens.
  let untouched = Object.keys(state.all()).every((name) => ["room", "moment", "on", "off", "view", "q", "role", "report", "task"].includes(name));
  for (const act of ["pointerdown", "wheel", "keydown"]) document.addEventListener(act, () => { untouched = false; }, { capture: true, passive: true });
  // A phone's sheet covers half of it: as long as nobody moved the map, a room that is entered keeps it whole above, too.
  let first = parseAt(state.get("at")) ? null : formatAt(map.view());
  const panel = new Panel(find("panel"), {
    onResize(sides) {
      map.padding(sides);
      const entered = phone() && app.room && app.room.id !== "map" && first === formatAt(map.view());
      if (!panel?.isOpen() || !(untouched || entered)) return;
      map.fit(config.extent, { maxZoom: 18, edge: phone() ? 12 : 40, animate: false });
      first = formatAt(map.view());
    },
  });
  const legend = new Legend(find("legend"), { scene, sources: config.sources, font, zoom: () => map.view().zoom });
  let owned = [];
  const narrowed = new Map();

  const app = {
    map, panel, state, session, phone, room: null,
    came: false, // whether the room was entered from another one: not by the address, nor by "back", nor anew for a moment
    layers: {
      show(name, shown) {
        if (hidden.has(name)) (shown ? on.add(name) : on.delete(name));
        else if (shown) off.delete(name);
        else off.add(name);
        state.set({ off: [...off].sort().join(","), on: [...on].sort().join(",") }, { replace: true });
        switchOff();
        redraw();
      },
      shown: (name) => (hidden.has(name) ? on.has(name) : !off.has(name)),
      refresh(name) { (name ? [groupOf(name)] : [...groups.values()]).forEach((group) => group?.refresh()); },
      // what rooms narrow on the map stays narrowed in files too, until the room is left
      narrow(name, filter) { groupOf(name)?.narrow(filter); narrowed.set(name, filter); },
      narrowed: (name) => narrowed.get(name) || {},
      select(name, id) { scene.selected = new Map(id ? [[name, new Set([String(id)])]] : []); map.repaint(); },
      highlight(name, ids = []) { scene.lit = new Map(ids.length ? [[name, new Set(ids.map(String))]] : []); map.repaint(); },
      features: (lonlat, reach) => map.hit(lonlat, reach),
      restyle: redraw,
      // areas of one tier coloured by figures: Map(id → style); "" or null: none
      shaded: () => [...(ctx.shades?.keys() || [])].join(),
      shade(tier, byId) { ctx.shades = tier && byId ? new Map([[tier, byId]]) : null; redraw(); },
    },
    legend: { add: (...given) => legend.add(...given), remove: (id) => legend.remove(id) },
    tools: tools(find("tools")),
    toast: (words, options) => toast(find("toasts"), words, options),
    own(made) {
      owned.push(typeof made === "function" ? made : () => made.remove());
      return made;
    },
    // arrived: whoever sent the user here means this thing, so the map goes to it
    // stay: the map is where it should be already
    go(id, params = {}, { stay = false } = {}) {
      app.arrived = !stay;
      app.stay = stay;
      state.set({ ...blank(state), room: id === "map" ? null : id, ...params });
      app.arrived = app.stay = false;
    },
    readOnly: () => Boolean(session.moment) || !session.account,
    async help() {
      const [{ showHelp }] = await Promise.all([import("./help.js"), ...mine.map((room) => room.ready().catch(() => null))]);
      showHelp(app, mine);
    },
    print() { state.set({ print: "a4-landscape" }); },
    crumbs(chain) { crumbs.pinned = chain; follow(); },
  };

  // Rooms: entering and leaving by the address, so that "back" works.
  const allowed = rooms.filter((room) => (!room.signedIn || session.account) && (!room.roles || room.roles.some((role) => session.account?.roles.includes(role))));
  const mine = allowed.filter((room) => !room.signedIn);
  const roomOf = (id) => allowed.find((room) => room.id === id) || mine[0];
  // A link into a room that is closed to whoever follows it ends on the map: said, with the way in.
  const tellClosed = (id) => {
    const closed = id && id !== "map" && rooms.find((room) => room.id === id && !allowed.includes(room));
    if (!closed) return;
    const link = document.querySelector(".sign-in-link");
    if (link) app.toast(t("“%(room)s” opens after signing in.", { room: closed.title }), { label: t("Sign in"), undo: () => link.click(), seconds: 12 });
    else app.toast(t("“%(room)s” is not part of your appointments.", { room: closed.title }), { seconds: 12 });
  };
  const leave = () => {
    app.room?.leave?.(app);
    owned.forEach((away) => away());
    owned = [];
    app.tools.hide();
    map.cursor("");
    app.layers.highlight("", []);
    app.crumbs(null);
  };
  const enter = (room) => {
    if (app.room) leave();
    app.room = room;
    find("rail").querySelectorAll("button").forEach((entry) => (entry.dataset.room === room.id ? entry.setAttribute("aria-current", "page") : entry.removeAttribute("aria-current")));
    document.title = `${room.title} · ${t("Wangge")}`;
    if (room.loaded) {
      room.enter(app, state.all());
      return Promise.resolve();
    }
    return room.ready().then(() => { if (app.room === room) room.enter(app, state.all()); }, () => {
      if (app.room !== room) return;
      panel.show({ title: room.title, body: [] });
      panel.problem({ title: t("This room could not be fetched."), detail: t("Is there a connection?"), retry: () => enter(room) });
    });
  };
  app.moreRooms = mine.slice(5); // a phone's bar has room for five; the rest stand in the menu
  const rail = mine.map((room) => h("button", { type: "button", data: { room: room.id }, onclick: () => app.go(room.id) }, icon(room.icon), h("span", null, room.title)));
  put(find("rail"), rail);
  const badges = () => mine.forEach(async (room, i) => {
    if (!rail[i] || !room.counts) return;
    await room.ready();
    const count = await room.badge(app);
    rail[i].querySelector(".badge")?.remove();
    if (count) rail[i].append(h("span", { class: "badge", "aria-label": t("%(count)s need you", { count }) }, count > 99 ? "99+" : String(count)));
  });
  app.badges = badges;
  state.on("room", (id, before, { back }) => {
    app.came = !back;
    panel.close();
    app.layers.select("", null);
    enter(roomOf(id));
  });
  state.on("moment", (text) => {
    app.came = false;
    session.moment = isMoment(text) ? text : null;
    ctx.moment = session.moment;
    scene.moment = session.moment;
    groups.forEach((group, name) => { if (config.sources.find((source) => source.name === name).temporal) group.refresh(); });
    enter(app.room);
  });
  state.on("at", (text, before, { back }) => {
    const view = back && parseAt(text);
    if (view) map.setView(view.lonlat, view.zoom);
  });

  // Where you are: what the room pinned, else the areas in the middle of what can be seen.
  const crumbs = { pinned: null };
  const chainAt = (lonlat) => map.hit(lonlat).filter(({ layer }) => TIERS.includes(layer)).sort((a, b) => TIERS.indexOf(a.layer) - TIERS.indexOf(b.layer))
    .map(({ id, properties }) => ({ id, ...properties })).filter((area, i, all) => all.findIndex(({ id }) => id === area.id) === i); // a margin of the next tile has it too
  const follow = () => showCrumbs(find("crumbs"), crumbs.pinned || chainAt(map.middle()).slice(0, 5), (area) => app.go("map", { area: area.id }));
  scene.onDrawn = () => { legend.draw(); follow(); };
  // data-still: the map stands, and the address says where
  let still;
  map.container.dataset.still = "true";
  const moving = () => {
    clearTimeout(still);
    map.container.dataset.still = "false";
  };
  map.on("begin", moving);
  map.on("moved", (view) => {
    moving();
    still = setTimeout(() => {
      state.set({ at: formatAt(view) }, { replace: true });
      map.container.dataset.still = "true";
    }, 250);
  });
  let frame;
  map.on("hover", (event) => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const features = map.hit(event.lonlat);
      find("under-pointer").textContent = features.filter(({ layer }) => TIERS.includes(layer)).sort((a, b) => TIERS.indexOf(a.layer) - TIERS.indexOf(b.layer)).map(({ properties }) => nameOf(properties)).join(" › ");
      const tip = features.length && tips[features[0].layer]?.(features[0].properties, ctx);
      map.container.classList.toggle("pressable", features.some((feature) => feature.type === 1));
      find("tip").textContent = tip || "";
      find("tip").style.transform = `translate(${Math.round(event.point[0]) + 14}px, ${Math.round(event.point[1]) + 14}px)`;
      app.room?.hover?.(app, event.lonlat, features);
    });
  });
  map.on("out", () => {
    find("under-pointer").textContent = "";
    find("tip").textContent = "";
  });
  map.on("click", (event) => {
    if (closePopover({ focus: false }) || map.taken(event)) return;
    const features = map.hit(event.lonlat, phone() ? 14 : 6);
    app.room?.click?.(app, event.lonlat, features);
  });

  makeMoment(app, find("moment"));
  makeAccount(app, find("account").querySelector("button"));
  comeBackHere();
  makeControls(find("controls"), app, config.sources);
  watchReach(find("reach-bar"), () => groups.forEach((group) => group.refresh()));
  const search = makeSearch(find("search"), {
    moment: () => session.moment,
    middle: () => map.middle(),
    choose: (result) => arrive(app, result),
  });
  keyboard(app, search);
  let sheet = null;
  const paper = async () => {
    if (!state.get("print") && !sheet) return;
    const { makeSheet } = await import("./sheet.js");
    sheet ||= makeSheet(app, { legend, redraw, stage: find("stage") });
    sheet.settle();
  };
  state.on("print", paper);
  await enter(roomOf(state.get("room")));
  tellClosed(state.get("room"));
  panel.settle();
  badges();
  paper();
  globalThis.wangge = app; // for the browser tests and the curious
  document.documentElement.dataset.ready = "true";
}

// The parameters that belong to the page rather than to a room stay when the room changes.
function blank(state) {
  const keep = new Set(["at", "moment", "off", "on"]);
  return Object.fromEntries(Object.keys(state.all()).filter((name) => !keep.has(name)).map((name) => [name, null]));
}

function tools(element) {
  return {
    show(list) {
      put(element, list.map(({ id, label, icon: path, on, disabled, run }) => h("button", {
        type: "button", id: `tool-${id}`, "aria-pressed": on === undefined ? null : String(Boolean(on)), disabled: Boolean(disabled), onclick: run,
      }, path ? icon(path, 16) : null, label)));
      element.hidden = !list.length;
    },
    hide() { element.hidden = true; },
  };
}

function toast(element, words, { tone = "", undo = null, label = t("Undo"), seconds = 5 } = {}) {
  const box = h("div", { class: `toast ${tone}` }, h("span", null, words));
  const away = () => box.remove();
  if (undo) box.append(button(label, () => { away(); undo(); }, { kind: "link" }));
  element.append(box);
  while (element.childElementCount > 3) element.firstElementChild.remove();
  setTimeout(away, seconds * 1000);
  return away;
}

function keyboard(app, search) {
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (document.querySelector("dialog[open]")) return; // its keys are its own
    if (event.key === "Escape") {
      if (app.state.get("print")) { app.state.set({ print: null }); return; }
      if (closePopover()) return;
      if (app.room?.escape?.(app)) return;
      if (app.panel.isOpen()) app.panel.dismiss();
      return;
    }
    if (event.key === "p" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault(); // the map on paper, with what belongs on it; the sheet prints itself
      if (app.state.get("print")) globalThis.print();
      else app.print();
      return;
    }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "?") app.help();
    else (app.room?.keys || []).find(({ key }) => key === event.key)?.run(app);
  });
}

start();
