// The rooms of the page, in the order of the rail; a room is what a person comes to do.
//
// What the rail must know of a room stands below: {
//     id: "tickets",                     // ?room=tickets in the address
//     title: …,                          // translated; two characters in Chinese
//     icon: "M5 4h14v16…",               // d of a 24 × 24 line icon
//     roles: null | ["chief", …],        // who sees it on the rail; null = everybody
//     signedIn: true,                    // only for who is signed in, and not on the rail: the name of the page leads there
//     counts: true,                      // it has a badge
// }. The room itself is fetched when somebody first enters it. Each app exports from static/<app>/room.js:
//   export const room = {
//     enter(app, params),                // put something into app.panel; params = the URL's query as an object
//     leave(app),                        // remove your shapes and listeners (those made by app.own() go by themselves)
//     click?(app, lonlat, features),     // a click on the map; return true when you have dealt with it
//     badge?(app) → Promise<number>,     // what needs me
//     keys?: [{key: "n", title, run(app)}],
//   };
//
// app = {
//   map        the seam of gis/leaflet.js
//   session    {account: {name, roles: [..], areas: [{id, name_zh, name_en}]} | null, language, moment: text for ?moment=, or null for now,
//               place: {name, kind, provisional}, may: [verbs]}
//   state      get(k) · all() · set({k: v|null}, {replace}) (address and history) · on(k, fn) → off
//   panel      show({title, subtitle?, body: [Node], foot?: [Node], onClose?, wide?}) → the panel's element
//              close() · busy(title) (skeleton) · problem(error) (a banner beside its cause; null clears it) · isOpen()
//   layers     show(name, bool) · shown(name) · refresh(name?) (after a write) · select(name, id|null)
//              shade(tier, Map(id → style)) (areas coloured by figures; "" for none)
//              highlight(name, ids) (list and map in step) · features(lonlat) · restyle()
//   legend     add(id, title, [{label, kind, style}]) · remove(id)   // what a room itself draws
//   tools      show([{id, label, icon?, on, disabled, run}]) · hide()   // the tool bar above the map
//   toast(words, {tone, undo: fn, label: what its button says, seconds})
//   own(off)   keep a function that is called on leaving the room (listeners, shapes: anything with remove())
//   go(roomId, params)                   // into another room
//   readOnly() → bool                    // a past moment is shown, or nobody is signed in
// }
import { t } from "../gis/dom.js";
import { later } from "./later.js";
import { room as map } from "./room_map.js";

const here = (room) => Object.assign(room, { loaded: true, ready: () => Promise.resolve(room) });

export const rooms = [
  here(map),
  later({
    id: "tickets", title: t("Tickets"), icon: "M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h7", counts: true,
    roles: ["worker", "chief", "front_desk", "department", "leader", "planner", "analyst"],
  }, () => import("../tickets/room.js")),
  later({ id: "grids", title: t("Grids"), icon: "M4 4h16v16H4zM4 10h16M12 10v10", roles: null }, () => import("../grids/room.js")),
  later({
    id: "services", title: t("Services"), icon: "M4 11l8-7 8 7M6 10v10h12V10M10 20v-6h4v6", roles: null,
  }, () => import("../coverage/room.js")),
  later({
    id: "hotspots", title: t("Hotspots"), icon: "M12 3c1 4 5 5 5 10a5 5 0 0 1-10 0c0-2 1-3 2-4 0 2 1 3 2 3 1-3-1-5 1-9z",
    roles: ["planner", "analyst", "leader", "chief"],
  }, () => import("../hotspots/room.js")),
  later({
    id: "roster", title: t("Roster"), roles: ["administrator", "chief", "leader", "auditor", "front_desk"],
    icon: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20a6.5 6.5 0 0 1 13 0M16 4.5a3.5 3.5 0 0 1 0 6.5M18.5 14a6.5 6.5 0 0 1 3 6",
  }, () => import("../grids/roster.js")),
  later({ id: "today", title: t("Today"), icon: "M4 6h16v14H4zM4 10h16M8 3v4M16 3v4", roles: null, signedIn: true }, () => import("./room_today.js")),
  later({ id: "data", title: t("Data"), icon: "M5 20V10M12 20V4M19 20v-7", roles: null }, () => import("./room_data.js")),
];
