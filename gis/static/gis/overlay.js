// Everything drawn over all tiles at once: symbols, names, and what is selected or pointed at.
// px here are world px at the map's zoom (x + column, as a float), so nothing depends on the map engine.
import { apart, BESIDE } from "./apart.js";
import { trace } from "./draw.js";
import { TileGroup } from "./group.js";
import { paint, place, Taken } from "./labels.js";
import { drawSymbol, lift } from "./symbols.js";
import { featuresAt, TILE_SIZE } from "./tiles.js";

/** World px of (lon, lat) at a zoom, Web Mercator, 256 px at zoom 0. */
export function toWorld([lon, lat], zoom) {
  const size = 256 * 2 ** zoom;
  const sin = Math.sin((lat * Math.PI) / 180);
  return [size * (lon / 360 + 0.5), size * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI))];
}

/** Tile sources, styles and what is switched on; draws the overlay and answers what lies under a point. */
export class Scene {
  constructor({ styles, ctx, font, onChange, onError }) {
    Object.assign(this, { styles, ctx, font, onChange, onError });
    this.groups = [];
    this.off = new Set();
    this.selected = new Map(); // layer → Set of ids
    this.lit = new Map();
    this.symbols = [];
    this.widths = new Map();
    this.moment = null;
  }

  add(source) {
    const group = new TileGroup(source, this);
    this.groups.push(group);
    return group;
  }

  visible(layer, zoom) {
    return !this.off.has(layer.name) && zoom >= layer.min_zoom && zoom < (layer.max_zoom ?? 22) + 1 && Boolean(this.styles[layer.name]);
  }

  styleOf(name) {
    return this.styles[name];
  }

  changed() {
    this.onChange?.();
  }

  failed(cause) {
    this.onError?.(cause);
  }

  // The tiles to read features from: those of this zoom, and older ones only where those are not there yet.
  * tiles(group, zoom) {
    const z = Math.round(zoom) - 1;
    const now = [];
    const old = [];
    for (const shown of group.screen.values()) {
      if (shown.features) (shown.coords.z === z ? now : old).push(shown);
    }
    yield* now;
    const loaded = new Set(now.map(({ coords }) => `${coords.x}/${coords.y}`));
    for (const shown of old) {
      const by = 2 ** (z - shown.coords.z);
      const middle = `${Math.floor((shown.coords.x + 0.5) * by)}/${Math.floor((shown.coords.y + 0.5) * by)}`;
      if (!loaded.has(middle)) yield shown;
    }
  }

  // scale and offset from shares of a native tile to world px at a zoom
  place(group, shown, zoom) {
    const frame = group.frame(shown.coords);
    const side = TILE_SIZE * 2 ** (zoom - 1 - shown.coords.z);
    const by = side / TILE_SIZE;
    return { scale: frame.scale * by, dx: shown.coords.x * side + frame.dx * by, dy: shown.coords.y * side + frame.dy * by, side };
  }

