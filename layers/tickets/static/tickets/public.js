// What everybody may see of tickets: counts by cell on the map, and the matters of a cell in the panel.
import { button, date, empty, h, number, section, t, tag, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { clusterSize } from "./style.js";

const TONES = { received: "grey", in_hand: "amber", done: "green" };

function cell({ count, done }, zoom, ctx) {
  return {
    symbol: {
      shape: "cluster", size: clusterSize(count), count, share: done / count, alarm: ctx.colour("green"),
      fill: ctx.colour("paper"), stroke: ctx.colour("grid"), textColor: ctx.colour("ink-2"), width: 3,
    },
  };
}

export const styles = { public_tickets: cell };
export const legend = {
  public_tickets: (ctx) => [{ label: t("Matters hereabouts; green: share done"), kind: "point", style: cell({ count: 9, done: 5 }, 14, ctx) }],
};
export const tips = { public_tickets: ({ count, done }) => tn("%(count)s matter, %(done)s done", "%(count)s matters, %(done)s done", count, { done: number(done) }) };

let control = null;

/** Show the matters of one cell of the layer in the panel; `fly` moves the map to it, onClose is called at the end. */
export async function showMatters(app, id, { onClose = () => app.panel.close(), fly = false } = {}) {
  control?.abort();
  control = new AbortController();
  const { signal } = control;
  const waiting = setTimeout(() => app.panel.busy(t("One moment…")), 300);
  const [found, , error] = await request("GET", "/api/tickets/public", { query: { cell: id }, signal });
  clearTimeout(waiting);
  if (signal.aborted) return;
  const title = t("Public matters here");
  if (error) {
    app.panel.show({ title, body: [section(null, empty(error.detail || error.title))], onClose });
    return;
  }
  const list = h("ul", { class: "list", id: "public-matters" }, found.items.map(matter));
  const more = h("p");
  const grow = (page) => {
    more.replaceChildren(page.next ? button(t("Show more"), async () => {
      const [next, , problem] = await request("GET", "/api/tickets/public", { query: { cell: id, page: page.next }, signal });
      if (problem) app.panel.problem(problem);
      else {
        list.append(...next.items.map(matter));
        grow(next);
      }
    }, { kind: "link" }) : "");
  };
  grow(found);
  app.layers.select("public_tickets", id);
  app.panel.show({
    title,
    subtitle: tn("%(count)s matter", "%(count)s matters", found.total),
    body: [section(null, found.total ? list : empty(t("Nothing public is being done here.")), more), section(null, h("p", { class: "hint" }, t("Places are told to about 400 m, so that no household can be recognised. Matters that concern single homes are not shown.")))],
    onClose,
  });
  // the sheet stands now: beneath it nobody would see the place
  if (fly && found.total) app.map.flyTo([found.items[0].lon, found.items[0].lat], Math.max(app.map.view().zoom, 15));
}

function matter({ category_name: name, state, state_name: words, day, reply }) {
  return h("li", { class: "row", data: { state } },
    h("span", null, h("b", null, name), h("div", { class: "sub" }, date(`${day}T12:00:00`)), reply ? h("div", null, t("Reply: %(words)s", { words: reply })) : null),
    h("span", null, tag(words, TONES[state])));
}
