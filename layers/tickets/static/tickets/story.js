// What happened to a ticket: who, when, what, why; where the pin was and is; who handed it to whom; and what is due.
import { ago, dateTime, h, number, section, t } from "../gis/dom.js";
import { chainWords, span } from "./words.js";

const UNLIKE = new Set(["redo", "resume", "transfer", "escalate", "settle", "separate", "follow"]); // whose state does not say what was done
const KINDS = () => ({
  reply: t("To be accepted or not"), sign: t("To be signed for"), handle: t("To be handled"), verify: t("To be verified"), pause: t("Pause ends"),
});

/** The clocks that run, the nearest first, each with what is left of it; null where none runs. */
export function clocksBox(ticket) {
  if (!ticket.clocks.length) return null;
  const now = new Date(ticket.as_of).getTime();
  const kinds = KINDS();
  return section(t("Clocks"), h("ul", { class: "list clocks", id: "ticket-clocks" }, ticket.clocks.map((clock) => {
    const left = new Date(clock.due_at).getTime() - now;
    const words = left <= 0 ? t("overdue by %(span)s", { span: span(left) }) : t("%(span)s left", { span: span(left) });
    const allowed = clock.clock === "pause" ? restWords(clock) : t("allowed: %(span)s", { span: hoursWords(clock.hours) });
    return h("li", { class: "row", data: { clock: clock.clock } },
      h("span", null, kinds[clock.clock], h("div", { class: "sub" }, [dateTime(clock.due_at), allowed].filter(Boolean).join(" · "))),
      h("span", { class: `tag ${left <= 0 ? "red" : left < 86400000 ? "amber" : "grey"}` }, words));
  })));
}

const hoursWords = (hours) => span(hours * 3600000);
function restWords({ hours }) {
  if (hours === null) return null;
  return hours > 0 ? t("then %(span)s to handle it", { span: hoursWords(hours) }) : t("the time to handle it has run out");
}

/** The steps as entries of a list, the first one first; `gallery` draws photos, `light` shows places on the map. */
export function story(ticket, app, { gallery = null } = {}) {
  return ticket.events.map((event) => h("li", { class: event.changed || event.verb === "report" ? "step" : "step aside", data: { verb: event.verb } },
    h("div", { class: "head" }, h("b", null, event.changed || event.verb === "report" ? event.state_name : event.name), h("span", { class: "sub" }, ago(event.at))),
    h("div", { class: "sub" }, who(event)),
    why(event),
    event.until ? h("div", null, t("until %(day)s", { day: dateTime(event.until) })) : null,
    event.handed ? h("div", null, t("%(from)s → %(to)s", { from: event.handed[0].name, to: event.handed[1].name })) : null,
    event.moved ? moved(event.moved, app) : null,
    gallery && event.seq > 1 && event.photos?.length ? gallery(event.photos) : null));
}

function who(event) {
  const actor = event.by_rule ? t("by rule") : event.actor;
  return [UNLIKE.has(event.verb) && event.changed ? event.name : null, actor].filter(Boolean).join(" · ");
}

function why({ listed, reason }) {
  if (!listed && !reason) return null;
  return h("div", { class: "why" }, [listed, reason].filter(Boolean).join(t(": ")));
}

// The old and the new place of a pin; pointing at one shows it on the map.
function moved([before, after], app) {
  const place = ({ located }) => (located.length ? chainWords(located) : t("outside every area"));
  const same = place(before) === place(after);
  const show = (at) => h("button", { type: "button", class: "button link", onclick: () => app.map.flyTo([at.lon, at.lat], Math.max(app.map.view().zoom, 18)) },
    `${at.lon.toFixed(6)}, ${at.lat.toFixed(6)}`);
  return h("div", { class: "moved" },
    h("div", null, t("Old place:"), " ", show(before), same ? null : ` ${place(before)}`),
    h("div", null, t("New place:"), " ", show(after), ` ${place(after)}`),
    h("div", { class: "sub" }, t("%(n)s m apart", { n: number(metresBetween(before, after)) })));
}

/** Metres between two places near each other. */
export function metresBetween(a, b) {
  const narrow = Math.cos((((a.lat + b.lat) / 2) * Math.PI) / 180);
  return Math.hypot((a.lon - b.lon) * narrow, a.lat - b.lat) * 111320;
}
