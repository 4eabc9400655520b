// The room "map": press an area and read what it is, who answers for it and what lies in it.
import { area as areaWords, ago, button, empty, h, icon, nameOf, number, row, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { noteFarSites } from "../sites/nearest.js";
import { showSite } from "../sites/panel.js";
import { drawGate, dropGate, showGate } from "../streets/gate.js";
import { showMatters } from "../tickets/public.js";
import { exportButton } from "./taking.js";

const TIERS = new Set(["prefecture", "county", "street", "community", "compound", "building", "unit"]);
const ANY = ["area", "site", "matters", "gate"];
const LISTED_FROM = 14; // a wider circle of public matters is a whole quarter: closer first
let control = null;
let pressed = false;

/** Show one area in the panel; answers false when it is not there at this moment. */
async function showArea(app, id, { fit = false } = {}) {
  control?.abort();
  control = new AbortController();
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [data, , error] = await request("GET", `/api/atlas/areas/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal: control.signal });
  clearTimeout(waiting);
  if (error?.code === "aborted") return;
  if (error) {
    app.panel.show({ title: t("This area is not on the map"), body: [section(null, empty(error.detail || error.title, app.session.moment ? button(t("Back to now"), () => app.state.set({ moment: null })) : null))], onClose: () => app.state.set({ area: null }) });
    return;
  }
  if (fit) app.map.fit(data.bbox);
  app.layers.select(data.tier, data.id);
  app.crumbs(data.chain);
  const go = (other) => (event) => { event.preventDefault(); app.state.set({ area: other }); };
  app.panel.show({
    title: nameOf(data),
    subtitle: [data.tier_name, " · ", t("code %(code)s", { code: data.code }), " · ", h("span", { class: "whole" }, areaWords(data.area_m2))],
    body: [
      data.figure ? section(null, h("p", { class: "big" }, data.figure.title), data.figure.detail ? h("p", { class: "sub" }, data.figure.detail) : null) : null,
      section(t("Who answers here"), data.posts.length
        ? data.posts.map((post) => row(post.title, post.holder || t("held")))
        : empty(t("Nobody is appointed here yet; the area above answers."))),
      section(t("Inside"), data.contents.map((line) => row(line.title, number(line.count))),
        data.contents.length ? null : empty(t("Nothing is drawn inside yet."))),
      data.children.length ? section(t("Areas directly below"), h("ul", { class: "list" }, data.children.map((child) => h("li", null, h("a", {
        class: "item", href: `?area=${child.id}`, onclick: go(child.id),
        onmouseenter: () => app.layers.highlight(child.tier, [child.id]), onmouseleave: () => app.layers.highlight("", []),
        onfocus: () => app.layers.highlight(child.tier, [child.id]), onblur: () => app.layers.highlight("", []),
      }, nameOf(child))))),
      data.more ? h("p", { class: "sub" }, t("and %(count)s more; search for them by name or code", { count: number(data.more) })) : null) : null,
      section(t("Boundary"), row(t("In force since"), ago(data.valid_from)), data.drawn_by ? row(t("Drawn by"), data.drawn_by) : null),
    ],
    foot: [button([icon("M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3", 16), t("Show all of it")], () => app.map.fit(data.bbox)), exportButton(app, { area: data.id }),
      data.tier === "compound" && app.session.may?.includes("gate.edit") && !app.readOnly() ? button(t("Add a gate"), () => drawGate(app, data, (gate) => app.state.set({ gate: gate.id, area: null }))) : null],
    onClose: () => app.state.set({ area: null }),
  });
}

async function settle(app, { fit = false } = {}) {
  const [area, site, matters, gate] = ["area", "site", "matters", "gate"].map((name) => app.state.get(name));
  if (matters) await showMatters(app, matters, { fly: fit, onClose: () => app.state.set({ matters: null }) });
  else if (gate) await showGate(app, gate, { fly: fit, onClose: () => app.state.set({ gate: null }) });
  else if (site) await showSite(app, site, { fly: fit, onClose: () => app.state.set({ site: null }) });
  else if (area) await showArea(app, area, { fit });
  else {
    control?.abort();
    app.layers.select("", null);
    app.crumbs(null);
    app.panel.close();
  }
}

export const room = {
  id: "map",
  title: t("Map"),
  icon: "M3 6l6-2 6 2 6-2v14l-6 2-6-2-6 2zM9 4v14M15 6v14",
  roles: null,
  enter(app) {
    const far = app.own(noteFarSites(app));
    if (far.settle) app.own(app.state.on("off", far.settle));
    app.own(app.state.on("*", (names, { back }) => {
      if (!names.includes("room") && ANY.some((name) => names.includes(name))) settle(app, { fit: !back && !pressed && !app.stay });
      pressed = false;
    }));
    if (ANY.some((name) => app.state.get(name))) settle(app, { fit: !app.stay && (!app.state.get("at") || app.arrived) });
  },
  leave(app) {
    control?.abort();
    app.layers.select("", null);
  },
  click(app, lonlat, features) {
    const [first] = features;
    if (first?.layer === "ticket_cells" || (first?.layer === "public_tickets" && app.map.view().zoom < LISTED_FROM)) {
      app.map.flyTo(lonlat, Math.min(app.map.view().zoom + 2, 19));
      return true;
    }
    if (first?.layer === "tickets") {
      app.go("tickets", { ticket: first.id });
      return true;
    }
    const found = features.find(({ layer }) => TIERS.has(layer));
    pressed = true; // what was pressed can be seen already: the map stays
    if (first?.layer === "public_tickets") app.state.set({ matters: first.id, site: null, area: null, gate: null });
    else if (first?.layer === "sites") app.state.set({ site: first.id, area: null, matters: null, gate: null });
    else if (first?.layer === "gates") app.state.set({ gate: first.id, area: null, site: null, matters: null });
    else app.state.set({ area: found?.id ?? null, site: null, matters: null, gate: null });
    pressed = false;
    return true;
  },
  escape: () => dropGate(), // what is on its way to another place stays where it was; the panel stays, too
};
