// Opening hours in words: days with the same spans told together. Pure: t is the translator, handed in.

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/** The days of the week in words, Monday first. */
export const dayNames = (t) => [t("Monday"), t("Tuesday"), t("Wednesday"), t("Thursday"), t("Friday"), t("Saturday"), t("Sunday")];

/** [["08:30","12:00"], …] in words: "08:30–12:00, 14:30–18:00", "all day" or "closed". */
export function spansInWords(spans, t) {
  if (!spans?.length) return t("closed");
  if (spans.length === 1 && spans[0][0] === "00:00" && spans[0][1] === "24:00") return t("all day");
  return spans.map(([start, end]) => `${start}–${end}${end <= start ? t(" (next day)") : ""}`).join(t(", "));
}

/** Whether somebody told the week: any weekday is named, if only as closed. Else nobody knows (see hours.py). */
export const weekKnown = (hours) => DAYS.some((day) => day in (hours || {}));

/** The week as lines [{days, times}]: neighbouring days with the same hours stand in one line; none when not known. */
export function week(hours, t) {
  if (!weekKnown(hours)) return [];
  const called = dayNames(t);
  const lines = [];
  DAYS.forEach((day, i) => {
    const times = spansInWords(hours?.[day], t);
    const last = lines[lines.length - 1];
    if (last && last.times === times) last.to = i;
    else lines.push({ from: i, to: i, times });
  });
  return lines.map(({ from, to, times }) => ({
    days: from === to ? called[from] : to - from === 6 ? t("Every day") : t("%(first)s to %(last)s", { first: called[from], last: called[to] }),
    times,
  }));
}

/** Exceptions from today on as lines [{day, until, times}], soonest first; until is "" for one day. today = "YYYY-MM-DD". */
export function exceptions(hours, today, t) {
  return Object.entries(hours?.exceptions || {})
    .map(([key, spans]) => ({ key, day: key.slice(0, 10), until: key.slice(11), times: spansInWords(spans, t) }))
    .filter(({ day, until }) => (until || day) >= today)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ day, until, times }) => ({ day, until, times }));
}

const CLOSED = ["休息", "不开放", "closed", "off"];

/** "08:30-12:00, 14:30-18:00" as a person types it → [["08:30","12:00"], …]; null when it is none. "" and 休息: closed. */
export function spansFrom(text) {
  const plain = text.trim().replaceAll(/[：]/g, ":").replaceAll(/[–—－~～至到]/g, "-").replaceAll(/[，、；;]/g, ",");
  if (!plain || CLOSED.includes(plain.toLowerCase())) return [];
  if (["全天", "24小时", "all day", "24/7"].includes(plain.toLowerCase())) return [["00:00", "24:00"]];
  const spans = plain.split(",").map((part) => /^\s*(\d{1,2}):(\d{2})\s*-\s*(?:次日)?\s*(\d{1,2}):(\d{2})\s*$/.exec(part));
  if (spans.some((found) => !found)) return null;
  return spans.map(([, h1, m1, h2, m2]) => [`${h1.padStart(2, "0")}:${m1}`, `${h2.padStart(2, "0")}:${m2}`]);
}

/** Spans as they stand in a field for typing; a day that is told to be closed by its word. */
export const spansTyped = (spans, t) => (spans && !spans.length ? t("closed") : (spans || []).map(([start, end]) => `${start}-${end}`).join(", "));
