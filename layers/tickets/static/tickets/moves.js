// The moves of a ticket: buttons, and the form of those that ask for something (a reason, an area, a term, a place).
import { button, dateTime, field, h, number, put, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { placeWays } from "./place.js";
import { metresBetween } from "./story.js";
import { picker } from "./photos.js";
import { chainWords, postWords } from "./words.js";

const ASIDE = new Set(["transfer", "escalate", "relocate", "request", "extend", "reply"]);
const WITH_WORDS = new Set(["handle", "redo"]); // worth a sentence, though the table does not ask for it
const DAYS = [1, 3, 7, 15, 30];
const LATER_MS = 250;
let pin = null; // the pin being corrected: {move(lonlat), end()}

/** Buttons of the main way, for the panel's foot. */
export function footButtons(moves, form) {
  return moves.filter(({ verb }) => !ASIDE.has(verb)).map((move, i) => button(move.name, () => form.begin(move), {
    kind: i === 0 && !move.listed ? "primary" : "", data: { verb: move.verb },
  }));
}

/** The other moves, folded away. */
export function otherSteps(moves, form) {
  const others = moves.filter(({ verb }) => ASIDE.has(verb) && verb !== "relocate");
  if (!others.length) return null;
  return h("details", { id: "other-steps" }, h("summary", null, t("Other steps")),
    h("div", { class: "fold-body ways" }, others.map((move) => button(move.name, () => form.begin(move), { data: { verb: move.verb } }))));
}

/** The place where a move asks: {node, begin(move)}. redraw(ticket) shows the moved ticket, reload() asks anew. */
export function moveForm(app, ticket, { redraw, reload }) {
  const node = h("div", { id: "reason-form" });
  const here = { app, ticket, node, key: uuid(), redraw, reload };
  return { node, begin: (move) => (asks(move) ? ask(here, move) : make(here, { verb: move.verb })) };
}

const asks = (move) => move.reason || move.verb === "dispatch" || move.asks.length || WITH_WORDS.has(move.verb);

function ask(here, move) {
  endMove();
  const { app, ticket, node } = here;
  const parts = { place: placeField(here, move), area: areaField(move, ticket), until: untilField(move, ticket), reason: reasonParts(move), photos: photoField(move) };
  const send = () => {
    if (parts.photos.busy()) { app.panel.problem({ title: t("A photo is still on its way. Wait for it, or take it away.") }); return; }
    const body = { verb: move.verb, ...parts.reason.told(), ...parts.area?.told(), ...parts.until?.told(), ...parts.place?.told(), ...parts.photos.told() };
    make(here, body);
  };
  put(node, h("h2", null, move.name), Object.values(parts).flatMap((part) => part?.nodes || []));
  // one primary button: while a reason is being written, the foot is about this move alone
  put(app.panel.element.querySelector(".foot"),
    button(t("Confirm: %(move)s", { move: move.name }), send, { kind: "primary", id: "confirm-move" }),
    button(t("Cancel"), () => { endMove(); here.redraw(ticket); }, { id: "cancel-move" }));
  app.panel.element.querySelectorAll("#other-steps, #to-list").forEach((element) => element.remove());
  app.panel.element.querySelector(".scroll").scrollTop = 0;
  node.querySelector("select, textarea, input")?.focus({ preventScroll: true });
}

function reasonParts(move) {
  const words = h("textarea", { name: "reason", rows: 3, maxlength: 500 });
  const label = move.verb === "dispatch" ? t("Reason (needed for another area)") : move.verb === "handle" ? t("What was done (may be left empty)") : move.verb === "reply" ? t("Answer to the person who reported it (everybody can read it)") : move.reasons.length ? t("More in words") : t("Reason in words");
  const list = move.reasons.length ? h("select", { name: "reason_code", required: move.listed },
    h("option", { value: "" }, t("Choose a reason…")),
    move.reasons.map(({ code, name }) => h("option", { value: code }, name))) : null;
  const told = () => ({ reason: words.value, reason_code: list?.value || "" });
  return { told, nodes: [list ? field(t("Reason for it"), list) : null, field(label, words)] };
}

function areaField(move, ticket) {
  if (!(move.verb === "dispatch" || move.asks.includes("area")) || !ticket.targets) return null;
  const known = ticket.targets.some(({ id }) => id === ticket.responsible.id);
  const areas = move.verb === "dispatch" ? [...(known ? [] : [ticket.responsible]), ...ticket.targets] : ticket.targets.filter(({ id }) => id !== ticket.responsible.id);
  const first = move.verb === "dispatch" ? ticket.responsible.id : ticket.there?.id;
  const inside = new Set(ticket.located.map(({ id }) => id));
  const option = ({ id, name }) => h("option", { value: id, selected: id === first }, name);
  const beside = areas.filter(({ id }) => !inside.has(id) && id !== ticket.responsible.id);
  const select = h("select", { name: "area" }, first ? null : h("option", { value: "" }, t("Choose an area…")), areas.filter((area) => !beside.includes(area)).map(option),
    beside.length ? h("optgroup", { label: t("Neighbours") }, beside.map(option)) : null);
  const told = () => ({ area: move.verb === "dispatch" && select.value === ticket.responsible.id ? null : select.value || null });
  return { told, nodes: [field(t("Who shall answer"), select)] };
}

function photoField(move) {
  const photos = picker();
  return { told: () => ({ photos: photos.ids() }), busy: () => photos.busy(), nodes: [move.verb === "relocate" ? null : photos.node] };
}

// A term in whole days: from now for a pause, from when it is due for more time.
function untilField(move, ticket) {
  if (!move.asks.includes("until")) return null;
  const now = Date.now();
  const due = ticket.handle_due_at ? new Date(ticket.handle_due_at).getTime() : now;
  const from = move.verb === "pause" ? now : Math.max(now, due);
  const wanted = ticket.events.filter(({ verb }) => verb === "request").at(-1)?.until;
  const at = (days) => new Date(from + days * 86400000);
  const options = DAYS.map((days) => ({ value: at(days).toISOString(), label: t("%(n)s days", { n: number(days) }) }));
  if (move.verb === "extend" && wanted && new Date(wanted) > at(0)) options.unshift({ value: wanted, label: t("as asked for") });
  const select = h("select", { name: "until" }, options.map(({ value, label }) => h("option", { value }, `${label} · ${dateTime(value)}`)));
  const label = move.verb === "pause" ? t("Pause for") : t("More time");
  return { told: () => ({ until: select.value }), nodes: [field(label, select)] };
}

// The new place: the map is pressed, the pin dragged, or numbers typed; what lies there is said at once.
function placeField(here, move) {
  if (!move.asks.includes("place")) return null;
  const { app, ticket } = here;
  const note = h("p", { class: "field-error", hidden: true, role: "alert" });
  const said = h("p", { class: "said", id: "new-place" }, t("Press the map where it really is, or drag the pin."));
  const now = { lonlat: [ticket.lon, ticket.lat], raw: null, datum: "wgs84", accuracy: null, later: null, control: null };
  const old = app.map.addPoint([ticket.lon, ticket.lat], { radius: 6 });
  const marker = app.map.addPin(now.lonlat, { draggable: true, label: t("The right place; drag it"), onMove: (to) => place({ lonlat: to }) });
  const problem = (words) => { note.textContent = words; note.hidden = !words; };
  async function look() {
    now.control?.abort();
    now.control = new AbortController();
    const [lon, lat] = now.raw;
    const query = { lon, lat, datum: now.datum, accuracy_m: now.accuracy, category: ticket.category.code };
    const [told, , error] = await request("GET", "/api/tickets/answerable", { query, signal: now.control.signal });
    if (error?.code === "aborted" || pin?.marker !== marker) return;
    problem(error ? error.detail || error.title : "");
    if (error) return;
    if (now.datum !== "wgs84") marker.move([told.lon, told.lat]);
    const away = metresBetween({ lon: ticket.lon, lat: ticket.lat }, told);
    put(said, h("b", null, told.located.length ? chainWords(told.located) : t("outside every area")), " · ", t("%(n)s m apart", { n: number(away) }),
      told.responsible.id === ticket.responsible.id ? null : h("span", { class: "sub" }, ` · ${t("%(area)s answers there (%(post)s); it is not handed over by this.", { area: told.responsible.name, post: postWords(told.posts) })}`));
  }
  function place({ lonlat, datum = "wgs84", accuracy = null, fly = false }) {
    Object.assign(now, { lonlat, raw: lonlat, datum, accuracy });
    marker.move(lonlat);
    if (fly) app.map.flyTo(lonlat, Math.max(app.map.view().zoom, 18));
    clearTimeout(now.later);
    now.later = setTimeout(look, LATER_MS);
  }
  const ways = placeWays({ draft: now, problem, onplace: place, onarea() {}, onfloor() {} });
  ways.node.querySelector("#choose-place").remove();
  app.map.cursor("crosshair");
  pin = { marker, move: (lonlat) => place({ lonlat }), end() { clearTimeout(now.later); now.control?.abort(); marker.remove(); old.remove(); app.map.cursor(""); } };
  const told = () => (now.raw ? { lon: now.raw[0], lat: now.raw[1], datum: now.datum, accuracy_m: now.accuracy } : {});
  return { told, nodes: [said, note, ways.node] };
}

/** The map was pressed: true when that was for a pin being corrected. */
export function movePin(lonlat) {
  pin?.move(lonlat);
  return Boolean(pin);
}

/** Take the pin that is being corrected off the map. */
export function endMove() {
  pin?.end();
  pin = null;
}

async function make(here, body) {
  const { app, ticket, node, key } = here;
  const pressed = [...app.panel.element.querySelectorAll(".foot button")];
  if (pressed.some((element) => element.dataset.busy)) return;
  pressed.forEach((element) => { element.dataset.busy = "1"; element.disabled = true; });
  const [moved, , error] = await request("POST", `/api/tickets/${ticket.id}/moves`, { body, key, version: ticket.version });
  pressed.forEach((element) => { delete element.dataset.busy; element.disabled = false; });
  if (!error) {
    endMove();
    app.toast(t("%(number)s: %(state)s", { number: moved.number, state: moved.state_name }), { tone: "green" });
    app.layers.refresh("tickets");
    app.badges?.();
    here.redraw(moved);
    return;
  }
  if (error.fields && node.querySelector(".field")) setFieldErrors(node, error.fields);
  // key-reused: the answer to an earlier press was lost, so look at what it did
  if (error.status === 409 || error.status === 412 || error.code === "key-reused") {
    endMove();
    await here.reload();
  }
  app.panel.problem(error);
}
