// What a walking circle says, as nodes for the panel: the sentence first, then figures, gaps and what they rest on.
import { button, chips, dateTime, empty, h, language, nameOf, number, percent, row, section, t, tn } from "../gis/dom.js";

const GAPS_SHOWN = 8;

const last = (answer) => answer.rings.features.at(-1).properties;

/** "Adult, 4 km/h" and, where it matters, "no stairs": stands beside every figure. */
export function paceWords(profile) {
  const words = t("%(name)s %(speed)s km/h", { name: profile.name, speed: profile.km_per_hour.toFixed(1) });
  return profile.steps_allowed ? words : t("%(pace)s, no stairs", { pace: words });
}

/** "On foot · Adult 4.0 km/h · gates as they are": the legend's heading and the last line of the panel. */
export function basisWords(answer) {
  if (answer.gates === "open") return t("On foot · %(pace)s · every gate open", { pace: paceWords(answer.profile) });
  return t("On foot · %(pace)s · gates as known", { pace: paceWords(answer.profile) });
}

/** The headline: how many of the residents (or areas, where residents are not shown) get here in the last ring. */
export function headline(answer) {
  const { minutes, residents, grids } = last(answer);
  const { basis } = answer;
  if (answer.residents === "counted" && typeof residents === "string") return t("Fewer than five residents walk here in %(minutes)s minutes", { minutes });
  if (answer.residents === "counted" && basis.residents) {
    return t("%(share)s of residents walk here in %(minutes)s minutes", { share: percent(residents / basis.residents), minutes });
  }
  if (basis?.grids) return t("%(share)s of grids lie within %(minutes)s minutes on foot", { share: percent(grids / basis.grids), minutes });
  return t("This far in %(minutes)s minutes on foot", { minutes });
}

/** "As it is" or "every gate open". */
export function gateChips(chosen, choose) {
  const options = [{ value: "as-is", label: t("Gates as they are") }, { value: "open", label: t("Every gate open") }];
  return chips(options, chosen, choose, t("Gates"));
}

function straightWords(answer) {
  const { residents, straight } = last(answer);
  const total = answer.basis.residents;
  if (!total || straight === residents) return t("A circle drawn with compasses would say the same.");
  const words = { share: percent(straight / total), more: number(Math.abs(straight - residents)) };
  return straight > residents
    ? t("A circle drawn with compasses would say %(share)s, %(more)s people too many.", words)
    : t("A circle drawn with compasses would say %(share)s, %(more)s people too few.", words);
}

function underline(answer) {
  const { basis } = answer;
  const { residents, grids } = last(answer);
  if (answer.residents === "counted") {
    return t("%(area)s: %(here)s of %(all)s residents.", { area: basis.name, here: number(residents), all: number(basis.residents) }) + (language().startsWith("zh") ? "" : " ") + straightWords(answer);
  }
  if (!basis) return t("This place lies in no area that is drawn.");
  return t("%(area)s: %(here)s of %(all)s grids.", { area: basis.name, here: number(grids), all: number(basis.grids) });
}

function notice(answer) {
  if (answer.residents === "unknown") return h("p", { class: "near" }, t("How many people live here is not known: no figures were entered. Unknown is not nobody."));
  if (answer.residents === "hidden") return h("p", { class: "sub" }, t("Residents are shown to those who are signed in and may read them."));
  return null;
}

function bars(answer) {
  const counted = answer.residents === "counted";
  const all = counted ? answer.basis.residents : answer.basis?.grids;
  return h("div", { class: "bars" }, answer.rings.features.map(({ properties }) => {
    const value = counted ? properties.residents : properties.grids;
    const share = all ? Math.round((1000 * value) / all) / 10 : 0;
    return [h("span", null, t("%(minutes)s minutes", { minutes: properties.minutes })), h("i", { style: { "--w": `${share}%` } }), h("b", null, number(value))];
  }));
}

