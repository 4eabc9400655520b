// Small boxes that open from a button: one at a time, closed by Esc, by a press elsewhere, and by their own button.
import { h, put } from "../gis/dom.js";

let open = null;

/** Close the open box, if any; answers whether there was one. */
export function closePopover({ focus = true } = {}) {
  if (!open) return false;
  const { box, opener, stop } = open;
  open = null;
  stop();
  if (focus && box.contains(document.activeElement)) opener.focus();
  box.remove();
  opener.setAttribute("aria-expanded", "false");
  return true;
}

/** Open a box beside a button with what build(close) makes; pressing the button again closes it. */
export function togglePopover(opener, label, build) {
  if (open?.opener === opener) {
    closePopover();
    return null;
  }
  closePopover({ focus: false });
  const box = h("div", { class: "popover", role: "dialog", "aria-label": label });
  const outside = (event) => {
    if (!box.contains(event.target) && !opener.contains(event.target)) closePopover({ focus: false });
  };
  document.addEventListener("pointerdown", outside, true);
  open = { box, opener, stop: () => document.removeEventListener("pointerdown", outside, true) };
  put(box, build(() => closePopover()));
  document.body.append(box);
  place(box, opener);
  opener.setAttribute("aria-expanded", "true");
  (box.querySelector("[data-first]") || box.querySelector("button, a, input, select"))?.focus({ preventScroll: true });
  return box;
}

function place(box, opener) {
  const at = opener.getBoundingClientRect();
  const [width, height] = [box.offsetWidth, box.offsetHeight];
  const left = Math.max(12, Math.min(globalThis.innerWidth - width - 12, at.right - width));
  const below = at.bottom + 8 + height < globalThis.innerHeight;
  if (below) {
    box.style.left = `${left}px`;
    box.style.top = `${at.bottom + 8}px`;
  } else {
    box.style.left = `${Math.max(12, at.left - width - 10)}px`;
    if (at.bottom - height < 12) box.style.top = "12px";
    else box.style.bottom = `${globalThis.innerHeight - at.bottom}px`; // what comes later grows upwards, not out of sight
  }
}
