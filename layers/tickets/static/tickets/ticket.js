// One ticket: where, what, who answers, what happened, and the moves that may be made now.
import { ago, button, dateTime, empty, field, h, number, put, row, section, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { chainWords, dueTag, postWords, stateTag } from "./words.js";

let control = null;

/** Show one ticket by id; `fly` moves the map to it. */
export async function showTicket(app, id, { fly = false } = {}) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [ticket, , error] = await request("GET", `/api/tickets/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal });
  clearTimeout(waiting);
  if (signal.aborted) return;
  const back = () => app.state.set({ ticket: null });
  if (error) {
    app.panel.show({ title: t("This ticket cannot be shown"), body: [section(null, empty(error.detail || error.title, button(t("To the list"), back, { kind: "link" })))], onClose: back });
    return;
  }
  draw(app, ticket);
  const { bbox: [west, south, east, north], zoom } = app.map.view();
  const seen = zoom >= 17 && ticket.lon > west && ticket.lon < east && ticket.lat > south && ticket.lat < north;
  if (fly && !seen) app.map.flyTo([ticket.lon, ticket.lat], Math.max(zoom, 18));
}

function draw(app, ticket) {
  const back = () => app.state.set({ ticket: null });
  app.layers.select("tickets", ticket.id);
  app.crumbs(ticket.located.map(({ id, name }) => ({ id, name })));
  const moves = app.session.moment ? [] : ticket.moves;
  const form = h("div", { id: "reason-form" });
  const key = uuid();
  const buttons = moves.map((move, i) => button(move.name, () => begin(app, ticket, move, form, key), {
    kind: i === 0 && !move.reason ? "primary" : "", data: { verb: move.verb },
  }));
  app.panel.show({
    title: ticket.category.name,
    subtitle: [h("span", { id: "ticket-number" }, ticket.number), " ", stateTag(ticket), " ", dueTag(ticket, { past: Boolean(app.session.moment) })],
    body: [
      section(null, button(t("‹ All tickets"), back, { kind: "link", id: "to-list" })),
      ticket.text ? section(null, h("p", { class: "matter" }, ticket.text)) : null,
      section(t("Where and who"),
        fact(t("Located in"), ticket.located.length ? chainWords(ticket.located) : t("outside every area")),
        fact(t("Answers for it"), ticket.responsible.name),
        fact(t("Person in charge"), h("span", { id: "in-charge" }, postWords(ticket.posts))),
        h("p", { class: "hint" }, ticket.because_text),
        fact(t("Urgency"), ticket.urgency_name),
        ticket.due_at ? fact(t("Due at"), dateTime(ticket.due_at)) : null,
        fact(t("Coordinates"), `${ticket.lon.toFixed(6)}, ${ticket.lat.toFixed(6)}${ticket.accuracy_m === null ? "" : ` ±${number(ticket.accuracy_m)} m`}`),
        ticket.external.number ? fact(t("Number elsewhere"), `${ticket.external.source} ${ticket.external.number}`) : null),
      section(t("What happened"), h("ol", { class: "list", id: "ticket-events" }, ticket.events.map(step))),
      section(null, form, moves.length || !ticket.open ? null : h("p", { class: "sub" }, app.session.moment ? t("A past day is shown: read only.") : t("The next step is somebody else's."))),
    ],
    foot: buttons,
    onClose: back,
  });
}

const fact = (label, value) => row(label, value, { class: "tight" });

function step(event) {
  return h("li", { class: "row", data: { verb: event.verb } },
    h("span", null, h("b", null, event.state_name), event.by_rule ? ` · ${t("by rule")}` : event.actor ? ` · ${event.actor}` : "", event.reason ? h("div", { class: "sub" }, event.reason) : null),
    h("span", { class: "sub" }, ago(event.at)));
}

// A move that wants a reason (or may name another area) asks for it first, below; the others are made at once.
function begin(app, ticket, move, form, key) {
  if (!move.reason && move.verb !== "dispatch") {
    make(app, ticket, { verb: move.verb }, form, key);
    return;
  }
  const reason = h("textarea", { name: "reason", rows: 3, maxlength: 500 });
  const area = move.verb === "dispatch" && ticket.targets ? targets(ticket) : null;
  const send = () => {
    const chosen = area && area.value !== ticket.responsible.id ? area.value : null;
    make(app, ticket, { verb: move.verb, reason: reason.value, area: chosen }, form, key);
  };
  form.replaceChildren(
    area ? field(t("Who shall answer"), area, { name: "area" }) : "",
    field(move.reason ? t("Reason (required)") : t("Reason (needed for another area)"), reason),
  );
  // one primary button: while a reason is being written, the foot is about this move alone
  put(app.panel.element.querySelector(".foot"),
    button(t("Confirm: %(move)s", { move: move.name }), send, { kind: "primary", id: "confirm-move" }),
    button(t("Cancel"), () => draw(app, ticket), { id: "cancel-move" }));
  form.scrollIntoView({ block: "nearest" });
  (area || reason).focus();
}

function targets(ticket) {
  const areas = ticket.targets.some(({ id }) => id === ticket.responsible.id) ? ticket.targets : [ticket.responsible, ...ticket.targets];
  return h("select", { name: "area" }, areas.map(({ id, name }) => h("option", { value: id, selected: id === ticket.responsible.id }, name)));
}

async function make(app, ticket, body, form, key) {
  const pressed = [...app.panel.element.querySelectorAll(".foot button")];
  if (pressed.some((element) => element.dataset.busy)) return;
  pressed.forEach((element) => { element.dataset.busy = "1"; element.disabled = true; });
  const [moved, , error] = await request("POST", `/api/tickets/${ticket.id}/moves`, { body, key, version: ticket.version });
  pressed.forEach((element) => { delete element.dataset.busy; element.disabled = false; });
  if (!error) {
    app.toast(t("%(number)s: %(state)s", { number: moved.number, state: moved.state_name }), { tone: "green" });
    app.layers.refresh("tickets");
    app.badges?.();
    draw(app, moved);
    return;
  }
  if (error.fields?.reason && form.querySelector("textarea")) setFieldErrors(form, error.fields);
  // key-reused: the answer to an earlier press was lost, so look at what it did
  if (error.status === 409 || error.status === 412 || error.code === "key-reused") await showTicket(app, ticket.id);
  app.panel.problem(error);
}

/** Stop what is under way and let go of the map. */
export function leaveTicket(app) {
  control?.abort();
  app.layers.select("", null);
  app.crumbs(null);
}
