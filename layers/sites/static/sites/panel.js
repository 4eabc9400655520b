// What the panel says of one site: what it is, whether it is open, where, for whom; and the way to its walking circle.
//   showSite(app, id, {onClose}) → the site's data, or null; any room may call it.
import { button, date, dateTime, empty, h, icon, nameOf, row, section, t, tag, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { exceptions, week, weekKnown } from "./hours.js";

const CIRCLE = "M12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0";
const MOST_SPECIAL = 4;
let control = null;
let forms = null;

/** "open now" in words and tone, for a moment shown (null = now); open is true, false, or null where nobody knows. */
export function openTag(open, moment) {
  if (open !== true && open !== false) return tag(t("hours not known"), "grey");
  if (moment) return open ? tag(t("open at that time"), "green") : tag(t("closed at that time"), "grey");
  return open ? tag(t("open now"), "green") : tag(t("closed now"), "grey");
}

function changes(site, moment) {
  if (!site.changes_at && !weekKnown(site.hours)) return "";
  if (!site.changes_at) return site.open ? t("open around the clock") : t("does not open in the next two weeks");
  const shown = moment || new Date();
  const sameDay = date(site.changes_at) === date(shown);
  const when = sameDay ? dateTime(site.changes_at).slice(-5) : dateTime(site.changes_at);
  return site.open ? t("closes at %(when)s", { when }) : t("opens at %(when)s", { when });
}

const steps = () => ({ yes: t("without steps"), no: t("steps at the door") });

function service(one) {
  const told = [one.who && row(t("For"), one.who), one.bring && row(t("Bring"), one.bring), one.minutes && row(t("Takes about"), t("%(minutes)s minutes", { minutes: one.minutes })), one.note && h("p", null, one.note)].filter(Boolean);
  return told.length ? h("details", { class: "service" }, h("summary", null, one.name), told) : h("p", null, one.name);
}

function duty(one) {
  const when = Object.keys(one.hours || {}).length ? week(one.hours, t).filter(({ times }) => times !== t("closed")).map(({ days, times }) => `${days} ${times}`).join(t(", ")) : "";
  return row([one.post, when ? h("span", { class: "sub" }, ` ${when}`) : null], one.name || (one.held ? t("in office") : ""));
}

function body(app, site) {
  const moment = app.session.moment;
  const today = new Date(moment || Date.now()).toISOString().slice(0, 10);
  const special = exceptions(site.hours, today, t);
  const onDay = (day) => date(`${day}T12:00:00Z`);
  return [
    section(t("Opening hours"), weekKnown(site.hours) ? null : [h("p", { class: "sub" }, t("Nobody has told yet when it is open.")), site.phone ? h("p", { class: "sub" }, t("Ask by telephone before you go.")) : null], week(site.hours, t).map(({ days, times }) => row(days, times)),
      special.slice(0, MOST_SPECIAL).map(({ day, until, times }) => row(until ? t("%(first)s to %(last)s", { first: onDay(day), last: onDay(until) }) : onDay(day), times))),
    section(t("Where"), row(t("Address"), site.address || t("not entered yet")),
      row(t("Serves"), site.chain.length ? h("a", {
        href: `?area=${site.chain.at(-1).id}`,
        onclick: (event) => { event.preventDefault(); app.go("map", { area: site.chain.at(-1).id, site: null }); },
      }, site.chain.at(-1).name) : "–"),
      site.phone ? row(t("Telephone"), h("a", { href: `tel:${site.phone}` }, site.phone)) : null,
      steps()[site.step_free] ? row(t("Way in"), steps()[site.step_free]) : null,
      site.operator || site.operator_kind ? row(t("Run by"), [site.operator, site.operator_kind_name].filter(Boolean).join(" · ")) : null),
    section(t("Services offered"), site.services.length ? site.services.map(service) : empty(t("Nothing is entered yet."))),
    site.rooms.length ? section(t("Rooms"), site.rooms.map((one) => row([nameOf(one), one.floor ? h("span", { class: "sub" }, ` ${one.floor}`) : null], one.capacity ? tn("%(count)s person", "%(count)s people", one.capacity) : ""))) : null,
    site.duties.length ? section(t("On duty"), site.duties.map(duty)) : null,
    section(null, h("p", null, h("a", { href: `/sites/${site.id}/${moment ? `?moment=${encodeURIComponent(moment)}` : ""}`, target: "_blank", rel: "noopener" }, t("Page of this site"))),
      h("p", { class: "sub" }, t("As it is since %(when)s", { when: dateTime(site.changed_at) }))),
  ];
}

async function edit(app, site, again) {
  const { editSite } = await import("./form.js");
  forms?.leave();
  forms = editSite(app, site, { done: again, away: (gone) => { forms?.leave(); forms = null; if (gone) app.state.set({ site: null }); else again(site); } });
  app.own(() => { forms?.leave(); forms = null; });
}

/** Show one site in the panel and light it up on the map. */
export async function showSite(app, id, { onClose = null, fly = false } = {}) {
  control?.abort();
  forms?.leave();
  forms = null;
  control = new AbortController();
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [site, , error] = await request("GET", `/api/sites/${encodeURIComponent(id)}`, { query: { moment: app.session.moment }, signal: control.signal });
  clearTimeout(waiting);
  if (error?.code === "aborted") return null;
  if (error) {
    app.panel.show({ title: t("This site is not on the map"), body: [section(null, empty(error.detail || error.title))], onClose });
    return null;
  }
  app.layers.select("sites", site.id);
  app.crumbs?.(site.chain);
  app.panel.show({
    title: nameOf(site),
    subtitle: [site.kind.name, " · ", openTag(site.open, app.session.moment), " ", h("span", { class: "whole" }, changes(site, app.session.moment))],
    body: body(app, site),
    foot: [
      site.may_edit && !app.session.moment ? button(t("Edit"), () => edit(app, site, (now) => showSite(app, now.id, { onClose }))) : null,
      button(t("Show on map"), () => app.map.flyTo([site.lon, site.lat], 17)),
      button([icon(CIRCLE, 16), t("Walking circle")], () => app.go("services", { site: site.id }), { kind: "primary" }),
    ],
    onClose,
  });
  if (fly) app.map.flyTo([site.lon, site.lat], 17); // after the panel: a phone's sheet covers half of the map
  return site;
}
