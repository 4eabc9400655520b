// Fills and lines of one tile on a canvas. Points and labels are drawn over all tiles at once: overlay.js.

const POLYGON = 3;
const patterns = new Map();

/** 45° hatching of a colour, 8 px apart, seamless across tiles (their side is a multiple of 8). */
export function hatching(context, colour) {
  if (patterns.has(colour)) return patterns.get(colour);
  const canvas = document.createElement("canvas");
  canvas.width = 16;
  canvas.height = 16;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.lineWidth = 2.4;
  for (const shift of [-16, 0, 16]) {
    pen.moveTo(shift, 16);
    pen.lineTo(shift + 16, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(canvas, "repeat");
  pattern.setTransform(new DOMMatrix([0.5, 0, 0, 0.5, 0, 0]));
  patterns.set(colour, pattern);
  return pattern;
}

/** Add a feature's parts to the current path; frame {scale, dx, dy} takes shares of the tile to px. */
export function trace(context, feature, { scale, dx, dy }) {
  const closed = feature.type === POLYGON;
  for (const part of feature.parts) {
    if (part.length < 4) continue;
    context.moveTo(part[0] * scale + dx, part[1] * scale + dy);
    const last = closed ? part.length - 2 : part.length;
    for (let i = 2; i < last; i += 2) context.lineTo(part[i] * scale + dx, part[i + 1] * scale + dy);
    if (closed) context.closePath();
  }
}

/** The styles of features, one entry for each style a feature has, sorted by order: [{feature, style}]. */
export function styled(features, styleOf, zoom, ctx) {
  const items = [];
  let sorted = true;
  for (const feature of features) {
    const answer = styleOf(feature.properties, zoom, ctx);
    if (!answer) continue;
    for (const style of Array.isArray(answer) ? answer : [answer]) {
      if (style.order) sorted = false;
      items.push({ feature, style });
    }
  }
  return sorted ? items : items.sort((a, b) => (a.style.order || 0) - (b.style.order || 0));
}

// Neighbours in drawing order that share one style object become one path: fewer strokes, no darker joints.
function* runs(items, wanted) {
  let run = [];
  for (const item of items) {
    if (!wanted(item)) continue;
    if (run.length && run[0].style !== item.style) {
      yield run;
      run = [];
    }
    run.push(item);
  }
  if (run.length) yield run;
}

function path(context, run, frame) {
  context.beginPath();
  for (const { feature } of run) trace(context, feature, frame);
}

/** Draw the fills, halos and lines of one layer's styled features. */
export function drawItems(context, items, frame) {
  context.lineJoin = "round";
  for (const run of runs(items, ({ feature, style }) => feature.type === POLYGON && (style.fill || style.hatch))) {
    const [{ style }] = run;
    path(context, run, frame);
    context.globalAlpha = style.fillOpacity ?? 1;
    if (style.fill) {
      context.fillStyle = style.fill;
      context.fill();
    }
    if (style.hatch) {
      context.fillStyle = hatching(context, style.hatch);
      context.fill();
    }
  }
  // A dashed casing is cut square, so that bridges and steps keep their ends; everything else is round.
  for (const [colour, width] of [["halo", "haloWidth"], ["stroke", "width"]]) {
    for (const run of runs(items, ({ feature, style }) => feature.type !== 1 && style[colour] && (style[width] ?? 1) > 0)) {
      const [{ style }] = run;
      path(context, run, frame);
      context.globalAlpha = style.opacity ?? 1;
      context.strokeStyle = style[colour];
      context.lineWidth = style[width] ?? 1;
      context.lineCap = style.cap || (style.dash ? "butt" : "round");
      context.setLineDash(colour === "stroke" && style.dash ? style.dash : []);
      context.stroke();
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

const RULED = 64; // px between the lines beyond: a part of a tile's side, so that they meet from tile to tile

/** Veil what lies beyond some polygons, ruled as paper is: the ground that this place is about stands out of it. */
export function veil(context, features, frame, side, { colour, line }) {
  context.fillStyle = colour;
  context.fillRect(0, 0, side, side);
  context.fillStyle = line;
  for (let at = 0; at < side; at += RULED) {
    context.fillRect(at, 0, 1, side);
    context.fillRect(0, at, side, 1);
  }
  context.globalCompositeOperation = "destination-out";
  context.fillStyle = "#000";
  for (const feature of features) {
    context.beginPath();
    trace(context, feature, frame);
    context.fill("evenodd");
  }
  context.globalCompositeOperation = "source-over";
}
