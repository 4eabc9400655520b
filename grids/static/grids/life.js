// The life of an area as a story: what happened when, what was told before a correction, and the way to correct it.
import { ago, button, dateTime, empty, h, number, put, section, t, tag, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

const PATIENCE_MS = 120;
const shapes = new Map(); // telling id → geometry; a telling never changes
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const line = () => ({ stroke: colour("past"), width: 2, dash: [6, 4], fill: colour("past"), fillOpacity: 0.06 });

/** The shape of a telling, asked for once. */
export async function telling(area, id) {
  if (shapes.has(id)) return shapes.get(id);
  const [data] = await request("GET", `/api/areas/${encodeURIComponent(area)}/tellings/${encodeURIComponent(id)}`);
  if (data) shapes.set(id, data);
  return data;
}

/** The story of one area; `story` is the first page of /api/areas/…/history. */
export class Life {
  constructor(app, area, story) {
    Object.assign(this, { app, area, versions: story.versions, next: story.next, count: story.count, may: story.may || {} });
    this.list = h("ol", { class: "life" });
    this.more = h("div");
    this.drawn = null;
    this.wanted = null;
    this.pinned = null; // the telling whose line stays on the map
    this.draw();
  }

  /** What the panel shows. */
  element() {
    return section(t("Its life"), this.list, this.more);
  }

  draw() {
    put(this.list, this.runs().map((run) => (run.nodes ? this.shared(run.versions) : this.chapter(run.versions[0]))));
    put(this.more, this.next ? button(t("Earlier chapters (%(count)s)", { count: number(this.count - this.told()) }), () => this.older(), { kind: "link" }) : null);
    if (!this.versions.length) put(this.more, empty(t("Nothing is known of its life.")));
  }

  told() {
    return this.versions.filter(({ version }) => version !== null).length;
  }

  // Chapters in order; those in which neighbours only shared corners are folded where they stand.
  runs() {
    const runs = [];
    for (const version of this.versions) {
      const last = runs.at(-1);
      const quiet = version.nodes_only && !version.earlier.length;
      if (quiet && last?.nodes) last.versions.push(version);
      else runs.push({ nodes: quiet, versions: [version] });
    }
    return runs;
  }

  shared(versions) {
    return h("li", { class: "chapter shared" }, h("details", null,
      h("summary", null, t("Shared corners (%(count)s)", { count: number(versions.length) })),
      h("ol", { class: "life" }, versions.map((version) => this.chapter(version)))));
  }

  chapter(version) {
    const { app } = this;
    const shown = version.look_at && app.session.moment === version.look_at;
    const correction = version.kind === "correction" || version.corrected;
    const late = version.recorded && Math.abs(new Date(version.recorded) - new Date(version.from)) > 60000 && version.kind !== "correction";
    return h("li", {
      class: "chapter", "aria-current": shown ? "true" : null,
      ...(version.id ? { onmouseenter: () => this.light(version.id), onmouseleave: () => this.light(null) } : {}),
    },
    h("div", { class: "chapter-head" }, h("b", null, version.story), version.reason && version.kind !== "correction" ? ` ${version.reason}` : null, correction ? [" ", tag(t("corrected"), "past")] : null),
    h("div", { class: "sub" }, ago(version.from), version.by ? ` · ${version.by}` : null,
      late ? h("span", null, " · ", t("recorded %(when)s", { when: dateTime(version.recorded) })) : null),
    version.corrected ? this.corrected(version.corrected) : null,
    version.earlier.length ? this.earlier(version.earlier) : null,
    this.ways(version, shown));
  }

  corrected({ at, by, reason }) {
    const words = by ? t("Corrected on %(when)s by %(who)s: %(reason)s", { when: dateTime(at), who: by, reason }) : t("Corrected on %(when)s: %(reason)s", { when: dateTime(at), reason });
    return h("p", { class: "corrected" }, words);
  }

  earlier(rows) {
    return h("details", { class: "earlier" }, h("summary", null, tn("What was told before (%(count)s)", "What was told before (%(count)s)", rows.length)),
      h("ul", { class: "list" }, rows.map((row) => h("li", { onmouseenter: () => this.light(row.id), onmouseleave: () => this.light(null) },
        h("div", null, h("s", null, row.words)),
        h("div", { class: "sub" }, t("told until %(when)s", { when: dateTime(row.until) })),
        this.pin(row.id)))));
  }

  pin(id) {
    const on = this.pinned === id;
    return button(on ? t("Take its line away") : t("Show its line on the map"), () => { this.pinned = on ? null : id; this.light(null); this.draw(); }, { kind: "link", "aria-pressed": String(on) });
  }

  ways(version, shown) {
    const { app } = this;
    const made = [];
    if (version.look_at && !shown) made.push(button(t("See the map as of then"), () => app.state.set({ moment: version.look_at, task: null }), { kind: "link" }));
    if (!version.look_at && version.version && app.session.moment) made.push(button(t("Back to now"), () => app.state.set({ moment: null }), { kind: "link" }));
    if (version.version && this.mayCorrect()) made.push(button(t("Correct this"), () => this.correct(version), { kind: "link" }));
    const here = shown ? h("span", { class: "sub" }, t("This is what the map shows.")) : null;
    return made.length || here ? h("div", { class: "ways" }, here, made) : null;
  }

  mayCorrect() {
    return this.may.words || this.may.shape;
  }

  correct(version) {
    this.app.state.set({ task: "correct", telling: String(version.version), moment: version.look_at });
  }

  async older() {
    const [story, , error] = await request("GET", `/api/areas/${this.area.id}/history`, { query: { before: this.next } });
    if (error) { this.app.panel.problem({ ...error, retry: () => this.older() }); return; }
    this.versions = [...this.versions, ...story.versions];
    this.next = story.next;
    const had = this.list.childElementCount;
    this.draw();
    this.list.children[had]?.querySelector("button, summary")?.focus({ preventScroll: true });
  }

  // The line of the chapter under the pointer, else of the one that was asked to stay.
  light(id) {
    this.wanted = id || this.pinned;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(async () => {
      const wanted = this.wanted;
      const found = wanted ? await telling(this.area.id, wanted) : null;
      if (this.wanted !== wanted || this.over) return;
      this.drawn?.remove();
      this.drawn = found ? this.app.map.addShapes(found.geometry, line()) : null;
    }, PATIENCE_MS);
  }

  /** Take what it drew off the map. */
  end() {
    this.over = true;
    clearTimeout(this.waiting);
    this.drawn?.remove();
  }
}
