// Help in the page: what can be done in each room, in a few sentences, and the keys. Opened by ? or from the menu.
import { button, h, icon, put, t } from "../gis/dom.js";

const CROSS = "M6 6l12 12M18 6L6 18";

// Room → [what one wants to do, how]; written for whoever does it, not for whoever built it.
const TOPICS = {
  map: () => [
    [t("Find something"), t("Press / and type a place, a code, a ticket number, a post (“Heping community chief”) or coordinates; pinyin and initials do too. Enter goes there.")],
    [t("See what an area is"), t("Press it on the map: who answers there, how many live there, what lies inside. The chain at the top leads upwards, the list in the panel downwards.")],
    [t("Show more or less"), t("“Layers” at the bottom right switches what is drawn; the legend at the bottom left explains only what can be seen now.")],
    [t("See what is being done near you"), t("Circles with a green rim count public matters and the share that is done; press one to read them. Without signing in they are on the map at once, else in “Layers”.")],
    [t("Look at a service site"), t("A star, square or dot: filled is open now, a question mark that nobody told the hours. The panel tells hours, services and what to bring; “Page of this site” is a page of its own to print or to send on.")],
    [t("Put a gate right"), t("Press a diamond at a compound’s edge. Who may: confirm it, say whom it lets pass and when, move it along the wall, close it for good; the next walking circle knows.")],
    [t("Look at another day"), t("“Now” at the top right takes a day or a moment. The bar turns violet: the past can be read, not changed.")],
    [t("Send somebody this view"), t("Copy the address of the page: it holds the place, the zoom, the layers and the moment.")],
    [t("Print"), t("The printer at the bottom right, or Ctrl P, puts the map on A4 or A3 with legend, scale, moment, sources and approval number; “Save as PDF” is among the printers.")],
  ],
  tickets: () => [
    [t("Report a matter"), t("Press “Report a matter”, then the place on the map. You see at once which grid it is, who answers there, and what was reported near by.")],
    [t("See what needs you"), t("The list begins with what is overdue, then what is due soon. The number beside the room is what waits for you.")],
    [t("Move a ticket on"), t("Open it: the buttons at the foot are the steps that are possible now and yours to take. Each step needs a sentence only where somebody will ask why.")],
    [t("Add photos and who called"), t("Up to nine photos a step; they are drawn anew, so that no place or camera is left in them. Who reported is sealed, and every reading is written down.")],
    [t("Without a connection"), t("A report waits in this browser and goes by itself when the server answers; it is stored once, however often it was sent.")],
    [t("Find the ones that matter"), t("Category, state, period and “overdue only” narrow list, map and files alike; a counted circle opens just its tickets.")],
    [t("When somebody was quicker"), t("You are shown what the ticket looks like now; nothing of yours is lost. Look, then decide again.")],
  ],
  grids: () => [
    [t("Draw a grid"), t("Choose the area it lies in, press “Draw in this area”, put its corners. Edges snap to the neighbours; what overlaps or leaves the parent turns red before anything is saved.")],
    [t("Change a boundary"), t("Choose the area, “Change this boundary”, drag its corners. Neighbours and what lies inside keep their corners in step.")],
    [t("When somebody else changed it first"), t("Saving shows you the other’s boundary beside yours and lets you choose; nothing is overwritten unseen.")],
    [t("Read how it came to be"), t("The panel tells every change of the area with its day, its author and the reason, newest first. Press one to see the map of then.")],
    [t("Import areas from a file"), t("A shapefile (zip), GeoPackage, GeoJSON or GeoParquet is read and shown on the map first, every problem with its row; then all of it is stored as one change, or nothing.")],
    [t("Correct the past"), t("A wrong boundary or name of an earlier time is corrected from its story; the correction is marked, and what was told before stays readable.")],
  ],
  services: () => [
    [t("Who can walk here"), t("Press a site, or any place: 5, 10 and 15 minutes on foot, by the streets and gates there are, for the walker you choose.")],
    [t("Who cannot"), t("Hatched ground is lived in and reached by no site in time. The panel says how many people, and in which grids.")],
    [t("The whole place at once"), t("“Coverage of the whole place” colours compounds, communities or streets by the share who walk to a site in 5, 10 or 15 minutes, or by each level of the standard; the largest gaps stand first.")],
    [t("Take it along"), t("CSV, XLSX and GeoPackage hold the figures; “Page to print” shows an area with map, table and what it rests on.")],
    [t("What if"), t("Press any place and drag the pin: circle and figures follow. “Try”, beside “it stood somewhere else”, asks the same of a site that would move. Nothing is stored.")],
  ],
  hotspots: () => [
    [t("Where tickets concentrate"), t("Choose matters, a period and what to compare with. Red is more than chance explains, blue is less; grey is too few to say.")],
    [t("Why it says so"), t("The panel names the law of chance, the correction for many cells, and the cut-off. Each cell leads to the tickets behind it.")],
    [t("Keep a result"), t("“Keep this result” stores it with every parameter and its seed; opened again it says what has changed since.")],
    [t("Where services are missing, too"), t("“With coverage” sets hot areas beside those whose residents reach no service in time: red and hatched is both.")],
    [t("Take it along"), t("“CSV” and “GeoJSON” hold every cell with its figures and the question that was asked.")],
  ],
  roster: () => [
    [t("Who answers where"), t("The list tells who holds which post on the area you choose and below it; “vacant” shows the posts nobody holds, on the map too.")],
    [t("Appoint, end, hand over"), t("Choose the area, the role and the person or organisation, and from when. An ended appointment stays readable; nobody can appoint above the own area or role.")],
    [t("Many at once"), t("A spreadsheet (XLSX) is checked row by row and shown before anything is stored.")],
  ],
  data: () => [
    [t("What there is"), t("Counted now, as sentences: areas, people who answer, tickets, sites, residents, and where the data come from.")],
    [t("Take data along"), t("Every layer can be fetched as GeoPackage, GeoJSON, Shapefile or CSV, as far as your appointments reach.")],
    [t("Bring areas in"), t("An import is looked at first: every row with its problem, on the map and in a list. It is stored whole or not at all.")],
    [t("Bring in sites, residents, tickets"), t("Each has a way in under “Many at once”, for those who may: a table or map file is read, columns are put right, what cannot be is listed by line, then it is stored.")],
    [t("Long work"), t("Imports and large exports go on while you do something else; “My jobs” says how far they are.")],
  ],
};

