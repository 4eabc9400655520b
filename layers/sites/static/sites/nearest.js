// Sites that the map draws from closer up only: said where none is seen, with the way to the nearest of them.
import { button, h, t } from "../gis/dom.js";
import { request } from "../gis/request.js";

/** Stations are drawn from this zoom on (as in layers/sites/layer.py). */
export const STATIONS_FROM = 14;

/** Go to the nearest of some sites [{lon, lat}] (degrees), at the zoom from which it is drawn. */
export function goToNearest(app, sites, zoom) {
  const [lon, lat] = app.map.middle();
  const away = (site) => Math.hypot((site.lon - lon) * Math.cos((lat * Math.PI) / 180), site.lat - lat);
  const { lon: x, lat: y } = sites.reduce((best, site) => (away(site) < away(best) ? site : best));
  app.map.flyTo([x, y], zoom);
}

/** A note over the map, as long as sites are switched on and the map is too far away for the first of them. */
export function noteFarSites(app) {
  const from = app.session.place.sites_from;
  if (!from) return { remove() {} };
  const closer = async () => {
    const [data] = await request("GET", "/api/sites", { query: { moment: app.session.moment } });
    if (data?.sites.length) goToNearest(app, data.sites, from);
    else app.map.flyTo(app.map.middle(), from);
  };
  const note = h("p", { class: "from-near", hidden: true }, t("Service sites show from closer up."), " ", button(t("Come closer"), closer, { kind: "link" }));
  const settle = () => { note.hidden = app.map.view().zoom >= from || !app.layers.shown("sites"); };
  const off = app.map.on("moved", settle);
  document.getElementById("stage").append(note);
  settle();
  return {
    settle,
    remove() {
      off();
      note.remove();
    },
  };
}
