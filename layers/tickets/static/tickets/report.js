// The staff job: a pin, the chain it lies in and who answers, a category, a line of text, one button.
import { button, chips, field, h, number, put, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { brief, chainWords, parseLonLat, postWords } from "./words.js";

const FEW = 6;
const MOST_NEAR = 3;
const LATER_MS = 250;
let draft = null;

const blank = () => ({ id: uuid(), lonlat: null, accuracy: null, category: null, text: "", all: false, told: null, near: null, problem: null, sending: false });

/** Show the form; its draft survives until it is sent or given up. */
export async function showReport(app) {
  draft ||= blank();
  const parts = {
    chain: h("p", { class: "sub", id: "report-chain" }), who: h("p", { id: "report-who" }), near: h("div", { id: "report-near" }),
    chips: h("div", { id: "report-categories" }), note: h("p", { class: "field-error", hidden: true, role: "alert" }),
  };
  const send = button(t("Send the report"), () => submit(app, parts), { kind: "primary", id: "send-report", disabled: true });
  Object.assign(parts, { send, form: h("div", null), text: h("textarea", { name: "text", rows: 2, maxlength: 2000, placeholder: t("Say what is the matter (may be left empty)"), oninput: (event) => { draft.text = event.target.value; } }) });
  parts.text.value = draft.text;
  const typed = h("input", { name: "lonlat", inputmode: "text", autocomplete: "off", placeholder: "111.7760, 36.8450" });
  const place = () => {
    const { lonlat, problem } = parseLonLat(typed.value);
    setFieldErrors(parts.form, problem ? { lonlat: problem } : {});
    if (lonlat) setPin(app, lonlat, { fly: true });
  };
  typed.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); place(); } });
  put(parts.form,
    h("div", { class: "chips" }, button(t("Use my position"), () => locate(app, parts), { id: "use-gps" }),
    h("details", { id: "type-place" }, h("summary", null, t("Type coordinates (WGS 84)")), field(t("Longitude, latitude"), typed), button(t("Put the pin there"), place, { id: "put-pin" }))));
  draft.parts = parts;
  app.panel.show({
    title: h("span", { id: "report-title" }, t("Where is it?")),
    subtitle: parts.chain,
    body: [h("section", null, parts.note, parts.who, parts.form, parts.near), h("section", null, parts.chips, field(t("What is the matter"), parts.text))],
    foot: [send],
    onClose: () => { giveUp(app); app.state.set({ report: null }); },
  });
  app.map.cursor("crosshair");
  const [data, , error] = await request("GET", "/api/tickets/categories");
  if (draft?.parts !== parts) return;
  if (error) app.panel.problem({ ...error, retry: () => showReport(app) });
  else drawChips(parts, data.items);
  if (draft.lonlat) setPin(app, draft.lonlat, { accuracy: draft.accuracy });
  else words(app);
}

function drawChips(parts, categories) {
  const chosen = categories.find(({ code }) => code === draft.category);
  const few = draft.all ? categories : categories.slice(0, FEW);
  const shown = chosen && !few.includes(chosen) ? [...few, chosen] : few;
  put(parts.chips, h("h2", null, t("Ticket category")),
    chips(shown.map(({ code, name }) => ({ value: code, label: name })), draft.category, (code) => { draft.category = code; settle(); }, t("Ticket category")),
    draft.all ? null : h("p", null, button(t("More categories"), () => { draft.all = true; drawChips(parts, categories); }, { kind: "link", id: "more-categories" })));
}

/** Put the pin at [lon, lat]; asks who answers there and what is open nearby. */
export function setPin(app, lonlat, { accuracy = null, fly = false } = {}) {
  draft ||= blank();
  draft.control?.abort(); // an answer for the place before must not stand beside this pin
  Object.assign(draft, { lonlat, accuracy, told: null, near: null, problem: null });
  if (draft.pin) draft.pin.move(lonlat);
  else draft.pin = app.map.addPin(lonlat, { draggable: true, label: t("The place you report; drag it to correct"), onMove: (to) => setPin(app, to) });
  draft.halo?.remove();
  draft.halo = accuracy ? app.map.addPoint(lonlat, { accuracy, radius: 1 }) : null;
  if (fly) app.map.flyTo(lonlat, Math.max(app.map.view().zoom, 18));
  words(app);
  clearTimeout(draft.later);
  const here = draft;
  draft.later = setTimeout(() => ask(app, here, lonlat), LATER_MS);
}

async function ask(app, here, [lon, lat]) {
  here.control?.abort();
  here.control = new AbortController();
  const options = { query: { lon, lat }, signal: here.control.signal };
  const [[told, , error], [near]] = await Promise.all([request("GET", "/api/tickets/answerable", options), request("GET", "/api/tickets/nearby", options)]);
  if (draft !== here || error?.code === "aborted") return;
  Object.assign(here, { told, near, problem: error });
  words(app);
}

