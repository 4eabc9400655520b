// New words for an area: names and code, with what is wrong or odd about them while they are typed.
import { button, field, h, nameOf, section, setFieldErrors, t } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";

const PATIENCE_MS = 250;

/** The panel that renames an area; onDone(saved|null). */
export function renaming(app, data, onDone) {
  const key = uuid();
  const input = (name, more) => h("input", { name, value: data[name] || "", autocomplete: "off", ...more });
  const values = () => Object.fromEntries(new FormData(form));
  const show = (wrong, odd = {}) => {
    setFieldErrors(form, wrong);
    for (const box of form.querySelectorAll(".field")) {
      box.querySelector(".odd")?.remove();
      const words = odd[box.dataset.field];
      if (words) box.append(h("p", { class: "hint odd" }, words));
    }
  };
  let waiting;
  const typing = () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const [told] = await request("POST", "/api/areas/check", { body: { area: data.id, words: { ...values(), walled: data.walled } } });
      if (told && form.isConnected) show(told.words.wrong, told.words.odd);
    }, PATIENCE_MS);
  };
  const save = async () => {
    clearTimeout(waiting);
    const [saved, , error] = await request("PUT", `/api/areas/${data.id}/names`, { key, version: data.version, body: values() });
    if (!error) { onDone(saved); return; }
    show(error.fields);
    app.panel.problem(error);
  };
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); save(); }, oninput: typing },
    field(t("Chinese name"), input("name_zh", { required: true, maxlength: 120 })),
    field(t("English name (may be empty)"), input("name_en", { maxlength: 120 })),
    field(t("Code"), input("code", { required: true, maxlength: 40 })),
    h("button", { type: "submit", hidden: true }));
  app.panel.show({
    title: t("Rename “%(name)s”", { name: nameOf(data) }), body: [section(null, form)],
    foot: [button(t("Discard"), () => onDone(null)), button(t("Save"), save, { kind: "primary" })], onClose: () => onDone(null),
  });
  form.querySelector("input").focus();
}
