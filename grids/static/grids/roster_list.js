// The list of posts or of vacancies: of the own areas or of one, searched, page by page.
import { button, chips, date, empty, field, h, language, nameOf, put, tag, t, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

let control = null;

/** Stop asking for what nobody waits for any more. */
export function leaveList() {
  control?.abort();
  control = null;
}

/** A post's own name, else the role's. */
export function postName(post) {
  return (language().startsWith("zh") ? post.post_zh : post.post_en) || post.post_zh || post.role_name;
}

/** Where somebody looks: name of an area by id, as the server tells it. */
export async function areaNamed(app, id) {
  const [area] = await request("GET", `/api/areas/${id}`, { query: { moment: app.session.moment } });
  return area;
}

function line(app, acts, item) {
  const light = (on) => app.layers.highlight(item.area.tier, on ? [item.area.id] : []);
  const open = () => {
    if (item.holder) app.state.set({ [item.holder.kind === "person" ? "person" : "body"]: item.holder.id });
    else if (acts.edit) acts.appoint(item.area.id);
    else app.state.set({ area: item.area.id });
  };
  const name = item.holder ? nameOf(item.holder) : t("Chief of %(area)s", { area: nameOf(item.area) });
  const until = item.until ? t("until %(day)s", { day: date(item.until) }) : "";
  const rest = item.holder ? [postName(item), nameOf(item.area), until].filter(Boolean).join(" · ") : item.area.code;
  return h("li", null, h("button", {
    type: "button", class: "item", onclick: open,
    onmouseenter: () => light(true), onmouseleave: () => light(false), onfocus: () => light(true), onblur: () => light(false),
  },
  h("b", null, name), " ", item.holder ? null : tag(t("vacant"), "amber"), h("br"), h("span", { class: "sub" }, rest)));
}

function sentence(data) {
  const held = tn("%(count)s post is held", "%(count)s posts are held", data.total);
  return data.vacant ? `${held}${t(", ")}${tn("%(count)s chief's post is vacant", "%(count)s chiefs' posts are vacant", data.vacant)}` : held;
}

function filters(app) {
  const { state } = app;
  const words = h("input", { type: "search", name: "q", value: state.get("q") || "", placeholder: t("Name, post, area or code") });
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); state.set({ q: words.value.trim() || null }); } }, field(t("Find in the roster"), words));
  const views = [{ value: "posts", label: t("In office") }, { value: "vacant", label: t("Vacant") }];
  return [form, chips(views, state.get("view") || "posts", (view) => state.set({ view: view === "posts" ? null : view }), t("What is listed"))];
}

/** Show the list that the address asks for. */
export async function showList(app, acts) {
  leaveList();
  control = new AbortController();
  const { signal } = control;
  const { state } = app;
  const view = state.get("view") || "posts";
  const query = { area: state.get("area"), q: state.get("q"), role: state.get("role"), view, moment: app.session.moment };
  const waiting = setTimeout(() => app.panel.busy(t("Roster")), 300);
  const [[data, , error], area] = await Promise.all([
    request("GET", "/api/roster", { query, signal }), state.get("area") ? areaNamed(app, state.get("area")) : null,
  ]);
  clearTimeout(waiting);
  if (signal.aborted) return;
  const within = area ? h("p", null, tag(nameOf(area), "grey"), " ", button(t("All my areas"), () => state.set({ area: null }), { kind: "link" })) : null;
  const list = h("ul", { class: "list", id: "roster-list" });
  const more = h("p");
  const grow = (page) => {
    list.append(...page.items.map((item) => line(app, acts, item)));
    put(more, page.next ? button(t("Show more"), async () => {
      const [next, , problem] = await request("GET", "/api/roster", { query: { ...query, after: page.next }, signal });
      if (problem) app.panel.problem(problem);
      else grow(next);
    }, { kind: "link" }) : null);
  };
  if (area) app.layers.select(area.tier, area.id);
  else app.layers.select("", null);
  const ways = acts.edit ? [button(t("Appoint somebody"), () => acts.appoint(state.get("area")), { kind: "link" })] : [];
  const nothing = view === "vacant" ? empty(t("Every chief's post here is held.")) : empty(t("Nobody is on the roster here."), ...ways);
  app.panel.show({
    title: t("Roster"),
    subtitle: data ? h("span", { id: "roster-count" }, sentence(data)) : null,
    body: [h("section", null, within, filters(app)), h("section", null, data?.items.length ? list : data ? nothing : null, more), data ? files(app, acts) : null],
    foot: acts.edit ? [button(t("Appoint…"), () => acts.appoint(state.get("area")), { kind: "primary wide" })] : [],
    onClose: () => app.go("map"),
  });
  if (error) app.panel.problem({ ...error, retry: error.status ? null : () => showList(app, acts) });
  else if (data.items.length) grow(data);
}

function files(app, acts) {
  const address = (kind) => `/api/roster/file.${kind}?${new URLSearchParams(Object.entries({ area: app.state.get("area"), moment: app.session.moment }).filter(([, v]) => v))}`;
  return h("section", null, h("h2", null, t("As a file")), h("p", { class: "ways" },
    h("a", { class: "button", href: address("xlsx"), download: "" }, t("Take away (XLSX)")), " ", h("a", { class: "button", href: address("csv"), download: "" }, t("Take away (CSV)")), " ",
    acts.edit ? button(t("Bring in…"), () => acts.load()) : null));
}
