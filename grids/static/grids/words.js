// Words of the ground as they stand inside a sentence.
import { language, nameOf } from "../gis/dom.js";

/** A tier's name within a sentence: "building" rather than "Building" in English. */
export function tierWord(tier) {
  const name = nameOf(tier);
  return language().startsWith("en") ? name.toLowerCase() : name;
}
