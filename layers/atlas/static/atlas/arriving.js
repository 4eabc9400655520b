// Where a search result leads: the map flies there and the panel opens.
import { nameOf } from "../gis/dom.js";

const CLOSE = 18;
let pin = null;

/** Show a result of the search on the map and in the panel. */
export function arrive(app, result) {
  pin?.remove();
  pin = null;
  if (result.bbox) app.map.fit(result.bbox, { maxZoom: 19 });
  else if (result.lonlat) app.map.flyTo(result.lonlat, Math.max(app.map.view().zoom, CLOSE));
  if (result.kind === "area") app.go("map", { area: result.id });
  else if (result.kind === "post") app.go("map", { area: result.area });
  else if (result.kind === "site") app.go("map", { site: result.id });
  else if (result.kind === "ticket") app.go("tickets", { ticket: result.id });
  else if (result.kind === "point") {
    pin = app.map.addPin(result.lonlat, { label: nameOf(result) });
    // the panel tells whose ground it is; the map stays at the place, however wide that ground
    if (result.area) app.go("map", { area: result.area }, { stay: true });
  } else if (result.kind === "street") {
    const [west, south, east, north] = result.bbox;
    pin = app.map.addPin([(west + east) / 2, (south + north) / 2], { label: nameOf(result) });
  }
}
