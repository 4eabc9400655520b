// Drawing without a pointer: arrows move cross hairs or the corner in hand, Space sets, Enter closes, Delete takes out.
import { cornerAt, nearestCorner, nearestEdge } from "./shaping.js";

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STRIDE = 16;
const REACH_PX = 14;
const EDGE_PX = 70;
const back = ({ lat, lng }) => [lng, lat];

/** Let keys that reach the map work an editor; answers off(). */
export function keys(map, editor) {
  const box = map.getContainer();
  const pointOf = ([lon, lat]) => map.latLngToContainerPoint([lat, lon]);

  const walk = ([dx, dy], fine) => {
    const stride = fine ? 1 : STRIDE;
    if (editor.selected) {
      editor.nudge([dx * stride, dy * stride]);
      editor.view.show(cornerAt(editor.now, editor.selected));
      return;
    }
    if (!editor.cursor) editor.cursor = editor.middle();
    else editor.cursor = back(map.containerPointToLatLng(pointOf(editor.cursor).add([dx * stride, dy * stride])));
    const [point, middle] = [pointOf(editor.cursor), pointOf(editor.middle())];
    const size = map.getSize();
    const right = size.x - 2 * (size.x / 2 - middle.x);
    if (point.x < EDGE_PX || point.y < EDGE_PX || point.x > right - EDGE_PX || point.y > size.y - EDGE_PX) {
      map.panBy(point.subtract(middle), { animate: false });
    }
    editor.view.aim();
    editor.hover(editor.cursor);
  };

  // Space: a corner of the line; else take up the corner under the cross hairs, or make one on the edge there.
  const act = () => {
    if (editor.selected) {
      editor.putDown();
      return;
    }
    editor.cursor ||= editor.middle();
    if (editor.drawing() || editor.aim) {
      editor.press(editor.cursor);
      return;
    }
    const near = (lonlat) => pointOf(lonlat).distanceTo(pointOf(editor.cursor)) <= REACH_PX;
    const corner = nearestCorner(editor.now, editor.cursor);
    const edge = nearestEdge(editor.now, editor.cursor);
    if (corner && near(cornerAt(editor.now, corner.address))) editor.select(corner.address);
    else if (edge && near(edge.lonlat)) {
      editor.insert(edge.address, edge.lonlat);
      editor.select([edge.address[0], edge.address[1], edge.address[2] + 1]);
    } else editor.onTell({ kind: "refused", reason: "nothing" });
  };

  const commands = {
    " ": act,
    Enter: () => (editor.drawing() ? editor.finish() : act()),
    Delete: () => editor.takeOut(),
    Backspace: () => editor.takeOut(),
    "]": () => editor.step(1),
    "[": () => editor.step(-1),
    "+": () => map.zoomIn(),
    "=": () => map.zoomIn(),
    "-": () => map.zoomOut(),
  };
  const listen = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (ARROWS[event.key]) walk(ARROWS[event.key], event.shiftKey);
    else if (commands[event.key]) commands[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  box.addEventListener("keydown", listen);
  return () => box.removeEventListener("keydown", listen);
}
