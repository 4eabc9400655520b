// The seam round the map engine: the only file (with editor.js, which is handed L) that touches the global L.
// Coordinates are (lon, lat) everywhere outside; they are flipped here and nowhere else.
//
// const map = await createMap("map", {lonlat, zoom});
//   map.view()                      → {lonlat: [lon, lat], zoom, bbox: [west, south, east, north]}
//   map.setView(lonlat, zoom)       at once;   map.flyTo(lonlat, zoom) smoothly (at once with reduced motion)
//   map.fit(bbox, {maxZoom})        shows a box, leaving room for the panel
//   map.padding({right, bottom})    what of the map is covered by the panel, px
//   map.on("move"|"moved"|"click"|"hover"|"out"|"resize"|"zooming", fn) → off();
//                                   click, hover: fn({lonlat, point: [x, y] px, touch: bool}); moved: fn(view)
//   map.onClick(fn)                 → off(); the newest listener gets the click alone (rooms use room.click instead)
//   map.addShapes(geojson, {fill, fillOpacity, stroke, width, dash, opacity, under, onclick, tooltip})
//                                   → {set(geojson, style?), style(style), remove(), bbox()}; under: true = below the
//                                   grids' lines; a style may be a function of the GeoJSON feature
//   map.addPin(lonlat, {draggable, onMove, label, tone}) → {move(lonlat), remove(), lonlat()}
//   map.addPoint(lonlat, {radius, accuracy, className})  → {remove()}  (a dot, with a circle of accuracy in metres)
//   map.editor(options)             → Promise of ./editor.js's editor (Geoman), handed L and the Leaflet map
//   map.cursor("crosshair" | "")    map.toScreen(lonlat) → [x, y]    map.toLonLat([x, y]) → lonlat
//   map.zoomIn() zoomOut() invalidate() container
//   map.tileGroup(source)           → {refresh(), remove()}; see page.js