  measure(text, { size = 12, weight = 400 }) {
    const key = `${weight}/${size}/${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      this.pen ||= document.createElement("canvas").getContext("2d");
      this.pen.font = `${weight} ${size}px ${this.font}`;
      width = this.pen.measureText(text).width;
      this.widths.set(key, width);
    }
    return width;
  }

  /** Draw on a context whose (0, 0) is world px `origin`; view [width, height] px. */
  draw(context, zoom, origin, view) {
    const items = this.collect(zoom, origin, view);
    this.symbols = apart(items.symbols, origin, 256 * 2 ** zoom, TILE_SIZE * 2 ** (zoom - Math.round(zoom)));
    this.drawLit(context, zoom, origin);
    const taken = new Taken();
    for (const { x, y, symbol } of items.symbols) {
      drawSymbol(context, x, y, symbol, this.font);
      const r = symbol.size / 2;
      const middle = y - lift(symbol);
      taken.add([x - r, middle - r, x + r, middle + r]);
    }
    paint(context, place(items.labels, taken, (text, label) => this.measure(text, label)), this.font);
    this.seen = items.seen;
  }

  collect(zoom, origin, view) {
    const symbols = [];
    const labels = new Map();
    const seen = new Map();
    for (const group of this.groups) {
      for (const shown of this.tiles(group, zoom)) {
        const frame = this.place(group, shown, zoom);
        const tile = { ...frame, dx: frame.dx - origin[0], dy: frame.dy - origin[1] };
        for (const layer of group.source.layers) {
          if (!shown.features[layer.name] || !this.visible(layer, zoom)) continue;
          const box = [-tile.dx / tile.scale, -tile.dy / tile.scale, (view[0] - tile.dx) / tile.scale, (view[1] - tile.dy) / tile.scale];
          for (const feature of shown.features[layer.name]) {
            const [left, top, right, bottom] = feature.box;
            const beside = feature.type === 1 ? BESIDE / tile.scale : 0; // part of a symbol is seen, or moves one that is
            if (right < box[0] - beside || left > box[2] + beside || bottom < box[1] - beside || top > box[3] + beside) continue;
            this.gather(feature, layer, zoom, tile, origin, box, { symbols, labels, seen });
          }
        }
      }
    }
    symbols.sort((a, b) => a.order - b.order || a.y - b.y);
    return { symbols, labels: [...labels.values()], seen };
  }

  gather(feature, layer, zoom, tile, origin, box, { symbols, labels, seen }) {
    const answer = this.styles[layer.name](feature.properties, zoom, this.ctx);
    if (!answer) return;
    const answers = Array.isArray(answer) ? answer : [answer];
    if (!seen.has(layer.name)) seen.set(layer.name, new Set());
    const told = seen.get(layer.name);
    const hollow = feature.type === 3 && !answers.some((style) => style.fill || style.hatch);
    const out = feature.type === 1 && (feature.box[2] < box[0] || feature.box[0] > box[2] || feature.box[3] < box[1] || feature.box[1] > box[3]);
    if (told.size < 400 && !out && (!hollow || crosses(feature.parts, box))) told.add(feature.properties);
    for (const style of answers) {
      if (feature.type === 1) {
        const [part] = feature.parts;
        if (part[0] < 0 || part[0] >= 1 || part[1] < 0 || part[1] >= 1) continue; // the neighbour tile draws it
        const [x, y] = [part[0] * tile.scale + tile.dx, part[1] * tile.scale + tile.dy];
        if (style.symbol) symbols.push({ x, y, symbol: style.symbol, feature, order: layer.order * 1000 + (style.order || 0), hit: style.hit });
        if (style.label?.text) this.want(labels, feature, style, { anchor: [x, y], weight: 1 });
      } else if (style.label?.text) {
        if (feature.type === 2) this.wantLine(labels, feature, style, tile);
        else this.wantArea(labels, feature, style, tile, zoom, origin);
      }
    }
  }

  want(labels, feature, { label }, found) {
    const key = `${feature.layer}/${feature.id ?? label.text}/${found.part ?? ""}`;
    const before = labels.get(key);
    if (before && before.weight >= found.weight) {
      if (found.box && before.box) before.box = joined(before.box, found.box);
      return;
    }
    const box = before?.box && found.box ? joined(before.box, found.box) : found.box;
    labels.set(key, { key, text: label.text, label, ...found, box });
  }

  wantLine(labels, feature, style, tile) {
    for (const [i, part] of feature.parts.entries()) {
      const line = Array.from(part, (v, k) => v * tile.scale + (k % 2 ? tile.dy : tile.dx));
      const long = (Math.abs(line.at(-2) - line[0]) + Math.abs(line.at(-1) - line[1]));
      if (long < 30) continue;
      this.want(labels, feature, style, { line, weight: long, part: `${i}:${tile.dx}:${tile.dy}` });
    }
  }

  wantArea(labels, feature, style, tile, zoom, origin) {
    const box = feature.box.map((v, k) => v * tile.scale + (k % 2 ? tile.dy : tile.dx));
    if (style.label.minWidth && box[2] - box[0] < style.label.minWidth) return;
    const { lon, lat } = feature.properties;
    let anchor;
    if (lon !== undefined && lat !== undefined) {
      const [x, y] = toWorld([lon, lat], zoom);
      anchor = [x - origin[0], y - origin[1]];
    } else anchor = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
    this.want(labels, feature, style, { anchor, box, weight: (box[2] - box[0]) * (box[3] - box[1]) });
  }

  // What is selected (3 px) or pointed at (2 px): outlines cut at the tiles, so their seams do not show.
  drawLit(context, zoom, origin) {
    for (const [chosen, width, wash] of [[this.lit, 2, 0.1], [this.selected, 3, 0.08]]) {
      if (![...chosen.values()].some((ids) => ids.size)) continue;
      for (const group of this.groups) {
        for (const shown of this.tiles(group, zoom)) {
          const frame = this.place(group, shown, zoom);
          const tile = { scale: frame.scale, dx: frame.dx - origin[0], dy: frame.dy - origin[1] };
          context.save();
          context.beginPath();
          context.rect(shown.coords.x * frame.side - origin[0], shown.coords.y * frame.side - origin[1], frame.side, frame.side);
          context.clip();
          for (const layer of group.source.layers) {
            const ids = chosen.get(layer.name);
            if (!ids?.size || !this.visible(layer, zoom)) continue;
            for (const feature of shown.features[layer.name] || []) {
              if (ids.has(String(feature.id))) this.outline(context, feature, tile, width, wash);
            }
          }
          context.restore();
        }
      }
    }
  }

  outline(context, feature, tile, width, wash) {
    const colour = this.ctx.colour("accent");
    context.beginPath();
    if (feature.type === 1) {
      const [part] = feature.parts;
      const drawn = this.symbols.find((item) => item.feature === feature) || { x: part[0] * tile.scale + tile.dx, y: part[1] * tile.scale + tile.dy };
      context.arc(drawn.x, drawn.y, 18, 0, 2 * Math.PI);
    } else trace(context, feature, tile);
    if (feature.type !== 2) {
      context.globalAlpha = wash;
      context.fillStyle = colour;
      context.fill();
    }
    context.globalAlpha = 1;
    context.lineJoin = "round";
    context.strokeStyle = this.ctx.colour("halo");
    context.lineWidth = width + 3;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }

  /** Decoded features at world px (x, y); symbols first. overlayOrigin is the origin of the last draw(). */
  hit(x, y, zoom, overlayOrigin, reach = 6) {
    const features = pressed(this.symbols, [x - overlayOrigin[0], y - overlayOrigin[1]], reach);
    const flat = [];
    for (const group of this.groups) {
      for (const shown of this.tiles(group, zoom)) {
        const frame = this.place(group, shown, zoom);
        const [left, top] = [shown.coords.x * frame.side, shown.coords.y * frame.side];
        if (x < left || y < top || x >= left + frame.side || y >= top + frame.side) continue;
        for (const layer of group.source.layers) {
          if (!this.visible(layer, zoom)) continue;
          const pool = (shown.features[layer.name] || []).filter((feature) => feature.type !== 1 && this.touchable(feature, zoom));
          flat.push(...featuresAt(pool, (x - frame.dx) / frame.scale, (y - frame.dy) / frame.scale, () => reach / frame.scale));
        }
      }
    }
    const size = ({ box: [l, t, r, b] }) => (r - l) * (b - t);
    return [...features, ...flat.sort((a, b) => a.type - b.type || size(a) - size(b))];
  }

  touchable(feature, zoom) {
    const answer = this.styles[feature.layer](feature.properties, zoom, this.ctx);
    if (!answer) return false;
    return (Array.isArray(answer) ? answer : [answer]).some((style) => style.hit !== false);
  }
}

/**
 * The features of symbols [{x, y, symbol, feature, hit?}], in drawing order, that a press at (x, y) px means, best
 * first: the one on top that the press is in, whatever lies under it; then what is near, by distance.
 */
export function pressed(symbols, [x, y], reach) {
  const found = [];
  for (const [order, { x: sx, y: sy, symbol, feature, hit }] of symbols.entries()) {
    if (hit === false) continue;
    const away = Math.hypot(x - sx, y - sy + lift(symbol));
    if (away <= Math.max(symbol.size / 2 + 2, reach + 4)) found.push({ inside: away <= symbol.size / 2, away, order, feature });
  }
  found.sort((a, b) => b.inside - a.inside || (a.inside ? b.order - a.order : a.away - b.away));
  return found.map(({ feature }) => feature);
}

// Whether a ring's own line (not where the tile cut it) runs through a box given in shares of the tile.
function crosses(parts, box) {
  const [left, top, right, bottom] = [Math.max(0, box[0]), Math.max(0, box[1]), Math.min(1, box[2]), Math.min(1, box[3])];
  for (const ring of parts) {
    for (let i = 0; i + 3 < ring.length; i += 2) {
      const [ax, ay, bx, by] = [ring[i], ring[i + 1], ring[i + 2], ring[i + 3]];
      if (Math.max(ax, bx) >= left && Math.min(ax, bx) <= right && Math.max(ay, by) >= top && Math.min(ay, by) <= bottom) return true;
    }
  }
  return false;
}

function joined(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
}
