// Which drawing is in hand, and what becomes of it when somebody turns to something else: nothing is lost unasked.
import { ago, h, nameOf, section, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { Draft } from "./draft.js";

let draft = null;
let kept = null; // a discarded drawing that "undo" brings back

/** The drawing in hand, or null. */
export const inHand = () => draft;

/** Lay the drawing aside: kept on the server, or thrown away with a way back. */
export function layAside(app, { discard = false, quietly = false } = {}) {
  if (!draft) return;
  const was = draft.begun() ? draft.kept() : null;
  const { task, area: { id } } = draft;
  draft.end({ discard });
  draft = null;
  if (!was || quietly) return;
  const again = () => app.go("grids", { area: id, task });
  if (discard) app.toast(t("The drawing was discarded."), { undo: () => { kept = { ...was, task, area: id }; again(); } });
  else app.toast(t("Your drawing is kept; only you see it."), { label: t("Go on with it"), undo: again });
}

/** Begin to draw in an area, or to change its boundary; a drawing kept for it goes on. */
export function work(app, area, task, { onSaved }) {
  const start = kept && kept.task === task && kept.area === area.id ? kept : null;
  kept = null;
  draft = new Draft(app, {
    area, task, start,
    onSaved(saved) {
      draft.end();
      draft = null;
      onSaved(saved);
    },
    onDropped: (how = {}) => {
      layAside(app, how);
      app.state.set({ task: null });
    },
  });
  return draft.begin();
}

/** What I began and did not save, as a part of a panel that fills by itself. */
export function unsaved(app) {
  const list = h("ul", { class: "list" });
  const box = section(t("Begun and not saved"), list);
  box.hidden = true;
  if (!app.session.account || app.readOnly()) return box;
  request("GET", "/api/sketches").then(([data]) => {
    for (const sketch of data?.sketches || []) {
      const place = nameOf(sketch);
      const words = sketch.task === "draw"
        ? t("“%(name)s” in “%(place)s”", { name: nameOf(sketch.words) || t("A drawing"), place })
        : t("Boundary of “%(place)s”", { place });
      list.append(h("li", null, h("a", {
        class: "item", href: `?room=grids&area=${sketch.area}&task=${sketch.task}`,
        onclick: (event) => { event.preventDefault(); app.state.set({ area: sketch.area, task: sketch.task }); },
      }, words, " ", h("span", { class: "sub" }, ago(sketch.updated_at)))));
    }
    box.hidden = !list.childElementCount;
  });
  return box;
}