const general = () => [
  ["/", t("Search")], ["Esc", t("Close, give up, one step back")], ["?", t("Help and keys")], ["+ −", t("Zoom, when the map has the focus")],
  ["← ↑ → ↓", t("Move the map, when it has the focus")], ["Ctrl P", t("Print")], ["Tab", t("From one control to the next")],
];

function keys(title, list) {
  if (!list.length) return null;
  return h("section", null, h("h3", null, title), h("dl", { class: "keys" }, list.flatMap(([key, words]) => [h("dt", null, h("kbd", null, key)), h("dd", null, words)])));
}

/** Open the help at the present room; rooms: those that this person may enter. */
export function showHelp(app, rooms) {
  document.querySelector("dialog.help")?.remove();
  const known = rooms.filter((room) => TOPICS[room.id] || room.help || room.keys?.length);
  const text = h("div", { class: "help-text", tabindex: "0" });
  const tabs = h("nav", { class: "help-rooms", "aria-label": t("Rooms of this page") });
  const doors = known.map((room) => h("button", { type: "button", onclick: () => { show(room); text.scrollTop = 0; } }, icon(room.icon, 18), room.title));
  put(tabs, doors);
  const show = (room) => {
    doors.forEach((door, i) => (known[i] === room ? door.setAttribute("aria-current", "page") : door.removeAttribute("aria-current")));
    const topics = TOPICS[room.id]?.() || room.help?.() || [];
    put(text, h("h2", null, room.title), topics.map(([want, how]) => [h("h3", null, want), h("p", null, how)]),
      keys(t("Keys here"), (room.keys || []).map(({ key, title }) => [key.length === 1 ? key.toUpperCase() : key, title])), keys(t("Keys everywhere"), general()));
  };
  const close = h("button", { type: "button", class: "close", "aria-label": t("Close"), title: t("Close"), onclick: () => dialog.close() }, icon(CROSS));
  const head = h("header", null, h("h1", { id: "help-title" }, t("Help and keys")), close);
  const foot = h("footer", null, button(t("Print"), () => { dialog.close(); app.print(); }), app.session.approval ? h("span", { class: "sub" }, app.session.approval) : null);
  const dialog = h("dialog", { class: "help", "aria-labelledby": "help-title" }, head, tabs, text, foot);
  const alone = (event) => event.stopPropagation(); // Esc closes the help and nothing else; the page's keys mean nothing here
  document.addEventListener("keydown", alone, true);
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    document.removeEventListener("keydown", alone, true);
    dialog.remove();
  });
  document.body.append(dialog);
  show(known.find((room) => room === app.room) || known[0]);
  dialog.showModal();
  text.focus({ preventScroll: true });
}
