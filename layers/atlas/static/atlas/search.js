// The search box: areas, sites and streets by name, pinyin or code, and typed coordinates.
import { h, nameOf, put, t } from "../gis/dom.js";
import { request } from "../gis/request.js";
import { parseCoordinates } from "./coordinates.js";

/** Wire the search form; choosing a result calls choose(result). */
export function makeSearch(form, { choose, moment }) {
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  let results = [];
  let active = -1;
  let waiting = null;
  let control = null;

  const shut = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (index) => {
    active = index;
    list.querySelectorAll('[role="option"]').forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === index));
      if (i === index) {
        input.setAttribute("aria-activedescendant", option.id);
        option.scrollIntoView({ block: "nearest" });
      }
    });
  };
  const take = (index) => {
    const result = results[index];
    if (!result) return;
    shut();
    input.value = nameOf(result) || result.name_zh || "";
    input.blur();
    choose(result);
  };
  const show = (found, none) => {
    results = found;
    active = -1;
    const options = found.map((result, i) => h("li", { role: "option", id: `result-${i}`, "aria-selected": "false", onpointerdown: (event) => { event.preventDefault(); take(i); } },
      h("span", null, nameOf(result)), h("small", null, result.hint || "")));
    put(list, options.length ? options : h("li", { class: "none", role: "option", "aria-selected": "false", "aria-disabled": "true" }, none));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    if (found.length) mark(0);
  };
  const ask = async () => {
    const words = input.value.trim();
    control?.abort();
    if (!words) {
      shut();
      return;
    }
    const lonlat = parseCoordinates(words);
    if (lonlat) {
      show([{ kind: "point", name: `${lonlat[0]}, ${lonlat[1]}`, lonlat, hint: t("longitude, latitude") }]);
      return;
    }
    control = new AbortController();
    const [data, , error] = await request("GET", "/api/atlas/search", { query: { q: words, moment: moment() }, signal: control.signal });
    if (error?.code === "aborted") return;
    if (error) show([], error.title);
    else show(data.results, t("Nothing is called “%(words)s”. Try fewer letters, a code, or longitude and latitude.", { words }));
  };

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, 160);
  });
  input.addEventListener("focus", () => { if (results.length && input.value) list.hidden = false; input.select(); });
  input.addEventListener("blur", () => setTimeout(shut, 120));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (results.length) mark((active + step + results.length) % results.length);
    } else if (event.key === "Escape") {
      event.stopPropagation();
      if (!list.hidden) shut();
      else input.blur();
    }
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    if (list.hidden || active < 0) await ask();
    take(Math.max(active, 0));
  });
  return { focus: () => { input.focus(); input.select(); } };
}
