// The top bar: where you are, as of when, who you are; and the bars that say "past" and "no connection".
import { button, field, h, nameOf, put, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { closePopover, togglePopover } from "./popover.js";
import { isMoment } from "./state.js";

/** "2026-03-05T14:30" or "2026-03-05" in words. */
export function momentWords(text) {
  const withTime = text.includes("T");
  const wall = new Date(`${withTime ? text : `${text}T12:00`}`);
  const words = new Intl.DateTimeFormat(document.documentElement.lang.startsWith("zh") ? "zh-CN" : "en-GB", { dateStyle: "long" }).format(wall);
  return withTime ? `${words} ${text.slice(11, 16)}` : words;
}

/** Draw the chain of areas [{id, name_zh, name_en}], each a link; the last one is where you are. */
export function showCrumbs(element, chain, go) {
  const key = chain.map((area) => area.id).join();
  if (element.dataset.shown === key) return;
  element.dataset.shown = key;
  put(element, h("ol", null, chain.map((area, i) => h("li", null, h("a", {
    href: `?area=${area.id}`, "aria-current": i === chain.length - 1 ? "location" : null,
    onclick: (event) => { event.preventDefault(); go(area); },
  }, nameOf(area) || area.code)))));
}

/** The day so many days before today, by the clock of the place. */
function daysAgo(days) {
  const zone = document.documentElement.dataset.timeZone || "Asia/Shanghai";
  return new Date(Date.now() - days * 864e5).toLocaleDateString("sv", { timeZone: zone });
}

function momentForm(app, close) {
  const now = app.state.get("moment");
  const day = h("input", { type: "date", name: "day", value: (now || "").slice(0, 10), max: new Date(Date.now() + 864e5).toISOString().slice(0, 10) });
  const time = h("input", { type: "time", name: "time", value: (now || "").slice(11, 16) });
  const set = (moment) => { app.state.set({ moment }); close(); };
  const quick = [[t("Yesterday"), daysAgo(1)], [t("A week ago"), daysAgo(7)], [t("A month ago"), daysAgo(30)], [t("A year ago"), daysAgo(365)]];
  const form = h("form", {
    onsubmit: (event) => {
      event.preventDefault();
      if (!day.value) { day.focus(); return; }
      set(time.value ? `${day.value}T${time.value}` : day.value);
    },
  },
  h("h2", null, t("Show the map as of")),
  h("div", { class: "chips" }, h("button", { type: "button", class: "chip", "aria-pressed": String(!now), "data-first": true, onclick: () => set(null) }, t("Now")),
    quick.map(([label, moment]) => h("button", { type: "button", class: "chip", "aria-pressed": String(now === moment), onclick: () => set(moment) }, label))),
  field(t("A day (its end)"), day), field(t("and a time, if it matters"), time),
  h("button", { class: "button primary wide", type: "submit" }, t("Show this moment")));
  return form;
}

/** The moment button: opens the choice, shows what is chosen. */
export function makeMoment(app, opener) {
  opener.addEventListener("click", () => togglePopover(opener, t("Moment"), (close) => momentForm(app, close)));
  const bar = document.getElementById("past-bar");
  const settle = () => {
    const text = app.state.get("moment");
    const past = isMoment(text);
    document.body.classList.toggle("past", past);
    bar.hidden = !past;
    opener.textContent = past ? momentWords(text) : t("Now");
    if (past) {
      const words = app.state.get("task") === "correct"
        ? t("You are correcting what was recorded of %(moment)s.", { moment: momentWords(text) })
        : t("You see the map as of %(moment)s. It is read-only.", { moment: momentWords(text) });
      put(bar, words, " ",
        button(t("Back to now"), () => app.state.set({ moment: null }), { kind: "link" }));
    }
  };
  app.state.on("moment", settle);
  app.state.on("task", settle);
  settle();
}

/** What the account button opens: who you are and where, language and moment on a phone, keys, sign-out. */
export function makeAccount(app, opener) {
  if (!opener) return;
  const { account } = app.session;
  opener.addEventListener("click", () => togglePopover(opener, t("Account"), () => [
    account ? h("h2", null, account.name) : null,
    account ? h("p", { class: "sub" }, account.titles.join(t(", ")), account.areas.length ? " · " : "", account.areas.slice(0, 4).map(nameOf).join(t(", "))) : null,
    noticeLine(app),
    h("ul", { class: "menu" }, [
      account ? null : h("li", null, h("a", { href: `/accounts/login/?next=${encodeURIComponent(afterSignIn())}` }, t("Sign in"))),
      account ? h("li", null, h("button", { type: "button", onclick: () => { closePopover(); app.go("today"); } }, t("Today: what needs you"))) : null,
      app.phone() ? app.moreRooms.map((room) => h("li", null, h("button", { type: "button", onclick: () => { closePopover(); app.go(room.id); } }, room.title))) : null,
      app.phone() ? h("li", null, h("button", { type: "button", onclick: () => { closePopover(); document.getElementById("moment").click(); } }, t("Moment…"))) : null,
      app.phone() ? h("li", null, h("button", { type: "button", onclick: () => otherLanguage().click() }, otherLanguage().value === "en" ? "English" : "中文")) : null,
      h("li", null, h("button", { type: "button", onclick: () => { closePopover(); app.print(); } }, t("Print"))),
      h("li", null, h("button", { type: "button", onclick: () => { closePopover(); app.help(); } }, t("Help and keys"))),
      account ? h("li", null, h("a", { href: "/accounts/me/" }, t("Your account: sign-ins, password"))) : null,
      account ? h("li", null, h("button", { type: "button", onclick: () => document.getElementById("sign-out").submit() }, t("Sign out"))) : null,
    ]),
  ]));
}

const otherLanguage = () => document.querySelector("#language-form button");

/** Switching the language and signing in come back to the very view that is on the screen. */
export function comeBackHere() {
  const form = document.getElementById("language-form");
  form.addEventListener("submit", () => { form.elements.next.value = here(); });
  const link = document.querySelector(".sign-in-link");
  link?.addEventListener("click", () => { link.search = `?next=${encodeURIComponent(afterSignIn())}`; });
}

const here = () => location.pathname + location.search;

// Who was looking at something goes on with it; who only came to sign in is shown what needs them.
function afterSignIn() {
  const looking = [...new URLSearchParams(location.search).keys()].some((name) => name !== "at");
  return looking ? here() : "/?room=today";
}

function noticeLine(app) {
  const { place } = app.session;
  if (place.kind === "sample") return h("p", { class: "near" }, t("Sample data: everything here is invented."));
  if (place.provisional) return h("p", { class: "near" }, t("County, street and community were drawn round the imported data; they are not official."));
  return null;
}

/** Say that the server cannot be reached, until it can; then call back(). While it is away, ask every 5 s. */
export function watchReach(element, back) {
  let asking = null;
  const say = (online) => {
    if (online === element.hidden) return;
    element.hidden = online;
    clearInterval(asking);
    if (online) back();
    else asking = setInterval(() => request("GET", "/api/atlas/session"), 5000); // announces by itself when it succeeds
  };
  globalThis.addEventListener("wangge:reach", (event) => say(event.detail.online));
  globalThis.addEventListener("offline", () => say(false));
  globalThis.addEventListener("online", () => request("GET", "/api/atlas/session"));
}
