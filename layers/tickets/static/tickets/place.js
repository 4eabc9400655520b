// The place of a report: by GPS, by typed coordinates in their datum, or chosen from the list down to the floor.
import { button, field, h, put, setFieldErrors, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { parseLonLat } from "./words.js";

const GRIDS = new Set(["compound", "building", "unit"]);
const WITHIN = new Set(["building", "unit"]);
const DATUMS = () => [["wgs84", "WGS 84 (GPS)"], ["cgcs2000", "CGCS2000"], ["gcj02", t("GCJ-02 (Amap, Tencent)")], ["bd09", t("BD-09 (Baidu)")]];
const known = new Map(); // area → the areas right below it; for as long as the page stands

/** Where the browser says we are: {lonlat, accuracy} or {problem: words}. */
export function position() {
  return new Promise((resolve) => {
    if (!navigator.geolocation) { resolve({ problem: t("This browser does not tell positions; press the map instead.") }); return; }
    if (globalThis.isSecureContext === false) { resolve({ problem: t("Browsers tell positions only to pages with https; press the map instead.") }); return; }
    const found = ({ coords }) => resolve({ lonlat: [coords.longitude, coords.latitude], accuracy: coords.accuracy });
    const failed = (cause) => resolve({ problem: cause.code === 1 ? t("The browser may not tell your position; press the map instead.") : t("Your position was not found; press the map instead.") });
    navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 10000, maximumAge: 5000 });
  });
}

/** The three ways to a place as buttons and folds; onplace({lonlat, accuracy?, datum?, area?}), onarea(area|null), onfloor(n|null). */
export function placeWays({ draft, problem, onplace, onarea, onfloor }) {
  const gps = button(t("Use my position"), async () => {
    gps.disabled = true;
    put(gps, t("Looking for your position…"));
    const found = await position();
    gps.disabled = false;
    put(gps, t("Use my position"));
    problem(found.problem || "");
    if (found.lonlat) onplace({ ...found, fly: true });
  }, { id: "use-gps" });

  const typed = h("input", { name: "lonlat", inputmode: "text", autocomplete: "off", placeholder: "111.7760, 36.8450" });
  const datum = h("select", { name: "datum" }, DATUMS().map(([value, label]) => h("option", { value, selected: value === draft.datum }, label)));
  const box = h("div", { class: "fold-body" });
  const place = () => {
    const { lonlat, problem: wrong } = parseLonLat(typed.value);
    setFieldErrors(box, wrong ? { lonlat: wrong } : {});
    if (lonlat) onplace({ lonlat, datum: datum.value, fly: true });
  };
  typed.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); place(); } });
  if (draft.raw && draft.datum !== "wgs84") typed.value = draft.raw.join(", ");
  box.append(
    field(t("Longitude, latitude"), typed),
    field(t("Given in"), datum, { hint: t("Numbers copied from a map on the phone are usually GCJ-02 or BD-09.") }),
    button(t("Put the pin there"), place, { id: "put-pin" }));
  const list = placeList({ draft, onplace, onarea, onfloor });
  const node = h("div", { class: "ways-in" },
    gps,
    h("details", { id: "choose-place", ontoggle: (event) => { if (event.target.open) list.draw(); } }, h("summary", null, t("Building and unit")), list.node),
    h("details", { id: "type-place" }, h("summary", null, t("Coordinates…")), box));
  return {
    node,
    settle(told) { list.settle(told); },
    open() {
      const fold = node.querySelector("#choose-place");
      fold.open = true;
      fold.scrollIntoView({ block: "start" });
    },
  };
}

// One select for each step down, from the community (or the own areas) to the unit; then the floor.
function placeList({ draft, onplace, onarea, onfloor }) {
  const node = h("div", { class: "fold-body", id: "place-list" });
  let told = null;
  let turn = 0;
  const below = async (area) => {
    if (!known.has(area)) {
      const [data, , error] = await request("GET", "/api/tickets/places", { query: { area } });
      if (error) return { error };
      known.set(area, data.items);
    }
    return { items: known.get(area) };
  };

  // [{under: area or null, chosen}]: what stands in the selects for the chain the pin lies in
  const steps = () => {
    const chain = told?.located || [];
    const first = chain.findIndex(({ tier }) => GRIDS.has(tier));
    const from = first > 0 ? first - 1 : chain.length - 1;
    if (!chain.length) return [{ under: null, chosen: null }];
    return chain.slice(from).map((area, i, rest) => ({ under: area.id, chosen: rest[i + 1]?.id || null }));
  };

  async function draw() {
    const mine = ++turn;
    const wanted = steps();
    const lists = await Promise.all(wanted.map(({ under }) => below(under)));
    if (mine !== turn) return;
    const failed = lists.find(({ error }) => error);
    if (failed) { put(node, h("p", { class: "field-error" }, failed.error.detail || failed.error.title), button(t("Try again"), draw, { kind: "link" })); return; }
    const held = node.contains(document.activeElement) ? document.activeElement.name : null;
    const rows = wanted.map(({ under, chosen }, i) => ({ under, chosen, items: lists[i].items, name: `step-${i}` })).filter(({ items }) => items.length);
    put(node, rows.map((row) => step(row)), inside() ? floorField() : null,
      rows.length ? null : h("p", { class: "hint" }, t("Nothing is drawn below this area.")));
    if (held) node.querySelector(`[name="${held}"]`)?.focus();
  }

  function step({ under, chosen, items, name }) {
    const select = h("select", { name, onchange: () => choose(items.find(({ id }) => id === select.value), under) },
      h("option", { value: "" }, "—"),
      items.map((item) => h("option", { value: item.id, selected: item.id === chosen }, item.name)));
    return field(items[0].tier_name, select);
  }

  // The pin stays where it lies in the chosen area already, else it goes into it.
  function choose(item, under) {
    if (!item) { onarea(under); return; }
    const inside = [...(told?.located || []), ...(told?.open_below || [])].some(({ id }) => id === item.id);
    if (inside) onarea(item.id);
    else onplace({ lonlat: [item.lon, item.lat], area: item.id, fly: true });
  }

  const inside = () => WITHIN.has(told?.located.at(-1)?.tier);
  function floorField() {
    const input = h("input", { type: "number", name: "floor", min: -9, max: 200, step: 1, inputmode: "numeric", oninput: () => onfloor(input.value === "" ? null : Number(input.value)) });
    if (draft.floor !== null && draft.floor !== undefined) input.value = draft.floor;
    return field(t("Floor (may be left empty)"), input, { hint: t("Counted from 1; cellars from −1.") });
  }

  return {
    node,
    draw,
    settle(now) {
      told = now;
      if (node.closest("details")?.open) draw();
    },
  };
}
