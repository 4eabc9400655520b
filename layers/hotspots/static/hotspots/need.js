// Tickets high, coverage low: both answers on one map, colour for tickets and hatching for residents too far away.
import { button, empty, h, nameOf, number, percent, section, t, tn } from "../gis/dom.js";
import { addressOf } from "./files.js";
import { drawPainted } from "./painted.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const WORDS = () => ({
  both: t("Hot, and few reach a service"), tickets: t("Hot, services near"),
  "hot-nobody": t("Hot, nobody recorded as living there"), "hot-unknown": t("Hot, residents unknown"),
  coverage: t("Few reach a service"), neither: t("Neither"), nobody: t("Nobody recorded as living there"), unknown: t("Residents unknown"),
});
const hatched = new Set(["both", "coverage"]);
const fill = (need) => ({
  both: { fill: colour("hot-99"), fillOpacity: 0.75 }, tickets: { fill: colour("hot-90"), fillOpacity: 0.85 },
  "hot-nobody": { fill: colour("hot-90"), fillOpacity: 0.45 }, "hot-unknown": { hatch: colour("hot-95"), fillOpacity: 0.7 },
  coverage: { fill: colour("none"), fillOpacity: 0.5 }, neither: { fill: colour("none"), fillOpacity: 0.5 },
  nobody: { fill: colour("paper"), fillOpacity: 0.15 }, unknown: { fill: colour("too-few"), fillOpacity: 0.35 },
})[need];
const styled = (need) => ({ ...fill(need), ...(hatched.has(need) ? { hatch: colour("uncovered") } : {}) });
const of = (features, need) => features.filter(({ properties }) => properties.need === need);

/** Draw an answer of /api/atlas/needs; answers {remove()}. */
export function drawNeed(app, answer) {
  const { features, coverage: { counts } } = answer;
  const line = { stroke: colour("line-control"), width: 0.6 };
  const words = WORDS();
  app.legend.add("hotspots", t("Tickets and services"), Object.keys(words).filter((need) => counts[need])
    .map((need) => ({ label: words[need], kind: "fill", style: { ...styled(need), ...line } })));
  if (answer.summary.pictured) {
    const painted = drawPainted(app, { address: addressOf(answer, "picture"), styleOf: styled, label: t("Tickets and services") });
    return { remove() { painted.remove(); app.legend.remove("hotspots"); } };
  }
  const plain = app.map.addShapes({ type: "FeatureCollection", features }, Object.assign(({ properties }) => ({ ...fill(properties.need), ...line, width: properties.need === "nobody" ? 0.2 : line.width }), { under: true }));
  const hatch = app.map.addShapes({ type: "FeatureCollection", features: features.filter(({ properties }) => hatched.has(properties.need)) }, { hatch: colour("uncovered"), fillOpacity: 0.8, under: true });
  return { remove() { plain.remove(); hatch.remove(); app.legend.remove("hotspots"); } };
}

// "<5" counts as few.
const few = (people) => (typeof people === "string" ? 1 : people);
const placeOf = ({ properties }) => nameOf(properties) || properties.where?.join(" · ") || t("A hexagon");

// What nobody can say of these cells, and why.
function unsaid({ coarse, counts, hidden, rounded }) {
  const lost = counts["hot-unknown"];
  return [
    hidden ? t("Your appointments do not include residents' figures; only counts are compared.") : null,
    lost && !hidden ? tn("Of %(count)s hot cell nobody knows how many live there.", "Of %(count)s hot cells nobody knows how many live there.", lost) : null,
    coarse ? tn("The residents of %(count)s larger area were counted only as a whole and are in none of these cells; choose a tier above.", "The residents of %(count)s larger areas were counted only as a whole and are in none of these cells; choose a tier above.", coarse) : null,
    rounded && !hidden ? t("Small figures in it are rounded.") : null,
  ].filter(Boolean).map((words) => h("p", { class: "sub" }, words));
}

/** The worst first: hot places whose residents walk too far; open(feature) shows one. */
export function needWords({ features, coverage, summary }, open) {
  const both = of(features, "both").sort((a, b) => few(b.properties.not_reached) - few(a.properties.not_reached));
  const many = coverage.counts.both;
  const values = { minutes: number(coverage.minutes), below: percent(coverage.below / 100) };
  return [
    section(null, h("p", { class: "big" }, many ? tn("%(count)s area is hot and far from services", "%(count)s areas are hot and far from services", many) : t("No hot area is far from services")),
      h("p", { class: "sub" }, t("Far: fewer than %(below)s of the residents reach a service on foot within %(minutes)s minutes. Hot: more tickets than chance explains (FDR 10%).", values)),
      coverage.stale ? h("p", { class: "near" }, t("Streets, sites or residents have changed since coverage was reckoned; it is being reckoned anew.")) : null),
    both.length ? section(t("Where to look first"), h("ul", { class: "list" }, both.slice(0, 20).map((feature) => h("li", { class: "spot" },
      button([h("b", null, placeOf(feature)), h("span", { class: "sub" }, tn("%(count)s ticket", "%(count)s tickets", feature.properties.tickets), " · ",
        t("%(count)s residents too far, %(share)s within %(minutes)s minutes", { ...values, count: typeof feature.properties.not_reached === "string" ? feature.properties.not_reached : number(feature.properties.not_reached), share: percent(feature.properties.share) }))], () => open(feature), { kind: "link", class: "what" })))))
      : section(null, empty(t("Choose another tier, period or category, or look at one of the two alone."))),
    section(null, summary.pictured ? h("p", { class: "sub" }, t("All %(cells)s cells are painted on the map; press one to read it.", { cells: number(summary.cells) })) : null, ...unsaid(coverage)),
    section(null, h("p", { class: "sub" }, t("Walking network %(version)s", { version: coverage.network }))),
  ];
}
