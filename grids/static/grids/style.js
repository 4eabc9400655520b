// How the tiers look: county, street and community by ever thinner dark lines with a light halo, compounds 2 px,
// buildings 1 px, units a hairline. Somebody's own areas stand at full strength, the rest a little back.
import { t } from "../gis/dom.js";

// width at zooms 12, 14, 16, 18: a town at one look needs lighter lines than a courtyard.
const TIERS = {
  prefecture: { widths: [3, 3.4, 3.6, 3.6], haloWidth: 4.4, dash: [18, 4, 3, 4, 3, 4], opacity: 0.8, label: { size: 17, weight: 700, priority: 96, until: 10 } },
  county: { widths: [2.2, 2.6, 3, 3], haloWidth: 4, dash: [14, 4, 3, 4], opacity: 0.8, label: { size: 16, weight: 700, priority: 95, until: 12 } },
  street: { widths: [1.6, 2, 2.6, 2.6], haloWidth: 3.4, dash: [10, 5], opacity: 0.75, label: { size: 15, weight: 700, priority: 90, until: 15 } },
  community: { widths: [0.9, 1.3, 1.8, 2], haloWidth: 3.2, dash: [6, 4], opacity: 0.75, label: { size: 13, weight: 600, priority: 80, from: 13, until: 17 } },
  compound: { widths: [0.8, 1, 1.8, 2], haloWidth: 2.6, opacity: 0.8, label: { size: 13, weight: 600, priority: 60, from: 15 } },
  building: { widths: [0.5, 0.5, 0.6, 1], haloWidth: 0, opacity: 0.7, label: { size: 12, weight: 400, priority: 40, from: 18 } },
  unit: { widths: [0.5, 0.5, 0.5, 0.6], haloWidth: 0, opacity: 0.8, label: { size: 11, weight: 400, priority: 30, from: 20 } },
};

function widthAt(widths, zoom) {
  const at = Math.max(0, Math.min(2.9999, (zoom - 12) / 2));
  const low = Math.floor(at);
  return widths[low] + (widths[low + 1] - widths[low]) * (at - low);
}

// Within somebody's own ground, or nobody in particular is asking.
function own(properties, ctx) {
  return !ctx.own.size || ctx.own.has(properties.id) || ctx.own.has(properties.parent) || ctx.ownChain?.has(properties.id);
}

// What a later correction told anew; marked where the past is looked at.
function corrected(properties, ctx) {
  return Boolean(ctx.moment && properties.corrected);
}

function tier(code) {
  const { label, ...line } = TIERS[code];
  const made = new Map();
  return (properties, zoom, ctx) => {
    const near = own(properties, ctx);
    const amended = corrected(properties, ctx);
    const key = `${Math.round(zoom)}/${near}/${amended}`;
    if (!made.has(key)) {
      const width = widthAt(line.widths, zoom);
      made.set(key, {
        ...(amended ? { fill: ctx.colour("past"), fillOpacity: 0.07 } : {}),
        stroke: ctx.colour(amended ? "past" : "grid"), width: amended ? width + 0.8 : width, halo: line.haloWidth ? ctx.colour("grid-halo") : null, haloWidth: width + line.haloWidth,
        dash: amended ? [3, 3] : line.dash, opacity: line.opacity * (near ? 1 : 0.55),
      });
    }
    const shade = ctx.shades?.get(code)?.get(properties.id); // a room colours areas by figures
    const style = shade ? { ...made.get(key), ...shade } : made.get(key);
    if (!label || zoom < (label.from ?? 0) || zoom >= (label.until ?? 99)) return style;
    return {
      ...style,
      label: {
        text: ctx.name(properties), size: label.size, weight: label.weight, priority: label.priority + (near ? 5 : 0), color: ctx.colour("grid-ink"),
        halo: ctx.colour("halo"), haloWidth: 3.5, at: "center", minWidth: code === "unit" ? 14 : 26, opacity: near ? 1 : 0.75,
      },
    };
  };
}

// A post that nobody holds: hatched, so that it is seen without colour too, with a word near by.
function vacancy(properties, zoom, ctx) {
  return {
    hatch: ctx.colour("amber"), fill: ctx.colour("amber"), fillOpacity: 0.25, stroke: ctx.colour("amber-ink"), width: 1.5,
    label: zoom >= 15 ? { text: t("vacant"), size: 12, weight: 600, priority: 62, color: ctx.colour("amber-ink"), halo: ctx.colour("halo"), haloWidth: 3.5, at: "center", minWidth: 20 } : undefined,
  };
}

export const styles = { ...Object.fromEntries(Object.keys(TIERS).map((code) => [code, tier(code)])), vacancies: vacancy };

export const tips = { vacancies: (area, ctx) => t("%(area)s has no chief", { area: ctx.name(area) }) };

const words = {
  prefecture: t("Prefecture"), county: t("County"), street: t("Street or town"), community: t("Community"),
  compound: t("Compound (grid 1)"), building: t("Building (grid 2)"), unit: t("Unit (grid 3)"),
};

const vacant = { vacancies: (ctx) => [{ label: t("Chief's post vacant"), kind: "fill", style: { ...vacancy({}, 10, ctx), label: undefined } }] };

export const legend = Object.assign(vacant, Object.fromEntries(Object.keys(TIERS).map((code) => [code, (ctx) => [{
  label: words[code], kind: code === "compound" || code === "building" || code === "unit" ? "fill" : "line", style: tier(code)({}, 17, { ...ctx, own: new Set() }),
}, {
  label: t("Corrected afterwards"), kind: "fill", when: corrected,
  style: tier(code)({ corrected: true }, 17, { ...ctx, moment: true, own: new Set() }),
}]])));
