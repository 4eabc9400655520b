// What a report may carry besides: photos, on whose behalf it is made, its number in another system.
import { field, h, t } from "../gis/dom.js";
import { picker } from "./photos.js";
import { callerFields } from "./reporter.js";

/**
 * The parts beside the text: {photos, nodes, busy(): photos are still on their way, caller(): who called, or null, errors(fields),
 * clear(): the photos belong to a ticket now}. draft.photos and draft.external follow; onChange() after every change.
 */
export function extras(draft, { onChange, onopen, mayFind }) {
  let photos = null;
  const follow = () => {
    if (!photos) return; // it takes up the draft's own before it is handed out
    draft.photos = photos.ids();
    onChange();
  };
  const caller = callerFields({ onopen, mayFind });
  photos = picker({ ids: draft.photos, onChange: follow });
  return {
    photos: photos.node,
    nodes: [caller.node, numberFold(draft, onChange)],
    busy: () => photos.busy(),
    caller: () => caller.value(),
    errors: (fields) => caller.errors(fields),
    clear: () => photos.clear(),
  };
}

function numberFold(draft, onChange) {
  const tell = () => {
    draft.external = its.value.trim() ? { source: source.value.trim(), number: its.value.trim() } : null;
    onChange();
  };
  const source = h("input", { name: "source", maxlength: 80, value: draft.external?.source || "12345", oninput: tell });
  const its = h("input", { name: "number", maxlength: 80, autocomplete: "off", value: draft.external?.number || "", oninput: tell });
  return h("details", { id: "report-external", open: Boolean(draft.external) }, h("summary", null, t("Number in another system")),
    h("div", { class: "fold-body" }, field(t("System"), source), field(t("Its number"), its, { hint: t("A matter with the same number is stored once, however often it comes.") })));
}
