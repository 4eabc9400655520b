// One cell: what was seen, what would be expected, and the tickets behind it.
import { ago, button, empty, h, nameOf, number, row, section, t, tag, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

let control = null;

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
  list.append(...data.tickets.map((one) => ticket(app, one)));
  foot.replaceChildren();
  if (!data.count) foot.append(empty(t("No ticket in this cell; its neighbours make it what it is.")));
  if (data.more) foot.append(button(t("More"), () => more(app, { list, foot, link, cell, page: page + 1 })));
}

const SURE = { "hot-99": "red", "hot-95": "red", "hot-90": "amber" };

/** Show one cell in the panel. */
export function showCell(app, { id, properties: cell }, { link, chance, className, least }) {
  const list = h("ul", { class: "list" });
  const foot = h("div", null);
  const rate = cell.per_1000 !== null
    ? number(cell.per_1000, 1)
    : cell.residents === null ? t("residents unknown") : t("fewer than %(count)s residents", { count: least });
  app.panel.show({
    title: nameOf(cell) || t("A hexagon"),
    subtitle: [tag(className(cell.class), SURE[cell.class] || "grey"), cell.code ? ` ${cell.code}` : ""],
    body: [
      section(null, h("p", { class: "big" }, tn("%(count)s ticket here", "%(count)s tickets here", cell.tickets)),
        cell.z === null
          ? h("p", { class: "sub" }, t("Nobody knows how many live here, so this cell took no part."))
          : h("p", { class: "sub" }, t("With its neighbours %(seen)s; evenly spread there would be %(expected)s.", { seen: number(cell.neighbourhood), expected: number(cell.expected, 1) }))),
      section(t("Figures"), row(t("Score (z)"), number(cell.z, 2)), row(t("Chance of this or more extreme (p)"), chance(cell.p)),
        row(t("Residents"), typeof cell.residents === "string" ? cell.residents : number(cell.residents)), row(t("Tickets per 1,000 residents"), rate)),
      section(t("The tickets behind it"), list, foot),
    ],
    foot: [button(t("Back to all"), () => app.state.set({ cell: null }))],
    onClose: () => app.state.set({ cell: null }),
  });
  more(app, { list, foot, link, cell: id, page: 0 });
}
