// Where the map shows no service site yet, for they are drawn from closer up: said, with the way there.
import { button, h, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { goToNearest } from "../sites/nearest.js";

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
