// Coverage of the whole place: the sentence, shares by area on the map and in a table, levels, gaps, files.
import { button, chips, dateTime, empty, h, language, nameOf, number, percent, row, section, t, tn } from "../gis/dom.js";
import { follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";
import { gateChips, paceWords, unhousedWords } from "./circle.js";

const STEPS = [0.5, 0.7, 0.85, 0.95];
const GAPS_SHOWN = 8;
const DOTS_WHOLE = 14; // the zoom from which places of residents have their full size
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** What is shown: "15" (a ring) or the code of a level. */
export const measureOf = (answer, wanted) => (answer.minutes.map(String).includes(wanted) || answer.levels.some(({ code }) => code === wanted) ? wanted : String(answer.minutes.at(-1)));

/** The share of one area by a measure: of residents where they may be read, else of grids; null: not known. */
export function shareOf(answer, area, measure) {
  const ring = answer.minutes.map(String).indexOf(measure);
  const people = answer.residents === "counted" || area.share;
  if (ring >= 0) return (people ? area.share : area.grids_share)?.[ring] ?? null;
  const level = answer.levels.findIndex(({ code }) => code === measure);
  return (people ? area.levels_share : area.levels_grids_share)?.[level] ?? null;
}

/** Which of the five steps of the ramp a share falls into, 1 (few) to 5 (nearly all). */
export const stepOf = (share) => 1 + STEPS.filter((least) => share >= least).length;

function styleOf(share) {
  if (share === null) return { hatch: colour("too-few"), fillOpacity: 0.5 };
  return { fill: colour(`density-${stepOf(share)}`), fillOpacity: 0.72 };
}

/** Colour the areas of the tier that is listed, and say in the legend what the colours mean. */
export function shade(app, answer, measure) {
  const styles = new Map(answer.rows.map((area) => [area.id, styleOf(shareOf(answer, area, measure))]));
  app.layers.shade(answer.tier, styles);
  const words = [t("under 50%"), "50–70%", "70–85%", "85–95%", t("95% and more")];
  const rows = words.map((label, i) => ({ label, kind: "fill", style: { fill: colour(`density-${i + 1}`), fillOpacity: 0.72, stroke: colour("line-control"), width: 0.5 } }));
  if (answer.rows.some((area) => shareOf(answer, area, measure) === null)) {
    rows.push({ label: t("not known, or too few to say"), kind: "fill", style: { hatch: colour("too-few"), stroke: colour("line-control"), width: 0.5 } });
  }
  app.legend.add("coverage", measureWords(answer, measure), rows);
}

/** Places of residents that a file named, by the first ring that reaches them; → what takes them off the map. */
export function drawSpots(app, answer) {
  if (!answer.spots.length) return null;
  const features = answer.spots.map(({ lon, lat, ...properties }) => ({ type: "Feature", geometry: { type: "Point", coordinates: [lon, lat] }, properties }));
  const tint = ({ minutes }) => (minutes === null ? colour("uncovered") : colour(`density-${5 - answer.minutes.indexOf(minutes)}`));
  // from afar smaller, so that neighbours do not cover one another
  const near = () => Math.min(1, Math.max(0.3, 2 ** ((app.map.view().zoom - DOTS_WHOLE) / 2)));
  const size = ({ residents }) => 3 + Math.min(6, Math.sqrt(Number(residents) || 1) / 12);
  const styled = (by) => ({ properties }) => ({ fill: tint(properties), fillOpacity: 0.85, stroke: colour("paper"), width: 0.6 * by, radius: size(properties) * by });
  const words = [...answer.minutes.map((minutes) => ({ minutes, label: t("%(minutes)s minutes", { minutes }) })), { minutes: null, label: t("Residents who are not reached") }];
  app.legend.add("spots", t("Where residents live"), words.map(({ minutes, label }) => ({ label, kind: "fill", style: { fill: tint({ minutes }), fillOpacity: 0.85 } })));
  let by = near();
  const dots = app.map.addShapes({ type: "FeatureCollection", features }, styled(by));
  const off = app.map.on("moved", () => {
    if (near() !== by) dots.style(styled(by = near()));
  });
  return { remove() { off(); dots.remove(); } };
}

export function unshade(app) {
  app.legend.remove("spots");
  app.layers.shade("", null);
  app.legend.remove("coverage");
}

function measureWords(answer, measure) {
  const level = answer.levels.find(({ code }) => code === measure);
  if (level) return t("%(level)s: %(kinds)s", { level: level.name, kinds: level.kinds.join(" / ") });
  return answer.residents === "counted"
    ? t("Residents who walk to a site in %(minutes)s minutes", { minutes: measure })
    : t("Grids from which one walks to a site in %(minutes)s minutes", { minutes: measure });
}

function headline(answer, measure) {
  const share = shareOf(answer, answer.area, measure);
  const level = answer.levels.find(({ code }) => code === measure);
  const minutes = level ? level.minutes : measure;
  if (!answer.sites.count && answer.sites.hours_unknown) return t("Of no site is it known that it is open by then.");
  if (!answer.sites.count) return answer.sites.closed ? t("No site is open by then.") : t("There are no sites in this place yet.");
  if (level && !level.sites) return t("No site counts for the %(level)s yet: %(kinds)s.", { level: level.name, kinds: level.kinds.join(" / ") });
  if (share === null) return t("How many people live here is not known.");
  if (answer.residents !== "counted") return t("From %(share)s of grids one walks to a site in %(minutes)s minutes", { share: percent(share), minutes });
  return level
    ? t("%(share)s of residents have a site of the %(level)s within %(minutes)s minutes", { share: percent(share), level: level.name, minutes })
    : t("%(share)s of residents walk to a site in %(minutes)s minutes", { share: percent(share), minutes });
}

const placeName = (answer) => (answer.area.id ? nameOf(answer.area) : t("The whole place"));

function underline(answer) {
  const { area } = answer;
  const parts = [placeName(answer), tn("%(count)s site", "%(count)s sites", answer.sites.count)];
  if (answer.residents === "counted") parts.push(t("%(count)s residents", { count: number(area.residents) }));
  else parts.push(tn("%(count)s grid", "%(count)s grids", area.grids));
  if (area.households !== null) parts.push(tn("%(count)s household", "%(count)s households", area.households));
  return parts.map((part, i) => [i ? " · " : null, h("span", { class: i ? "whole" : null }, part)]); // a figure keeps its unit on its line
}

function notices(answer) {
  const said = [];
  if (answer.residents === "hidden") said.push(["sub", t("Residents are shown to those who are signed in and may read them.")]);
  if (answer.residents === "unknown") said.push(["near", t("How many people live here is not known: no figures were entered. Unknown is not nobody.")]);
  if (answer.sites.off_streets) said.push(["near", tn("One site has no street within 500 m and reaches nobody.", "%(count)s sites have no street within 500 m and reach nobody.", answer.sites.off_streets)]);
  if (answer.sites.on_islands) said.push(["near", tn("One site stands on a little piece of street that does not hang together with the rest.", "%(count)s sites stand on little pieces of street that do not hang together with the rest.", answer.sites.on_islands)]);
  if (answer.area.unknown) said.push(["sub", tn("One grid has no number of residents and is left out.", "%(count)s grids have no number of residents and are left out.", answer.area.unknown)]);
  if (answer.area.households_unknown) said.push(["sub", unhousedWords(answer.area.households_unknown)]);
  return said.map(([kind, words]) => h("p", { class: kind }, words));
}

const changedWords = (when) => t("Areas or residents changed after %(when)s; the figures are those of then.", { when: dateTime(when) });

function staleness(app, answer, again) {
  if (!answer.stale && !answer.network.stale) return null;
  const words = answer.stale
    ? changedWords(answer.made_at)
    : t("Gates, walls or streets changed after %(when)s; the walks are those of then.", { when: dateTime(answer.network.made_at) });
  const box = h("div", { class: "near stale" }, h("p", null, words));
  if (answer.stale && app.session.may.includes("population.read")) {
    box.append(button(t("Recompute now"), async (event) => {
      event.target.disabled = true;
      const id = uuid();
      const [job, , error] = await request("POST", "/api/coverage/renewals", { key: id, body: { id } });
      if (error) { app.panel.problem(error); event.target.disabled = false; return; }
      box.replaceChildren(follow(job.id, { first: job, onEnd: again }).node);
    }));
  }
  return box;
}

function measures(answer, measure, choose) {
  const rings = answer.minutes.map((minutes) => ({ value: String(minutes), label: t("%(minutes)s minutes", { minutes }) }));
  const levels = answer.levels.map(({ code, name }) => ({ value: code, label: name }));
  return [
    chips(rings, measure, choose, t("Any site within")),
    h("p", { class: "sub" }, t("By standard, level by level (none includes another):")),
    chips(levels, measure, choose, t("Levels of the standard")),
  ];
}

// Figures of one row, ring by ring, with the rings they belong to.
const ringRow = (label, minutes, figures) => row([label, " ", h("small", { class: "sub whole" }, t("%(minutes)s minutes", { minutes: minutes.join(" · ") }))], h("span", { class: "whole" }, figures.join(" · ")));

function householdRow(minutes, { share, households, households_within: within }) {
  if (!share) return null;
  return households === null ? row(t("Households"), t("not known")) : ringRow(t("Households"), minutes, within.map((count) => number(count)));
}

function rings(answer) {
  const { area } = answer;
  const shares = area.share || area.grids_share;
  const counts = area.within || area.grids_within;
  const bars = h("div", { class: "bars" }, answer.minutes.map((minutes, i) => [
    h("span", null, t("%(minutes)s minutes", { minutes })), h("i", { style: { "--w": `${Math.round(1000 * (shares[i] ?? 0)) / 10}%` } }), h("b", null, `${percent(shares[i])} · ${number(counts[i])}`),
  ]));
  const old = area.old_share ? ringRow(t("60 and older"), answer.minutes, area.old_share.map((share) => percent(share))) : null;
  return section(area.share ? t("Residents within reach of any site") : t("Grids within reach of any site"), bars, householdRow(answer.minutes, area), old);
}

const HOURS = ["any", "then", "wed-19:00", "sat-10:00", "sun-15:00"];
const DAYS = { mon: t("Monday"), tue: t("Tuesday"), wed: t("Wednesday"), thu: t("Thursday"), fri: t("Friday"), sat: t("Saturday"), sun: t("Sunday") };

/** "Any hour", "Open at the moment", "Saturday 10:00". */
function hourWords(hours) {
  if (hours === "any") return t("Any hour");
  if (hours === "then") return t("Open at the moment");
  const [day, clock] = hours.split("-");
  return t("%(day)s %(time)s", { day: DAYS[day], time: clock });
}

function hourChips(answer, choose) {
  const options = [...new Set([...HOURS, answer.hours])].map((value) => ({ value, label: hourWords(value) }));
  const { closed, hours_unknown: unknown } = answer.sites;
  return section(t("When sites are open"), chips(options, answer.hours, choose, t("When sites are open")),
    answer.hours === "any" || closed || unknown ? null : h("p", { class: "sub" }, t("Every site is open by then.")), leftOut(answer.sites));
}

// How many sites do not count, and why.
const leftOut = ({ closed, hours_unknown: unknown }) => [
  closed ? h("p", { class: "sub" }, tn("One site is closed by then and does not count.", "%(count)s sites are closed by then and do not count.", closed)) : null,
  unknown ? h("p", { class: "near" }, tn("Of one site nobody has told the opening hours; it does not count.", "Of %(count)s sites nobody has told the opening hours; they do not count.", unknown)) : null,
];

function table(app, answer, measure, { onArea }) {
  if (!answer.rows.length) return null;
  const counted = answer.rows.some(({ share }) => share);
  const housed = answer.rows.some(({ households }) => households !== null);
  const lit = (ids) => () => app.layers.highlight(ids.length ? answer.tier : "", ids);
  const sorted = [...answer.rows].sort((a, b) => (shareOf(answer, a, measure) ?? 2) - (shareOf(answer, b, measure) ?? 2));
  const line = (area) => {
    const share = shareOf(answer, area, measure);
    const name = button(nameOf(area), () => onArea(area), { kind: "link" });
    return h("tr", { onmouseenter: lit([area.id]), onmouseleave: lit([]) }, h("th", { scope: "row" }, name),
      h("td", null, share === null ? "–" : percent(share)), h("td", null, number(counted ? area.residents : area.grids)),
      housed ? h("td", null, number(area.households)) : null);
  };
  const heads = [answer.tiers.find(({ code }) => code === answer.tier)?.name || "", t("reached"), counted ? t("residents") : t("grids"), ...(housed ? [t("households")] : [])];
  return h("table", { class: "shares" }, h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", null, sorted.slice(0, 300).map(line)));
}

function gaps(app, answer) {
  if (answer.residents !== "counted" && !answer.gap_count) return null;
  const minutes = answer.minutes.at(-1);
  if (!answer.gap_count) return section(t("Not reached"), empty(t("Everybody who is known of walks here in %(minutes)s minutes.", { minutes })));
  const lit = (ids) => () => app.layers.highlight(ids.length ? "compound" : "", ids);
  const line = (gap) => h("div", { class: "row gap", onmouseenter: lit([gap.id]), onmouseleave: lit([]) },
    h("span", null, nameOf(gap), gap.cell ? h("small", null, ` ${gap.lat.toFixed(3)}, ${gap.lon.toFixed(3)}`) : null, gap.whole ? null : [" ", h("small", { class: "whole" }, t("in part"))]),
    h("span", { class: "value" }, h("b", null, t("%(count)s people", { count: number(gap.residents) })),
      gap.households == null ? null : [" · ", h("span", { class: "sub whole" }, tn("%(count)s household", "%(count)s households", gap.households, { count: number(gap.households) }))],
      " · ", h("span", { class: "sub whole" }, gap.minutes === null ? t("no way known") : t("%(minutes)s minutes", { minutes: gap.minutes })), " ",
      button(t("Show"), () => { app.layers.highlight("compound", [gap.id]); app.map.fit(gap.bbox, { maxZoom: 17 }); }, { kind: "link", "aria-label": t("Show on the map: %(where)s", { where: nameOf(gap) }) })));
  const box = h("div", null, answer.gaps.slice(0, GAPS_SHOWN).map(line));
  const rest = answer.gaps.slice(GAPS_SHOWN);
  const more = rest.length ? button(tn("Show one more", "Show %(count)s more", rest.length), () => { box.append(...rest.map(line)); more.remove(); }, { kind: "link" }) : null;
  return section(t("Not reached (most people first)"), box, more);
}

function rests(answer) {
  const gates = answer.gates === "open" ? t("every gate open") : t("gates as known");
  const said = t("On foot · %(pace)s · %(gates)s · network %(version)s", { pace: paceWords(answer.profile), gates, version: answer.network.version });
  return section(t("How this was counted"),
    h("p", { class: "sub" }, said),
    h("p", { class: "sub" }, t("By exact walking distance from each grid to its nearest site; 15 minutes are %(metres)s m.", { metres: number(answer.metres.at(-1)) })),
    h("p", { class: "sub" }, t("Residents as of %(when)s.", { when: dateTime(answer.made_at) }), answer.rounded && answer.residents === "counted" ? [language().startsWith("zh") ? "" : " ", t("Small figures in it are rounded.")] : null));
}

function files(answer, query) {
  const to = (kind) => `/api/coverage/file.${kind}?${new URLSearchParams(query)}`;
  const link = (kind, label) => h("a", { class: "button", href: to(kind), download: "" }, label);
  const paper = answer.area.id ? h("a", { class: "button", href: `/coverage/${answer.area.id}/?${new URLSearchParams({ ...query, area: "", profile: answer.profile.code, gates: answer.gates })}`, target: "_blank", rel: "noopener" }, t("Page to print")) : null;
  return section(t("Take it away"), h("div", { class: "chips" }, link("csv", "CSV"), link("xlsx", "XLSX"), link("gpkg", "GeoPackage"), paper));
}

/** The panel's body. tools: {measure, query, onMeasure, onTier, onArea, onPace, onGates, onHours, again}. */
export function coverageBody(app, answer, tools) {
  const up = answer.chain.at(-2);
  return [
    section(null, h("p", { class: "big" }, headline(answer, tools.measure)), h("p", { class: "sub" }, underline(answer)), notices(answer), staleness(app, answer, tools.again),
      up ? button(t("Up to %(area)s", { area: nameOf(up) }), () => tools.onArea(up), { kind: "link" }) : null),
    section(t("What is shown"), measures(answer, tools.measure, tools.onMeasure)),
    rings(answer),
    gaps(app, answer),
    answer.tiers.length ? section(t("Area by area (least reached first)"),
      chips(answer.tiers.map(({ code, name }) => ({ value: code, label: name })), answer.tier, tools.onTier, t("Tier")), table(app, answer, tools.measure, tools)) : null,
    section(t("Who walks"), chips(answer.profiles.map((profile) => ({ value: profile.code, label: profile.name })), answer.profile.code, tools.onPace, t("Who walks")), gateChips(answer.gates, tools.onGates)),
    hourChips(answer, tools.onHours),
    rests(answer),
    files(answer, tools.query),
  ];
}

/** What a site at this spot would change: a section for the panel of a place. */
export function whatIfBody(found) {
  if (!found) return null;
  if (!found.on_streets) return section(t("What if a site stood here"), h("p", { class: "near" }, t("No known street is within 500 m of this place.")));
  const people = found.residents;
  const rests = [found.hours === "any" ? null : row(t("When sites are open"), hourWords(found.hours)), leftOut(found.sites), found.stale ? h("p", { class: "near" }, changedWords(found.made_at)) : null];
  const shares = ({ before, after }, i) => (after?.[i] == null ? null : h("span", { class: "sub" }, ` · ${percent(before[i], 1)} → ${percent(after[i], 1)}`));
  if (!people) {
    const lines = found.minutes.map((some, i) => {
      const change = found.grids.gained[i];
      return row(t("within %(minutes)s minutes", { minutes: some }), [
        h("b", null, tn("%(sign)sone grid", "%(sign)s%(count)s grids", Math.abs(change), { sign: change < 0 ? "−" : "+" })), shares(found.grids, i)]);
    });
    return section(t("What if a site stood here"), lines, rests);
  }
  const signed = (change) => (typeof change === "string" ? change : `${change < 0 ? "−" : "+"}${number(Math.abs(change))}`);
  const where = found.area ? nameOf(found.area) : t("The whole place");
  return section(t("What if a site stood here"),
    found.minutes.map((some, i) => row(t("within %(minutes)s minutes", { minutes: some }), [
      h("b", null, t("%(count)s people", { count: signed(people.gained[i]) })),
      found.households ? h("span", { class: "sub" }, " · ", tn("%(count)s household", "%(count)s households", found.households.gained[i], { count: signed(found.households.gained[i]) })) : null,
      shares(people, i),
    ])),
    h("p", { class: "sub" }, t("Residents of %(area)s who would newly walk to a site in time.", { area: where })),
    found.areas.map((area) => row(nameOf(area), t("%(count)s people", { count: signed(area.gained) }))), rests);
}
