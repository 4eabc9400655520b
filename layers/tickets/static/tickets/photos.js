// Photos: adding them to a form (picker) and looking at those of a step (gallery).
//
//   const photos = picker({ ids: draft.photos, onChange });   photos.node, photos.ids(), photos.busy(), photos.clear()
//   gallery(event.photos)                                      a row of small ones; pressing one opens it large
import { button, h, icon, number, put, t, tn } from "../gis/dom.js";
import { request, uuid } from "../gis/request.js";
import { Uploads, fitted, heavy } from "./uploads.js";
import { view } from "./photo_view.js";

const DOOR = "/api/files";
const MOST = 9;
const TYPES = "image/jpeg,image/png,image/webp,image/heic,image/heif,.heic,.heif";
const CAMERA = "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7";
const CROSS = "M6 6l12 12M18 6L6 18";
const STORE = "photos";
const KEEP_MS = 24 * 3600 * 1000;

/** The small address of a photo that lies on the server. */
export const thumbOf = (id) => `${DOOR}/${id}/thumb`;

// A photo drawn smaller before it is sent; what the browser cannot draw goes as it is, and the server looks at it.
async function prepared(file) {
  if (!heavy(file)) return file;
  try {
    const bitmap = await createImageBitmap(file);
    const [width, height] = fitted(bitmap.width, bitmap.height);
    const canvas = h("canvas", { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.9); });
    return blob && blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
}

function send(item, { onProgress, signal }) {
  const body = new FormData();
  body.append("file", item.blob, item.name || "photo.jpg");
  return request("POST", DOOR, { query: { owner: "ticket" }, body, key: item.id, onProgress, signal });
}

// What is not on the server yet survives a reload here; a browser that keeps nothing is no obstacle.
function database() {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("wangge", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => done(opening.result);
    opening.onerror = () => failed(opening.error);
  });
}

async function kept(mode, ask) {
  try {
    const opened = await database();
    try {
      return await new Promise((done, failed) => {
        const asked = ask(opened.transaction(STORE, mode).objectStore(STORE));
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error);
      });
    } finally {
      opened.close();
    }
  } catch {
    return null;
  }
}

const keep = {
  put: (id, blob) => kept("readwrite", (store) => store.put({ blob, at: Date.now() }, id)),
  get: async (id) => {
    const row = await kept("readonly", (store) => store.get(id));
    return row && Date.now() - row.at < KEEP_MS ? row.blob : null;
  },
  drop: (id) => kept("readwrite", (store) => store.delete(id)),
  // what a closed page left behind a day ago
  tidy: async () => {
    for (const id of (await kept("readonly", (store) => store.getAllKeys())) || []) if (!(await keep.get(id))) await keep.drop(id);
  },
};

