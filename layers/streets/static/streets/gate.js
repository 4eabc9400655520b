// What the panel says of one gate, and how who may changes it: confirm, close, open, hours, move; and draw a new one.
//   showGate(app, id, {onClose, fly})   → the gate's data, or null
//   dropGate()                          → whether one was being moved or drawn; it is not any more
//   drawGate(app, compound, done)       press the map at a compound's edge; done(gate) when it stands
import { ago, button, chips, date, empty, field, h, icon, row, section, setFieldErrors, t, tag } from "../gis/dom.js";
import { follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";

const MOVE = "M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3";
let control = null;
let stopMoving = null;

const people = () => [
  { value: "all", label: t("everybody") }, { value: "residents", label: t("residents only") }, { value: "unknown", label: t("not known") },
];
const PEOPLE = (value) => people().find((one) => one.value === value)?.label || value;
const STATUS = () => ({
  inferred: tag(t("inferred"), "amber"), mapped: tag(t("mapped")), confirmed: tag(t("confirmed"), "green"), closed: tag(t("closed for good")),
});

/** "06:00–22:00", "22:00–06:00 (past midnight)" or "at any hour". Times are "HH:MM" or null. */
export function hoursWords({ open_from: from, open_until: until }) {
  if (!from) return t("at any hour");
  return until > from ? `${from}–${until}` : t("%(from)s–%(until)s, past midnight", { from, until });
}

/** What somebody changed from one state to the next, in a few words. */
export function stateWords(state) {
  if (state.status === "closed") return t("closed for good");
  return t("for %(people)s, %(hours)s", { people: PEOPLE(state.open_to), hours: hoursWords(state) });
}

const wantedOf = (gate) => ({ lon: gate.lon, lat: gate.lat, closed: gate.status === "closed", open_to: gate.open_to, open_from: gate.open_from, open_until: gate.open_until });

function notes(gate) {
  const told = [];
  if (gate.status === "inferred") told.push(t("Nobody has confirmed this gate: a path crosses the compound's edge here."));
  if (gate.compound && gate.compound.walled !== "yes" && gate.open_to === "residents" && gate.status !== "closed") {
    told.push(t("Nobody knows of a wall round this compound: it counts as not walled, and everybody may pass."));
  }
  if (gate.waiting) told.push(t("The walking network does not have this place of the gate yet: it is being made anew."));
  return told.map((words) => h("p", { class: "sub" }, words));
}

function story(gate) {
  const all = [gate, ...gate.history];
  const line = (state) => h("li", null, h("span", null, stateWords(state)), h("p", { class: "sub" },
    state.since ? ago(state.since) : t("from the first"), state.by ? ` · ${state.by}` : ""));
  return all.length > 1 ? section(t("How it was"), h("ul", { class: "list plain" }, all.map(line))) : null;
}

/** Give up moving or drawing a gate; answers whether one was under way. */
export function dropGate() {
  const under = Boolean(stopMoving);
  stopMoving?.();
  return under;
}

/** Send a gate as wanted; true when it is stored. Errors stand beside their cause. */
async function save(app, gate, wanted, form, again, { undo = true } = {}) {
  const [made, , error] = await request("PUT", `/api/gates/${gate.id}`, { body: wanted, version: gate.version, key: uuid() });
  if (error) {
    if (form) setFieldErrors(form, error.fields);
    if (error.code === "stale") again();
    else if (!Object.keys(error.fields || {}).length || !form) app.panel.problem(error);
    return false;
  }
  app.layers.refresh("gates");
  const before = wantedOf(gate);
  app.toast(t("Saved. The next walking circle knows it."), undo && made.version !== gate.version
    ? { undo: () => save(app, made, before, null, again, { undo: false }).then(again) } : {});
  again(made);
  return true;
}

function editor(app, gate, again) {
  const wanted = wantedOf(gate);
  const from = h("input", { type: "time", name: "open_from", value: gate.open_from || "" });
  const until = h("input", { type: "time", name: "open_until", value: gate.open_until || "" });
  const form = h("form", { class: "gate-form", onsubmit: (event) => { event.preventDefault(); submit(); } },
    section(t("Who may pass"), chips(people(), gate.open_to, (value) => { wanted.open_to = value; }, t("Who may pass"))),
    section(t("Between which hours"),
      h("div", { style: { display: "grid", "grid-template-columns": "1fr 1fr", gap: "8px" } }, field(t("Opens"), from, { name: "open_from" }), field(t("Closes"), until, { name: "open_until" })),
      h("p", { class: "hint" }, t("Leave both empty if it is never shut."))));
  const submit = (extra = {}) => save(app, gate, { ...wanted, open_from: from.value || null, open_until: until.value || null, ...extra }, form, again);
  return { form, submit };
}

function move(app, gate, again) {
  stopMoving?.();
  const pin = app.map.addPin([gate.lon, gate.lat], {
    draggable: true, label: t("Drag to the gate's place"),
    onMove: (to) => place(to),
  });
  const off = app.map.onClick((to) => place(to));
  app.map.cursor("crosshair");
  let away = null; // the way out goes with what it leads out of
  stopMoving = () => { off(); away?.(); pin.remove(); app.map.cursor(""); stopMoving = null; };
  app.own(() => stopMoving?.());
  if (app.phone()) app.map.flyTo([gate.lon, gate.lat]); // the sheet may lie over it
  away = app.toast(t("Drag the pin along the compound's edge, or press the new place."), { label: t("Cancel"), undo: () => stopMoving?.(), seconds: 12 });
  const place = async ([lon, lat]) => {
    stopMoving?.();
    await save(app, gate, { ...wantedOf(gate), lon, lat }, null, again);
  };
}

/** Show one gate in the panel and light it up on the map. */
export async function showGate(app, id, { onClose = null, fly = false, given = null } = {}) {
  control?.abort();
  stopMoving?.();
  control = new AbortController();
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [gate, , error] = given ? [given] : await request("GET", `/api/gates/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal });
  clearTimeout(waiting);
  if (error?.code === "aborted") return null;
  if (error) {
    app.panel.show({ title: t("This gate is not on the map"), body: [section(null, empty(error.detail || error.title))], onClose });
    return null;
  }
  app.layers.select("gates", gate.id);
  const again = (made) => showGate(app, gate.id, { onClose, given: made?.id ? made : null });
  const may = gate.may_edit && !app.readOnly();
  const edit = may && gate.status !== "closed" ? editor(app, gate, again) : null;
  const job = given?.job ? follow(given.job, { title: false, onEnd: () => { if (!signal.aborted) showGate(app, gate.id, { onClose }); } }) : null;
  if (job) { app.own(job.stop); signal.addEventListener("abort", job.stop); }
  const foot = [];
  if (may) {
    foot.push(button([icon(MOVE, 16), t("Move")], () => move(app, gate, again)));
    if (edit) foot.push(button(t("Close for good"), () => edit.submit({ closed: true })), button(gate.status === "confirmed" ? t("Save") : t("Confirm"), () => edit.submit(), { kind: "primary" }));
    else foot.push(button(t("Open again"), () => save(app, gate, { ...wantedOf(gate), closed: false }, null, again), { kind: "primary" }));
  }
  app.panel.show({
    title: gate.compound ? t("Gate of %(name)s", { name: gate.compound.name }) : t("Gate"),
    subtitle: [STATUS()[gate.status], " ", gate.since ? t("since %(day)s", { day: date(gate.since) }) : ""],
    body: [
      notes(gate).length || job ? section(null, notes(gate), job?.node) : null,
      edit ? edit.form : section(null, row(t("Who may pass"), gate.status === "closed" ? t("nobody") : PEOPLE(gate.open_to)), row(t("Hours"), gate.status === "closed" ? "–" : hoursWords(gate))),
      story(gate),
    ],
    foot,
    onClose() { stopMoving?.(); control?.abort(); onClose?.(); },
  });
  if (fly) app.map.flyTo([gate.lon, gate.lat], 18); // after the panel: a phone's sheet covers half of the map
  return gate;
}

/** Let somebody press the edge of a compound, and put a gate there. compound: {id} or null for the nearest. */
export function drawGate(app, compound, done) {
  stopMoving?.();
  app.map.cursor("crosshair");
  const off = app.map.onClick(async ([lon, lat]) => {
    stopMoving?.();
    const body = { id: uuid(), compound: compound?.id ?? null, lon, lat, open_to: "all" };
    const [made, , error] = await request("POST", "/api/gates", { body, key: body.id });
    if (error) {
      if (error.gate) done({ id: error.gate });
      app.toast(error.detail || error.title, { tone: "red", seconds: 8 });
      return;
    }
    app.layers.refresh("gates");
    done(made);
  });
  let away = null;
  stopMoving = () => { off(); away?.(); app.map.cursor(""); stopMoving = null; };
  app.own(() => stopMoving?.());
  away = app.toast(t("Press the compound's edge where the gate is."), { label: t("Cancel"), undo: () => stopMoving?.(), seconds: 12 });
}
