// Densities for the eye: a picture under the grids' lines, its legend, and what it is not.
import { h, number, section, t } from "../gis/dom.js";

/** Draw a picture of /api/hotspots/heat; answers {remove()}. */
export function drawHeat(app, { picture, bbox, steps }) {
  const shown = app.map.addPicture(picture, bbox, { opacity: 0.7, label: t("Density of tickets") });
  app.legend.add("hotspots", t("Tickets per km²"), steps.map(({ colour, from }, at) => ({
    label: at + 1 < steps.length ? t("%(from)s to under %(until)s", { from: number(from), until: number(steps[at + 1].from) }) : t("%(from)s and more", { from: number(from) }),
    kind: "fill", style: { fill: colour, fillOpacity: 0.7 },
  })));
  return { remove() { shown.remove(); app.legend.remove("hotspots"); } };
}

/** What the panel says of it. */
export function heatWords({ tickets, kernel_m: kernel, peak_per_km2: peak }) {
  return section(null,
    h("p", { class: "big" }, tickets ? t("%(count)s tickets, up to %(peak)s per km²", { count: number(tickets), peak: number(peak) }) : t("No tickets in this period")),
    h("p", { class: "sub" }, t("For the eye only: each ticket is spread by a Gaussian kernel of %(distance)s m. Whether a place is more than chance, “Hot and cold” says.", { distance: number(kernel) })));
}