/** Photos for a form. ids: those of a draft; onChange() after every change. */
export function picker({ ids = [], onChange = null } = {}) {
  const list = h("ul", { class: "photos" });
  const says = h("p", { class: "photo-says sub", role: "status", hidden: true });
  const wrong = h("div", { class: "photo-wrong", role: "alert" });
  const input = h("input", { type: "file", accept: TYPES, multiple: true, class: "only-heard", name: "photos", onchange: () => { take([...input.files]); input.value = ""; } });
  const tile = h("li", { class: "photo-add" }, h("label", { class: "photo-tile" }, input, icon(CAMERA, 24), h("span", null, t("Add a photo"))));
  const node = h("div", { class: "photo-picker" }, h("h2", null, t("Photos")), list, says, wrong,
    h("p", { class: "hint" }, t("Where, when and with what a photo was taken is removed before it is stored.")));
  const seen = new Map(); // id → what stands in the list
  let left = 0; // that had no room
  const uploads = new Uploads({ send, prepare: prepared, keep, most: MOST, uuid, onChange: () => { draw(); onChange?.(); } });

  function take(files) {
    left = uploads.add(files);
    told();
  }

  function give(item) {
    left = 0;
    const on = item.state === "done";
    uploads.remove(item.id);
    if (on) request("DELETE", `${DOOR}/${item.id}`); // not sent with anything yet: gone from the server at once
    (list.querySelector("button") || input).focus();
  }

  // a draft's photo that the server does not show: not reached, or not there any more?
  async function seek(item) {
    if (item.state !== "done" || item.document) return;
    const [, , error] = await request("GET", thumbOf(item.id));
    if (error?.status === 404) uploads.lost(item.id, { title: t("A photo is not there any more. Add it again.") });
  }

  function made(item) {
    const image = h("img", { alt: "", decoding: "async" });
    const bar = h("div", { class: "job-bar", role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("i"));
    const off = button(icon(CROSS, 16), () => give(item), { class: "photo-off" });
    const entry = h("li", { class: "photo", data: { photo: item.id } }, image, bar, off);
    image.addEventListener("error", () => { entry.classList.add("blank"); seek(item); });
    image.addEventListener("load", () => { entry.classList.remove("blank"); });
    return { entry, image, bar, off, source: "" };
  }

  function draw() {
    const shown = uploads.items.filter(({ state }) => state !== "refused");
    for (const [id, part] of seen) {
      if (shown.some((item) => item.id === id)) continue;
      if (part.source.startsWith("blob:")) URL.revokeObjectURL(part.source);
      part.entry.remove();
      seen.delete(id);
    }
    shown.forEach((item, place) => {
      if (!seen.has(item.id)) seen.set(item.id, made(item));
      const part = seen.get(item.id);
      const name = t("Photo %(n)s", { n: place + 1 });
      if (!part.source || (item.state === "done" && part.entry.classList.contains("blank") && part.source.startsWith("blob:"))) {
        part.source = item.state === "done" ? thumbOf(item.id) : item.blob || item.file ? URL.createObjectURL(item.blob || item.file) : "";
        if (part.source) part.image.src = part.source;
      }
      part.image.alt = name;
      part.entry.dataset.state = item.state;
      part.bar.hidden = item.state === "done" || item.state === "sought";
      part.bar.style.setProperty("--w", `${Math.round(item.share * 100)}%`);
      part.bar.setAttribute("aria-valuenow", Math.round(item.share * 100));
      part.bar.setAttribute("aria-label", t("%(photo)s is on its way", { photo: name }));
      part.off.setAttribute("aria-label", t("Remove %(photo)s", { photo: name }));
      if (list.children[place] !== part.entry) list.insertBefore(part.entry, list.children[place] || null);
    });
    if (shown.length < MOST) list.append(tile);
    else tile.remove();
    told();
  }

  function told() {
    const trouble = uploads.trouble();
    const waiting = uploads.items.filter(({ state }) => state === "waiting" || state === "sending").length;
    if (trouble) put(says, trouble.status === 401 ? t("Sign in again: your photos wait here until then.") : t("The photos wait here until the server is reached again."), " ", button(t("Try again"), () => uploads.retry(), { kind: "link" }));
    else if (waiting) says.textContent = tn("%(count)s photo is on its way…", "%(count)s photos are on their way…", waiting);
    if (left) put(says, t("At most %(most)s photos; %(left)s were left out.", { most: MOST, left: number(left) }));
    says.hidden = !waiting && !left;
    const refused = uploads.items.filter(({ state }) => state === "refused");
    put(wrong, refused.map((item) => h("p", { class: "problem" }, h("b", null, item.name), " ", item.problem.fields?.file || item.problem.detail || item.problem.title, " ",
      button(t("All right"), () => { uploads.remove(item.id); }, { kind: "link" }))));
  }

  // the network is back, or somebody else's question was answered: no reason to wait for the clock
  const again = (event) => {
    if (!node.isConnected && !uploads.busy()) deaf();
    else if (event.detail?.online !== false && uploads.trouble() && !uploads.going) uploads.retry();
  };
  const deaf = () => ["online", "wangge:reach"].forEach((name) => globalThis.removeEventListener(name, again));
  ["online", "wangge:reach"].forEach((name) => globalThis.addEventListener(name, again));
  node.addEventListener("dragover", (event) => { event.preventDefault(); node.classList.add("over"); });
  node.addEventListener("dragleave", () => node.classList.remove("over"));
  node.addEventListener("drop", (event) => {
    event.preventDefault();
    node.classList.remove("over");
    take([...event.dataTransfer.files]);
  });
  draw();
  keep.tidy();
  if (ids.length) uploads.resume(ids);
  return {
    node,
    ids: () => uploads.ids(),
    busy: () => uploads.busy(),
    clear: () => { uploads.clear(); deaf(); },
  };
}

/** The photos of a step as a row of small ones; pressing one opens it large, with the others beside it. */
export function gallery(photos) {
  if (!photos?.length) return null;
  return h("ul", { class: "photos seen" }, photos.map((photo, place) => {
    const name = t("Photo %(n)s of %(total)s", { n: place + 1, total: photos.length });
    const image = h("img", { src: photo.thumb, alt: name, loading: "lazy", decoding: "async", width: photo.width, height: photo.height });
    const entry = h("li", { class: "photo" }, h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => view(photos, place) }, image));
    image.addEventListener("error", () => entry.classList.add("blank"));
    return entry;
  }));
}
