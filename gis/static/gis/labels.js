// Names on the map: where they fit, so that none covers another. Placing is plain arithmetic on px; painting is last.

const CELL = 64;
const QUIET = 10; // names of the base map: what is near under the same name is the same park or street
const EAST_ASIAN = /[\u2e80-\u9fff\uf900-\ufaff]/;

/** Boxes already taken, in a coarse grid: free(box) and add(box) with box = [left, top, right, bottom]. */
export class Taken {
  constructor() {
    this.cells = new Map();
  }

  * keys([left, top, right, bottom]) {
    for (let i = Math.floor(left / CELL); i <= Math.floor(right / CELL); i += 1) {
      for (let j = Math.floor(top / CELL); j <= Math.floor(bottom / CELL); j += 1) yield `${i}/${j}`;
    }
  }

  free(box) {
    for (const key of this.keys(box)) {
      for (const other of this.cells.get(key) || []) {
        if (box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]) return false;
      }
    }
    return true;
  }

  add(box) {
    for (const key of this.keys(box)) {
      if (!this.cells.has(key)) this.cells.set(key, []);
      this.cells.get(key).push(box);
    }
  }
}

/** Boxes a label may have round an anchor, best first: [{x, y (of its middle), box}]. */
export function spots(at, [x, y], width, height, { offset = 0, box = null } = {}) {
  const spot = (cx, cy) => ({ x: cx, y: cy, box: [cx - width / 2 - 2, cy - height / 2 - 1, cx + width / 2 + 2, cy + height / 2 + 1] });
  if (at === "point") {
    const away = offset + 3;
    return [
      spot(x, y - away - height / 2), spot(x + away + width / 2, y), spot(x, y + away + height / 2), spot(x - away - width / 2, y),
    ];
  }
  if (at === "top" && box) {
    const middle = (box[0] + box[2]) / 2;
    return [spot(middle, box[1] + height / 2 + 4), spot(x, y), spot(middle, box[3] - height / 2 - 4)];
  }
  return [0, -1, 1, -2, 2, -2.6, 2.6].map((step) => spot(x, y + step * height)); // above or below what stands in the middle
}

function along(line, lengths, distance) {
  let i = 1;
  while (i < lengths.length - 1 && lengths[i] < distance) i += 1;
  const share = (distance - lengths[i - 1]) / (lengths[i] - lengths[i - 1] || 1);
  const [ax, ay, bx, by] = [line[2 * i - 2], line[2 * i - 1], line[2 * i], line[2 * i + 1]];
  return { x: ax + share * (bx - ax), y: ay + share * (by - ay), angle: Math.atan2(by - ay, bx - ax) };
}

function reversed(line) {
  const back = [];
  for (let i = line.length - 2; i >= 0; i -= 2) back.push(line[i], line[i + 1]);
  return back;
}

/**
 * Glyphs of a name along a line [x0, y0, …] px, or null where it does not fit or bends too much.
 * East Asian names on steep lines stand upright, one glyph below the other, as on a Chinese map.
 */
export function glyphsAlong(text, line, size, measure) {
  const [dx, dy] = [line.at(-2) - line[0], line.at(-1) - line[1]];
  const steep = EAST_ASIAN.test(text) && Math.abs(dy) > 1.4 * Math.abs(dx);
  const path = (steep ? dy < 0 : dx < 0) ? reversed(line) : line;
  const lengths = [0];
  for (let i = 2; i < path.length; i += 2) {
    lengths.push(lengths.at(-1) + Math.hypot(path[i] - path[i - 2], path[i + 1] - path[i - 1]));
  }
  const letters = [...text];
  const widths = letters.map((letter) => (steep ? size : measure(letter)) + (EAST_ASIAN.test(letter) ? 2 : 0));
  const wide = widths.reduce((sum, width) => sum + width, 0);
  if (lengths.at(-1) < wide + size) return null;
  let at = (lengths.at(-1) - wide) / 2;
  let before = null;
  const glyphs = [];
  for (const [i, letter] of letters.entries()) {
    const point = along(path, lengths, at + widths[i] / 2);
    at += widths[i];
    if (before !== null && Math.abs(Math.atan2(Math.sin(point.angle - before), Math.cos(point.angle - before))) > 0.5) return null;
    before = point.angle;
    const half = Math.max(widths[i], size) / 2 + 1;
    glyphs.push({ ...point, letter, angle: steep ? 0 : point.angle, box: [point.x - half, point.y - half, point.x + half, point.y + half] });
  }
  return glyphs;
}

