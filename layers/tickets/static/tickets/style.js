// How tickets look: counted circles from afar (the ring shows the share overdue), pins by state and urgency from near.
import { t } from "../gis/dom.js";

/** Which shape stands for a state: the same on the map, in the legend and beside a list's entry. */
export const SHAPES = {
  reported: "diamond", accepted: "diamond", returned: "diamond", reopened: "diamond",
  dispatched: "pin", signed: "pin", in_hand: "pin", paused: "square", handled: "circle", verified: "circle",
};
const SIZES = { diamond: 18, pin: 20, square: 15, circle: 15 };
const NOT_DONE = new Set(["refused", "merged"]); // ended, or waiting for another: nothing here that was done
const HOLLOW = new Set(["dispatched", "reported"]);

/** Diameter of a counted circle in px: it grows with the logarithm of the count. */
export function clusterSize(count) {
  return Math.round(Math.min(52, 26 + 8 * Math.log10(Math.max(1, count))));
}

function cell({ count, overdue }, zoom, ctx) {
  const symbol = {
    shape: "cluster", size: clusterSize(count), count, share: overdue / count, alarm: ctx.colour("red"),
    fill: ctx.colour("paper"), stroke: ctx.colour("grid"), textColor: ctx.colour("ink"), width: 4,
  };
  return { symbol };
}

const isPressing = (urgency) => urgency === "urgent" || urgency === "high";

function pin({ state, urgency, due, ...names }, zoom, ctx) {
  const shape = SHAPES[state] || "circle";
  const tone = { overdue: "red", soon: "amber" }[due] || (NOT_DONE.has(state) ? "ink-3" : shape === "circle" ? "green" : "accent");
  const hollow = HOLLOW.has(state) && due !== "overdue"; // overdue is red at every urgency, also under a dark rim
  const pressing = isPressing(urgency); // a dark rim
  const text = ctx.language.startsWith("zh") ? names.short_zh : names.short_en;
  return {
    symbol: {
      shape, size: SIZES[shape], fill: ctx.colour(hollow ? "paper" : tone), width: pressing ? 2.6 : 2, halo: hollow || pressing ? ctx.colour("halo") : null,
      stroke: ctx.colour(pressing ? "ink" : hollow ? tone : "paper"),
    },
    label: zoom < 18 || !text ? null : {
      text, size: 12, weight: 600, color: ctx.colour(due === "overdue" ? "red" : "ink"), halo: ctx.colour("halo"), at: "point", priority: 70,
    },
  };
}

export const styles = { ticket_cells: cell, tickets: pin };

const entry = (label, properties, when) => (ctx) => ({ label, kind: "point", style: pin({ urgency: "normal", due: "", ...properties }, 10, ctx), when });
const inState = (state) => (ticket) => ticket.state === state && !ticket.due;
const entries = [
  entry(t("Waits at the front desk"), { state: "accepted" }, inState("accepted")),
  entry(t("Dispatched, not signed for"), { state: "dispatched" }, inState("dispatched")),
  entry(t("Signed for, in hand"), { state: "in_hand" }, inState("in_hand")),
  entry(t("Ticket paused"), { state: "paused" }, inState("paused")),
  entry(t("Handled, to be verified"), { state: "handled" }, inState("handled")),
  entry(t("Verified or closed"), { state: "closed" }, ({ state }) => ["verified", "closed", "rated"].includes(state)),
  entry(t("Not accepted, or merged into another"), { state: "refused" }, ({ state }) => NOT_DONE.has(state)),
  entry(t("Due within a day"), { state: "in_hand", due: "soon" }, (ticket) => ticket.due === "soon"),
  entry(t("Ticket overdue"), { state: "in_hand", due: "overdue" }, (ticket) => ticket.due === "overdue"),
  entry(t("Dark rim: urgent"), { state: "in_hand", urgency: "urgent" }, (ticket) => isPressing(ticket.urgency)),
];

export const legend = {
  ticket_cells: (ctx) => [{ label: ["ended", "all"].includes(ctx.state?.get("state")) ? t("Tickets; red: share overdue") : t("Open tickets; red: share overdue"), kind: "point", style: cell({ count: 18, overdue: 5 }, 12, ctx) }],
  tickets: (ctx) => entries.map((make) => make(ctx)),
};

export const tips = { tickets: (ticket, ctx) => `${ctx.name(ticket)} · ${ticket.number}` };
