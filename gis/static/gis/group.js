// One source of tiles: asks for each once, keeps a few, cancels what nobody waits for, draws tiles on canvases.
import { decode, MAX_TILE_ZOOM, TILE_SIZE, tileUrl } from "./tiles.js";
import { drawItems, styled, veil } from "./draw.js";

const KEPT = 96;

/** The tile to ask for and the part of it to draw, for a 512 px tile of the screen at z (overzoom beyond MAX). */
export function native({ z, x, y }) {
  const over = Math.max(0, z - MAX_TILE_ZOOM);
  const parts = 2 ** over;
  const tile = { z: z - over, x: Math.floor(x / parts), y: Math.floor(y / parts) };
  return { tile, key: `${tile.z}/${tile.x}/${tile.y}`, parts, left: x - tile.x * parts, top: y - tile.y * parts };
}

/**
 * A group of layers that come in one tile: {name, layers: [{name, order, min_zoom, max_zoom, …}], temporal, ground}.
 * ground: names of the layers beyond whose polygons the map is veiled.
 */
export class TileGroup {
  constructor(source, scene) {
    this.source = source;
    this.scene = scene;
    this.version = 0;
    this.filter = null;
    this.store = new Map(); // native key → {promise, features, users, control}
    this.screen = new Map(); // screen key → {coords, canvas, key, features}
  }

  /** Whether any layer of the group is drawn at this zoom of the map. */
  wanted(zoom) {
    return this.source.layers.some((layer) => this.scene.visible(layer, zoom));
  }

  fetch(key, tile) {
    const control = new AbortController();
    const entry = { users: 0, control, features: null, version: this.version };
    const moment = this.source.temporal ? this.scene.moment : null;
    const ask = fetch(tileUrl(this.source.name, tile, { moment, version: this.version, filter: this.filter }), { signal: control.signal, credentials: "same-origin" });
    entry.promise = ask.then(async (response) => {
      if (response.status === 204) return {};
      if (!response.ok) throw new Error(`tile ${response.status}`);
      return decode(await response.arrayBuffer());
    }).then((features) => { entry.features = features; return features; });
    entry.promise.catch(() => { if (this.store.get(key) === entry) this.store.delete(key); });
    this.store.set(key, entry);
    return entry;
  }

  entry(key, tile) {
    const kept = this.store.get(key);
    if (!kept) return this.fetch(key, tile);
    this.store.delete(key); // move to the young end
    this.store.set(key, kept);
    return kept;
  }

  prune() {
    for (const [key, entry] of this.store) {
      if (this.store.size <= KEPT) return;
      if (!entry.users) this.store.delete(key);
    }
  }

  /** Fill a canvas for a tile of the screen; done(error) when it is drawn. coords {z, x, y} of 512 px tiles. */
  load(coords, canvas, done) {
    const { tile, key } = native(coords);
    const shown = { coords, canvas, key, features: null };
    this.screen.set(`${coords.z}/${coords.x}/${coords.y}`, shown);
    if (!this.wanted(coords.z + 1)) {
      shown.idle = true;
      queueMicrotask(() => done(null));
      return;
    }
    const entry = this.entry(key, tile);
    entry.users += 1;
    shown.entry = entry;
    entry.promise.then((features) => {
      if (shown.entry === entry) { // else it was asked anew meanwhile: this is the answer to the former question
        shown.features = features;
        this.draw(shown);
      }
      done(null);
      this.scene.changed();
    }, (cause) => {
      if (cause.name !== "AbortError") this.scene.failed(cause);
      done(cause);
    });
  }

  /** A tile left the screen: what it alone waited for is cancelled. */
  unload(coords) {
    const name = `${coords.z}/${coords.x}/${coords.y}`;
    const shown = this.screen.get(name);
    if (!shown) return;
    this.screen.delete(name);
    const { entry } = shown;
    if (!entry) return;
    entry.users -= 1;
    if (!entry.users && !entry.features) {
      entry.control.abort();
      if (this.store.get(shown.key) === entry) this.store.delete(shown.key);
    }
    this.prune();
  }

  /** Show only what a filter {name: text} leaves; null: everything. */
  narrow(filter) {
    if (JSON.stringify(filter) === JSON.stringify(this.filter)) return;
    this.filter = filter;
    this.refresh();
  }

  /** Ask again for everything on the screen (after a write, or at another moment); what is drawn stays until then. */
  refresh() {
    this.version += 1;
    this.store.clear();
    for (const shown of this.screen.values()) {
      if (shown.entry) shown.entry.users -= 1;
      shown.entry = null;
      if (!this.wanted(shown.coords.z + 1)) continue;
      const { tile, key } = native(shown.coords);
      const entry = this.entry(key, tile);
      entry.users += 1;
      shown.entry = entry;
      entry.promise.then((features) => {
        if (shown.entry !== entry) return;
        shown.features = features;
        this.draw(shown);
        this.scene.changed();
      }, (cause) => { if (cause.name !== "AbortError") this.scene.failed(cause); });
    }
  }

  /** Draw again from what is there; ask for what a switched-on layer needs. */
  redraw() {
    for (const shown of this.screen.values()) {
      if (shown.features) this.draw(shown);
      else if (!shown.entry && this.wanted(shown.coords.z + 1)) this.load(shown.coords, shown.canvas, () => {});
    }
  }

  draw(shown) {
    const { canvas, coords } = shown;
    if (!canvas) return;
    const ratio = globalThis.devicePixelRatio || 1;
    const side = Math.round(TILE_SIZE * ratio);
    if (canvas.width !== side) {
      canvas.width = side;
      canvas.height = side;
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, side, side);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const frame = this.frame(coords);
    const zoom = coords.z + 1;
    const { ground } = this.source;
    const { ctx } = this.scene;
    if (ground) veil(context, ground.flatMap((name) => shown.features[name] || []), frame, TILE_SIZE, { colour: ctx.colour("beyond"), line: ctx.colour("beyond-line") });
    for (const layer of this.source.layers) {
      const features = shown.features[layer.name];
      if (!features || !this.scene.visible(layer, zoom)) continue;
      drawItems(context, styled(features, this.scene.styleOf(layer.name), zoom, this.scene.ctx), frame);
    }
  }

  /** From shares of the native tile to px of a screen tile. */
  frame(coords) {
    const { parts, left, top } = native(coords);
    return { scale: TILE_SIZE * parts, dx: -left * TILE_SIZE, dy: -top * TILE_SIZE };
  }
}
