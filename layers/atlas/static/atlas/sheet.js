// The map on paper: title, legend, scale, moment, sources and approval number round the map, to print or keep as PDF.
//
// ?print=a4-landscape (or a4-portrait, a3-landscape, a3-portrait) shows the sheet; what it shows stays in the address.
import { button, chips, dateTime, field, h, nameOf, number, put, s, t } from "../gis/dom.js";
import { momentWords } from "./bar.js";

/** Width and height of the printable part, mm (margins of 10 mm). */
export const PAPERS = { "a4-landscape": [277, 190], "a4-portrait": [190, 277], "a3-landscape": [400, 277], "a3-portrait": [277, 400] };
const CSS_MM = 25.4 / 96; // one CSS px on paper
const SHARP = 2; // pixels drawn for each CSS px: 192 dots an inch on paper
const EARTH_M = 40075016.686;

/** Metres on the ground for one CSS px in the middle of the map. */
export function metresPerPixel({ lonlat, zoom }) {
  return (EARTH_M * Math.cos((lonlat[1] * Math.PI) / 180)) / (256 * 2 ** zoom);
}

/** The N of 1 : N on paper, to two digits. */
export function scaleOf(view) {
  const exact = metresPerPixel(view) / (CSS_MM / 1000);
  const step = 10 ** Math.max(0, Math.floor(Math.log10(exact)) - 1);
  return Math.round(exact / step) * step;
}

/** A round length (m) at most so many CSS px long, and how long it is drawn (px). */
export function scaleBar(view, longest = 150) {
  const each = metresPerPixel(view);
  const most = longest * each;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((digit) => digit * power).find((value) => value <= most);
  return { length, width: length / each };
}

function barOf(view) {
  const { length, width } = scaleBar(view);
  const words = length >= 1000 ? t("%(n)s km", { n: number(length / 1000, 1) }) : t("%(n)s m", { n: number(length, 1) });
  return s("svg", { class: "scale-bar", width: width + 60, height: 26, viewBox: `0 0 ${width + 60} 26`, role: "img", "aria-label": t("Scale: the bar is %(length)s long", { length: words }) },
    s("path", { d: `M1 14V20H${width / 2}V14M${width / 2} 20H${width + 1}V14`, fill: "none", stroke: "currentcolor", "stroke-width": 1.5 }),
    s("text", { x: 0, y: 10, "font-size": 11 }, "0"), s("text", { x: width - 4, y: 10, "font-size": 11 }, words));
}

const north = () => s("svg", { class: "north", width: 26, height: 40, viewBox: "0 0 26 40", role: "img", "aria-label": t("North is up") },
  s("path", { d: "M13 14L20 38 13 33 6 38z", fill: "currentcolor" }), s("text", { x: 13, y: 11, "text-anchor": "middle", "font-size": 12, "font-weight": 700 }, "N"));

// What must stand on every map that leaves the screen.
function facts(app) {
  const { session } = app;
  const { place } = session;
  const lines = [
    [t("As of"), session.moment ? momentWords(session.moment) : dateTime(Date.now())],
    [t("Scale"), t("about 1 : %(n)s", { n: number(scaleOf(app.map.view())) })],
    [t("Reference"), t("CGCS2000 / WGS 84, Web Mercator")],
    [t("Sources"), place.attribution || (place.kind === "sample" ? t("Sample data: everything here is invented.") : t("Grids, tickets and sites of this system"))],
    [t("Approval number"), session.approval || t("none: for internal use, not to be published")],
    [t("Printed"), [dateTime(Date.now()), session.account?.name].filter(Boolean).join(" · ")],
  ];
  return h("dl", { class: "sheet-facts" }, lines.flatMap(([name, words]) => [h("dt", null, name), h("dd", null, words)]));
}

