// Tickets high, coverage low: both answers on one map, colour for tickets and hatching for residents too far away.
import { button, empty, h, nameOf, number, percent, section, t, tn } from "../gis/dom.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const WORDS = () => ({
  both: t("Hot, and few reach a service"), tickets: t("Hot, services near"), coverage: t("Few reach a service"), neither: t("Neither"), unknown: t("Residents unknown"),
});
const fill = (need) => ({
  both: { fill: colour("hot-99"), fillOpacity: 0.75 }, tickets: { fill: colour("hot-90"), fillOpacity: 0.85 },
  coverage: { fill: colour("none"), fillOpacity: 0.5 }, neither: { fill: colour("none"), fillOpacity: 0.5 }, unknown: { fill: colour("too-few"), fillOpacity: 0.35 },
})[need];
const hatched = new Set(["both", "coverage"]);
const of = (features, need) => features.filter(({ properties }) => properties.need === need);

/** Draw an answer of /api/atlas/needs; answers {remove()}. */
export function drawNeed(app, { features }) {
  const line = { stroke: colour("line-control"), width: 0.6 };
  const plain = app.map.addShapes({ type: "FeatureCollection", features }, Object.assign(({ properties }) => ({ ...fill(properties.need), ...line }), { under: true }));
  const hatch = app.map.addShapes({ type: "FeatureCollection", features: features.filter(({ properties }) => hatched.has(properties.need)) }, { hatch: colour("uncovered"), fillOpacity: 0.8, under: true });
  const words = WORDS();
  app.legend.add("hotspots", t("Tickets and services"), Object.keys(words).filter((need) => of(features, need).length)
    .map((need) => ({ label: words[need], kind: "fill", style: { ...fill(need), ...(hatched.has(need) ? { hatch: colour("uncovered") } : {}), ...line } })));
  return { remove() { plain.remove(); hatch.remove(); app.legend.remove("hotspots"); } };
}

/** The worst first: hot places whose residents walk too far; open(feature) shows one. */
export function needWords({ features, coverage }, open) {
  const both = of(features, "both").sort((a, b) => b.properties.not_reached - a.properties.not_reached);
  const values = { minutes: number(coverage.minutes), below: percent(coverage.below / 100) };
  return [
    section(null, h("p", { class: "big" }, both.length ? tn("%(count)s area is hot and far from services", "%(count)s areas are hot and far from services", both.length) : t("No hot area is far from services")),
      h("p", { class: "sub" }, t("Far: fewer than %(below)s of the residents reach a service on foot within %(minutes)s minutes. Hot: more tickets than chance explains (FDR 10%).", values)),
      coverage.stale ? h("p", { class: "near" }, t("Streets, sites or residents have changed since coverage was reckoned; it is being reckoned anew.")) : null),
    both.length ? section(t("Where to look first"), h("ul", { class: "list" }, both.slice(0, 20).map((feature) => h("li", { class: "spot" },
      button([h("b", null, nameOf(feature.properties)), h("span", { class: "sub" }, tn("%(count)s ticket", "%(count)s tickets", feature.properties.tickets), " · ",
        t("%(count)s residents too far, %(share)s within %(minutes)s minutes", { ...values, count: number(feature.properties.not_reached), share: percent(feature.properties.share) }))], () => open(feature), { kind: "link", class: "what" })))))
      : section(null, empty(t("Choose another tier, period or category, or look at one of the two alone."))),
    section(null, h("p", { class: "sub" }, t("Walking network %(version)s", { version: coverage.network }))),
  ];
}
