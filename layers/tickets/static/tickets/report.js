// The staff job: a pin, the chain it lies in and who answers, a category, a line of text, one button.
import { ago, button, chips, field, h, number, put, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { extras } from "./extras.js";
import { done, draftOf, dropDraft, keepDraft, wait } from "./keeping.js";
import { placeWays } from "./place.js";
import { sendOne } from "./sending.js";
import { nearBox, toldBoxes } from "./told.js";
import { chainWords } from "./words.js";

const FEW = 6;
const LATER_MS = 250;
const TWICE_MS = 800;
let draft = null; // what is written: plain values, kept in the browser
let view = null; // what stands on the screen for it

const blank = () => ({ id: uuid(), lonlat: null, raw: null, datum: "wgs84", accuracy: null, area: null, floor: null, category: null, text: "", photos: [], external: null });
const who = (app) => app.session.account?.username;
const worth = () => Boolean(draft && (draft.text.trim() || draft.category || draft.photos?.length));

function keep(app) {
  if (worth()) keepDraft(who(app), draft);
}

/** Show the form; what was written before comes back, also after the page was reloaded. */
export async function showReport(app) {
  const before = draft ? null : draftOf(who(app));
  draft ||= before ? { ...blank(), ...before, text: before.text || "", photos: before.photos || [] } : blank();
  drawForm(app, before);
  const here = view;
  const [data, , error] = await request("GET", "/api/tickets/categories");
  if (view !== here) return;
  if (error) app.panel.problem({ ...error, retry: () => showReport(app) });
  else drawChips(app, data.items);
}

function drawForm(app, before) {
  stop();
  const parts = {
    chain: h("p", { class: "sub", id: "report-chain" }), who: h("div", { id: "report-who", "aria-live": "polite" }), near: h("div", { id: "report-near" }),
    chips: h("div", { id: "report-categories" }), note: h("p", { class: "field-error", hidden: true, role: "alert" }),
  };
  parts.text = h("textarea", { name: "text", rows: 2, maxlength: 2000, placeholder: t("Say what is the matter (may be left empty)"), oninput: () => { draft.text = parts.text.value; keep(app); } });
  parts.text.value = draft.text;
  parts.send = button(t("Send the report"), () => submit(app), { kind: "primary", id: "send-report", disabled: true });
  parts.ways = placeWays({
    draft,
    problem: (words) => say(words),
    onplace: ({ lonlat, ...how }) => setPin(app, lonlat, how),
    onarea: (area) => { draft.area = area; askAgain(app); },
    onfloor: (floor) => { draft.floor = floor; keep(app); },
  });
  parts.more = extras(draft, { mayFind: app.session.may.includes("reporter.find"), onChange: () => changed(app), onopen: (ticket) => app.state.set({ report: null, ticket: ticket.id }) });
  view = { parts, pin: null, halo: null, control: null, later: null, told: null, near: null, problem: null, sending: false, armed: false, armedAt: 0, all: false, categories: null };
  const afresh = () => { parts.more.clear(); giveUp(app); dropDraft(who(app)); showReport(app); };
  app.panel.show({
    title: h("span", { id: "report-title" }, t("Where is it?")),
    subtitle: parts.chain,
    body: [
      before ? h("section", { id: "report-again" }, h("p", { class: "said" }, t("This is the report you began"), " ", ago(before.at), ". ", button(t("Start afresh"), afresh, { kind: "link", id: "start-afresh" }))) : null,
      h("section", null, parts.note, parts.who, parts.ways.node),
      h("section", { id: "report-matter" }, parts.chips, parts.more.photos, parts.near, field(t("What is the matter"), parts.text), parts.more.nodes)],
    foot: [parts.send],
    onClose: () => app.state.set({ report: null }),
  });
  app.map.cursor("crosshair");
  if (draft.lonlat) setPin(app, draft.lonlat, { accuracy: draft.accuracy, datum: draft.datum, raw: draft.raw, area: draft.area, fly: Boolean(before) });
  else words(app);
}

function drawChips(app, categories) {
  const { parts } = view;
  view.categories = categories;
  const chosen = categories.find(({ code }) => code === draft.category);
  const few = view.all ? categories : categories.slice(0, FEW);
  const shown = chosen && !few.includes(chosen) ? [...few, chosen] : few;
  const choose = (code) => { draft.category = code; keep(app); askAgain(app); };
  put(parts.chips, h("h2", null, t("Ticket category")),
    h("div", { class: `chip-row${view.all ? " all" : ""}` }, chips(shown.map(({ code, name }) => ({ value: code, label: name })), draft.category, choose, t("Ticket category")),
      view.all ? null : button(t("More categories"), () => { view.all = true; drawChips(app, categories); }, { kind: "link", id: "more-categories" })));
  settle();
}

/** Put the pin at [lon, lat] (degrees in `datum`); asks who answers there and what is open nearby. */
export function setPin(app, lonlat, { accuracy = null, datum = "wgs84", raw = null, area = null, fly = false } = {}) {
  if (!view) return;
  Object.assign(draft, { lonlat, raw: raw || lonlat, datum, accuracy, area });
  Object.assign(view, { told: null, near: null, problem: null });
  if (datum === "wgs84" || raw) stand(app, lonlat, fly);
  askAgain(app, { fly });
}

// The pin and its circle of accuracy on the map.
function stand(app, lonlat, fly) {
  if (view.pin) view.pin.move(lonlat);
  else view.pin = app.map.addPin(lonlat, { draggable: true, label: t("The place you report; drag it to correct"), onMove: (to) => setPin(app, to) });
  view.halo?.remove();
  view.halo = draft.accuracy ? app.map.addPoint(lonlat, { accuracy: draft.accuracy, radius: 1 }) : null;
  if (fly) app.map.flyTo(lonlat, Math.max(app.map.view().zoom, 18));
}

// An answer for the place or category before must not stand beside this one.
function askAgain(app, { fly = false } = {}) {
  keep(app);
  view.control?.abort();
  clearTimeout(view.later);
  words(app);
  if (!draft.lonlat) return;
  const here = view;
  view.later = setTimeout(() => ask(app, here, fly), LATER_MS);
}

async function ask(app, here, fly) {
  here.control = new AbortController();
  const { signal } = here.control;
  const [lon, lat] = draft.raw;
  const place = { lon, lat, datum: draft.datum, category: draft.category };
  const [[told, , error], [near]] = await Promise.all([
    request("GET", "/api/tickets/answerable", { query: { ...place, accuracy_m: draft.accuracy, area: draft.area }, signal }),
    request("GET", "/api/tickets/nearby", { query: place, signal }),
  ]);
  if (view !== here || error?.code === "aborted" || signal.aborted) return;
  if (error?.code === "not-there" && draft.area) { // the pin was moved out of what was chosen: the pin counts
    draft.area = null;
    askAgain(app);
    return;
  }
  Object.assign(here, { told, near, problem: error });
  if (told && draft.datum !== "wgs84") {
    draft.lonlat = [told.lon, told.lat];
    stand(app, draft.lonlat, fly);
  }
  words(app);
}

function say(message) {
  const { note } = view.parts;
  note.textContent = message;
  note.hidden = !message;
}

// Everything the pin says, from the draft and the answers.
function words(app) {
  const { parts, told, near, problem } = view;
  const { lonlat, accuracy } = draft;
  const title = document.getElementById("report-title");
  if (title) title.textContent = told?.located.length ? chainWords(told.located) : told ? t("Outside every area") : lonlat && !problem ? t("One moment…") : t("Where is it?");
  const facts = [];
  if (!lonlat) facts.push(t("Press the map, use your position or choose the building."));
  if (accuracy) facts.push(t("GPS ±%(n)s m", { n: number(accuracy) }));
  if (told?.edge_m !== null && told?.edge_m !== undefined) facts.push(t("%(n)s m to the edge of this %(tier)s", { n: number(told.edge_m, told.edge_m < 10 ? 1 : 0), tier: told.tier.toLowerCase() }));
  if (lonlat && !accuracy && !draft.area) facts.push(t("drag the pin to correct it"));
  put(parts.chain, facts.join(" · "));
  put(parts.who, told ? toldBoxes(told, { accuracy, choose: () => parts.ways.open() }) : null);
  put(parts.near, near?.total ? nearBox(app, near) : null);
  parts.ways.settle(told);
  say(problem ? problem.detail || problem.title : "");
  settle();
}

// Photos came or went: a report that waited for them goes now.
function changed(app) {
  if (!view) return;
  keep(app);
  settle();
  if (view.armed && !view.parts.more.busy()) submit(app);
}

// The button can be pressed when there is a place that somebody answers for, and a category; else it says what is missing.
function settle() {
  const { parts, told, sending, armed } = view;
  parts.send.disabled = !(told && draft.category) || sending;
  parts.send.title = !draft.lonlat ? t("Where is it?") : !draft.category ? t("Choose a category first") : "";
  parts.send.textContent = armed ? t("Waits for the photos; press to stop") : t("Send the report");
}

function bodyOf() {
  const [lon, lat] = draft.raw;
  const body = { id: draft.id, lon, lat, datum: draft.datum, category: draft.category, text: draft.text, accuracy_m: draft.accuracy };
  const caller = view.parts.more.caller();
  for (const [name, value] of Object.entries({ area: draft.area, floor: draft.floor, external: draft.external, caller })) if (value !== null && value !== undefined) body[name] = value;
  if (draft.photos.length) body.photos = draft.photos;
  return body;
}

// One id for one report, however often the button is pressed, the network fails or the page is reloaded: it waits in
// the browser from the moment it is pressed until the server has it.
async function submit(app) {
  const here = view;
  if (here.sending || !here.told || !draft.category) return;
  if (here.parts.more.busy()) {
    if (Date.now() - here.armedAt < TWICE_MS) return; // a double press is one press
    Object.assign(here, { armed: !here.armed, armedAt: Date.now() });
    settle();
    return;
  }
  Object.assign(here, { armed: false, sending: true });
  settle();
  const body = bodyOf();
  wait(who(app), body, { title: here.categories?.find(({ code }) => code === draft.category)?.name || "" });
  const { ticket, error, why } = await sendOne(app, { body });
  if (why === "refused") done(who(app), body.id); // it goes on as a draft, to be corrected
  else if (draftOf(who(app))?.id === body.id) dropDraft(who(app));
  if (view !== here) { // the form was left meanwhile
    app.layers.refresh("tickets");
    return;
  }
  here.sending = false;
  if (why === "refused") {
    if (error.code === "key-reused" || error.code === "id-taken") draft.id = uuid(); // sent from another page meanwhile
    settle();
    setFieldErrors(app.panel.element, error.fields);
    here.parts.more.errors(error.fields);
    app.panel.problem(error);
    return;
  }
  here.parts.more.clear();
  giveUp(app);
  dropDraft(who(app)); // last: whatever still follows the form must not bring the draft, and with it its id, back
  if (!ticket) {
    app.state.set({ report: "waiting" });
    return;
  }
  app.toast(t("Reported as %(number)s", { number: ticket.number }), { tone: "green" });
  app.layers.refresh("tickets");
  app.badges?.();
  app.state.set({ report: null, ticket: ticket.id });
}

/** Whether a report is being written. */
export function reporting() {
  return draft !== null;
}

// Take what is on the screen away: pin, circle, questions under way.
function stop() {
  if (!view) return;
  clearTimeout(view.later);
  view.control?.abort();
  view.pin?.remove();
  view.halo?.remove();
  view = null;
}

/** Leave the form: `keep` keeps what was written for coming back (and answers whether there is something), else it is over. */
export function giveUp(app, { keep: kept = false } = {}) {
  if (!draft) return false;
  const left = kept && worth();
  if (left) keep(app);
  stop();
  app.map.cursor("");
  draft = null;
  return left;
}

/** Go on with one in the form: under the id it had, or (the server refused it, so it has none of it) under a new one. */
export function correct(app, body, { afresh = false } = {}) {
  giveUp(app);
  draft = { ...blank(), ...body, photos: body.photos || [], lonlat: [body.lon, body.lat], raw: [body.lon, body.lat], accuracy: body.accuracy_m ?? null };
  if (afresh) draft.id = uuid();
  keep(app);
  app.state.set({ report: "new" });
}
