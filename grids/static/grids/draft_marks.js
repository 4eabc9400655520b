// What a draft shows on the map beside the line in hand: what is wrong (red) and nearly wrong (amber), where the
// boundary ran until now, the line of somebody who was faster, and what a tier leaves uncovered.
import { t } from "../gis/dom.js";
import { polygonsOf, selfCrossing } from "../gis/rings.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const collection = (geometries) => (geometries.length ? { type: "FeatureCollection", features: geometries.map((geometry) => ({ type: "Feature", geometry, properties: {} })) } : null);
const point = (coordinates) => ({ type: "Point", coordinates });

/** The shapes of one draft; remove() takes all away. */
export class Marks {
  constructor(app) {
    this.app = app;
    const { map } = app;
    this.looks = {
      red: { fill: colour("red"), fillOpacity: 0.32, stroke: colour("red"), width: 2.5, radius: 7 },
      amber: { fill: colour("amber"), fillOpacity: 0.45, stroke: colour("amber-ink"), width: 1.5, radius: 6 },
      rest: { hatch: colour("ink-3"), fillOpacity: 0.35, under: true },
      before: { stroke: colour("ink-2"), width: 1.5, dash: [4, 4], under: true },
      base: { stroke: colour("ink-2"), width: 1.5, dash: [2, 4] },
      theirs: { stroke: colour("amber"), width: 3, dash: [8, 5], fill: colour("amber"), fillOpacity: 0.08 },
    };
    this.rest = map.addShapes(null, this.looks.rest);
    this.before = map.addShapes(null, this.looks.before);
    this.base = map.addShapes(null, this.looks.base);
    this.theirs = map.addShapes(null, this.looks.theirs);
    this.amber = map.addShapes(null, this.looks.amber);
    this.red = map.addShapes(null, this.looks.red);
  }

  set(name, geometry) {
    this[name].set(geometry, this.looks[name]);
  }

  /** What the server found, and at once a line that crosses itself. */
  found(problems, geometry, rest) {
    const places = (severity) => problems.filter((problem) => problem.severity === severity).map((problem) => problem.geometry).filter(Boolean);
    const red = places("error");
    const crossing = red.length || !geometry ? null : polygonsOf(geometry).flat().map(selfCrossing).find(Boolean);
    if (crossing) red.push(point(crossing));
    this.set("red", collection(red));
    this.set("amber", collection(places("warning")));
    this.set("rest", rest?.geometry || null);
  }

  /** While a corner is dragged: where its edges cross a neighbour or the line itself. */
  live({ geometry, places }) {
    const crossing = polygonsOf(geometry).flat().map(selfCrossing).filter(Boolean);
    this.set("red", collection([...places, ...crossing].map(point)));
    this.set("amber", null);
  }

  addLegend({ moving }) {
    const red = { fill: "rgb(185 50 38 / 32%)", stroke: colour("red"), width: 2 };
    const amber = { fill: "rgb(201 138 18 / 45%)", stroke: colour("amber-ink"), width: 1.5 };
    const mine = { fill: "rgb(15 107 107 / 14%)", stroke: colour("accent"), width: 3 };
    this.app.legend.add("draft", t("In hand"), [
      { label: t("Being edited"), kind: "fill", style: mine },
      { label: t("To be corrected"), kind: "fill", style: red },
      { label: t("Free strip, to be looked at"), kind: "fill", style: amber },
      ...(moving ? [{ label: t("Boundary until now"), kind: "line", style: { stroke: colour("ink-2"), width: 1.5, dash: [4, 4] } }] : []),
    ]);
  }

  remove() {
    for (const name of ["rest", "before", "base", "theirs", "amber", "red"]) this[name].remove();
    this.app.legend.remove("draft");
  }
}
