// One photo, large, over everything else: arrows and swipes go on, Esc or the dark around it closes.
import { button, h, icon, t } from "../gis/dom.js";

const SWIPE_PX = 40;
const LEFT = "M15 5l-7 7 7 7";
const RIGHT = "M9 5l7 7-7 7";
const CROSS = "M6 6l12 12M18 6L6 18";

/** Which photo a step leads to; it stops at the first and the last. */
export function stepped(place, by, total) {
  return Math.min(total - 1, Math.max(0, place + by));
}

/** Show photos [{url, width, height}] from one of them on. */
export function view(photos, first = 0) {
  let place = first;
  const image = h("img", { alt: "" });
  const count = h("p", { class: "photo-count", "aria-live": "polite" });
  const back = button(icon(LEFT, 28), () => go(-1), { kind: "quiet", class: "photo-back", "aria-label": t("Photo before") });
  const on = button(icon(RIGHT, 28), () => go(1), { kind: "quiet", class: "photo-on", "aria-label": t("Next photo") });
  const close = button(icon(CROSS, 24), () => dialog.close(), { kind: "quiet", class: "photo-close", "aria-label": t("Close") });
  const lost = h("p", { class: "photo-lost", hidden: true }, t("This photo cannot be shown now."));
  const stage = h("div", { class: "photo-stage" }, image, lost);
  const dialog = h("dialog", { class: "photo-view", "aria-label": t("Photos") }, stage, back, on, count, close);

  function show() {
    const photo = photos[place];
    dialog.classList.remove("whole");
    lost.hidden = true;
    image.hidden = false;
    image.src = photo.url;
    image.width = photo.width;
    image.height = photo.height;
    image.alt = t("Photo %(n)s of %(total)s", { n: place + 1, total: photos.length });
    count.textContent = photos.length > 1 ? `${place + 1} / ${photos.length}` : "";
    back.hidden = on.hidden = photos.length < 2;
    back.disabled = place === 0;
    on.disabled = place === photos.length - 1;
    // a button that is put out drops the focus behind the dialog, and the next key would go to the map
    if (dialog.open && !dialog.contains(document.activeElement)) close.focus();
  }

  function go(by) {
    const next = stepped(place, by, photos.length);
    if (next === place) return;
    place = next;
    show();
  }

  image.addEventListener("error", () => { lost.hidden = false; image.hidden = true; });
  image.addEventListener("click", () => dialog.classList.toggle("whole")); // as large as it is, or as large as fits
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target === stage) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the map and the panel have keys of their own
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -photos.length, End: photos.length }[event.key];
    if (by) { event.preventDefault(); go(by); }
  });
  let from = null;
  stage.addEventListener("pointerdown", (event) => { from = event.pointerType === "touch" ? event.clientX : null; });
  stage.addEventListener("pointerup", (event) => {
    if (from !== null && !dialog.classList.contains("whole") && Math.abs(event.clientX - from) > SWIPE_PX) go(event.clientX < from ? 1 : -1);
    from = null;
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  show();
  dialog.showModal();
  (on.hidden || on.disabled ? close : on).focus();
}
