// One cell: what was seen, what would be expected, and the tickets behind it.
import { ago, button, empty, h, nameOf, number, percent, row, section, t, tag, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

let control = null;
let dots = null;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** Take the dots of the last cell's tickets from the map. */
export function clearDots() {
  control?.abort();
  dots?.remove();
  dots = null;
}

function draw(app, places) {
  dots?.remove();
  const features = places.map((at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } }));
  dots = app.map.addShapes({ type: "FeatureCollection", features }, { fill: colour("ink"), fillOpacity: 0.85, stroke: colour("paper"), width: 1, radius: 4 });
}

function ticket(app, one) {
  return h("li", null, h("a", {
    class: "item behind", href: `?room=tickets&ticket=${one.id}`,
    onclick: (event) => { event.preventDefault(); app.go("tickets", { ticket: one.id }); },
  }, h("span", null, h("b", null, one.category), " ", tag(one.state_name)), one.text ? h("span", null, one.text) : null, h("span", { class: "sub" }, one.number, " · ", ago(one.reported_at))));
}

/** Fill `list` with the tickets of a cell, a page at a time. */
async function more(app, { list, foot, link, cell, page }) {
  control?.abort();
  control = new AbortController();
  const [data, , error] = await request("GET", `/api/hotspots/tickets?${link}&cell=${encodeURIComponent(cell)}&page=${page}`, { signal: control.signal });
  if (error) {
    app.panel.problem(error);
    return;
  }
  if (!page) draw(app, data.places);
  list.append(...data.tickets.map((one) => ticket(app, one)));
  foot.replaceChildren();
  if (!data.count) foot.append(empty(t("No ticket in this cell; its neighbours make it what it is.")));
  if (data.more) foot.append(button(t("More"), () => more(app, { list, foot, link, cell, page: page + 1 })));
}

const SURE = { "hot-99": "red", "hot-95": "red", "hot-90": "amber" };

// The list of tickets knows areas, not hexagons: the same area, category and period, whatever has become of them.
function inTheList(app, id, { cells, category, since, until }) {
  if (cells === "hexagon") return null;
  return button(t("In the list of tickets"), () => app.go("tickets", { view: "area", area: id, state: "all", category, since, until, days: since || until ? "between" : null, cell: null }));
}

// Who of those that live in a cell reaches a service.
function reaching({ share, within }) {
  if (within === null) return t("residents unknown");
  const people = typeof within === "string" ? within : number(within);
  return share === null ? people : `${percent(share)} · ${people}`;
}

/** Show one cell in the panel, and its tickets as dots on the map. */
export function showCell(app, { id, properties: cell }, { link, question, chance, className, least, coverage = null }) {
  const list = h("ul", { class: "list" });
  const foot = h("div", null);
  const rate = cell.per_1000 !== null
    ? number(cell.per_1000, 1)
    : cell.residents === null ? t("residents unknown") : t("fewer than %(count)s residents", { count: least });
  app.panel.show({
    title: nameOf(cell) || t("A hexagon"),
    subtitle: [tag(className(cell.class), SURE[cell.class] || "grey"), cell.code || cell.where ? ` ${cell.code || cell.where.join(" · ")}` : ""],
    body: [
      section(null, h("p", { class: "big" }, tn("%(count)s ticket here", "%(count)s tickets here", cell.tickets)),
        cell.z === null
          ? h("p", { class: "sub" }, t("Nobody knows how many live here, so this cell took no part."))
          : h("p", { class: "sub" }, t("With its neighbours %(seen)s; evenly spread there would be %(expected)s.", { seen: number(cell.neighbourhood), expected: number(cell.expected, 1) }))),
      section(t("Figures"), row(t("Score (z)"), number(cell.z, 2)), row(t("Chance of this or more extreme (p)"), chance(cell.p)),
        row(t("Residents"), typeof cell.residents === "string" ? cell.residents : cell.residents === null ? t("not known") : number(cell.residents)), row(t("Tickets per 1,000 residents"), rate),
        coverage ? row(t("Reach a service within %(minutes)s minutes", { minutes: number(coverage.minutes) }), reaching(cell)) : null),
      section(t("The tickets behind it"), list, foot),
    ],
    foot: [inTheList(app, id, question), button(t("Back to all"), () => app.state.set({ cell: null }))],
    onClose: () => app.state.set({ cell: null }),
  });
  more(app, { list, foot, link, cell: id, page: 0 });
}
