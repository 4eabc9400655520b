// How sites look: county star, community square, station dot; filled when open at the moment shown, hollow when closed,
// hollow with a broken rim and a question mark when nobody told the hours.
import { t } from "../gis/dom.js";

const SHAPES = { star: "star", square: "square", dot: "circle" };
const SIZES = { star: 24, square: 17, circle: 13 };
const NAMED_FROM = { star: 12, square: 15, circle: 17 };
const PRIORITY = { star: 9, square: 8, circle: 6 };

const unknown = (open) => open !== true && open !== false; // a tile leaves out what is not known

/** The symbol of a site: shape by kind, filled when open, broken rim when not known. far = drawn smaller. */
export function siteSymbol({ symbol, open }, ctx, far = false) {
  const shape = SHAPES[symbol] || "circle";
  const accent = ctx.colour("accent");
  return {
    shape, size: SIZES[shape] * (far ? 0.8 : 1), fill: open ? accent : ctx.colour("paper"),
    stroke: accent, width: 2.5, halo: ctx.colour("halo"),
    ...(unknown(open) ? { dash: [3, 2.2], width: 2, text: "?", textColor: ctx.colour("accent-strong"), textSize: Math.max(9, SIZES[shape] * (far ? 0.56 : 0.7)) } : {}),
  };
}

function site(properties, zoom, ctx) {
  const symbol = siteSymbol(properties, ctx, zoom < 14.5);
  if (zoom < 13) Object.assign(symbol, { size: symbol.size * 0.7, text: undefined });
  const label = zoom >= NAMED_FROM[symbol.shape] ? {
    text: ctx.name(properties), at: "point", size: symbol.shape === "circle" ? 12 : 13,
    weight: symbol.shape === "circle" ? 400 : 600, color: ctx.colour("accent-strong"),
    priority: PRIORITY[symbol.shape], offset: symbol.size / 2 + 2,
  } : undefined;
  return { symbol, label, order: PRIORITY[symbol.shape] };
}

export const styles = { sites: site };

export const legend = {
  sites: (ctx) => [
    ["star", true, ctx.moment ? t("County service centre, open at that time") : t("County service centre, open now")],
    ["square", true, ctx.moment ? t("Community service centre, open at that time") : t("Community service centre, open now")],
    ["dot", true, ctx.moment ? t("Compound service station, open at that time") : t("Compound service station, open now")],
    ["dot", false, ctx.moment ? t("hollow: closed at that time") : t("hollow: closed now")],
    ["dot", null, t("question mark: hours not known")],
  ].map(([symbol, open, label]) => ({
    label, kind: "point", style: { symbol: siteSymbol({ symbol, open }, ctx, true) }, when: (site) => (open === null ? unknown(site.open) : open ? site.open && site.symbol === symbol : site.open === false),
  })),
};

const state = (open, past) => (unknown(open) ? t("hours not known") : past ? (open ? t("open at that time") : t("closed at that time")) : open ? t("open now") : t("closed now"));

/** "08:30–12:00 14:30–18:00" of a tile in words; "" is a day without hours, nothing one of which nobody knows. */
function hoursOf({ open, today }, past) {
  if (today === undefined) return "";
  if (!today) return past ? t("closed that day") : t("closed today");
  return today === "00:00–24:00" ? t("all day") : today.replaceAll(" ", t(", "));
}

export const tips = {
  sites: (site, ctx) => [ctx.name(site), state(site.open, ctx.moment), hoursOf(site, ctx.moment)].filter(Boolean).join(" · "),
};