/** "21 · 80 · 137 of 293": how many grids lie in each ring, where the bars speak of residents. */
export function gridWords({ rings, basis }) {
  const each = rings.features.map(({ properties }) => number(properties.grids)).join(" · ");
  return basis?.grids ? t("%(here)s of %(all)s grids", { here: each, all: number(basis.grids) }) : each;
}

/** "12 · 30 · 55 of 90 households": those in each ring; null where nobody counted any. */
export function householdWords({ rings, basis }) {
  if (basis?.households == null) return null;
  const each = rings.features.map(({ properties }) => number(properties.households)).join(" · ");
  return t("%(here)s of %(all)s households", { here: each, all: number(basis.households) });
}

/** In how many grids nobody counted households. */
export const unhousedWords = (grids) => tn("Of one grid with residents nobody counted the households; they are left out.", "Of %(count)s grids with residents nobody counted the households; they are left out.", grids);

function ageRows(answer) {
  const ages = last(answer).ages;
  const all = answer.basis?.ages;
  if (!ages || !all) return null;
  const line = (label, here, total) => (total ? row(label, t("%(here)s of %(all)s", { here: number(here), all: number(total) })) : null);
  return [line(t("60 and older"), ages.old, all.old), line(t("Under 7"), ages.young, all.young)];
}

function gapRow(app, gap, limit) {
  const walk = gap.cut_off ? t("no gate known")
    : gap.minutes === null ? t("farther than %(minutes)s minutes", { minutes: 4 * limit })
      : t("%(minutes)s minutes", { minutes: gap.minutes });
  const show = button(t("Show"), () => app.map.flyTo([gap.lon, gap.lat], Math.max(app.map.view().zoom, 17)), { kind: "link" });
  const lit = (ids) => () => app.layers.highlight(ids.length ? "compound" : "", ids);
  return h("div", { class: "row gap", onmouseenter: lit([gap.id]), onmouseleave: lit([]) },
    h("span", null, nameOf(gap), gap.whole ? null : [" ", h("small", { class: "whole" }, t("in part"))]),
    h("span", { class: "value" }, h("b", null, t("%(count)s people", { count: number(gap.residents) })),
      gap.households == null ? null : [" · ", h("span", { class: "sub whole" }, tn("%(count)s household", "%(count)s households", gap.households, { count: number(gap.households) }))],
      " · ", h("span", { class: "sub whole" }, walk), " ", show));
}

function gaps(app, answer) {
  if (answer.residents !== "counted") return null;
  const { minutes } = last(answer);
  if (!answer.gap_count) return section(t("Not reached"), empty(t("Everybody who is known of walks here in %(minutes)s minutes.", { minutes })));
  const rest = answer.gap_count - GAPS_SHOWN;
  const box = h("div", null, answer.gaps.slice(0, GAPS_SHOWN).map((gap) => gapRow(app, gap, minutes)));
  const more = rest > 0 ? button(tn("Show one more", "Show %(count)s more", rest), () => {
    box.append(...answer.gaps.slice(GAPS_SHOWN).map((gap) => gapRow(app, gap, minutes)));
    more.remove();
  }, { kind: "link" }) : null;
  return section(t("Not reached (most people first)"), box, more);
}

function whatIf(app, answer, { compared, onMove, onBack }) {
  const { site } = answer.origin;
  if (site) return section(t("What if…"), row(t("it stood somewhere else"), button(t("Try"), onMove, { kind: "link" })));
  if (!compared) return null;
  const before = last(compared);
  const now = last(answer);
  const counted = answer.residents === "counted" && compared.residents === "counted";
  const change = counted ? now.residents - before.residents : now.grids - before.grids;
  const words = counted
    ? tn("%(sign)sone person", "%(sign)s%(count)s people", Math.abs(change), { sign: change < 0 ? "−" : "+" })
    : tn("%(sign)sone grid", "%(sign)s%(count)s grids", Math.abs(change), { sign: change < 0 ? "−" : "+" });
  return section(t("What if…"),
    row(t("%(name)s stood here", { name: nameOf(compared.origin.site) }), change ? words : t("no change")),
    h("p", { class: "sub" }, t("Drag the pin to try another spot.")),
    button(t("Back to where it stands"), onBack, { kind: "link" }));
}

