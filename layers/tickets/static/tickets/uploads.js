// Photos on their way to the server: one after the other, each with an id of its own, so that sending again stores once.
// Plain: what sends, prepares and keeps is handed in (photos.js), so that outages can be tried without a browser.

export const LONGEST = 2560;
const AGAIN_MS = [2000, 5000, 15000, 30000];
const LIGHT_BYTES = 1_200_000;
const DRAWABLE = new Set(["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif", "image/avif"]);

/** Width and height scaled down so that the longer one is at most `longest`; never up. */
export function fitted(width, height, longest = LONGEST) {
  const scale = Math.min(1, longest / Math.max(width, height));
  return [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
}

/** Whether a file is worth drawing smaller before it goes through a telephone's network. */
export function heavy({ type, size }) {
  return type === "image/avif" || (DRAWABLE.has(type) && size > LIGHT_BYTES);
}

/** Whether trying again later can help: not reached, cut off, the server in trouble, or the sign-in has run out. */
export function passing(error) {
  return error.status === 0 || error.status === 401 || error.status >= 500;
}

/**
 * A row of photos: items [{id, name, blob, state, share, problem}],
 * state = "sought" (in what is kept here) | "waiting" | "sending" | "done" | "refused".
 *
 * send(item, {onProgress, signal}) → [document, response, error]; prepare(file) → Blob; keep = {put, get, drop} by id.
 */
export class Uploads {
  constructor({ send, prepare = async (file) => file, keep = null, most = 9, onChange = () => {}, later = (next, ms) => setTimeout(next, ms), uuid }) {
    Object.assign(this, { send, prepare, keep, most, onChange, later, uuid, items: [], tries: 0, going: false, timer: null });
  }

  /** Take files in; answers how many had no room. */
  add(files) {
    const room = Math.max(0, this.most - this.ids().length);
    for (const file of files.slice(0, room)) {
      const item = { id: this.uuid(), name: file.name || "", file, blob: null, state: "waiting", share: 0, problem: null };
      this.items.push(item);
      this.keep?.put(item.id, file); // at once: the page may be closed before its turn comes
    }
    this.changed();
    this.go();
    return files.length - Math.min(files.length, room);
  }

  /** Take up photos of a draft again: those kept here go on, the others lie on the server. */
  async resume(ids) {
    const rows = ids.map((id) => ({ id, name: "", file: null, blob: null, state: "sought", share: 0, problem: null }));
    this.items.push(...rows);
    for (const row of rows) {
      const file = await this.keep?.get(row.id);
      Object.assign(row, file ? { file, name: file.name || "", state: "waiting" } : { state: "done", share: 1 });
    }
    this.changed();
    this.go();
  }

  /** Those that are there or on their way, in order. */
  ids() {
    return this.items.filter(({ state }) => state !== "refused").map(({ id }) => id);
  }

  /** Whether one is not there yet. */
  busy() {
    return this.items.some(({ state }) => state === "sought" || state === "waiting" || state === "sending");
  }

  /** What holds them up, if they wait for something. */
  trouble() {
    return this.items.find(({ state, problem }) => state === "waiting" && problem)?.problem || null;
  }

  /** One that was taken for stored is not there: the person is told, and the form goes without it. */
  lost(id, problem) {
    const item = this.items.find((one) => one.id === id && one.state === "done");
    if (!item) return;
    Object.assign(item, { state: "refused", problem });
    this.changed();
  }

  /** Take one out; what was under way is broken off. */
  remove(id) {
    const item = this.items.find((one) => one.id === id);
    if (!item) return null;
    this.items = this.items.filter((one) => one !== item);
    item.control?.abort();
    this.keep?.drop(id);
    this.changed();
    return item;
  }

  /** Forget all of them: they belong to something now, or were given up. */
  clear() {
    clearTimeout(this.timer);
    for (const item of this.items.splice(0)) {
      item.control?.abort();
      this.keep?.drop(item.id);
    }
    this.tries = 0;
    this.changed();
  }

  /** Try again now, whatever the clock says. */
  retry() {
    this.tries = 0;
    clearTimeout(this.timer);
    this.go();
  }

  async go() {
    if (this.going) return;
    this.going = true;
    try {
      let item;
      while ((item = this.items.find(({ state }) => state === "waiting"))) if (!(await this.one(item))) break;
    } finally {
      this.going = false;
    }
  }

  // One photo: true = look for the next one, false = wait for better times.
  async one(item) {
    Object.assign(item, { state: "sending", share: 0, problem: null, control: new AbortController() });
    this.changed();
    if (!item.blob) {
      item.blob = await this.prepare(item.file);
      this.changed();
    }
    if (!this.items.includes(item)) { this.keep?.drop(item.id); return true; } // taken out meanwhile
    const onProgress = (share) => { item.share = share; this.changed(); };
    const [document, , error] = await this.send(item, { onProgress, signal: item.control.signal });
    if (!this.items.includes(item)) return true;
    if (!error) {
      this.tries = 0;
      Object.assign(item, { state: "done", share: 1, document });
      this.keep?.drop(item.id);
      this.changed();
      return true;
    }
    const wait = passing(error);
    Object.assign(item, { state: wait ? "waiting" : "refused", share: 0, problem: error });
    if (!wait) this.keep?.drop(item.id);
    this.changed();
    if (wait) this.timer = this.later(() => this.go(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    return !wait;
  }

  changed() {
    this.onChange();
  }
}
