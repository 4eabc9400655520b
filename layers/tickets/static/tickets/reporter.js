// Who reported: the fields for a caller's name, number and address, and the box that shows them masked.
// Nothing here is kept in the browser's store: what a caller leaves lives on the page alone until it is sent.
import { button, field, h, number, put, row, section, setFieldErrors, t, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

const LEAST_DIGITS = 5;

/**
 * Fields for a report on somebody's behalf: {node, value(), errors(fields), clear()}.
 * value() = {name, phone, address}, or null when nothing was typed; errors takes a problem's fields ("caller.phone").
 * onopen(ticket) is called for an open matter of the same caller; without it they are listed only. Who may not ask
 * whether somebody called before (mayFind) is told nothing: for them the field is for writing down.
 */
export function callerFields({ onopen = null, mayFind = false } = {}) {
  const input = (name, attributes) => h("input", { name: `caller.${name}`, autocomplete: "off", ...attributes });
  const name = input("name", { maxlength: 80 });
  const phone = input("phone", { type: "tel", inputmode: "tel", maxlength: 30, onchange: () => look() });
  const address = input("address", { maxlength: 200 });
  const same = h("div", { id: "same-caller", style: { "margin-bottom": "12px" }, role: "status", hidden: true });
  const form = h("div", { class: "fold-body" },
    field(t("Telephone"), phone), same, field(t("Name"), name), field(t("Address"), address, { hint: t("Only who handles the matter can read this; some time after its end it is removed.") }));
  const node = h("details", { id: "report-caller" }, h("summary", null, t("On behalf of a caller")), form);
  let control = null;

  async function look() {
    control?.abort();
    same.hidden = true;
    if (!mayFind || phone.value.replace(/\D/g, "").length < LEAST_DIGITS) return;
    control = new AbortController();
    const { signal } = control;
    const [found, , error] = await request("POST", "/api/tickets/callers", { body: { phone: phone.value }, signal });
    if (signal.aborted) return;
    setFieldErrors(form, error?.fields ? { "caller.phone": error.fields.phone || error.fields["caller.phone"] } : {});
    if (error || !found.total) return;
    put(same, h("p", null, h("b", null, tn("This caller has %(count)s open matter", "This caller has %(count)s open matters", found.total))),
      h("ul", { class: "list" }, found.items.map((ticket) => h("li", null, line(ticket, onopen)))),
      found.total > found.items.length ? h("p", { class: "sub" }, t("and %(count)s more", { count: number(found.total - found.items.length) })) : null);
    same.hidden = false;
  }

  const value = () => {
    const typed = { name: name.value.trim(), phone: phone.value.trim(), address: address.value.trim() };
    return Object.values(typed).some(Boolean) ? typed : null;
  };
  const errors = (fields = {}) => {
    setFieldErrors(form, fields);
    if (Object.keys(fields).some((key) => key.startsWith("caller."))) node.open = true;
  };
  const clear = () => {
    control?.abort();
    for (const box of [name, phone, address]) box.value = "";
    same.hidden = true;
    errors();
  };
  return { node, value, errors, clear };
}

function line(ticket, onopen) {
  const words = `${ticket.category.name} · ${ticket.state_name}`;
  return [onopen ? button(words, () => onopen(ticket), { kind: "link" }) : h("b", null, words), h("div", { class: "sub" }, ticket.number)];
}

/** A part of the ticket's page: who reported it, masked, and a button for who may read it. It fills itself. */
export function reporterBox(ticket) {
  const node = h("div", { id: "reporter" });
  request("GET", `/api/tickets/${encodeURIComponent(ticket.id)}/reporter`).then(([told, , error]) => {
    if (!error && told.kept) draw(node, ticket, told);
  });
  return node;
}

function draw(node, ticket, told) {
  if (told.anonymised_at) {
    put(node, section(t("Who reported it"), h("p", { class: "sub" }, t("Removed: the matter ended long ago."))));
    return;
  }
  const state = h("p", { class: "hint", role: "status" });
  const ways = h("p", { style: { "margin-top": "8px" } });
  const shown = h("div");
  const masked = () => {
    put(shown, facts(told));
    put(state, told.may_read ? t("Each reading is written into the audit log.") : t("Only who handles this matter can read it in full."));
    put(ways, told.may_read ? button(t("Show in full"), open, { id: "read-reporter" }) : null);
    ways.hidden = !told.may_read;
  };
  const open = async (event) => {
    event.currentTarget.disabled = true;
    const [caller, , error] = await request("POST", `/api/tickets/${encodeURIComponent(ticket.id)}/reporter`);
    if (error) {
      masked();
      put(state, error.detail || error.title);
      return;
    }
    put(shown, facts(caller, { call: true }));
    put(state, t("Your reading was written down."));
    const hide = button(t("Mask again"), masked, { id: "mask-reporter" });
    put(ways, hide);
    hide.focus();
  };
  masked();
  put(node, section(t("Who reported it"), shown, ways, state));
}

const fact = (label, value) => (value ? row(label, value, { class: "tight" }) : null);

function facts({ name, phone, address }, { call = false } = {}) {
  const dial = phone && call ? h("a", { href: `tel:${phone}` }, phone) : phone;
  return [fact(t("Name"), name), fact(t("Telephone"), dial), fact(t("Address"), address)];
}
