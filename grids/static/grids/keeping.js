// What is drawn and typed so far, kept on the server while one draws: it survives a reload, another device, a dead battery.
import { request } from "../gis/request.js";

const PATIENCE_MS = 900;

/** Keeps one task's drawing. onState("saving" | "kept" | "away", when); onConflict(sketch) when another page went on. */
export class Keeping {
  constructor({ task, area, onState = () => {}, onConflict = () => {} }) {
    Object.assign(this, { onState, onConflict, revision: 0, waiting: null, next: null, busy: null });
    this.door = `/api/sketches/${task}/${area}`;
    this.leave = () => { if (document.visibilityState === "hidden") this.flush(); };
    document.addEventListener("visibilitychange", this.leave);
  }

  /** The kept drawing, or null. */
  async load() {
    const [data] = await request("GET", this.door);
    this.take(data?.sketch);
    return data?.sketch || null;
  }

  take(sketch) {
    this.revision = sketch?.revision || 0;
  }

  /** Keep this, a moment later. */
  put(content) {
    this.next = content;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.flush(), PATIENCE_MS);
  }

  /** Now; one request at a time, the newest content after it. */
  async flush() {
    clearTimeout(this.waiting);
    if (this.over || !this.next || this.held) return;
    if (this.busy) {
      await this.busy;
      await this.flush();
      return;
    }
    const content = this.next;
    this.next = null;
    this.onState("saving");
    this.busy = request("PUT", this.door, { version: this.revision, body: content });
    const [data, , error] = await this.busy;
    this.busy = null;
    if (this.over) return;
    if (!error) {
      this.revision = data.revision;
      this.onState("kept", data.updated_at);
    } else if (error.status === 412) {
      this.held = true; // until the person has chosen
      this.next ||= content;
      this.onConflict(error.sketch);
    } else if (error.code === "sketch-gone") {
      this.revision = 0;
      this.next ||= content;
      this.put(this.next);
    } else {
      this.next ||= content;
      this.onState("away");
    }
  }

  /** Nothing more for now: what is drawn is about to be saved. */
  async pause() {
    this.held = true;
    await this.busy;
  }

  /** It was not saved: go on keeping it. */
  resume() {
    this.held = false;
    this.flush();
  }

  /** After a conflict: go on with what is drawn here, over the other. */
  insist(sketch) {
    this.take(sketch);
    this.held = false;
    return this.flush();
  }

  /** After a conflict: go on with the other. */
  yield(sketch) {
    this.take(sketch);
    this.held = false;
    this.next = null;
  }

  /** No more of it; what was kept stays, the last changes included. */
  async stop() {
    clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.leave);
    await this.flush();
    this.over = true;
  }

  /** No more of it, and nothing stays. */
  async drop() {
    this.over = true;
    clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.leave);
    await this.busy;
    await request("DELETE", this.door);
  }

  /** No more of it: saving the boundary has removed it. */
  end() {
    this.over = true;
    clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.leave);
  }
}
