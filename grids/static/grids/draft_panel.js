// What the panel says beside a draft: how to draw, what is wrong, what it is called, what saving will change.
import { area as areaWords, button, dateTime, field, h, metres, nameOf, put, row, section, setFieldErrors, t, tag, tn } from "../gis/dom.js";
import { boxOf } from "../gis/rings.js";
import { hintOf } from "./draft_tools.js";
import { tierWord } from "./words.js";

const LEAST_SNAP_PX = 4;

// What the way out of a finding is called on its button.
const WAYS = {
  crossing: () => t("Untangle"), overlap: () => t("Cut it off"), escape: () => t("Cut it off"),
  child_outside: () => t("Take it in"), gap: () => t("Close the strip"), swapped: () => t("Swap them"),
};

/** The panel of a Draft; it reads the draft's state and calls store(), drop(), goTo(problem), mend(problem). */
export class DraftPanel {
  constructor(draft) {
    this.draft = draft;
    this.says = h("p", { class: "sub" });
    this.verdicts = h("div", { "aria-live": "polite" });
    this.changes = h("div");
    this.keeps = h("span", { class: "sub kept" });
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
        section(t("After saving"), this.changes, drawing ? null : this.why()),
        section(null, this.keeps),
      ],
      foot: [button(t("Discard"), () => this.draft.onDropped({ discard: true })), this.save],
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
    this.fields = h("form", { onsubmit: (event) => { event.preventDefault(); this.draft.store(); }, oninput: () => this.draft.typing() },
      field(t("Chinese name"), input("name_zh", { required: true, maxlength: 120 })),
      field(t("English name (may be empty)"), input("name_en", { maxlength: 120 })),
      field(t("Code"), input("code", { required: true, maxlength: 40 }), { hint: t("Suggested: the next free one.") }),
      tier.code === "compound" ? field(t("Is it walled?"), h("select", { name: "walled" },
        walled.map(([value, label]) => h("option", { value, selected: said.walled === value }, label)))) : null,
      h("button", { type: "submit", hidden: true }));
    return this.fields;
  }

  why() {
    this.whyField ||= h("input", { name: "reason", maxlength: 500, autocomplete: "off" });
    return field(t("Why (may be empty)"), this.whyField);
  }

  reason() { return this.whyField?.value.trim() || ""; }

  values() {
    return this.fields ? Object.fromEntries(new FormData(this.fields)) : {};
  }

  /** Errors beside their fields, and in amber what is only odd. */
  fieldErrors(errors, odd = {}) {
    if (!this.fields) return;
    setFieldErrors(this.fields, errors);
    for (const box of this.fields.querySelectorAll(".field")) {
      box.querySelector(".odd")?.remove();
      const words = odd[box.dataset.field];
      if (words) box.append(h("p", { class: "hint odd" }, words));
    }
  }

  hint() {
    const { draft } = this;
    put(this.says, `${hintOf(draft)} ${this.snapWords()}`);
  }

  snapWords() {
    const { snapMetres, editor } = this.draft;
    if (!snapMetres || !editor) return "";
    return editor.snapPixels() < LEAST_SNAP_PX
      ? t("Snaps within %(distance)s: look closer to use it.", { distance: metres(snapMetres) })
      : t("Snaps to neighbours within %(distance)s.", { distance: metres(snapMetres) });
  }

  /** Whether what is drawn is safe on the server. */
  kept(state, when) {
    const words = {
      saving: () => t("Keeping the draft…"),
      kept: () => t("Draft kept on the server, %(time)s. Nobody else sees it.", { time: dateTime(when) }),
      away: () => t("The draft could not be kept on the server; it is still here."),
    };
    put(this.keeps, words[state]());
  }

  draw() {
    const { draft } = this;
    put(this.verdicts, this.notice || this.findings());
    put(this.changes, this.summary());
    this.save.disabled = !draft.ready();
    put(this.save, draft.saving ? t("Saving…") : t("Save and publish"));
  }

  findings() {
    const [wrong, nearly] = [this.draft.wrong(), this.draft.nearly()];
    return [
      wrong.length ? tag(tn("%(count)s place to correct first", "%(count)s places to correct first", wrong.length), "red") : this.verdict(),
      [...wrong, ...nearly].map((problem) => this.finding(problem)),
    ];
  }

  finding(problem) {
    const ways = [
      problem.geometry ? button(t("Go there"), () => this.draft.goTo(problem), { kind: "link" }) : null,
      problem.mend && WAYS[problem.code] ? button(WAYS[problem.code](), () => this.draft.mend(problem), { kind: "link", disabled: this.draft.check.pending }) : null,
    ];
    return h("div", { class: `finding ${problem.severity}` }, h("p", null, problem.message), h("div", { class: "ways" }, ways));
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
      check.rest ? row(t("Still nobody's in “%(place)s”", { place: check.rest.name }), areaWords(check.rest.m2)) : null,
      others.length ? row(t("Neighbours that share corners with it"), others.map(({ name }) => name).join(t(", "))) : null,
      row(t("In force"), t("at once; the former map is kept")),
    ];
  }

  /** Somebody else was faster: whose line the amber one is, both sizes, and the choice. */
  stale(error, { mine, see, takeTheirs, fromTheirs, keepMine }) {
    this.notice = h("div", { class: "near", role: "alert" },
      h("p", null, h("b", null, error.detail)),
      h("p", null, t("%(who)s, %(when)s: the amber line on the map. The dotted one is where both of you began.", { who: error.changed_by, when: dateTime(error.changed_at) })),
      row(t("Theirs"), areaWords(error.area_m2)), row(t("Mine"), mine === null ? "–" : areaWords(mine)),
      h("div", { class: "ways" },
        button(t("Show both"), see, { kind: "link" }),
        button(t("Take theirs"), takeTheirs),
        button(t("Begin from theirs"), fromTheirs),
        button(t("Go on with mine"), keepMine)));
  }

  /** The same drawing went on elsewhere: which of the two to go on with. */
  elsewhere(sketch, { takeOther, keepThis }) {
    this.notice = h("div", { class: "near", role: "alert" },
      h("p", null, h("b", null, t("You went on drawing this on another page or device."))),
      h("p", null, t("At %(time)s; the amber line on the map.", { time: dateTime(sketch.updated_at) })),
      h("div", { class: "ways" }, button(t("Take the other one"), takeOther), button(t("Keep this one"), keepThis)));
  }
}
