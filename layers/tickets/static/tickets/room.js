// The room "tickets": list, one ticket, or a report being written; which one stands in the address.
import { t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { filters, NAMES, onMap } from "./filters.js";
import { leaveList, showList } from "./list.js";
import { giveUp, reporting, setPin, showReport } from "./report.js";
import { dropDraft } from "./keeping.js";
import { keepSending, onWaiting } from "./sending.js";
import { leaveTicket, pressed, showTicket } from "./ticket.js";
import { showWaiting, waitingNote } from "./waiting.js";

const READERS = ["worker", "chief", "front_desk", "department", "leader", "planner", "analyst"];
const mayReport = (app) => !app.readOnly() && app.session.may.includes("ticket.report");
let last = null;
let leaveWaiting = null;

// A form that is left with something in it is kept, and says so; the way to throw it away stands beside it.
function leaveForm(app) {
  if (!reporting()) return;
  const worth = giveUp(app, { keep: true });
  if (worth) app.toast(t("Kept as a draft on this device"), { label: t("Throw it away"), undo: () => dropDraft(app.session.account.username) });
}

function settle(app, { fly = false } = {}) {
  const { state } = app;
  leaveList();
  leaveWaiting?.();
  leaveWaiting = null;
  const now = state.get("report") === "waiting" ? "waiting" : state.get("report") ? "report" : state.get("ticket") ? "ticket" : "list";
  if (last === "report" && now !== "report") leaveForm(app);
  if (last === "ticket" && now !== "ticket") leaveTicket(app);
  last = now;
  narrowMap(app);
  if (now === "report") showReport(app);
  else if (now === "waiting") leaveWaiting = showWaiting(app);
  else if (now === "ticket") showTicket(app, state.get("ticket"), { fly });
  else showList(app, { report: mayReport(app) ? () => state.set({ report: "new", ticket: null }) : null, above: waitingNote(app) });
}

// The map shows what the list shows: pins, circles and files are narrowed by the same filters.
function narrowMap(app) {
  const told = onMap(filters(app));
  for (const layer of ["tickets", "ticket_cells"]) app.layers.narrow(layer, told);
}

export const room = {
  id: "tickets",
  title: t("Tickets"),
  icon: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7",
  roles: READERS,
  enter(app) {
    last = null;
    const later = { waiting: false, fly: false };
    // several parameters of the address may change in one step: look at them once, together
    const look = (fly) => {
      later.fly ||= fly;
      if (later.waiting) return;
      later.waiting = true;
      queueMicrotask(() => {
        later.waiting = false;
        if (app.room?.id === room.id) settle(app, { fly: later.fly });
        later.fly = false;
      });
    };
    app.own(app.state.on("ticket", (id) => look(Boolean(id))));
    app.own(app.state.on("why", () => look(false)));
    app.own(app.state.on("report", () => look(false)));
    app.own(onWaiting(() => { if (last === "list") look(false); }));
    for (const name of NAMES) app.own(app.state.on(name, () => look(false)));
    if (app.state.get("report") && !mayReport(app)) app.state.set({ report: null }, { replace: true });
    settle(app, { fly: Boolean(app.state.get("ticket")) && !app.state.get("at") });
  },
  leave(app) {
    leaveList();
    leaveWaiting?.();
    leaveWaiting = null;
    leaveForm(app);
    leaveTicket(app);
    for (const layer of ["tickets", "ticket_cells"]) app.layers.narrow(layer, null);
    last = null;
  },
  click(app, lonlat, features) {
    if (reporting()) {
      setPin(app, lonlat);
      return true;
    }
    if (app.state.get("ticket") && pressed(lonlat)) return true;
    const found = features.find(({ layer }) => layer === "tickets" || layer === "ticket_cells");
    if (found?.layer === "tickets") app.state.set({ ticket: found.properties.id });
    else if (found) { // closer to what was pressed, and the list holds just those
      app.map.flyTo(lonlat, Math.min(18, Math.floor(app.map.view().zoom) + 2));
      const { view } = filters(app);
      app.state.set({ view: view === "needs_me" ? "area" : view, cell: found.properties.id, ticket: null });
    }
    return true;
  },
  // what lies under the pointer lights up in the list, as the list lights up the map
  hover(app, lonlat, features) {
    const id = features.find(({ layer }) => layer === "tickets")?.id ?? null;
    for (const item of document.querySelectorAll("#ticket-list .item")) item.classList.toggle("lit", item.dataset.ticket === String(id));
  },
  escape(app) {
    if (!app.state.get("report") && !app.state.get("ticket")) return false;
    app.state.set({ report: null, ticket: null });
    return true;
  },
  async badge(app) {
    keepSending(app); // asked for at the start of every page, in whichever room
    if (app.session.moment) return 0;
    const [data] = await request("GET", "/api/tickets", { query: { view: "needs_me", limit: 0 } });
    return data?.total || 0;
  },
  keys: [{ key: "n", title: t("Report a matter"), run: (app) => { if (mayReport(app)) app.state.set({ report: "new", ticket: null }); } }],
};

