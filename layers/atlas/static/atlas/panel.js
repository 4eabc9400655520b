// The one panel: beside the map on a desk, a sheet with three heights on a phone.
import { button, h, icon, put, t } from "../gis/dom.js";

const CROSS = "M6 6l12 12M18 6L6 18";
const HEIGHTS = [0.16, 0.46, 0.88];
let byKeyboard = false;
document.addEventListener("keydown", () => { byKeyboard = true; }, true);
document.addEventListener("pointerdown", () => { byKeyboard = false; }, true);
const phone = () => globalThis.matchMedia("(max-width: 767px)").matches;

/** The panel of the page; see rooms.js for what rooms may do with it. */
export class Panel {
  constructor(element, { onResize }) {
    this.element = element;
    this.onResize = onResize;
    this.level = 1;
    this.notes = h("div", { class: "notes", "aria-live": "polite" });
    globalThis.addEventListener("resize", () => this.settle());
    this.grown = new ResizeObserver(() => { if (phone() && this.isOpen() && this.level === 0) this.settle(); });
  }

  isOpen() {
    return !this.element.hidden;
  }

  /** Show something; onClose is called once when it is closed or replaced by the user (not by another show). */
  show({ title, subtitle = null, body = [], foot = [], onClose = null, wide = false, level = null }) {
    const opening = !this.isOpen();
    this.onClose = onClose;
    const grab = h("button", { type: "button", class: "grab", "aria-label": t("Change the height of the sheet"), onclick: () => this.step() });
    const close = h("button", { type: "button", class: "close", "aria-label": t("Close"), title: t("Close"), onclick: () => this.dismiss() }, icon(CROSS));
    const head = h("header", null, h("h1", { tabindex: "-1" }, title), subtitle ? h("div", { class: "sub" }, subtitle) : null, close);
    put(this.notes);
    const scroll = h("div", { class: "scroll" }, body);
    put(this.element, grab, head, this.notes, scroll, h("div", { class: "foot" }, foot));
    this.grown.disconnect();
    this.grown.observe(head);
    this.grown.observe(this.notes);
    this.element.hidden = false;
    document.body.classList.toggle("wide-panel", wide && !phone());
    document.body.classList.add("has-panel");
    this.draggable(grab);
    this.draggable(head);
    if (level !== null) this.level = level;
    else if (opening) this.level = 1;
    this.settle();
    // Who came by keyboard and stands nowhere now goes on in the panel.
    if (byKeyboard && document.activeElement === document.body) head.querySelector("h1").focus({ preventScroll: true });
    return this.element;
  }

  /** Put it away without asking onClose. */
  close() {
    if (!this.isOpen()) return;
    const inside = this.element.contains(document.activeElement);
    this.element.hidden = true;
    this.onClose = null;
    document.body.classList.remove("has-panel", "wide-panel", "sheet-high");
    if (inside) document.getElementById("map").focus({ preventScroll: true });
    this.settle();
  }

  /** The user closes it: the room hears of it. */
  dismiss() {
    const { onClose } = this;
    this.close();
    onClose?.();
  }

  /** The panel's shape at once, the content later. */
  busy(title) {
    const lines = Array.from({ length: 6 }, () => h("div", { class: "skeleton" }));
    return this.show({ title, body: [h("section", { "aria-busy": "true" }, lines)] });
  }

  /** Say what went wrong beside its cause; null takes it away. error = the third value of request(). */
  problem(error) {
    if (!error || error.code === "aborted") {
      put(this.notes);
      return;
    }
    const again = error.retry ? button(t("Try again"), error.retry) : null;
    put(this.notes, h("div", { class: "problem", role: "alert" },
      h("p", null, h("b", null, error.title || t("This did not work."))), error.detail ? h("p", null, error.detail) : null, again));
    this.notes.scrollIntoView({ block: "nearest" });
  }

  step() {
    this.level = (this.level + 1) % HEIGHTS.length;
    this.settle();
  }

  // The lowest height of the sheet still shows its title and what can be done at its foot.
  height() {
    const share = Math.round(HEIGHTS[this.level] * globalThis.innerHeight);
    if (this.level !== 0 || !this.element.querySelector(".foot")?.childElementCount) return share;
    const always = [".grab", "header", ".notes", ".foot"].map((part) => this.element.querySelector(`:scope > ${part}`)?.offsetHeight || 0);
    return Math.max(share, always.reduce((sum, px) => sum + px, 0));
  }

  // Tell the map what is covered, so that it keeps what matters in sight.
  settle() {
    const open = this.isOpen();
    const sheet = phone();
    const style = document.body.style;
    if (sheet) {
      const height = open ? this.height() : 0;
      this.element.style.setProperty("--sheet", `${height}px`);
      style.setProperty("--sheet-px", `${height}px`);
      document.body.classList.toggle("sheet-high", open && this.level === 2);
      this.onResize({ right: 0, bottom: this.level === 2 ? 0 : height });
    } else {
      this.element.style.removeProperty("--sheet");
      document.body.classList.remove("sheet-high");
      this.onResize({ right: open ? this.element.offsetWidth : 0, bottom: 0 });
    }
  }

  draggable(handle) {
    handle.addEventListener("pointerdown", (start) => {
      if (!phone() || start.target.closest(".close")) return;
      const before = this.element.offsetHeight;
      let height = before;
      let moved = false;
      const move = (event) => {
        height = before + start.clientY - event.clientY;
        if (!moved && Math.abs(height - before) < 6) return;
        moved = true;
        this.element.classList.add("dragged");
        this.element.style.setProperty("--sheet", `${height}px`);
      };
      const end = () => {
        globalThis.removeEventListener("pointermove", move);
        globalThis.removeEventListener("pointerup", end);
        globalThis.removeEventListener("pointercancel", end);
        this.element.classList.remove("dragged");
        if (!moved) return;
        handle.addEventListener("click", (event) => event.stopImmediatePropagation(), { capture: true, once: true });
        const share = height / globalThis.innerHeight;
        if (share < 0.07) { this.dismiss(); return; }
        this.level = HEIGHTS.map((level, i) => [Math.abs(level - share), i]).sort((a, b) => a[0] - b[0])[0][1];
        this.settle();
      };
      globalThis.addEventListener("pointermove", move);
      globalThis.addEventListener("pointerup", end);
      globalThis.addEventListener("pointercancel", end);
    });
  }
}