// Everything the pin says, from the draft.
function words(app) {
  const { parts, lonlat, told, near, accuracy, problem } = draft;
  if (!parts) return;
  const title = document.getElementById("report-title");
  if (title) title.textContent = told?.located.length ? chainWords(told.located) : told ? t("Outside every area") : lonlat ? t("One moment…") : t("Where is it?");
  const facts = [];
  if (!lonlat) facts.push(t("Press the map, use your position or type coordinates."));
  if (accuracy) facts.push(t("GPS ±%(n)s m", { n: number(accuracy) }));
  if (told?.edge_m !== null && told?.edge_m !== undefined) facts.push(t("%(n)s m to the edge of this %(tier)s", { n: number(told.edge_m, told.edge_m < 10 ? 1 : 0), tier: told.tier.toLowerCase() }));
  if (lonlat && !accuracy) facts.push(t("drag the pin to correct it"));
  put(parts.chain, facts.join(" · "));
  put(parts.who, told ? whoWords(told) : null);
  put(parts.near, near?.total ? nearBox(app, near) : null);
  parts.note.textContent = problem ? problem.detail || problem.title : "";
  parts.note.hidden = !problem;
  settle();
}

function whoWords(told) {
  const climbed = told.passed.length ? t("nobody in office in %(areas)s", { areas: told.passed.map(({ name }) => name).join("、") }) : null;
  const then = told.then ? t("if vacant, %(area)s", { area: told.then.name }) : null;
  return [h("b", null, t("Person in charge: %(post)s", { post: postWords(told.posts) })), " ",
    h("span", { class: "sub" }, [`→ ${told.responsible.name}`, climbed, then].filter(Boolean).join(" · "))];
}

function nearBox(app, near) {
  const open = (ticket) => { giveUp(app); app.state.set({ report: null, ticket: ticket.id }); };
  return h("div", { class: "near" }, h("b", null, t("%(n)s open within %(m)s m already: the same matter?", { n: number(near.total), m: near.metres })),
    near.items.slice(0, MOST_NEAR).map((ticket) => brief(ticket, { onopen: open, onlight: (lit) => app.layers.highlight("tickets", lit ? [lit.id] : []) })));
}

// The button can be pressed when there is a place that somebody answers for, and a category.
function settle() {
  const { parts, told, category, sending } = draft;
  if (parts) parts.send.disabled = !(told && category) || sending;
}

function locate(app, parts) {
  const say = (message) => { parts.note.textContent = message; parts.note.hidden = !message; };
  if (!navigator.geolocation) { say(t("This browser does not tell positions; press the map instead.")); return; }
  say("");
  const found = ({ coords }) => setPin(app, [coords.longitude, coords.latitude], { accuracy: coords.accuracy, fly: true });
  const failed = (cause) => say(cause.code === 1 ? t("The browser may not tell your position; press the map instead.") : t("Your position was not found; press the map instead."));
  navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: true, timeout: 10000, maximumAge: 5000 });
}

// One id for one report, however often the button is pressed or the network fails.
async function submit(app, parts) {
  const here = draft;
  if (here.sending || !here.told || !here.category) return;
  here.sending = true;
  settle();
  const [lon, lat] = here.lonlat;
  const body = { id: here.id, lon, lat, category: here.category, text: here.text, accuracy_m: here.accuracy };
  const [ticket, , error] = await request("POST", "/api/tickets", { body, key: here.id });
  here.sending = false;
  if (draft !== here) return;
  if (error?.code === "key-reused") { // stored at the first press, whose answer was lost: show it as it was sent
    giveUp(app);
    app.layers.refresh("tickets");
    app.state.set({ report: null, ticket: here.id });
    return;
  }
  if (error) {
    settle();
    setFieldErrors(parts.text.closest("section"), error.fields);
    app.panel.problem({ ...error, retry: error.status === 0 || error.status >= 500 ? () => submit(app, parts) : null });
    return;
  }
  giveUp(app);
  app.toast(t("Reported as %(number)s", { number: ticket.number }), { tone: "green" });
  app.layers.refresh("tickets");
  app.badges?.();
  app.state.set({ report: null, ticket: ticket.id });
}

/** Whether a report is being written. */
export function reporting() {
  return draft !== null;
}

/** Take the form's pin off the map; `keep` leaves what was typed for coming back. */
export function giveUp(app, { keep = false } = {}) {
  if (!draft) return;
  clearTimeout(draft.later);
  draft.control?.abort();
  draft.pin?.remove();
  draft.halo?.remove();
  app.map.cursor("");
  draft = keep ? { ...draft, pin: null, halo: null, parts: null } : null;
}
