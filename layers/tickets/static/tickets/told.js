// What the form says of a place: who answers, which borders are close, what GPS cannot tell, what is open nearby.
import { button, h, number, t } from "../gis/dom.js";
import { borderWords, brief, postWords } from "./words.js";

const MOST_NEAR = 3;

/** Who answers there, and what makes the place doubtful; choose() opens the list of areas. */
export function toldBoxes(told, { accuracy, choose }) {
  return [whoWords(told), borderBox(told), coarseBox(told, accuracy, choose)];
}

function whoWords(told) {
  const climbed = told.passed.length ? t("nobody in office in %(areas)s", { areas: told.passed.map(({ name }) => name).join(t(", ")) }) : null;
  const then = told.then ? t("if vacant, %(area)s", { area: told.then.name }) : null;
  return h("p", null, h("b", null, t("Person in charge: %(post)s", { post: postWords(told.posts) })), " ",
    h("span", { class: "sub" }, [`→ ${told.responsible.name}`, climbed, then].filter(Boolean).join(" · ")));
}

const borderBox = (told) => (told.border.areas.length ? h("p", { class: "near", id: "report-border" }, borderWords(told.border)) : null);

// GPS that cannot tell the parts of an area apart: said, and the way to say it better.
function coarseBox(told, accuracy, choose) {
  if (told.placing !== "accuracy") return null;
  const area = told.located.at(-1).name;
  return h("p", { class: "near", id: "report-coarse" }, t("±%(n)s m cannot tell which part of %(area)s it is: it is reported for %(area)s as a whole.", { n: number(accuracy), area }), " ",
    button(t("Choose the part"), choose, { kind: "link" }));
}

/** Open tickets close by, of the same category first; pressing one leaves the form for it, the draft is kept. */
export function nearBox(app, near) {
  const open = (ticket) => { app.state.set({ report: null, ticket: ticket.id }); };
  const same = near.items.filter((ticket) => ticket.same).length;
  const head = same ? t("%(n)s of the same category open within %(m)s m: the same matter?", { n: number(same), m: near.metres })
    : t("%(n)s open within %(m)s m already: the same matter?", { n: number(near.total), m: near.metres });
  return h("div", { class: "near" }, h("b", null, head),
    near.items.slice(0, MOST_NEAR).map((ticket) => brief(ticket, { onopen: open, onlight: (lit) => app.layers.highlight("tickets", lit ? [lit.id] : []) })));
}
