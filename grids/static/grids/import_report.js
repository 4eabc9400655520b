// What a checked file would do, and what is wrong with it, as the panel shows it.
import { button, h, nameOf, number, row, t, tag, tn } from "../gis/dom.js";

const KINDS = { geojson: "GeoJSON", geopackage: "GeoPackage", geoparquet: "GeoParquet", shapefile: "Shapefile" };
const AT_FIRST = 20;

/** One line under the file's name. */
export function facts(found) {
  const { file, crs } = found;
  return [KINDS[file.kind] || file.kind, tn("%(count)s row", "%(count)s rows", file.rows), crs.title].join(" · ");
}

/** The answer in a word, then what would be new. */
export function verdict(found) {
  const lines = found.tiers.map((tier) => row(nameOf(tier), number(tier.count)));
  const standing = found.standing ? row(t("On the map already, exactly so"), number(found.standing)) : null;
  if (found.bad_rows || found.problem_count) {
    return [
      tag(tn("%(count)s row has a problem", "%(count)s rows have problems", found.bad_rows), "red"),
      h("p", null, t("Nothing is stored while a row has a problem. Correct the file, or how it is read below.")), lines, standing,
    ];
  }
  if (!found.new) return [tag(t("Nothing new"), "grey"), h("p", null, t("All rows are on the map already.")), standing];
  return [tag(t("Everything fits"), "green"), h("p", { class: "big" }, tn("%(count)s new area", "%(count)s new areas", found.new)), lines, standing];
}

/** Cautions; those that ask for it get a box to tick, those that know a better reading a button for it. */
export function cautions(found, { agreed, open, reread, references }) {
  const allowed = new Set(references.flatMap((group) => group.references).map(({ code }) => code));
  return found.cautions.map((caution) => {
    const tick = caution.ask ? h("label", { class: "check" }, h("input", {
      type: "checkbox", onchange: (event) => { if (event.target.checked) agreed.add(caution.code); else agreed.delete(caution.code); open(); },
    }), t("I have looked at it; store all the same")) : null;
    const other = caution.values?.try;
    const way = other === "swapped" ? button(t("Read with the axes swapped"), () => reread({ swapped: true }))
      : allowed.has(other) ? button(t("Read as %(name)s", { name: caution.values.title }), () => reread({ crs: other })) : null;
    return h("div", { class: caution.ask ? "caution ask" : "caution" }, h("p", null, caution.message), way, tick);
  });
}

/** Problems in the order of the rows; each with a way to its place. */
export function problems(found, goTo) {
  const list = h("div", { class: "rows" });
  const line = (problem) => row(
    [h("b", null, t("Row %(row)s", { row: problem.row })), ` ${problem.message}`],
    problem.geometry || problem.point ? button(t("Go there"), () => goTo(problem), { kind: "link" }) : null, { class: "wrong" });
  const more = button("", () => { list.append(...found.problems.slice(AT_FIRST).map(line)); more.remove(); rest.hidden = false; }, { kind: "link" });
  more.textContent = t("Show all %(count)s", { count: number(found.problems.length) });
  const left = found.problem_count - found.problems.length;
  const rest = h("p", { class: "sub", hidden: found.problems.length > AT_FIRST }, left > 0 ? tn("… and %(count)s more of the same kinds", "… and %(count)s more of the same kinds", left) : null);
  list.append(...found.problems.slice(0, AT_FIRST).map(line));
  return [list, found.problems.length > AT_FIRST ? more : null, rest];
}
