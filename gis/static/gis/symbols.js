// The shapes of points, the same on the map and in the legend. Shape and word carry the meaning, never colour alone.

function polygon(context, corners) {
  context.beginPath();
  corners.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.closePath();
}

function around(count, radius, turn = -Math.PI / 2) {
  return Array.from({ length: count }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / count;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

const outlines = {
  circle(context, r) { context.beginPath(); context.arc(0, 0, r, 0, 2 * Math.PI); },
  ring(context, r) { outlines.circle(context, r); },
  square(context, r) { context.beginPath(); context.roundRect(-r, -r, 2 * r, 2 * r, r * 0.3); },
  diamond(context, r) { polygon(context, [[0, -r], [r, 0], [0, r], [-r, 0]]); },
  triangle(context, r) { polygon(context, [[0, -r], [r * 0.95, r * 0.75], [-r * 0.95, r * 0.75]]); },
  hexagon(context, r) { polygon(context, around(6, r, 0)); },
  star(context, r) {
    const [outer, inner] = [around(5, r * 1.15), around(5, r * 0.52, -Math.PI / 2 + Math.PI / 5)];
    polygon(context, outer.flatMap((corner, i) => [corner, inner[i]]));
  },
  pin(context, r) {
    context.beginPath();
    context.arc(0, -1.75 * r, r, Math.PI * 0.84, Math.PI * 0.16);
    context.quadraticCurveTo(r * 0.62, -0.72 * r, 0, 0);
    context.quadraticCurveTo(-r * 0.62, -0.72 * r, -r * Math.cos(Math.PI * 0.16), -1.75 * r + r * Math.sin(Math.PI * 0.16));
    context.closePath();
  },
};

/** Where the middle of a symbol lies above its point, in px (only pins stand on their tip). */
export function lift(symbol) {
  return symbol.shape === "pin" ? 0.875 * symbol.size : 0;
}

/** Shorten a count to fit a circle: 1,234 → 1.2k; up to 999 as it is. */
export function short(count) {
  if (count < 1000) return String(count);
  if (count < 10000) return `${(Math.floor(count / 100) / 10).toFixed(1)}k`;
  return `${Math.floor(count / 1000)}k`;
}

function cluster(context, symbol, r, font) {
  const width = symbol.width ?? 4;
  outlines.circle(context, r);
  context.fillStyle = symbol.fill;
  context.fill();
  context.lineWidth = width;
  context.strokeStyle = symbol.stroke;
  context.beginPath();
  context.arc(0, 0, r - width / 2, 0, 2 * Math.PI);
  context.stroke();
  if (symbol.share > 0) {
    context.strokeStyle = symbol.alarm;
    context.beginPath();
    context.arc(0, 0, r - width / 2, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(1, symbol.share));
    context.stroke();
  }
  words(context, String(symbol.text ?? short(symbol.count)), 0, symbol.textColor || symbol.stroke, Math.max(11, r * 0.72), font);
}

function words(context, text, y, colour, size, font) {
  context.font = `700 ${Math.round(size)}px ${font}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = colour;
  context.fillText(text, 0, y + size * 0.06);
}

/** Draw a symbol (see STYLES in tiles.js) with its point at (x, y) px. */
export function drawSymbol(context, x, y, symbol, font) {
  const r = symbol.size / 2;
  context.save();
  context.translate(x, y);
  context.globalAlpha = symbol.opacity ?? 1;
  context.lineJoin = "round";
  if (symbol.shape === "cluster") cluster(context, symbol, r, font);
  else {
    (outlines[symbol.shape] || outlines.circle)(context, r);
    if (symbol.halo) {
      context.lineWidth = (symbol.width ?? 0) + 3;
      context.strokeStyle = symbol.halo;
      context.stroke();
    }
    if (symbol.fill && symbol.shape !== "ring") {
      context.fillStyle = symbol.fill;
      context.fill();
    }
    if (symbol.stroke) {
      context.lineWidth = symbol.width ?? 2;
      context.strokeStyle = symbol.stroke;
      context.setLineDash(symbol.dash || []);
      context.stroke();
      context.setLineDash([]);
    }
    if (symbol.text) words(context, symbol.text, symbol.shape === "pin" ? -1.75 * r : 0, symbol.textColor || symbol.stroke, symbol.textSize || r * 1.1, font);
  }
  context.restore();
}
