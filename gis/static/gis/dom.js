// Building the page: elements without innerHTML, words in the active language, numbers and dates.

const SVG = "http://www.w3.org/2000/svg";
const django = () => globalThis.django || {};

/** The translation of an English message; values replace %(name)s. Ask for whole sentences. */
export function t(message, values) {
  const gettext = django().gettext;
  return interpolate(gettext ? gettext(message) : message, values);
}

/** Singular or plural of an English message by count; %(count)s is filled in by itself. */
export function tn(one, many, count, values = {}) {
  const ngettext = django().ngettext;
  const message = ngettext ? ngettext(one, many, count) : count === 1 ? one : many;
  return interpolate(message, { count: number(count), ...values });
}

/** Fill %(name)s in a message; names without a value stay, so that a mistake is seen. */
export function interpolate(message, values) {
  if (!values) return message;
  return message.replace(/%\((\w+)\)s/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

function dress(element, attributes) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, v] of Object.entries(value)) element.style.setProperty(key, v);
    else if (name === "data") for (const [key, v] of Object.entries(value)) element.dataset[key] = v;
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function fill(element, children) {
  const told = element.classList?.contains("big") || element.classList?.contains("sub");
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    if (child instanceof Node) element.append(child);
    else if (told) element.append(...unbroken(dotted(String(child))));
    else element.append(document.createTextNode(dotted(String(child))));
  }
  return element;
}

/** A dot between two things stays with the first: no line begins with it. */
export function dotted(text) {
  return text.replaceAll(" · ", "\u00a0· ");
}

// Chinese may break between any two signs. In sentences of figures these words, and a number with what it counts, stay whole.
const WORDS = "服务站点|服务点|服务站|服务中心|网格员|网格长|网格|工单|热点|冷点|小区|社区|街道|楼栋|单元|居民|住户|分钟|步行|超期|办结|比例";
const WHOLE = new RegExp(`(\\d[\\d,.]*(?:\\s?(?:%|个百分点|分钟|公里|米|[人户名个张件处]))?|${WORDS})`);

/** A Chinese text in pieces: every second one stays whole. */
export function wholes(text) {
  return /[\u4e00-\u9fff]/.test(text) ? text.split(WHOLE) : [text];
}

const unbroken = (text) => wholes(text).map((part, i) => (i % 2 ? h("span", { class: "whole" }, part) : part)).filter((part) => part !== "");

/**
 * An element: h("button", {class: "primary", onclick: save, style: {"--w": "40%"}}, words).
 * Attributes that are null, undefined or false are left out; children may be nested arrays.
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  dress(element, attributes);
  return fill(element, children);
}

/** An SVG element, same manners as h(). */
export function s(tag, attributes, ...children) {
  const element = document.createElementNS(SVG, tag);
  dress(element, attributes);
  return fill(element, children);
}

/** A 24 × 24 line icon from a path's d. Decorative: give its button an aria-label or words. */
export function icon(path, size = 20) {
  const attributes = { viewBox: "0 0 24 24", width: size, height: size, class: "icon", "aria-hidden": "true" };
  return s("svg", attributes, s("path", { d: path }));
}

/** Replace everything in an element. */
export function put(element, ...children) {
  element.replaceChildren();
  return fill(element, children);
}

/** A button. kind: "" | "primary" | "quiet" | "link" | "danger". */
export function button(label, onclick, { kind = "", ...attributes } = {}) {
  const { class: extra = "", ...rest } = attributes;
  return h("button", { type: "button", class: `button ${kind} ${extra}`.trim(), onclick, ...rest }, label);
}

/** One line of a list: what on the left, the figure (bold) or link on the right. */
export function row(label, value, attributes = {}) {
  const { class: extra = "", ...rest } = attributes;
  return h("div", { class: `row ${extra}`.trim(), ...rest }, h("span", null, label), h("span", { class: "value" }, value));
}

/** A small word with a tint. tone: "red" (wrong, overdue) | "amber" (soon) | "green" (done) | "grey". */
export function tag(label, tone = "grey") {
  return h("span", { class: `tag ${tone}` }, label);
}

/** A part of a panel with a quiet heading. */
export function section(title, ...children) {
  return h("section", null, title ? h("h2", null, title) : null, children);
}

