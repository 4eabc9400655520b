// Counted circles that would cover one another are moved apart, a little: every number can be read and pressed.
const GAP = 2;
const FARTHEST = 16;
const ROUNDS = 12;

/**
 * Move the counted circles among symbols [{x, y, symbol}] (px) until none covers another, or each is `farthest` px from
 * its place; everything else stays.
 */
export function apart(symbols, farthest = FARTHEST) {
  const circles = symbols.filter(({ symbol }) => symbol.shape === "cluster").map((item) => ({ item, home: [item.x, item.y], r: item.symbol.size / 2 }));
  // the same answer in whatever order tiles come
  circles.sort((a, b) => a.home[0] - b.home[0] || a.home[1] - b.home[1] || a.r - b.r || (a.item.symbol.count || 0) - (b.item.symbol.count || 0));
  const widest = circles.reduce((most, { r }) => Math.max(most, 2 * r), 0) + GAP + 2 * farthest;
  for (let round = 0, moved = true; round < ROUNDS && moved; round += 1) {
    moved = false;
    for (const [i, one] of circles.entries()) {
      for (let k = i + 1; k < circles.length && circles[k].home[0] - one.home[0] < widest; k += 1) moved = push(one, circles[k], farthest) || moved;
    }
  }
  return symbols;
}

function push(one, other, farthest) {
  const [dx, dy] = [other.item.x - one.item.x, other.item.y - one.item.y];
  const away = Math.hypot(dx, dy);
  const missing = one.r + other.r + GAP - away;
  if (missing <= 0.1) return false;
  const [ux, uy] = away ? [dx / away, dy / away] : [1, 0];
  for (const [circle, sign] of [[one, -1], [other, 1]]) {
    const to = [circle.item.x + (sign * ux * missing) / 2 - circle.home[0], circle.item.y + (sign * uy * missing) / 2 - circle.home[1]];
    const far = Math.hypot(...to);
    const by = far > farthest ? farthest / far : 1;
    [circle.item.x, circle.item.y] = [circle.home[0] + to[0] * by, circle.home[1] + to[1] * by];
  }
  return true;
}
