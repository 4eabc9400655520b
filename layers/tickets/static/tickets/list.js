// The list of tickets: what needs me (due soonest first), what lies in my areas, what I reported.
import { button, chips, empty, h, number, put, t, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { CLEARED, filterForm, filters, firstView, notes } from "./filters.js";
import { entry } from "./words.js";

const PAGE = 50;
let control = null;

function sentence(view, { total, overdue, more }) {
  if (more) return t("More than %(n)s tickets", { n: number(total) });
  if (view === "needs_me") return overdue ? t("%(n)s need you, %(overdue)s of them overdue", { n: number(total), overdue: number(overdue) }) : tn("%(count)s needs you", "%(count)s need you", total);
  return overdue ? t("%(n)s tickets, %(overdue)s of them overdue", { n: number(total), overdue: number(overdue) }) : tn("%(count)s ticket", "%(count)s tickets", total);
}

function nothing(app, view) {
  const all = button(t("See all in my areas"), () => app.state.set({ view: "area" }), { kind: "link" });
  if (view === "needs_me") return empty(t("Nothing waits for you. What comes in next will stand here."), all);
  if (view === "beside") return empty(t("No matter lies within a few metres of the border of your areas, on its other side."));
  if (view === "mine") return empty(t("You have not reported anything that is still open."));
  return empty(t("No tickets match here."), app.state.get("state") === "all" ? null : button(t("Show closed ones too"), () => app.state.set({ state: "all" }), { kind: "link" }));
}

/** Show the list the address asks for; `above` stands before it, also where it could not be fetched. */
export async function showList(app, { report, above = null }) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const wish = filters(app);
  const query = { ...wish, limit: PAGE };
  const waiting = setTimeout(() => app.panel.busy(t("Tickets")), 300);
  const [data, , error] = await request("GET", "/api/tickets", { query, signal });
  clearTimeout(waiting);
  if (signal.aborted) return;
  const first = firstView(app.session);
  const views = [...(first === "needs_me" || wish.view === "needs_me" ? [{ value: "needs_me", label: t("Needs me") }] : []), { value: "area", label: t("In my areas") }, ...(data?.beside || wish.view === "beside" ? [{ value: "beside", label: t("Across my border") }] : []), { value: "mine", label: t("Reported by me") }];
  const box = h("ul", { class: "list", id: "ticket-list" });
  const more = h("p");
  const options = {
    past: Boolean(app.session.moment),
    onopen: (ticket) => app.state.set({ ticket: ticket.id }),
    onlight: (ticket) => app.layers.highlight("tickets", ticket ? [ticket.id] : []),
  };
  const grow = (page) => {
    box.append(...page.items.map((ticket) => entry(ticket, options)));
    const shown = box.childElementCount;
    put(more, page.next ? [h("span", { class: "sub" }, t("%(n)s of %(total)s", { n: number(shown), total: number(page.total) }), " · "), button(t("Show more"), async () => {
      const [next, , problem] = await request("GET", "/api/tickets", { query: { ...query, after: page.next }, signal });
      if (problem) app.panel.problem(problem);
      else grow(next);
    }, { kind: "link" })] : null);
  };
  app.panel.show({
    title: t("Tickets"),
    subtitle: data ? h("span", { id: "ticket-count" }, sentence(wish.view, data)) : null,
    body: [above ? h("section", null, above) : null, h("section", null,
      chips(views, wish.view, (view) => app.state.set({ ...(view === "needs_me" ? CLEARED : { ids: null, cell: null }), view: view === first ? null : view }), t("Which tickets")),
      notes(app, wish), filterForm(app, wish),
      data && !data.total ? nothing(app, wish.view) : null, box, more)],
    foot: report ? [button(t("Report a matter"), report, { kind: "primary", id: "report" })] : [],
    onClose: () => app.go("map"),
  });
  if (error) app.panel.problem({ ...error, retry: () => showList(app, { report, above }) });
  else grow(data);
}

/** Stop what is under way. */
export function leaveList() {
  control?.abort();
}
