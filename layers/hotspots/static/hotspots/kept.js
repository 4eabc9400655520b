// Kept results: keeping the one that is shown, the list of one's own, opening and forgetting them.
import { ago, button, dateTime, field, h, number, put, section, setFieldErrors, t, tn } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";

const DOOR = "/api/hotspots/runs";

/** A form that keeps the result shown; asked = the words of its question; done(run) once it is kept. */
export function keeper(app, { asked, proposed, done }) {
  const id = uuid();
  const key = uuid();
  const name = h("input", { name: "name", type: "text", maxlength: 120, required: true, value: proposed });
  const form = h("form", { class: "keep", onsubmit: async (event) => {
    event.preventDefault();
    save.disabled = true;
    const [run, , error] = await request("POST", DOOR, { body: { id, name: name.value, asked }, key: error_key() });
    save.disabled = false;
    setFieldErrors(form, error?.fields || {});
    if (run) done(run);
    else if (!error.fields?.name) app.panel.problem(error);
  } }, field(t("Name of the result"), name), h("p", { class: "field-error", hidden: true }));
  const save = button(t("Keep this result"), null, { type: "submit" });
  form.append(save);
  // a name that was refused makes another request, which needs another key
  const sent = new Map();
  const error_key = () => sent.get(name.value) || sent.set(name.value, sent.size ? uuid() : key).get(name.value);
  return form;
}

/** What stands above a kept result: when it was made, what has changed since, the ways on. */
export function banner(app, run, { again, forgotten }) {
  const changed = [
    run.tickets_changed ? t("tickets have come in, moved or gone (%(now)s now)", { now: number(run.tickets_now) }) : null,
    run.ground_changed ? t("the cells are others") : null, run.residents_changed ? t("residents are others") : null, run.problem,
  ].filter(Boolean).join(", ");
  const forget = async () => {
    const [, , error] = await request("DELETE", `${DOOR}/${run.id}`);
    if (error) app.panel.problem(error);
    else forgotten();
  };
  return section(null, h("p", { class: "big" }, run.name), h("p", { class: "sub" }, t("Kept on %(when)s; shown as it was then.", { when: dateTime(run.made_at) })),
    run.stale ? h("p", { class: "near", role: "status" }, t("Out of date: %(what)s.", { what: changed })) : h("p", { class: "sub" }, t("Nothing has changed since.")),
    h("div", { class: "ways" }, button(t("Reckon it anew"), again), button(t("Forget this result"), forget, { kind: "quiet" })));
}

/** A section with one's own kept results; open(id). Empty while there are none. */
export function keptList(open) {
  const box = h("div");
  request("GET", DOOR).then(([data]) => {
    if (!data?.runs.length) return;
    put(box, section(t("Kept results"), h("ul", { class: "list kept" }, data.runs.map((run) => h("li", { class: "spot" },
      button([h("b", null, run.name), h("span", { class: "sub" }, tn("%(count)s ticket", "%(count)s tickets", run.tickets), " · ", ago(run.made_at))], () => open(run.id), { kind: "link", class: "what" }))))));
  });
  return box;
}