/** An empty state: why there is nothing, and what to do about it. */
export function empty(why, ...ways) {
  return h("div", { class: "empty" }, h("p", null, why), ways.length ? h("div", { class: "ways" }, ways) : null);
}

let fields = 0;
/** A labelled form field. control: input/select/textarea element; its error goes in with setFieldErrors. */
export function field(label, control, { hint = null, name = control.name } = {}) {
  control.id ||= `field-${++fields}`;
  const error = h("p", { class: "field-error", id: `${control.id}-error`, hidden: true });
  control.setAttribute("aria-describedby", error.id);
  return h("div", { class: "field", data: { field: name || "" } },
    h("label", { for: control.id }, label), control, hint ? h("p", { class: "hint" }, hint) : null, error);
}

/** Put problem+json's fields {name: message} beside the fields of a form, and clear the others. */
export function setFieldErrors(form, errors = {}) {
  for (const box of form.querySelectorAll(".field")) {
    const message = errors?.[box.dataset.field];
    const error = box.querySelector(".field-error");
    error.textContent = message || "";
    error.hidden = !message;
    box.querySelector("input,select,textarea")?.setAttribute("aria-invalid", message ? "true" : "false");
  }
}

/** Chips of which one is chosen: options [{value, label}], onchoose(value). */
export function chips(options, chosen, onchoose, label) {
  const box = h("div", { class: "chips", role: "radiogroup", "aria-label": label });
  const draw = (value) => put(box, options.map((option) => h("button", {
    type: "button", role: "radio", class: "chip", "aria-checked": String(option.value === value),
    onclick: () => { draw(option.value); onchoose(option.value); },
  }, option.label)));
  draw(chosen);
  return box;
}

/** The language of the page: "zh-hans" or "en". */
export function language() {
  return globalThis.document?.documentElement.lang?.toLowerCase() || "zh-hans";
}

const locale = () => (language().startsWith("zh") ? "zh-CN" : "en-GB");

/** A row's name in the active language, with the other language as a fall-back. */
export function nameOf(thing) {
  const [first, second] = language().startsWith("zh") ? ["name_zh", "name_en"] : ["name_en", "name_zh"];
  return thing?.[first] || thing?.[second] || thing?.name || "";
}

/** 12,345 or 0.25 with at most so many digits after the point; "–" for null; words ("<5") stay what they are. */
export function number(value, digits = 0) {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

/** 0.713 → 71%. */
export function percent(share, digits = 0) {
  if (share === null || share === undefined || Number.isNaN(share)) return "–";
  return new Intl.NumberFormat(locale(), { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share);
}

/** Metres up to 1 km, then km. */
export function metres(value) {
  if (value < 1000) return t("%(n)s m", { n: number(value, value < 10 ? 1 : 0) });
  return t("%(n)s km", { n: number(value / 1000, value < 10000 ? 1 : 0) });
}

/** Square metres up to one hectare, then hectares, then km². */
export function area(value) {
  if (value < 10000) return t("%(n)s m²", { n: number(value, value < 10 ? 1 : 0) });
  if (value < 1e6) return t("%(n)s ha", { n: number(value / 10000, 2) });
  return t("%(n)s km²", { n: number(value / 1e6, 2) });
}

const zone = () => globalThis.document?.documentElement.dataset.timeZone || "Asia/Shanghai";

/** 2026年3月5日 / 5 March 2026, in the place's time zone. */
export function date(value) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "long", timeZone: zone() }).format(new Date(value));
}

/** 2026年3月5日 14:30 / 5 March 2026 at 14:30, in the place's time zone. */
export function dateTime(value) {
  const clock = new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone() });
  return `${date(value)} ${clock.format(new Date(value))}`;
}

/** A <time> saying "3 minutes ago" with the exact time in its tooltip; older than a week: the date. */
export function ago(value, now = Date.now()) {
  const seconds = (new Date(value).getTime() - now) / 1000;
  const steps = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [604800, 86400, "day"]];
  const step = steps.find(([limit]) => Math.abs(seconds) < limit);
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  const words = step ? relative.format(Math.round(seconds / step[1]), step[2]) : date(value);
  return h("time", { datetime: new Date(value).toISOString(), title: dateTime(value) }, words);
}
