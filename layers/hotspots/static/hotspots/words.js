// What an analysis says in words: the headline, how it came about, what is missing.
import { date, number, t, tn } from "../gis/dom.js";

/** What a class means. */
export function className(name) {
  return {
    "hot-99": t("Hot, 99% sure"), "hot-95": t("Hot, 95% sure"), "hot-90": t("Hot, 90% sure"), none: t("Nothing special"),
    "cold-90": t("Cold, 90% sure"), "cold-95": t("Cold, 95% sure"), "cold-99": t("Cold, 99% sure"),
    "too-few": t("Too few to say"), unknown: t("Residents unknown"),
  }[name];
}

/** A p-value as people read it. */
export function chance(p) {
  if (p === null) return "–";
  return p < 0.0001 ? t("under 0.0001") : number(p, 4);
}

/** The sentence on top. */
export function headline({ spots, tickets }) {
  if (!tickets) return t("No tickets in this period");
  if (!spots) return t("Nowhere more tickets than chance explains");
  return tn("%(count)s spot with more tickets than chance explains", "%(count)s spots with more tickets than chance explains", spots);
}

/** How many cells passed, before and after the correction, and the cut-off. */
export function correction({ before, after, cutoffs }) {
  if (!before) return t("No cell stands out even at p < 0.05.");
  const cutoff = cutoffs["0.05"];
  const values = { before: number(before), after: number(after), cutoff: cutoff === null ? "" : String(Number(cutoff.toPrecision(2))) };
  if (cutoff === null) return t("%(before)s cells stand out at p < 0.05; none is left after the correction for many tests (FDR 5%).", values);
  return t("%(before)s cells stand out at p < 0.05; %(after)s are left after the correction for many tests (FDR 5%, p ≤ %(cutoff)s).", values);
}

/** What was counted, and what was not. */
export function counted({ tickets, compared_tickets: taken, outside, compared, unknown }) {
  return [
    t("%(tickets)s tickets in %(cells)s cells.", { tickets: number(taken), cells: number(compared) }),
    tickets > taken ? [" ", t("%(count)s more lie where nobody knows how many live, and took no part.", { count: number(tickets - taken) })] : null,
    unknown ? [" ", tn("%(count)s cell took no part: nobody is recorded as living there, or nobody knows.", "%(count)s cells took no part: nobody is recorded as living there, or nobody knows.", unknown)] : null,
    outside ? [" ", t("%(count)s more lie in no cell and are not counted.", { count: number(outside) })] : null,
  ];
}

/** Where the p-values come from. */
export function source({ p_values: kind, mean }, { per, seed }) {
  const values = { mean: number(mean, 2) };
  return {
    skewed: t("Gi*; p-values from mean, spread and skewness of the sums when all cells change places (%(mean)s tickets a cell on average).", values),
    normal: t("Gi* with p-values from the normal approximation, as asked (%(mean)s tickets a cell on average); it finds too much where counts are small.", values),
    uneven: t("Gi*; with %(mean)s tickets a cell on average and single places that hold very many, p-values come from the negative binomial law: cells differ by nature, more than pure chance allows.", values),
    permutation: t("Gi*; p-values from permutation: the exact distribution when all cells change places (%(mean)s tickets a cell on average).", values),
    drawn: t("Gi*; p-values from permutation: up to a million draws in which cells change places (seed %(seed)s; %(mean)s tickets a cell on average).", { ...values, seed }),
    poisson: per === "residents"
      ? t("Each neighbourhood is held against what its residents would lead one to expect; p-values by Poisson's law.")
      : t("Gi*; p-values by Poisson's law (%(mean)s tickets a cell on average).", values),
  }[kind];
}

/** Who counts as a neighbour. */
export function neighbours({ neighbours: kind, nearest, within }) {
  return {
    touching: t("Neighbours: cells that touch."),
    nearest: t("Neighbours: the %(count)s nearest.", { count: number(nearest) }),
    within: t("Neighbours: within %(distance)s m.", { distance: number(within) }),
    walking: t("Neighbours: within %(distance)s m along the streets.", { distance: number(within) }),
  }[kind];
}

/** From when until when. */
export function period({ since, until }) {
  const noon = (day) => date(`${day}T12:00:00Z`); // the same day in nearly every zone
  if (since && until) return t("%(since)s to %(until)s", { since: noon(since), until: noon(until) });
  if (since) return t("since %(since)s", { since: noon(since) });
  return until ? t("until %(until)s", { until: noon(until) }) : t("the whole time");
}
