// Zoom, locate, layers and full screen, bottom right; big enough for a thumb on a phone.
import { h, icon, metres, t } from "../gis/dom.js";
import { layerSwitch } from "./legend.js";
import { togglePopover } from "./popover.js";

const ICONS = {
  print: "M7 9V3h10v6M7 17H4v-7h16v7h-3M7 14h10v7H7z", help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.1-1.5 2.4M12 17.5v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  in: "M12 5v14M5 12h14", out: "M5 12h14", full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  locate: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3", layers: "M12 3l9 5-9 5-9-5zM3 12.5l9 5 9-5M3 17l9 5 9-5",
};

function control(id, label, path, onclick, attributes = {}) {
  return h("button", { type: "button", id: `control-${id}`, "aria-label": label, title: label, onclick, ...attributes }, icon(path));
}

/** Where am I: asks the browser once; resolves to {lonlat, accuracy (m)} or {error: words}. */
export function locate() {
  if (!globalThis.isSecureContext || !navigator.geolocation) {
    return Promise.resolve({ error: t("This browser gives the position only over https or on this machine.") });
  }
  const words = {
    1: t("The browser may not tell the position. Allow it in the address bar, or tap the place on the map."),
    2: t("The position is not known here. Tap the place on the map."),
    3: t("The position took too long. Tap the place on the map."),
  };
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lonlat: [coords.longitude, coords.latitude], accuracy: coords.accuracy }),
      ({ code }) => resolve({ error: words[code] || words[2] }),
      { enableHighAccuracy: true, timeout: 12000, maximumAge: 15000 },
    );
  });
}

/** Fill the box of controls. */
export function makeControls(element, app, sources) {
  let dot = null;
  const here = async () => {
    find.setAttribute("aria-busy", "true");
    const found = await locate();
    find.removeAttribute("aria-busy");
    if (found.error) {
      app.toast(found.error, { tone: "red", seconds: 8 });
      return;
    }
    dot?.remove();
    dot = app.map.addPoint(found.lonlat, { accuracy: found.accuracy });
    app.map.flyTo(found.lonlat, Math.max(app.map.view().zoom, 18));
    app.toast(t("You are here, to within %(distance)s.", { distance: metres(found.accuracy) }));
  };
  const full = () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen());
  const zoomIn = control("in", t("Zoom in"), ICONS.in, () => app.map.zoomIn());
  const zoomOut = control("out", t("Zoom out"), ICONS.out, () => app.map.zoomOut());
  const find = control("locate", t("Where am I"), ICONS.locate, here);
  const layers = control("layers", t("Layers"), ICONS.layers, (event) => {
    togglePopover(event.currentTarget, t("Layers"), () => layerSwitch(app, sources, app.map.view().zoom));
  }, { "aria-haspopup": "dialog", "aria-expanded": "false" });
  const whole = control("full", t("Full screen"), ICONS.full, full, { class: "full", hidden: !document.fullscreenEnabled });
  const print = control("print", t("Print"), ICONS.print, () => app.print(), { class: "seldom" });
  const help = control("help", t("Help and keys"), ICONS.help, () => app.help(), { class: "seldom", "aria-haspopup": "dialog" });
  element.append(help, print, layers, whole, find, h("div", { class: "pair" }, zoomIn, zoomOut));
  const settle = () => {
    const { zoom } = app.map.view();
    zoomIn.disabled = zoom >= 22;
    zoomOut.disabled = zoom <= 3;
  };
  app.map.on("moved", settle);
  settle();
}
