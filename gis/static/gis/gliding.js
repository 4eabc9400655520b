// The newest move wins, and the page is told when the map begins to move. Leaflet drops a move that is asked for while
// a zoom glides, and lets a zoom that still waits for its first frame undo what came after it. Only leaflet.js calls this.
//
//   const begin = gliding(map);   call begin() before each move that is asked for; map.on("begin") hears of every move

/** Wire a Leaflet map; answers begin(). */
export function gliding(map) {
  let waiting = null; // the place of the zoom that waits for its frame
  const outdated = new WeakSet();
  const expect = (centre) => {
    if (waiting) outdated.add(waiting);
    if (centre) outdated.delete(centre);
    waiting = centre;
  };
  const [ask, animate] = [map._tryAnimatedZoom, map._animateZoom];
  map._tryAnimatedZoom = function tryAnimatedZoom(centre, zoom, options) {
    const busy = map._animatingZoom;
    const taken = ask.call(map, centre, zoom, options);
    if (!busy) expect(taken ? centre : null);
    return taken;
  };
  map._animateZoom = function animateZoom(centre, ...rest) {
    if (outdated.has(centre)) map._moveEnd(true); // its start was told
    else animate.call(map, centre, ...rest);
  };
  map.on("movestart", () => map.fire("begin"));
  return () => {
    map.fire("begin");
    expect(null);
    if (map._animatingZoom) map._onZoomTransitionEnd();
  };
}
