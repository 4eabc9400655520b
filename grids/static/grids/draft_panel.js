// What the panel says beside a draft: how to draw, what is wrong, what it is called, what saving will change.
import { area as areaWords, button, dateTime, field, h, metres, nameOf, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { boxOf } from "../gis/rings.js";
import { tierWord } from "./words.js";

/** The panel of a Draft; it reads the draft's state and calls store(), drop(), goTo(problem). */
export class DraftPanel {
  constructor(draft) {
    this.draft = draft;
    this.says = h("p", { class: "sub" });
    this.verdicts = h("div", { "aria-live": "polite" });
    this.changes = h("div");
    this.save = button(t("Save and publish"), () => draft.store(), { kind: "primary", disabled: true });
    this.notice = null;
    this.show();
  }

  show() {
    const { app, area, task, tier, start } = this.draft;
    const place = nameOf(area);
    const drawing = task === "draw";
    app.panel.show({
      title: drawing ? t("A new %(tier)s in “%(place)s”", { tier: tierWord(tier), place }) : t("Change the boundary of “%(place)s”", { place }),
      subtitle: this.says,
      body: [
        section(null, this.verdicts),
        drawing ? section(t("What it is called"), this.form()) : null,
        section(t("After saving"), this.changes),
      ],
      foot: [button(t("Discard"), () => this.draft.onDropped()), this.save],
      onClose: () => this.draft.onDropped(),
      level: app.phone() && drawing && !start ? 0 : null, // a finger needs the map
    });
  }

  // On a phone the sheet lies low while the line is drawn, and comes up for the names.
  raise() {
    const { app } = this.draft;
    if (!app.phone()) return;
    app.panel.level = 1;
    app.panel.settle();
    const drawn = this.draft.current.geometry;
    if (drawn) app.map.fit(boxOf(drawn, 8), { maxZoom: 21 });
  }

  form() {
    const { words, area, tier } = this.draft;
    const said = words || area.suggestion || {};
    const input = (name, more = {}) => h("input", { name, value: said[name] || "", autocomplete: "off", ...more });
    const walled = [["unknown", t("not known")], ["yes", t("walled")], ["no", t("not walled")]];
    this.fields = h("form", { onsubmit: (event) => { event.preventDefault(); this.draft.store(); } },
      field(t("Chinese name"), input("name_zh", { required: true, maxlength: 120 })),
      field(t("English name (may be empty)"), input("name_en", { maxlength: 120 })),
      field(t("Code"), input("code", { required: true, maxlength: 40 }), { hint: t("Suggested: the next free one.") }),
      tier.code === "compound" ? field(t("Is it walled?"), h("select", { name: "walled" },
        walled.map(([value, label]) => h("option", { value, selected: said.walled === value }, label)))) : null,
      h("button", { type: "submit", hidden: true }));
    return this.fields;
  }

  values() {
    return this.fields ? Object.fromEntries(new FormData(this.fields)) : {};
  }

  fieldErrors(errors) {
    if (this.fields) setFieldErrors(this.fields, errors);
  }

  hint() {
    const { current: { drawing, points }, snapMetres } = this.draft;
    const snap = snapMetres ? t("Snaps to neighbours within %(distance)s.", { distance: metres(snapMetres) }) : "";
    let words = t("Drag a corner; press a small point to add one; right-click (hold) a corner to remove it.");
    if (drawing && points < 3) words = t("Press the corners on the map, one after the other.");
    else if (drawing) words = t("Press the first corner again, or Enter, to close the line.");
    put(this.says, `${words} ${snap}`);
  }

  draw() {
    const { draft } = this;
    const wrong = draft.wrong();
    put(this.verdicts, this.notice || (wrong.length ? [
      tag(tn("%(count)s place to correct first", "%(count)s places to correct first", wrong.length), "red"),
      wrong.map((problem) => row(problem.message, problem.geometry ? button(t("Go there"), () => draft.goTo(problem), { kind: "link" }) : null, { class: "wrong" })),
    ] : this.verdict()));
    put(this.changes, this.summary());
    this.save.disabled = !draft.ready();
    put(this.save, draft.saving ? t("Saving…") : t("Save and publish"));
  }

  verdict() {
    const { current: { geometry, drawing }, check } = this.draft;
    if (!geometry) return null;
    if (check.pending) return tag(t("Checking…"), "grey");
    if (drawing) return tag(t("Nothing wrong so far"), "grey");
    return this.draft.dirty() ? tag(t("Nothing in the way"), "green") : null;
  }

  summary() {
    const { check, area, task } = this.draft;
    const after = check.after === null ? "–" : areaWords(check.after);
    const others = this.draft.wrong().length ? [] : check.noded;
    return [
      row(t("Area"), task === "draw" ? after : t("%(before)s → %(after)s", { before: areaWords(area.area_m2), after })),
      others.length ? row(t("Neighbours that share corners with it"), others.map(({ name }) => name).join(t(", "))) : null,
      row(t("In force"), t("at once; the former map is kept")),
    ];
  }

  /** Somebody else was faster: whose line the amber one is, and the choice between the two. */
  stale(error, { takeTheirs, keepMine }) {
    this.notice = h("div", { class: "near", role: "alert" },
      h("p", null, h("b", null, error.detail)),
      h("p", null, t("%(who)s, %(when)s: the amber line on the map.", { who: error.changed_by, when: dateTime(error.changed_at) })),
      h("div", { class: "ways" }, button(t("Take theirs"), takeTheirs), button(t("Go on with mine"), () => { this.notice = null; keepMine(); })));
  }
}
