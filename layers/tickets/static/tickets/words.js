// Words about tickets that list, panel and form share; plain functions where there is no page.
import { ago, h, icon, number, tag, t, tn } from "../gis/dom.js";

const HOUR = 3600000;
const TONES = { closed: "green", verified: "green", handled: "green", refused: "grey", returned: "amber", reopened: "amber", paused: "amber" };

/** "3 hours" / "2 days" for a span of milliseconds, whole and never 0. */
export function span(milliseconds) {
  const hours = Math.max(1, Math.round(Math.abs(milliseconds) / HOUR));
  if (Math.abs(milliseconds) < HOUR) return t("%(n)s minutes", { n: Math.max(1, Math.round(Math.abs(milliseconds) / 60000)) });
  return hours < 48 ? t("%(n)s hours", { n: number(hours) }) : t("%(n)s days", { n: number(Math.floor(hours / 24)) });
}

/** What a ticket's clock says: {label, tone} or null where none runs. now in ms. */
export function dueWords(ticket, now = Date.now()) {
  if (!ticket.due_at) return null;
  const left = new Date(ticket.due_at).getTime() - now;
  if (left <= 0) return { label: t("Overdue by %(span)s", { span: span(left) }), tone: "red" };
  return { label: t("Due in %(span)s", { span: span(left) }), tone: left < 24 * HOUR ? "amber" : "grey" };
}

/** The clock as a small tag with the exact time in its tooltip, or null; `past`: as it stood when it was told. */
export function dueTag(ticket, { past = false } = {}) {
  const words = dueWords(ticket, past ? new Date(ticket.as_of).getTime() : Date.now());
  if (!words) return null;
  const element = tag(words.label, words.tone);
  element.title = ago(ticket.due_at).title;
  return element;
}

/** The state as a small tag. */
export function stateTag(ticket) {
  return tag(ticket.state_name, TONES[ticket.state] || "grey");
}

const CAMERA = "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z";

/** A small camera with the number of photos, or null where there is none. */
export function photoMark({ photos }) {
  if (!photos) return null;
  const words = tn("%(count)s photo", "%(count)s photos", photos);
  return h("span", { class: "photo-mark", title: words, role: "img", "aria-label": words }, icon(CAMERA, 14), photos > 1 ? h("span", { "aria-hidden": "true" }, number(photos)) : null);
}

const WIDE = new Set(["prefecture", "county", "street", "community"]);

/** "Oil mill compound › Building 4 › Unit 2": a chain from its compound on, or where there is none its last two areas. */
export function chainWords(chain) {
  const grids = chain.filter(({ tier }) => !WIDE.has(tier));
  return (grids.length ? grids : chain.slice(-2)).map((area) => area.name).join(" › ");
}

/** Who answers: "Post 3 (grid worker)"; of several the first, and how many more. */
export function postWords(posts) {
  if (!posts.length) return t("nobody is in office");
  const [first] = posts;
  const words = first.post?.toLowerCase().includes(first.role_name.toLowerCase()) ? first.post : first.post ? t("%(post)s (%(role)s)", { post: first.post, role: first.role_name }) : t("%(holder)s (%(role)s)", { holder: first.holder, role: first.role_name });
  return posts.length > 1 ? t("%(words)s and %(n)s more", { words, n: posts.length - 1 }) : words;
}

/** "Building 4 › Unit 2" for an area across a border, which by its own name alone could be any building's. */
export const acrossWords = ({ name, within }) => (within ? `${within.name} › ${name}` : name);

/** "Within 3 m of the border of East Court and 1 more" for {metres, areas, more}. */
export function borderWords({ metres, areas, more }) {
  const names = areas.map(acrossWords).join(t(", "));
  return more ? t("Within %(m)s m of the border of %(areas)s and %(n)s more", { m: metres, areas: names, n: more }) : t("Within %(m)s m of the border of %(areas)s", { m: metres, areas: names });
}

/**
 * "111.77, 36.84" (longitude, latitude in degrees, WGS 84) → {lonlat} or {problem: words}.
 * Commas, semicolons, spaces and full-width commas separate; swapped pairs are named, never guessed.
 */
export function parseLonLat(text) {
  const parts = text.trim().split(/[\s,;，；、]+/).filter(Boolean);
  const [lon, lat] = parts.map(Number);
  if (parts.length !== 2 || !Number.isFinite(lon) || !Number.isFinite(lat)) return { problem: t("Type longitude and latitude, for example 111.7760, 36.8450.") };
  if (Math.abs(lat) > 90 && Math.abs(lon) <= 90) return { problem: t("Longitude comes first: these two look swapped.") };
  if (Math.abs(lon) > 180 || Math.abs(lat) > 90) return { problem: t("Longitude lies between −180 and 180, latitude between −90 and 90.") };
  return { lonlat: [lon, lat] };
}

/** One line for a ticket close by: what, how it stands, how far, since when; pressing it opens the ticket. */
export function brief(ticket, { onopen, onlight }) {
  return h("p", { class: "brief" }, h("button", {
    type: "button", class: "button link", data: { ticket: ticket.id }, onclick: () => onopen(ticket), title: ticket.text || null,
    onmouseenter: () => onlight(ticket), onmouseleave: () => onlight(null), onfocus: () => onlight(ticket), onblur: () => onlight(null),
  }, ticket.category.name), ` · ${ticket.state_name} · ${t("%(n)s m away", { n: number(ticket.away_m) })} · `, ago(ticket.reported_at));
}

/** A list's entry: what, where, how it stands; pressing it opens the ticket. */
export function entry(ticket, { onopen, onlight, past = false }) {
  return h("li", null, h("button", {
    type: "button", class: "item", data: { ticket: ticket.id }, onclick: () => onopen(ticket),
    onmouseenter: () => onlight?.(ticket), onmouseleave: () => onlight?.(null), onfocus: () => onlight?.(ticket), onblur: () => onlight?.(null),
  },
  h("div", null, h("b", null, ticket.category.name), " ", stateTag(ticket), " ", dueTag(ticket, { past }), " ", photoMark(ticket)),
  ticket.text ? h("div", { class: "clip" }, ticket.text) : null,
  h("div", { class: "sub" }, chainWords(ticket.place) || t("outside every area"), " · ", ago(ticket.reported_at))));
}
