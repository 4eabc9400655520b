// Reports that wait to be sent: said where they are, why they wait, and what can be done.
import { ago, button, empty, h, put, section, t, tn } from "../gis/dom.js";
import { done, keeps, waiting, withoutCaller } from "./keeping.js";
import { correct } from "./report.js";
import { onWaiting, sendAll } from "./sending.js";

const who = (app) => app.session.account?.username;

/** "1 report waits to be sent" with a way to it, or null; for the head of a list. */
export function waitingNote(app) {
  const count = waiting(who(app)).length;
  if (!count) return null;
  return h("p", { class: "near", id: "waiting-note" }, h("b", null, tn("%(count)s report waits on this device to be sent.", "%(count)s reports wait on this device to be sent.", count)), " ",
    button(t("Look at it"), () => app.state.set({ report: "waiting", ticket: null }), { kind: "link" }));
}

function whyWords(one) {
  if (one.lacksCaller) return t("The caller's details were not kept on this device when the page was left. Type them again, or send it without them.");
  const why = one.problem?.why;
  if (why === "signin") return t("Your sign-in has ended. Sign in again, and it is sent.");
  if (why === "reload") return t("This page was open for too long. Load it again, and it is sent.");
  if (why === "refused") return [one.problem.title, one.problem.detail].filter(Boolean).join(": ");
  return t("The server cannot be reached. It is sent by itself as soon as it can.");
}

function ways(app, one) {
  const next = encodeURIComponent(location.pathname + location.search);
  const list = [];
  if (one.lacksCaller) list.push(button(t("Send it without"), () => { withoutCaller(who(app), one.body.id); sendAll(app); }, { kind: "link" }));
  if (one.lacksCaller || one.problem?.why === "refused") list.push(button(t("Open and correct it"), () => { done(who(app), one.body.id); correct(app, one.body, { afresh: !one.lacksCaller }); }, { kind: "link" }));
  else if (one.problem?.why === "signin") list.push(h("a", { href: `/accounts/login/?next=${next}` }, t("Sign in again")));
  else if (one.problem?.why === "reload") list.push(button(t("Load the page again"), () => location.reload(), { kind: "link" }));
  return list;
}

function entry(app, one) {
  return h("li", { class: "row", data: { waiting: one.body.id } },
    h("span", null, h("b", null, one.title || one.body.category), one.body.text ? h("div", { class: "clip" }, one.body.text) : null,
      h("div", { class: "sub" }, whyWords(one)), h("div", { class: "ways" }, ways(app, one))),
    h("span", { class: "sub" }, ago(one.at)));
}

/** Show what waits; follows it until left. Answers leave(). */
export function showWaiting(app) {
  const list = h("ul", { class: "list", id: "waiting-list", "aria-live": "polite" });
  const note = h("p", { class: "sub" });
  app.panel.show({
    title: t("Kept on this device"),
    subtitle: note,
    body: [section(null, list)],
    foot: [button(t("Send now"), () => sendAll(app), { kind: "primary", id: "send-waiting" }), button(t("Report another matter"), () => app.state.set({ report: "new" }), { id: "report-another" })],
    onClose: () => app.state.set({ report: null }),
  });
  const draw = () => {
    const held = waiting(who(app));
    put(note, !held.length ? "" : keeps() ? t("Nothing is lost: leave the page or the place, it is sent later.") : t("This browser keeps nothing: leave the page open until it is sent."));
    put(list, held.map((one) => entry(app, one)));
    if (!held.length) put(list, h("li", null, empty(t("Everything has been sent."), button(t("To the list"), () => app.state.set({ report: null }), { kind: "link" }))));
    const send = document.getElementById("send-waiting");
    if (send) send.disabled = !held.length;
  };
  draw();
  return onWaiting(draw);
}
