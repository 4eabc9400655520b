// The search box: asks the server what the words mean, lists the closest first, works by keyboard and under an IME.
import { h, icon, nameOf, put, t, tn } from "../gis/dom.js";
import { request } from "../gis/request.js";

const WAIT = 160;
const KEPT = 40;
const KINDS = {
  area: "M4 7l7-3 9 4-2 10-8 2-6-5z",
  post: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 20c1-4 4-6 8-6s7 2 8 6",
  site: "M12 3l2.6 5.6 6 .7-4.5 4.1 1.2 6L12 16.4 6.7 19.4l1.2-6L3.4 9.3l6-.7z",
  street: "M8 3L5 21M16 3l3 18M12 4v3M12 10.5v3M12 17v3",
  ticket: "M4 6h16v4a2 2 0 0 0 0 4v4H4v-4a2 2 0 0 0 0-4z",
  point: "M12 21s7-6.5 7-12a7 7 0 1 0-14 0c0 5.5 7 12 7 12zM12 7a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  note: "M12 8v5M12 16v.5M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};

/** The name cut into [text, typed?] parts, so that what was typed can be shown in it. */
export function parts(name, words) {
  const wanted = words.split(/\s+/).filter(Boolean).map((word) => word.toLowerCase());
  const low = name.toLowerCase();
  if (low.length !== name.length) return [[name, false]];
  const marks = new Array(name.length).fill(false);
  for (const word of wanted) {
    for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + word.length)) marks.fill(true, at, at + word.length);
  }
  const found = [];
  [...name].reduce((at, sign) => {
    const last = found.at(-1);
    if (last && last[1] === marks[at]) last[0] += sign;
    else found.push([sign, marks[at]]);
    return at + sign.length;
  }, 0);
  return found;
}

/** The next result that can be chosen, going by `step` and round the ends; -1 when none can. */
export function next(results, active, step) {
  const count = results.length;
  for (let n = 1; n <= count; n += 1) {
    const at = (((active < 0 && step < 0 ? 0 : active) + step * n) % count + count) % count;
    if (results[at].kind !== "note") return at;
  }
  return -1;
}

/** Wire the search form; choosing a result calls choose(result); moment() and middle() say when and where we are. */
export function makeSearch(form, { choose, moment, middle }) {
  const input = form.querySelector("input");
  const list = form.querySelector("ul");
  const status = h("span", { class: "only-heard", role: "status" });
  form.append(status);
  const kept = new Map(); // answers of this page, so that deleting a letter shows at once what stood there
  let results = [];
  let active = -1;
  let waiting = null;
  let control = null;
  let composing = false;
  let shown = "";

  const shut = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const open = () => {
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };
  const mark = (index) => {
    active = index;
    input.removeAttribute("aria-activedescendant");
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
    if (!result || result.kind === "note") return;
    shut();
    input.value = nameOf(result);
    shown = input.value;
    input.blur();
    choose(result);
  };
  const option = (result, i, words) => {
    const still = result.kind === "note";
    return h("li", {
      role: "option", id: `result-${i}`, data: { kind: result.kind }, "aria-selected": "false", "aria-disabled": still ? "true" : null,
      onpointerdown: (event) => event.preventDefault(), // the box keeps the focus until something is chosen
      onclick: still ? null : () => take(i),
    },
    icon(KINDS[result.kind] || KINDS.area, 18),
    h("span", { class: "found" }, h("span", { class: "name" }, parts(nameOf(result), words).map(([text, typed]) => (typed ? h("mark", null, text) : text))),
      result.hint ? h("small", null, result.hint) : null));
  };
  const show = (found, none, words) => {
    results = found;
    put(list, found.length ? found.map((result, i) => option(result, i, words)) : h("li", { class: "none", role: "option", "aria-selected": "false", "aria-disabled": "true" }, none));
    list.scrollTop = 0;
    open();
    mark(next(found, -1, 1));
    const count = found.filter(({ kind }) => kind !== "note").length;
    status.textContent = found.length ? tn("%(count)s result", "%(count)s results", count) : none;
  };
  const skeleton = () => {
    if (list.hidden) put(list, [60, 45, 52].map((wide) => h("li", { class: "waiting", "aria-hidden": "true" }, h("span", { class: "skeleton", style: { width: `${wide}%` } }))));
    open();
  };
  const ask = async () => {
    const words = input.value.trim();
    clearTimeout(waiting);
    control?.abort();
    if (!words) {
      results = [];
      shown = "";
      shut();
      return;
    }
    const [lon, lat] = middle();
    const at = `${lon.toFixed(4)},${lat.toFixed(4)}`;
    const key = JSON.stringify([words, moment(), at]);
    const none = t("Nothing is called “%(words)s”. Try fewer letters, a code, or longitude and latitude.", { words });
    shown = input.value;
    if (kept.has(key)) {
      show(kept.get(key), none, words);
      return;
    }
    const mine = new AbortController();
    control = mine;
    const slow = setTimeout(skeleton, 300);
    const [data, , error] = await request("GET", "/api/atlas/search", { query: { q: words, moment: moment(), at }, signal: mine.signal });
    clearTimeout(slow);
    if (error?.code === "aborted" || mine.signal.aborted || document.activeElement !== input) return;
    if (error) {
      show([], error.detail || error.title, words);
      return;
    }
    kept.set(key, data.results);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    show(data.results, none, words);
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  };

  // Under an IME the letters in the box are not yet words: nothing is asked, and its keys are its own.
  input.addEventListener("compositionstart", () => {
    composing = true;
    clearTimeout(waiting);
  });
  input.addEventListener("compositionend", () => {
    composing = false;
    soon();
  });
  input.addEventListener("input", (event) => {
    if (!composing && !event.isComposing) soon();
  });
  input.addEventListener("focus", () => {
    input.select();
    if (results.length && input.value === shown && input.value) open();
  });
  input.addEventListener("blur", () => {
    clearTimeout(waiting);
    control?.abort();
    shut();
  });
  input.addEventListener("keydown", (event) => {
    if (composing || event.isComposing || event.keyCode === 229) {
      event.stopPropagation();
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!results.length) return;
      if (list.hidden) open();
      else mark(next(results, active, event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      enter();
    } else if (event.key === "Escape") {
      event.preventDefault(); // a search field would empty itself at once
      event.stopPropagation();
      if (!list.hidden) shut();
      else if (input.value) input.value = "";
      else input.blur();
    }
  });
  // Enter may come before the answer: then it means the first of it.
  const enter = async () => {
    if (input.value !== shown || list.hidden || active < 0) await ask();
    take(active);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!composing) enter();
  });
  return { focus: () => { input.focus(); input.select(); } };
}
