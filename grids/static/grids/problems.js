// What is wrong in an area and below it, each with its place; a gap that is meant is allowed, with a reason.
import { ago, area as areaWords, button, empty, field, h, put, section, t, tag, tn } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** The task "problems" of the room: begin() shows it, end() takes its mark off the map. */
export class Problems {
  constructor(app, area, onDone) {
    Object.assign(this, { app, area, onDone, mark: null, found: null, over: false });
    this.door = `/api/ground/${encodeURIComponent(area.id)}`;
    this.box = h("div", { "aria-live": "polite" });
  }

  async begin() {
    this.app.panel.show({
      title: t("What is wrong here?"),
      subtitle: this.area.name,
      body: [this.box],
      foot: [button(t("Look again"), () => this.look()), button(t("Done"), () => this.onDone(), { kind: "primary" })],
      onClose: () => this.onDone(),
    });
    await this.look();
  }

  end() {
    this.over = true;
    this.control?.abort();
    this.mark?.remove();
    this.mark = null;
  }

  async look() {
    this.control?.abort();
    this.control = new AbortController();
    put(this.box, section(null, h("p", { class: "sub" }, t("Looking at every boundary; a county takes some seconds."))));
    const [found, , error] = await request("GET", `${this.door}/problems`, { query: { moment: this.app.session.moment }, signal: this.control.signal });
    if (this.over || error?.code === "aborted") return;
    if (error) { put(this.box); this.app.panel.problem({ ...error, retry: () => this.look() }); return; }
    this.found = found;
    this.draw();
  }

  draw() {
    const { problems, allowed, count } = this.found;
    put(this.box,
      section(null, problems.length
        ? h("p", null, tn("%(count)s thing is not as it should be.", "%(count)s things are not as they should be.", count))
        : empty(tn("Nothing is wrong: %(count)s boundary was looked at.", "Nothing is wrong: %(count)s boundaries were looked at.", this.found.looked_at))),
      problems.length ? section(null, h("ul", { class: "list problems" }, problems.map((one) => this.item(one)))) : null,
      allowed.length ? section(t("Gaps that may stay"), h("ul", { class: "list" }, allowed.map((gap) => this.kept(gap)))) : null);
  }

  item(one) {
    const error = one.severity === "error";
    const choices = [one.point ? button(t("Go there"), () => this.go(one), { kind: "link" }) : null];
    const row = h("li", { class: "problem" }, h("p", null, tag(error ? t("Error") : t("Gap or loose edge"), error ? "red" : "amber"), " ", h("b", null, one.name), t(": "), one.message), h("p", null, choices));
    if (one.code === "uncovered" && !this.app.readOnly()) row.lastChild.append(" ", button(t("It is meant…"), () => this.ask(row, one), { kind: "link" }));
    return row;
  }

  kept(gap) {
    return h("li", { class: "problem" },
      h("p", null, h("b", null, gap.name), t(": "), gap.reason),
      h("p", { class: "sub" }, areaWords(gap.m2), " · ", gap.by ? [gap.by, " · "] : null, ago(gap.since)),
      h("p", null, button(t("Go there"), () => this.go(gap), { kind: "link" }), " ",
        this.app.readOnly() ? null : button(t("Take it back"), () => this.write(`/gaps/${gap.id}/end`, {}, gap.area), { kind: "link" })));
  }

  go({ geometry, point }) {
    this.mark?.remove();
    this.mark = geometry ? this.app.map.addShapes({ type: "Feature", geometry, properties: {} }, { stroke: colour("red"), fill: colour("red"), fillOpacity: 0.35, width: 3 }) : null;
    const bounds = this.mark?.bbox();
    if (bounds) this.app.map.fit(bounds, { maxZoom: 20 });
    else if (point) this.app.map.flyTo(point, 20);
  }

  ask(row, one) {
    const why = h("input", { name: "reason", required: true, maxlength: 500, autocomplete: "off" });
    const body = { id: uuid() };
    const form = h("form", {
      onsubmit: (event) => { event.preventDefault(); if (why.value.trim()) this.write("/gaps", { ...body, reason: why.value.trim() }, one.area); },
    }, field(t("Why nobody has this ground"), why), button(t("Let it stay"), null, { type: "submit" }));
    row.querySelector("form")?.remove();
    row.append(form);
    why.focus();
  }

  async write(path, body, area) {
    const [, , error] = await request("POST", `/api/ground/${encodeURIComponent(area)}${path}`, { key: uuid(), body });
    if (this.over) return;
    if (error) { this.app.panel.problem(error); return; }
    this.mark?.remove();
    this.mark = null;
    await this.look();
  }
}
