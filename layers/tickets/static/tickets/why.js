// Why this grid? The point, the boundaries of then, how far their edges are, and the rule: on the screen and on paper.
import { button, dateTime, empty, h, metres, row, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { acrossWords } from "./words.js";

/** Show why a ticket belongs to its grid, with the way back to the ticket. */
export async function showWhy(app, ticket, { signal }) {
  const back = () => app.state.set({ why: null });
  const [why, , error] = await request("GET", `/api/tickets/${ticket.id}/why`, { signal });
  if (signal.aborted) return;
  const parts = error ? [section(null, empty(error.detail || error.title))] : page(ticket, why);
  app.panel.show({
    title: t("Why this grid?"),
    subtitle: `${ticket.number} · ${ticket.category.name}`,
    body: [section(null, button(t("‹ Back to the ticket"), back, { kind: "link", id: "to-ticket" })), h("div", { id: "why" }, parts)],
    foot: error ? [] : [button(t("Print or save as PDF"), () => print(ticket, why), { id: "print-why" })],
    onClose: () => app.state.set({ why: null, ticket: null }),
  });
}

const fact = (label, value) => row(label, value, { class: "tight" });

function page(ticket, why) {
  const { point } = why;
  const raw = point.datum === "wgs84" ? null : fact(t("As given (%(datum)s)", { datum: point.datum.toUpperCase() }), point.raw.map((value) => value.toFixed(6)).join(", "));
  return [
    section(t("The point"),
      fact(t("Coordinates (WGS 84)"), `${point.lon.toFixed(6)}, ${point.lat.toFixed(6)}`), raw,
      point.accuracy_m === null ? null : fact(t("Accuracy"), `±${metres(point.accuracy_m)}`),
      fact(t("Boundaries as of"), dateTime(why.moment))),
    section(t("The areas it lay in"), why.chain.length ? h("ol", { class: "story" }, why.chain.map(version)) : h("p", null, t("outside every area"))),
    why.borders.length ? section(null, h("p", { class: "near", id: "why-border" }, t("Close to the border of %(areas)s.", { areas: why.borders.map((area) => t("%(area)s (%(away)s)", { area: acrossWords(area), away: metres(area.away_m) })).join(t(", ")) }))) : null,
    section(t("The rule"), h("ul", { class: "rules" }, why.rules.map((rule) => h("li", null, rule)))),
    section(t("Answers for it"), fact(why.responsible.name, ""), h("p", { class: "hint" }, why.because_text)),
    why.today ? section(null, h("p", { class: "said", id: "why-today" }, t("On today's boundaries the point lies in: %(areas)s.", { areas: why.today.located.map(({ name }) => name).join(" › ") || t("outside every area") }))) : null,
  ];
}

function version(area) {
  const since = t("this boundary since %(day)s (%(act)s), version %(n)s", { day: dateTime(area.since), act: area.act, n: area.version });
  return h("li", { class: "step", data: { area: area.id } },
    h("div", { class: "head" }, h("b", null, area.name), h("span", { class: "sub" }, t("%(away)s to its edge", { away: metres(area.edge_m) }))),
    h("div", { class: "sub" }, `${area.tier_name} · ${area.code}`), h("div", { class: "sub" }, since));
}

// On paper: this sheet alone, without the map and the panel.
function print(ticket, why) {
  const sheet = h("article", { class: "why-sheet" }, h("h1", null, t("Why this grid?")), h("p", null, `${ticket.number} · ${ticket.category.name}`), page(ticket, why),
    h("p", { class: "sub" }, t("Told from the stored boundaries on %(day)s.", { day: dateTime(Date.now()) })));
  document.body.append(sheet);
  document.body.classList.add("printing-why");
  const done = () => { sheet.remove(); document.body.classList.remove("printing-why"); };
  globalThis.addEventListener("afterprint", done, { once: true });
  globalThis.print();
}