/** Break a long name into two lines near its middle: at a space or bracket, or before an East Asian sign. */
export function lines(text, limit = EAST_ASIAN.test(text) ? 8 : 18) {
  if (text.length <= limit) return [text];
  const far = (cut) => Math.abs(cut - text.length / 2);
  const breaks = [...text.matchAll(/[\s·（(]|[\u2e80-\u9fff\uf900-\ufaff]/g)].map((found) => found.index);
  const [cut] = breaks.filter((index) => index >= 2 && index <= text.length - 2).sort((a, b) => far(a) - far(b));
  return cut ? [text.slice(0, cut).trim(), text.slice(cut).trim()] : [text];
}

/**
 * Place labels [{key, text, label, anchor: [x, y] | line, box?, layer}] by priority; no two overlap, and names of
 * streets and of the base map are not repeated within `apart` px. measure(text, label) → px. Answers the placed ones, with glyphs or spot.
 */
export function place(wanted, taken, measure, apart = 260) {
  const seen = new Map();
  const placed = [];
  const queue = [...wanted].sort((a, b) => (b.label.priority || 0) - (a.label.priority || 0) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  for (const item of queue) {
    const size = item.label.size || 12;
    let found = null;
    if (item.line) {
      const glyphs = glyphsAlong(item.text, item.line, size, (letter) => measure(letter, item.label));
      if (glyphs && glyphs.every((glyph) => taken.free(glyph.box))) {
        const middle = glyphs[glyphs.length >> 1];
        found = { glyphs, x: middle.x, y: middle.y, boxes: glyphs.map((glyph) => glyph.box) };
      }
    } else {
      const words = lines(item.text);
      const width = Math.max(...words.map((part) => measure(part, item.label)));
      const options = spots(item.label.at || "center", item.anchor, width, size * 1.25 * words.length, { offset: item.label.offset, box: item.box });
      const spot = options.find(({ box }) => taken.free(box));
      if (spot) found = { ...spot, lines: words, boxes: [spot.box] };
    }
    if (!found) continue;
    const repeats = seen.get(item.text) || [];
    const quiet = item.line || (item.label.priority || 0) < QUIET;
    if (quiet && repeats.some(([x, y]) => Math.hypot(x - found.x, y - found.y) < apart)) continue;
    seen.set(item.text, [...repeats, [found.x, found.y]]);
    found.boxes.forEach((box) => taken.add(box));
    placed.push({ ...item, ...found });
  }
  return placed;
}

/** Paint placed labels: all halos first, then all words, so that no halo eats a neighbour. */
export function paint(context, placed, font) {
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.lineJoin = "round";
  for (const pass of ["halo", "color"]) {
    for (const { label, glyphs, lines: words, x, y } of placed) {
      const size = label.size || 12;
      context.font = `${label.weight || 400} ${size}px ${font}`;
      context.globalAlpha = label.opacity ?? 1;
      context.strokeStyle = label.halo || "#fff";
      context.fillStyle = label.color || "#000";
      context.lineWidth = label.haloWidth ?? 3;
      const write = (text, px, py) => (pass === "halo" ? context.strokeText(text, px, py) : context.fillText(text, px, py));
      if (glyphs) {
        for (const glyph of glyphs) {
          context.save();
          context.translate(glyph.x, glyph.y);
          context.rotate(glyph.angle);
          write(glyph.letter, 0, 0);
          context.restore();
        }
      } else {
        words.forEach((text, i) => write(text, x, y + (i - (words.length - 1) / 2) * size * 1.25));
      }
    }
  }
  context.globalAlpha = 1;
}
