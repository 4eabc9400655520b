// The rooms of the page, in the order of the rail; a room is what a person comes to do.
//
// Each app exports from static/<app>/room.js:
//   export const room = {
//     id: "tickets",                     // ?room=tickets in the address
//     title: …,                          // translated; two characters in Chinese
//     icon: "M5 4h14v16…",               // d of a 24 × 24 line icon
//     roles: null | ["chief", …],        // who sees it on the rail; null = everybody
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
//              highlight(name, ids) (list and map in step) · features(lonlat) · restyle()
//   legend     add(id, title, [{label, kind, style}]) · remove(id)   // what a room itself draws
//   tools      show([{id, label, icon?, on, disabled, run}]) · hide()   // the tool bar above the map
//   toast(words, {tone, undo: fn, label: what its button says, seconds})
//   own(off)   keep a function that is called on leaving the room (listeners, shapes: anything with remove())
//   go(roomId, params)                   // into another room
//   readOnly() → bool                    // a past moment is shown, or nobody is signed in
// }
import { room as services } from "../coverage/room.js";
import { room as grids } from "../grids/room.js";
import { room as roster } from "../grids/roster.js";
import { room as hotspots } from "../hotspots/room.js";
import { room as tickets } from "../tickets/room.js";
import { room as data } from "./room_data.js";
import { room as map } from "./room_map.js";

export const rooms = [map, tickets, grids, services, hotspots, roster, data];
