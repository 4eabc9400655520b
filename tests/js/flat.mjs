// Static files of all apps lie side by side in the browser (/static/tickets/, /static/gis/); on disk each lies in its app.
// A resolver for tests: register(new URL("./flat.mjs", import.meta.url)), then import() what imports "../gis/dom.js".
import { existsSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const homes = ["gis/static", "grids/static", ...["atlas", "coverage", "hotspots", "sites", "streets", "tickets"].map((app) => `layers/${app}/static`)];

export function resolve(specifier, context, next) {
  const match = /^\.\.\/(\w+)\/([\w.]+)$/.exec(specifier);
  if (!match || !context.parentURL?.includes("/static/")) return next(specifier, context);
  const home = homes.map((place) => new URL(`${place}/${match[1]}/${match[2]}`, root)).find((url) => existsSync(url));
  return home ? { url: home.href, format: "module", shortCircuit: true } : next(specifier, context);
}
