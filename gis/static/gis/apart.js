// Counted circles that would cover one another are moved apart, a little: every number can be read and pressed.
const GAP = 2;
const AROUND = [[-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, -1], [-1, 1], [1, 1]];

/** So many px around the view circles are asked for: whether one moves depends on the cells beside its own. */
export const BESIDE = 192;

/**
 * Move the counted circles among symbols [{x, y, symbol, feature}] (px) so that none covers another; all else stays.
 *
 * A circle stands for a cell of the map (its feature's id begins with the cell's bits, "13:…"); where it reaches into
 * a cell that has a circle of its own, it draws back into its own. So its place depends on the ground and the zoom
 * alone: not on the view, nor on what has been loaded, for beyond the edge of a tile a circle is always reckoned with.
 * origin: world px of (0, 0); world: px of the whole map's side; tile: px of a tile's side.
 */
export function apart(symbols, origin, world, tile) {
  const circles = symbols.filter(({ symbol }) => symbol.shape === "cluster").map((item) => celled(item, origin, world));
  const taken = new Set(circles.map(({ bits, column, row }) => `${bits}/${column}/${row}`));
  for (const { item, bits, column, row, side } of circles) {
    const here = [origin[0] + item.x - column * side, origin[1] + item.y - row * side]; // px from its cell's corner
    const reach = item.symbol.size / 2 + GAP / 2;
    const across = AROUND.filter((way) => way.every((by, k) => !by || reaches(here[k], by, side, reach))
      && (taken.has(`${bits}/${column + way[0]}/${row + way[1]}`) || leaves([column, row], way, side, tile)));
    item.x += drawnBack(here[0], across.map(([by]) => by), side, reach);
    item.y += drawnBack(here[1], across.map(([, by]) => by), side, reach);
  }
  return symbols;
}

function celled(item, origin, world) {
  const bits = parseInt(item.feature.id, 10);
  const side = world / 2 ** bits;
  return { item, bits, side, column: Math.floor((origin[0] + item.x) / side), row: Math.floor((origin[1] + item.y) / side) };
}

const reaches = (at, by, side, reach) => (by < 0 ? at < reach : at > side - reach);

function leaves(cell, way, side, tile) {
  return way.some((by, k) => by && Math.floor(((cell[k] + 0.5) * side) / tile) !== Math.floor(((cell[k] + by + 0.5) * side) / tile));
}

// How far to go along one axis; a cell that is too small for its circle has it in the middle.
function drawnBack(at, ways, side, reach) {
  const [low, high] = [ways.includes(-1), ways.includes(1)];
  if (!low && !high) return 0;
  if (2 * reach > side) return side / 2 - at;
  return Math.min(Math.max(at, low ? reach : -Infinity), high ? side - reach : Infinity) - at;
}
