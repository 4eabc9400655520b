// One ticket: where, what, who answers, its clocks, what happened, and the moves that may be made now.
import { button, empty, h, number, row, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { endMove, footButtons, moveForm, movePin, otherSteps } from "./moves.js";
import { gallery } from "./photos.js";
import { reporterBox } from "./reporter.js";
import { clocksBox, story } from "./story.js";
import { showWhy } from "./why.js";
import { chainWords, dueTag, postWords, stateTag } from "./words.js";

let control = null;

/** Show one ticket by id; `fly` moves the map to it. */
export async function showTicket(app, id, { fly = false } = {}) {
  endMove();
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [ticket, , error] = await request("GET", `/api/tickets/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal });
  clearTimeout(waiting);
  if (signal.aborted) return;
  const back = () => app.state.set({ ticket: null, why: null });
  if (error) {
    app.panel.show({ title: t("This ticket cannot be shown"), body: [section(null, empty(error.detail || error.title, button(t("To the list"), back, { kind: "link" })))], onClose: back });
    return;
  }
  if (app.state.get("why")) await showWhy(app, ticket, { signal });
  else draw(app, ticket);
  const { bbox: [west, south, east, north], zoom } = app.map.view();
  const seen = zoom >= 17 && ticket.lon > west && ticket.lon < east && ticket.lat > south && ticket.lat < north;
  if (fly && !seen) app.map.flyTo([ticket.lon, ticket.lat], Math.max(zoom, 18));
}

function draw(app, ticket) {
  endMove();
  const back = () => app.state.set({ ticket: null });
  app.layers.select("tickets", ticket.id);
  app.crumbs(ticket.located.map(({ id, name }) => ({ id, name })));
  const past = Boolean(app.session.moment);
  const shown = ticket.events[0]?.photos || [];
  const moves = past ? [] : ticket.moves;
  const form = moveForm(app, ticket, { redraw: (moved) => draw(app, moved), reload: () => showTicket(app, ticket.id) });
  app.panel.show({
    title: ticket.category.name,
    subtitle: [h("span", { id: "ticket-number" }, ticket.number), " ", stateTag(ticket), " ", dueTag(ticket, { past })],
    body: [
      section(null, button(t("‹ All tickets"), back, { kind: "link", id: "to-list" }), form.node),
      ticket.text || shown.length ? section(null, ticket.text ? h("p", { class: "matter" }, ticket.text) : null, shown.length ? gallery(shown) : null) : null,
      past ? null : reporterBox(ticket),
      where(app, ticket, moves, form),
      clocksBox(ticket),
      section(t("What happened"), h("ol", { class: "story", id: "ticket-events" }, story(ticket, app, { gallery }))),
      section(null, otherSteps(moves, form), moves.length || !ticket.open ? null : h("p", { class: "sub" }, past ? t("A past day is shown: read only.") : t("The next step is somebody else's."))),
    ],
    foot: footButtons(moves, form),
    onClose: back,
  });
}

function where(app, ticket, moves, form) {
  const pin = moves.find(({ verb }) => verb === "relocate");
  const floor = ticket.floor === null ? null : t("floor %(n)s", { n: number(ticket.floor) });
  const place = ticket.located.length ? [chainWords(ticket.located), floor].filter(Boolean).join(" · ") : t("outside every area");
  return section(t("Where and who"),
    fact(t("Located in"), place),
    ticket.placing === "point" ? null : h("p", { class: "hint" }, ticket.placing_text),
    fact(t("Answers for it"), ticket.responsible.name),
    fact(t("Person in charge"), h("span", { id: "in-charge" }, postWords(ticket.posts))),
    h("p", { class: "hint" }, ticket.because_text),
    ticket.there ? h("p", { class: "near", id: "answers-there" }, t("Where it lies, %(area)s answers.", { area: ticket.there.name })) : null,
    fact(t("Urgency"), ticket.urgency_name),
    fact(t("Came in by"), ticket.channel),
    fact(t("Coordinates"), `${ticket.lon.toFixed(6)}, ${ticket.lat.toFixed(6)}${ticket.accuracy_m === null ? "" : ` ±${number(ticket.accuracy_m)} m`}`),
    ticket.external.number ? fact(t("Number elsewhere"), `${ticket.external.source} ${ticket.external.number}`) : null,
    h("p", { class: "ways" },
      button(t("Why this grid?"), () => app.state.set({ why: "1" }), { kind: "link", id: "why-grid" }),
      pin ? button(pin.name, () => form.begin(pin), { kind: "link", data: { verb: pin.verb } }) : null));
}

const fact = (label, value) => row(label, value, { class: "tight" });

/** The map was pressed while a ticket is open: true when that was for a pin being corrected. */
export function pressed(lonlat) {
  return movePin(lonlat);
}

/** Stop what is under way and let go of the map. */
export function leaveTicket(app) {
  control?.abort();
  endMove();
  app.layers.select("", null);
  app.crumbs(null);
}

