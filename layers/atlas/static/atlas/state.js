// The state of the page is its address: ?room=…&at=lon,lat,zoom&area=…&moment=…&off=a,b and what rooms add.
// What a person does (a room, a selection, a moment) is a step that "back" undoes; moving the map is not.

/** "111.2345678,35.1234567,16" → {lonlat, zoom} or null when it is no place. */
export function parseAt(text) {
  const [lon, lat, zoom] = (text || "").split(",").map(Number);
  if (![lon, lat, zoom].every(Number.isFinite) || Math.abs(lon) > 180 || Math.abs(lat) > 85 || zoom < 1 || zoom > 22) return null;
  return { lonlat: [lon, lat], zoom };
}

/** The inverse of parseAt: as many decimals as a pixel needs. */
export function formatAt({ lonlat: [lon, lat], zoom }) {
  const digits = Math.max(2, Math.min(7, Math.ceil(zoom / 3) + 1));
  return `${lon.toFixed(digits)},${lat.toFixed(digits)},${Math.round(zoom * 100) / 100}`; // between whole zooms only on paper
}

/** Whether a moment of the address is one: "2026-03-05" or "2026-03-05T14:30"; the server reads it in the place's zone. */
export function isMoment(text) {
  return /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?)?$/.test(text || "") && !Number.isNaN(new Date(text).getTime());
}

/** The state store over an address (location, history); tests hand in their own. */
export class State {
  constructor({ location = globalThis.location, history = globalThis.history, target = globalThis } = {}) {
    Object.assign(this, { location, history });
    this.values = this.read();
    this.listeners = new Map();
    target.addEventListener?.("popstate", () => this.adopt(this.read(), { back: true }));
  }

  read() {
    return Object.fromEntries(new URLSearchParams(this.location.search));
  }

  get(name) {
    return this.values[name] ?? null;
  }

  all() {
    return { ...this.values };
  }

  /** Change values (null removes). replace: no step in the history. */
  set(changes, { replace = false } = {}) {
    const next = { ...this.values };
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === undefined || value === "") delete next[name];
      else next[name] = String(value);
    }
    const address = this.address(next);
    if (address === this.address(this.values)) return;
    if (replace) this.history.replaceState(null, "", address);
    else this.history.pushState(null, "", address);
    this.adopt(next, { back: false });
  }

  /** The address of some values, readable: commas stay commas. */
  address(values) {
    const query = new URLSearchParams(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
    const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    return text ? `?${text}` : this.location.pathname || "/";
  }

  adopt(next, how) {
    const before = this.values;
    this.values = next;
    const names = new Set([...Object.keys(before), ...Object.keys(next)]);
    const changed = [...names].filter((name) => before[name] !== next[name]);
    for (const name of changed) {
      for (const listener of this.listeners.get(name) || []) listener(next[name] ?? null, before[name] ?? null, how);
    }
    if (changed.length) for (const listener of this.listeners.get("*") || []) listener(changed, how);
  }

  /** Call fn(value, before, {back}) when a value changes, by us or by "back"; "*": fn(names, {back}). Answers off(). */
  on(name, listener) {
    const list = this.listeners.get(name) || [];
    this.listeners.set(name, [...list, listener]);
    return () => this.listeners.set(name, this.listeners.get(name).filter((other) => other !== listener));
  }
}
