// Ending an area: what hangs on it by name and number, what forbids it, what ends with it, and why.
import { button, empty, field, h, nameOf, put, section, t, tag } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";

function hanging({ title, advice, names, count }) {
  const more = names.length && count > names.length ? t("and others") : null;
  return h("div", { class: "hanging" }, h("p", null, h("b", null, title), names.length ? `${t(": ")}${[...names, more].filter(Boolean).join(t(", "))}` : null), h("p", { class: "sub" }, advice));
}

/** The panel that ends an area; onDone(ended: bool). */
export async function ending(app, data, onDone) {
  const key = uuid();
  let told = null;
  const box = h("div", { "aria-live": "polite" }, h("section", { "aria-busy": "true" }, h("div", { class: "skeleton" }), h("div", { class: "skeleton" })));
  const why = h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" });
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); end(); }, oninput: () => draw() },
    field(t("Why"), why), h("button", { type: "submit", hidden: true }));
  const go = button(t("End “%(name)s”", { name: nameOf(data) }), () => end(), { kind: "primary danger", disabled: true });

  const of = (fate) => (told?.dependants || []).filter((found) => found.fate === fate);
  const draw = () => {
    if (!told) return;
    const [blocks, ends] = [of("blocks"), of("ends")];
    put(box,
      blocks.length ? section(null, tag(t("Not possible yet"), "red"), blocks.map(hanging)) : null,
      ends.length ? section(t("What ends with it"), ends.map(hanging)) : null,
      blocks.length || ends.length ? null : section(null, empty(t("Nothing hangs on it."))));
    go.disabled = blocks.length > 0 || !why.value.trim();
  };
  const load = async () => {
    const [found, , error] = await request("GET", `/api/areas/${data.id}/dependants`);
    if (error) { app.panel.problem({ ...error, retry: load }); return; }
    told = found;
    draw();
  };
  const end = async () => {
    if (go.disabled) return;
    go.disabled = true;
    const agreed = Object.fromEntries(of("ends").map(({ kind, count }) => [kind, count]));
    const [, , error] = await request("POST", `/api/areas/${data.id}/retire`, { key, version: told.version, body: { reason: why.value.trim(), agreed } });
    if (!error) { onDone(true); return; }
    if (error.dependants) told = { ...told, dependants: error.dependants };
    app.panel.problem(error);
    draw();
  };
  app.panel.show({
    title: t("End “%(name)s”?", { name: nameOf(data) }),
    subtitle: t("From now on it is no more; its past and its links stay."),
    body: [box, section(null, form)],
    foot: [button(t("Leave it"), () => onDone(false)), go], onClose: () => onDone(false),
  });
  await load();
  why.focus();
}
