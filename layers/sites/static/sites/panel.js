// What the panel says of one site: what it is, whether it is open, where, for whom; and the way to its walking circle.
//   showSite(app, id, {onClose}) → the site's data, or null; any room may call it.
import { button, date, dateTime, empty, h, icon, nameOf, row, section, t, tag } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { exceptions, week } from "./hours.js";

const CIRCLE = "M12 12m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0M12 12m-9 0a9 9 0 1 0 18 0a9 9 0 1 0-18 0";
let control = null;

/** "open now" in words and tone, for a moment shown (null = now). */
export function openTag(open, moment) {
  if (moment) return open ? tag(t("open at that time"), "green") : tag(t("closed at that time"), "grey");
  return open ? tag(t("open now"), "green") : tag(t("closed now"), "grey");
}

function changes(site, moment) {
  if (!site.changes_at) return site.open ? t("open around the clock") : t("does not open in the next two weeks");
  const shown = moment || new Date();
  const sameDay = date(site.changes_at) === date(shown);
  const when = sameDay ? dateTime(site.changes_at).slice(-5) : dateTime(site.changes_at);
  return site.open ? t("closes at %(when)s", { when }) : t("opens at %(when)s", { when });
}

function body(app, site) {
  const moment = app.session.moment;
  const today = new Date(moment || Date.now()).toISOString().slice(0, 10);
  const special = exceptions(site.hours, today, t);
  return [
    section(t("Opening hours"), week(site.hours, t).map(({ days, times }) => row(days, times)),
      special.map(({ day, times }) => row(date(`${day}T12:00:00Z`), times))),
    section(t("Where"), row(t("Address"), site.address || t("not entered yet")),
      row(t("Serves"), site.chain.length ? h("a", {
        href: `?area=${site.chain.at(-1).id}`,
        onclick: (event) => { event.preventDefault(); app.go("map", { area: site.chain.at(-1).id, site: null }); },
      }, site.chain.at(-1).name) : "–")),
  ];
}

/** Show one site in the panel and light it up on the map. */
export async function showSite(app, id, { onClose = null, fly = false } = {}) {
  control?.abort();
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
  if (fly) app.map.flyTo([site.lon, site.lat], 17);
  app.panel.show({
    title: nameOf(site),
    subtitle: [site.kind.name, " · ", openTag(site.open, app.session.moment), " ", changes(site, app.session.moment)],
    body: body(app, site),
    foot: [
      button(t("Show on map"), () => app.map.flyTo([site.lon, site.lat], 17)),
      button([icon(CIRCLE, 16), t("Walking circle")], () => app.go("services", { site: site.id }), { kind: "primary" }),
    ],
    onClose,
  });
  return site;
}