function rests(answer) {
  const { network, origin, basis } = answer;
  const lines = [h("p", { class: "sub" }, t("%(basis)s. Counted by exact walking distance; the shapes are for the eye.", { basis: basisWords(answer) }), " ", t("Network %(version)s.", { version: network.version }))];
  if (origin.far) lines.push(h("p", { class: "near" }, t("The nearest street is %(metres)s m away; that walk is included.", { metres: number(origin.walk_m) })));
  if (network.gates.inferred) lines.push(h("p", { class: "sub" }, tn("One gate here is only inferred: a path crosses the edge, nobody has confirmed it.", "%(count)s gates here are only inferred: a path crosses the edge, nobody has confirmed it.", network.gates.inferred)));
  if (origin.island_m !== null) lines.push(h("p", { class: "near" }, t("The street here hangs together with no more than %(metres)s m of others: nobody is known to get off this piece.", { metres: number(origin.island_m) })));
  if (network.stale) lines.push(h("p", { class: "near" }, t("Gates, walls or streets changed after %(when)s; the walks are those of then.", { when: dateTime(network.made_at) })));
  if (network.residents_only) lines.push(h("p", { class: "sub" }, tn("One gate here is for residents only: it counts for those who live behind it, and for nobody else.", "%(count)s gates here are for residents only: they count for those who live behind them, and for nobody else.", network.residents_only)));
  if (network.walls_unknown) lines.push(h("p", { class: "sub" }, tn("Of one compound here it is not known whether it is walled; it counts as open.", "Of %(count)s compounds here it is not known whether they are walled; they count as open.", network.walls_unknown)));
  if (answer.rounded && answer.residents === "counted") lines.push(h("p", { class: "sub" }, t("Small figures in it are rounded.")));
  if (basis?.unknown) lines.push(h("p", { class: "sub" }, tn("One grid has no number of residents and is left out.", "%(count)s grids have no number of residents and are left out.", basis.unknown)));
  if (basis?.households_unknown) lines.push(h("p", { class: "sub" }, unhousedWords(basis.households_unknown)));
  if (answer.elsewhere) lines.push(h("p", { class: "sub" }, tn("One more resident outside %(area)s also gets here in time.", "%(count)s more residents outside %(area)s also get here in time.", answer.elsewhere, { area: basis.name })));
  return section(t("How this was counted"), lines);
}

// The same circle as a file: rings with figures, and who is not reached.
function files(query) {
  const asked = new URLSearchParams(Object.entries(query).filter(([, value]) => value != null && value !== ""));
  const link = ([kind, label]) => h("a", { class: "button file", href: `/api/circles/file.${kind}?${asked}`, download: "" }, label);
  return section(t("Take it away"), h("div", { class: "chips" }, [["csv", "CSV"], ["xlsx", "XLSX"], ["gpkg", "GeoPackage"], ["geojson", "GeoJSON"]].map(link)),
    h("p", { class: "sub" }, t("Every file also tells who is not reached.")));
}

/** The panel's body. tools: {compared, onMove, onBack, onPace(code), query: what the doors were asked}. */
export function circleBody(app, answer, tools) {
  const paces = answer.profiles.map((profile) => ({ value: profile.code, label: profile.name }));
  const counted = answer.residents === "counted";
  return [
    section(null, h("p", { class: "big" }, headline(answer)), h("p", { class: "sub" }, underline(answer)), notice(answer)),
    section(counted ? t("Residents in each circle") : t("Grids in each circle"), bars(answer), counted && row(t("Households in each circle"), householdWords(answer) ?? t("not known")), counted && row(t("Grids in each circle"), gridWords(answer)), ageRows(answer)),
    tools.change,
    section(t("Who walks"), chips(paces, answer.profile.code, tools.onPace, t("Who walks")), gateChips(tools.gates, tools.onGates)),
    gaps(app, answer),
    whatIf(app, answer, tools),
    rests(answer),
    files(tools.query),
  ];
}
