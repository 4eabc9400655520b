// The room "roster": who holds which post, which posts nobody holds, and what an administrator does about it.
// The address holds the state: ?area=…&view=vacant&q=…&role=… for the list, ?person=… or ?body=… for one holder.
import { t } from "../gis/dom.js";
import { showAppoint, showImport } from "./roster_forms.js";
import { showBody, showPerson } from "./roster_holder.js";
import { leaveList, showList } from "./roster_list.js";

const READERS = ["administrator", "chief", "leader", "auditor", "front_desk"];
const TIERS = ["unit", "building", "compound", "community", "street", "county"];
const FILTERS = ["area", "view", "q", "role", "person", "body"];
let form = null;

/** Whether the asker appoints here and now. */
export function mayEdit(app) {
  return !app.readOnly() && app.session.may.includes("roster.edit");
}

function settle(app) {
  leaveList();
  form = null;
  const { state } = app;
  if (state.get("person")) showPerson(app, state.get("person"), acts(app));
  else if (state.get("body")) showBody(app, state.get("body"), acts(app));
  else showList(app, acts(app));
}

// What the parts of this room may ask of it: to show a form, and to come back.
function acts(app) {
  return {
    edit: mayEdit(app),
    appoint: (area) => { form = showAppoint(app, { area, back: () => settle(app) }); },
    load: () => { form = showImport(app, { back: () => settle(app) }); },
    show: (made) => { form = made; },
    back: () => settle(app),
    changed: () => { app.layers.refresh("vacancies"); settle(app); },
  };
}

export const room = {
  id: "roster",
  title: t("Roster"),
  icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18.5 14a6.5 6.5 0 0 1 3 6",
  roles: READERS,
  enter(app) {
    let waiting = false;
    const look = () => {
      if (waiting) return;
      waiting = true;
      queueMicrotask(() => {
        waiting = false;
        if (app.room?.id === room.id) settle(app);
      });
    };
    for (const name of FILTERS) app.own(app.state.on(name, look));
    if (!app.layers.shown("vacancies")) app.layers.show("vacancies", true);
    settle(app);
  },
  leave(app) {
    leaveList();
    form = null;
    app.layers.show("vacancies", false);
  },
  click(app, lonlat, features) {
    const found = TIERS.map((tier) => features.find(({ layer }) => layer === tier)).find(Boolean);
    if (!found) return true;
    if (form?.place) form.place(found.properties);
    else app.state.set({ area: found.properties.id, person: null, body: null });
    return true;
  },
  escape(app) {
    if (form) { settle(app); return true; }
    if (!FILTERS.some((name) => app.state.get(name))) return false;
    app.state.set(app.state.get("person") || app.state.get("body") ? { person: null, body: null } : { area: null, q: null, role: null, view: null });
    return true;
  },
  keys: [{ key: "n", title: t("Appoint somebody"), run: (app) => { if (mayEdit(app)) acts(app).appoint(app.state.get("area")); } }],
};
