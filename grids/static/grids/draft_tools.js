// The tool bar over the map while somebody draws, and what is said to who cannot see the map.
import { metres, nameOf, number, t } from "../gis/dom.js";

const ICONS = {
  undo: "M9 7L4 12l5 5M4 12h11a5 5 0 0 1 0 10h-2", redo: "M15 7l5 5-5 5M20 12H9a5 5 0 0 0 0 10h2",
  hole: "M4 5h16v14H4zM9 10h6v5H9z", part: "M4 9h7v10H4zM14 5h6v7h-6z", redraw: "M3 18l5-3 4 3 3-10 6-3", trace: "M4 20V6h8v8h8",
};
const coarse = () => globalThis.matchMedia("(pointer: coarse)").matches;

function lineTools({ app, editor, current }) {
  const { line, points, tracing, aim } = current;
  return [
    line && line !== "redraw" ? { id: "finish", label: t("Close the line"), disabled: points < 3, run: () => editor.finish() } : null,
    coarse() ? { id: "put", label: t("Put a corner"), run: () => editor.press(app.map.middle()) } : null,
    { id: "trace", label: t("Follow the neighbour"), icon: ICONS.trace, on: tracing, run: () => editor.trace(!tracing) },
    tracing ? { id: "other", label: t("The other way round"), on: editor.other, run: () => editor.otherWay() } : null,
    aim || line !== "outer" || editor.sketch().polygons.length ? { id: "cancel", label: t("Give up the line"), run: () => editor.cancel() } : null,
  ];
}

function shapeTools({ editor, current: { selected } }) {
  const [part, ring] = selected || [];
  const several = editor.sketch().polygons.length > 1;
  return [
    { id: "redraw", label: t("Redraw a stretch"), icon: ICONS.redraw, run: () => editor.begin("redraw") },
    { id: "hole", label: t("Cut a hole"), icon: ICONS.hole, run: () => editor.begin("hole") },
    { id: "part", label: t("Add a part"), icon: ICONS.part, run: () => editor.begin("part") },
    selected ? { id: "out", label: t("Remove the corner"), run: () => editor.takeOut() } : null,
    selected && (ring > 0 || several) ? { id: "ring", label: ring > 0 ? t("Remove the hole") : t("Remove part %(n)s", { n: number(part + 1) }), run: () => editor.withoutRing() } : null,
  ];
}

/** Show the tools that fit what is being done. */
export function showTools(draft) {
  const { app, editor, current } = draft;
  if (!editor) return;
  const steps = [
    { id: "undo", label: current.undoable > 0 ? t("Undo %(count)s", { count: number(current.undoable) }) : t("Undo"), icon: ICONS.undo, disabled: !editor.canUndo(), run: () => editor.undo() },
    { id: "redo", label: t("Redo"), icon: ICONS.redo, disabled: !editor.canRedo(), run: () => editor.redo() },
  ];
  const tools = (current.line || current.aim ? lineTools(draft) : shapeTools(draft)).filter(Boolean);
  app.tools.show(draft.phone ? [...steps, ...tools] : [...tools, ...steps]); // a narrow bar scrolls: what is needed most comes first
}

/** How to go on, in a sentence. */
export function hintOf({ current: { line, points, aim, selected }, phone }) {
  if (aim === "redraw") return t("Press your own line where the new course begins.");
  if (line === "redraw") return t("Press the corners of the new course; end it on your own line.");
  if (line === "hole" && points < 3) return t("Press the corners of the hole, one after the other.");
  if (line && points < 3) return phone ? t("Press the corners on the map, or move the map and put them under the cross hairs.") : t("Press the corners on the map, one after the other.");
  if (line) return t("Press the first corner again, or Enter, to close the line.");
  if (selected && phone) return t("Drag the corner in hand, or remove it with the tools above.");
  if (selected) return t("Arrows move the corner in hand, Enter puts it down, Delete removes it.");
  return phone ? t("Drag a corner; press a small point to add one; press a corner to choose it.") : t("Drag a corner; press a small point to add one; right-click a corner to remove it.");
}

const REFUSED = {
  short: () => t("A line needs three corners to be closed."),
  outside: () => t("A hole lies wholly inside the shape, and in no other hole."),
  elsewhere: () => t("The new course must end at another corner of the same line."),
  start: () => t("Begin on your own line: press a corner or an edge of it."),
  end: () => t("End the new course on your own line: press a corner or an edge of it."),
  nothing: () => t("There is no corner and no edge under the cross hairs."),
};

function snappedTo(snap) {
  if (!snap) return "";
  const name = nameOf(snap.ref.properties);
  return snap.kind === "corner" ? t("on a corner of “%(name)s”", { name }) : t("on an edge of “%(name)s”", { name });
}

/** What the editor reports, in words; refusals are to be shown too. */
export function wordsFor(told) {
  if (told.kind === "refused") return REFUSED[told.reason]();
  const where = snappedTo(told.snap);
  if (told.kind === "put") return [t("Corner %(n)s", { n: number(told.points) }), told.metres ? metres(told.metres) : "", where].filter(Boolean).join(t(", "));
  if (told.kind === "down") return [t("Put down"), where].filter(Boolean).join(t(", "));
  return t("Corner %(at)s of %(of)s, edges of %(before)s and %(after)s", { at: number(told.at), of: number(told.of), before: metres(told.edges[0]), after: metres(told.edges[1]) });
}