/** Put the sheet together; `redraw` draws the map anew, `legend` is the page's legend. */
export function makeSheet(app, { legend, redraw, stage }) {
  const { map, state } = app;
  const title = h("h2", { class: "sheet-title" });
  const under = h("p", { class: "sheet-under" });
  const foot = h("div", { class: "sheet-foot" });
  const words = [h("header", { class: "sheet-head" }, h("div", null, title, under), north()), foot];
  const print = button(t("Print, or save as PDF"), () => globalThis.print(), { kind: "primary" });
  const named = h("input", { type: "text", name: "title", maxlength: 60, oninput: () => { title.textContent = named.value; } });
  const own = Object.getOwnPropertyDescriptor(globalThis, "devicePixelRatio");
  let bars = null;
  let offs = [];

  const paper = () => (PAPERS[state.get("print")] ? state.get("print") : null);
  const follow = () => put(foot, barOf(map.view()), facts(app));
  const fit = () => {
    const [wide, high] = PAPERS[paper()].map((mm) => mm / CSS_MM);
    const margin = 32 + 20 / CSS_MM;
    const room = [document.documentElement.clientWidth - margin, document.documentElement.clientHeight - bars.offsetHeight - margin];
    document.body.style.setProperty("--fit", String(Math.min(1, room[0] / wide, Math.max(0.4, room[1] / high))));
  };
  // The map fills its frame anew: what was in sight stays in sight.
  const lay = (box) => {
    const [wide, high] = PAPERS[paper()];
    const style = document.body.style;
    style.setProperty("--sheet-wide", `${wide}mm`);
    style.setProperty("--sheet-high", `${high}mm`);
    document.body.dataset.sheet = paper();
    Object.defineProperty(globalThis, "devicePixelRatio", { value: SHARP, configurable: true }); // the canvases ask for it
    fit();
    map.invalidate();
    map.fit(box, { edge: 0, maxZoom: 22, animate: false, exact: true });
    redraw();
    legend.draw(true);
    follow();
  };

  const toolbar = () => h("form", { class: "sheet-bar", "aria-label": t("Printing"), onsubmit: (event) => { event.preventDefault(); globalThis.print(); } },
    chips([["a4-landscape", t("A4 wide")], ["a4-portrait", t("A4 high")], ["a3-landscape", t("A3 wide")], ["a3-portrait", t("A3 high")]].map(([value, label]) => ({ value, label })),
      paper(), (value) => state.set({ print: value }, { replace: true }), t("Paper")),
    field(t("Title"), named), print, button(t("Back to the map"), () => state.set({ print: null })));

  const open = () => {
    const view = map.view();
    const chain = [...document.querySelectorAll("#crumbs a")].map((link) => link.textContent);
    const chosen = state.get("area") && chain.length; // the chain is that of what is selected, else of the map's middle
    named.value = title.textContent = (chosen && chain.at(-1)) || nameOf(app.session.place) || chain[0] || t("Map");
    under.textContent = [...(chosen ? chain.slice(0, -1) : []), app.room?.title].filter(Boolean).join(" › ");
    bars = toolbar();
    document.body.prepend(bars);
    stage.append(...words);
    document.body.classList.add("sheet");
    map.padding({ right: 0, bottom: 0 });
    lay(view.bbox);
    offs = [map.on("moved", follow)];
    globalThis.addEventListener("resize", fit);
    print.focus({ preventScroll: true });
  };

  const close = () => {
    Object.defineProperty(globalThis, "devicePixelRatio", own);
    offs.forEach((off) => off());
    globalThis.removeEventListener("resize", fit);
    const { bbox } = map.view();
    bars.remove();
    words.forEach((part) => part.remove());
    document.body.classList.remove("sheet");
    delete document.body.dataset.sheet;
    bars = null;
    map.invalidate();
    app.panel.settle();
    map.fit(bbox, { edge: 0, maxZoom: 22, animate: false });
    redraw();
    legend.settle();
    legend.draw(true);
  };

  const settle = () => {
    const wanted = Boolean(paper());
    if (wanted && !bars) open();
    else if (wanted) lay(map.view().bbox);
    else if (bars) close();
  };
  return { settle };
}
