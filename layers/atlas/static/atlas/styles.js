// How each layer is drawn: every app's own style.js, listed once.
import * as grids from "../grids/style.js";
import * as sites from "../sites/style.js";
import * as streets from "../streets/style.js";
import * as publicTickets from "../tickets/public.js";
import * as tickets from "../tickets/style.js";

const apps = [tickets, publicTickets, streets, grids, sites];

/** {layer: (properties, zoom, ctx) => style} of all apps. */
export const styles = Object.assign({}, ...apps.map((app) => app.styles));
/** {layer: (ctx) => [{label, kind, style, when}]} of all apps. */
export const legends = Object.assign({}, ...apps.map((app) => app.legend || {}));
/** {layer: (properties, ctx) => words} shown beside the pointer. */
export const tips = Object.assign({}, ...apps.map((app) => app.tips || {}));
