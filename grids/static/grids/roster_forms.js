// The forms of the roster: appoint, choose a holder, bring a file in.
import { button, field, h, nameOf, number, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { follow } from "../gis/jobs.js";
import { request, uuid } from "../gis/request.js";

/** Choosing who is to hold something: found by name, or somebody new. → {node, value()} as the API takes it. */
export function holderField({ bodies = true } = {}) {
  let chosen = null;
  const fresh = uuid();
  const words = h("input", { name: "holder", autocomplete: "off", role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list" });
  const list = h("ul", { class: "list", role: "listbox", "aria-label": t("Found") });
  words.setAttribute("aria-controls", (list.id = `found-${fresh}`));
  const shown = h("p", { class: "sub", "aria-live": "polite" });
  const say = () => put(shown, chosen ? [tag(t("on the roster"), "green"), " ", nameOf(chosen), chosen.hint ? ` · ${chosen.hint}` : ""] : words.value.trim() ? t("A new person by this name") : t("Type a name"));
  const pick = (found) => {
    chosen = found;
    words.value = nameOf(found);
    put(list);
    words.setAttribute("aria-expanded", "false");
    say();
  };
  let waiting;
  words.addEventListener("input", () => {
    chosen = null;
    say();
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = words.value.trim();
      const [data] = asked ? await request("GET", "/api/roster/holders", { query: { q: asked } }) : [null];
      if (words.value.trim() !== asked || chosen) return;
      const found = (data?.items || []).filter((row) => bodies || row.kind === "person").slice(0, 6);
      words.setAttribute("aria-expanded", String(found.length > 0));
      put(list, found.map((row) => h("li", { role: "none" }, h("button", { type: "button", class: "item", role: "option", "aria-selected": "false", onclick: () => pick(row) }, h("b", null, nameOf(row)), " ", h("span", { class: "sub" }, row.hint)))));
    }, 250);
  });
  say();
  const node = h("div", null, field(t("Who"), words, { hint: t("Choose from the roster, or type the name of somebody new.") }), shown, list);
  // Whether nobody is named: then the form says so where it is wanted, without asking the server.
  const missing = (form) => {
    if (chosen || words.value.trim()) return false;
    setFieldErrors(form, { holder: t("Type a name") });
    words.focus();
    return true;
  };
  return { node, missing, value: () => (chosen ? { id: chosen.id, kind: chosen.kind } : { id: fresh, kind: "person", name_zh: words.value.trim() }) };
}

/** Appoint somebody; the area is chosen on the map or comes with the form. → {place(area)} for clicks on the map. */
export function showAppoint(app, { area = null, back }) {
  let place = null;
  const [id, key] = [uuid(), uuid()];
  const where = h("p", { class: "said", "aria-live": "polite" }, t("Choose the area: click it on the map."));
  const role = h("select", { name: "role" });
  const post = h("input", { name: "post_zh", maxlength: 80 });
  const since = h("input", { type: "date", name: "since" });
  const holder = holderField();
  const matters = h("div");
  const limits = h("details", null, h("summary", null, t("Only for some matters")), matters);
  const suggest = () => { if (place && !post.dataset.typed) post.value = `${place.name_zh || ""}${role.selectedOptions[0]?.textContent || ""}`.slice(0, 80); };
  post.addEventListener("input", () => { post.dataset.typed = "1"; });
  role.addEventListener("change", suggest);
  const settle = (found) => {
    place = found;
    put(where, t("On: %(area)s", { area: nameOf(found) || found.code }));
    app.layers.select(found.tier, found.id);
    suggest();
  };
  const form = h("form", {
    novalidate: true,
    onsubmit: async (event) => {
      event.preventDefault();
      if (!place) { app.panel.problem({ title: t("Choose the area: click it on the map.") }); return; }
      if (holder.missing(form)) return;
      const categories = [...matters.querySelectorAll("input:checked")].map((box) => box.value);
      const body = { id, area: place.id, role: role.value, holder: holder.value(), post_zh: post.value, categories, since: since.value };
      const [, , error] = await request("POST", "/api/roster/appointments", { key, body });
      const fields = { ...error?.fields };
      if (fields.name_zh) fields.holder = fields.name_zh;
      setFieldErrors(form, fields);
      app.panel.problem(error);
      if (error) return;
      app.layers.refresh("vacancies");
      app.toast(t("Appointed. The rights hold from this moment."));
      back();
    },
  }, where, field(t("Role"), role), holder.node, field(t("Name of the post"), post), field(t("Since (empty: from now on)"), since), limits);
  app.panel.show({
    title: t("Appoint"), body: [h("section", null, form)], onClose: back,
    foot: [button(t("Appoint"), () => form.requestSubmit(), { kind: "primary wide" })],
  });
  request("GET", "/api/roster/choices").then(([data, , error]) => {
    if (error) { app.panel.problem(error); return; }
    put(role, data.roles.map(({ code, name }) => h("option", { value: code }, name)));
    put(matters, data.categories.map((row) => h("label", { class: "check" }, h("input", { type: "checkbox", value: row.code }), " ", nameOf(row))));
    limits.hidden = !data.categories.length;
    suggest();
  });
  if (area) request("GET", `/api/areas/${area}`).then(([found]) => {
    if (!found || place) return;
    settle(found);
    app.map.fit(found.bbox, { maxZoom: 17 });
  });
  return { place: ({ id: chosen, code, name_zh, name_en, tier }) => settle({ id: chosen, code, name_zh, name_en, tier }) };
}

/** Bring a file in: checked first, stored when every row is sound. */
export function showImport(app, { back }) {
  const file = h("input", { type: "file", name: "file", accept: ".xlsx,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" });
  const place = h("div");
  const store = button(t("Store"), () => send(true), { kind: "primary wide", disabled: true });
  const send = async (commit) => {
    const chosen = file.files[0];
    store.disabled = true;
    app.panel.problem(null);
    if (!chosen) return;
    const body = new FormData();
    const job = uuid();
    body.append("job", job);
    body.append("commit", String(commit));
    body.append("file", chosen);
    const [first, , error] = await request("POST", "/api/roster/import", { body });
    if (error) { app.panel.problem(error); return; }
    const { node, stop } = follow(job, {
      first,
      onEnd(done) {
        if (done.state !== "done") return;
        put(place, node, report(done.result));
        if (done.result.stored) { app.layers.refresh("vacancies"); app.toast(t("The roster is stored.")); back(); }
        else store.disabled = !done.result.fresh || done.result.faults.length > 0;
      },
    });
    app.own(stop);
    put(place, node);
  };
  file.addEventListener("change", () => send(false));
  app.panel.show({
    title: t("Bring in a roster"),
    body: [h("section", null,
      h("p", null, t("An XLSX file with the heads 网格编码, 职务, 姓名 (or 单位); further heads as in the file you can take away. It is checked first; nothing is stored before you say so, and then all of it or nothing.")),
      field(t("File"), file)), h("section", null, place)],
    foot: [store],
    onClose: back,
  });
  return {};
}

function report(found) {
  const lines = [row(t("Rows"), number(found.rows)), row(t("New appointments"), number(found.fresh)), row(t("On the roster already"), number(found.already)), row(t("Without a name (vacant)"), number(found.vacant))];
  if (!found.faults.length) return section(t("Checked"), lines);
  return [section(t("Checked"), lines), section(tn("%(count)s row must be corrected", "%(count)s rows must be corrected", found.faults.length + found.more),
    h("ul", { class: "list", id: "roster-faults" }, found.faults.map((fault) => h("li", { class: "item" }, h("b", null, t("Row %(row)s", { row: number(fault.row) })), " ", fault.message))),
    found.more ? h("p", { class: "sub" }, t("… and %(count)s more", { count: number(found.more) })) : null)];
}
