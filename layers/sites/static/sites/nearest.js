// Sites that the map draws from closer up only: how to come closer to the nearest of them.

/** Stations are drawn from this zoom on (as in layers/sites/layer.py). */
export const STATIONS_FROM = 14;

/** Go to the nearest of some sites [{lon, lat}] (degrees), at the zoom from which it is drawn. */
export function goToNearest(app, sites, zoom) {
  const [lon, lat] = app.map.middle();
  const away = (site) => Math.hypot((site.lon - lon) * Math.cos((lat * Math.PI) / 180), site.lat - lat);
  const { lon: x, lat: y } = sites.reduce((best, site) => (away(site) < away(best) ? site : best));
  app.map.flyTo([x, y], zoom);
}
