// The room "today": where one stands after signing in. What needs the person now, most urgent first, each with its way.
import { button, empty, h, icon, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";

const AHEAD = "M9 6l6 6-6 6";
let control = null;

// The one thing that each of these people comes to do most.
function act(app, found) {
  const { roles } = app.session.account;
  const may = (verb) => app.session.may.includes(verb);
  const site = found.lines.find(({ params }) => params.site);
  const go = (words, room, params) => button(words, () => app.go(room, params), { kind: "primary" });
  if (app.session.moment) return button(t("Back to now"), () => app.state.set({ moment: null }), { kind: "primary" });
  if (may("ticket.report")) return go(t("Report a matter"), "tickets", { report: "new" });
  if (roles.includes("planner")) return go(t("Who can walk here?"), "services");
  if (roles.includes("administrator") || roles.includes("auditor")) return go(t("Roster"), "roster");
  if (roles.includes("site_manager")) return site ? go(t("See my site"), "map", site.params) : go(t("Add a service site"), "data", { task: "site" });
  if (roles.includes("analyst")) return go(t("Where do tickets concentrate?"), "hotspots");
  if (roles.includes("leader")) return go(t("Tickets of my areas"), "tickets", { view: "area" });
  return go(t("Figures of this place"), "data");
}

// Each line is one way to go: pressed anywhere, opened in a second page like any link.
function line(app, one) {
  const address = new URLSearchParams({ room: one.room, ...one.params });
  return h("li", null, h("a", {
    class: `item need ${one.tone}`, href: `?${address}`,
    onclick: (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      app.go(one.room, one.params);
    },
  }, h("span", { class: "need-words" }, h("b", null, one.title), one.detail ? h("span", { class: "sub" }, one.detail) : null), icon(AHEAD, 16)));
}

function nothing(found) {
  if (found.appointed) return empty(t("Nothing waits for you now."));
  return empty(t("You hold no appointment yet, so nothing is sent to you. An administrator appoints on the roster; until then you can look at all that is public."));
}

async function show(app) {
  control?.abort();
  control = new AbortController();
  app.panel.busy(t("Today"));
  const [found, , error] = await request("GET", "/api/atlas/today", { signal: control.signal });
  if (error?.code === "aborted" || app.room?.id !== room.id) return;
  const { account } = app.session;
  const head = { title: t("Today"), subtitle: [account.name, account.titles.length ? ` · ${account.titles.join(t(", "))}` : ""], onClose: () => app.go("map") };
  if (error) {
    app.panel.show({ ...head, body: [] });
    app.panel.problem({ ...error, retry: () => show(app) });
    return;
  }
  app.panel.show({
    ...head,
    body: [
      app.session.moment ? section(null, h("p", { class: "sub" }, t("The map shows a past moment; what needs you is told as of now."))) : null,
      section(t("What needs you"), found.lines.length ? h("ul", { class: "list needs" }, found.lines.map((one) => line(app, one))) : nothing(found)),
      ...found.sentences.map((one) => section(null, h("p", { class: "big" }, one.title), one.detail ? h("p", { class: "sub" }, one.detail) : null)),
    ],
    foot: [act(app, found)],
  });
}

export const room = {
  id: "today",
  title: t("Today"),
  enter: (app) => { show(app); },
  leave() {
    control?.abort();
  },
};
