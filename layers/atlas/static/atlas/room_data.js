// The room "data": what is stored here, in sentences; every figure is counted now, none is guessed.
import { ago, button, empty, h, number, row, section, t } from "../gis/dom.js";
import { mine } from "../gis/jobs.js";
import { request } from "../gis/request.js";
import { takeAway } from "./taking.js";

// Long tasks that bring something in: ?room=data&task=…; each module shows itself (begin) and goes away (end).
const TASKS = {
  place: { may: "place.open", load: async (app) => new (await import("../streets/opening.js")).Opening(app) },
  population: { may: "population.edit", load: async (app) => new (await import("../grids/population.js")).Counting(app) },
  sites: { may: "site.edit", load: async (app) => new (await import("../sites/import.js")).Sites(app) },
  site: { may: "site.edit", load: async (app) => new (await import("../sites/adding.js")).Adding(app) },
  tickets: { may: "ticket.import", load: async (app) => new (await import("../tickets/import.js")).Importing(app) },
};
let task = null;

const mayStart = (app, name) => TASKS[name] && !app.session.moment && app.session.may?.includes(TASKS[name].may);

async function settle(app) {
  task?.end();
  task = null;
  const name = app.state.get("task");
  if (!mayStart(app, name)) { show(app); return; }
  const begun = await TASKS[name].load(app);
  if (app.room?.id !== "data" || app.state.get("task") !== name) return;
  task = begun;
  task.begin();
}

// What may be brought in as a file.
function many(app) {
  const ways = [
    !app.readOnly() && app.session.may?.includes("area.draw") ? button(t("Import areas from a file"), () => app.go("grids", { task: "import" })) : null,
    mayStart(app, "population") && app.session.place.kind !== "empty" ? button(t("Import residents from a file"), () => app.state.set({ task: "population" })) : null,
    mayStart(app, "sites") && app.session.place.kind !== "empty" ? button(t("Import service sites from a file"), () => app.state.set({ task: "sites" })) : null,
    mayStart(app, "site") && app.session.place.kind !== "empty" ? button(t("Add a service site"), () => app.state.set({ task: "site" })) : null,
    mayStart(app, "tickets") && app.session.place.kind !== "empty" ? button(t("Import tickets from a file"), () => app.state.set({ task: "tickets" })) : null,
  ].filter(Boolean);
  return ways.length ? [section(t("Many at once"), h("div", { class: "ways-of-many" }, ways))] : [];
}

async function show(app) {
  app.panel.busy(t("Data"));
  const [data, , error] = await request("GET", "/api/atlas/figures", { query: { moment: app.session.moment } });
  if (app.room?.id !== "data" || task) return;
  if (error) {
    app.panel.show({ title: t("Data"), body: [] });
    app.panel.problem({ ...error, retry: () => show(app) });
    return;
  }
  app.panel.show({
    title: t("Data"),
    subtitle: [data.place, " · ", ago(data.moment)],
    body: [
      ...data.sentences.map((line) => section(null, h("p", { class: "big" }, line.title), line.detail ? h("p", { class: "sub" }, line.detail) : null)),
      ...data.tables.map((table) => section(table.title, table.rows.length ? table.rows.map((entry) => row(entry.title, number(entry.count, 1))) : empty(table.empty))),
      ...many(app),
      mayStart(app, "place") && app.session.place.kind === "empty" ? section(t("Nothing is drawn here yet"), button(t("Open a real place from a file"), () => app.state.set({ task: "place" }), { kind: "primary" })) : null,
      section(t("Export as a file"), h("p", { class: "sub" }, t("What the map shows you, at the moment shown.")), takeAway(app)),
      mine(app),
      data.source ? section(t("Source"), h("p", null, data.source)) : null,
    ],
    onClose: () => app.go("map"),
  });
}

export const room = {
  id: "data",
  title: t("Data"),
  icon: "M5 20V10M12 20V4M19 20v-7",
  roles: null,
  enter(app) {
    app.own(app.state.on("task", () => settle(app)));
    settle(app);
  },
  leave() {
    task?.end();
    task = null;
  },
};
