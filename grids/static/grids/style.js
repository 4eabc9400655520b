// How the tiers look: county, street and community by ever thinner dark lines with a light halo, compounds 2 px,
// buildings 1 px, units a hairline. Somebody's own areas stand at full strength, the rest a little back.
import { t } from "../gis/dom.js";

const TIERS = {
  county: { width: 3.2, haloWidth: 7, dash: [14, 4, 3, 4], opacity: 0.85, label: null },
  street: { width: 2.6, haloWidth: 6, dash: [10, 5], opacity: 0.8, label: { size: 15, weight: 700, priority: 90, until: 15 } },
  community: { width: 1.8, haloWidth: 5, dash: [6, 4], opacity: 0.8, label: { size: 13, weight: 600, priority: 80, until: 17 } },
  compound: { width: 2, haloWidth: 5, opacity: 0.9, label: { size: 13, weight: 500, priority: 60, from: 15 } },
  building: { width: 1, haloWidth: 0, opacity: 0.9, label: { size: 12, weight: 400, priority: 40, from: 18 } },
  unit: { width: 0.6, haloWidth: 0, opacity: 0.9, label: { size: 11, weight: 400, priority: 30, from: 20 } },
};

// Within somebody's own ground, or nobody in particular is asking.
function own(properties, ctx) {
  return !ctx.own.size || ctx.own.has(properties.id) || ctx.own.has(properties.parent) || ctx.ownChain?.has(properties.id);
}

function tier(code) {
  const { label, ...line } = TIERS[code];
  const made = new Map();
  return (properties, zoom, ctx) => {
    const far = zoom < 13 && code === "community";
    const near = own(properties, ctx);
    const key = `${Math.round(zoom)}/${near}`;
    if (!made.has(key)) {
      made.set(key, {
        stroke: ctx.colour("grid"), width: far ? 1 : line.width, halo: line.haloWidth ? ctx.colour("grid-halo") : null,
        haloWidth: line.haloWidth, dash: line.dash, opacity: line.opacity * (near ? 1 : 0.55),
      });
    }
    const style = made.get(key);
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

export const styles = Object.fromEntries(Object.keys(TIERS).map((code) => [code, tier(code)]));

const words = {
  county: t("County"), street: t("Street or town"), community: t("Community"),
  compound: t("Compound (grid 1)"), building: t("Building (grid 2)"), unit: t("Unit (grid 3)"),
};

export const legend = Object.fromEntries(Object.keys(TIERS).map((code) => [code, (ctx) => [{
  label: words[code], kind: code === "compound" || code === "building" || code === "unit" ? "fill" : "line", style: tier(code)({}, 12, { ...ctx, own: new Set() }),
}]]));
