// Opening hours in words: days with the same spans told together. Pure: t is the translator, handed in.

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

const names = (t) => [t("Monday"), t("Tuesday"), t("Wednesday"), t("Thursday"), t("Friday"), t("Saturday"), t("Sunday")];

/** [["08:30","12:00"], …] in words: "08:30–12:00, 14:30–18:00", "all day" or "closed". */
export function spansInWords(spans, t) {
  if (!spans?.length) return t("closed");
  if (spans.length === 1 && spans[0][0] === "00:00" && spans[0][1] === "24:00") return t("all day");
  return spans.map(([start, end]) => `${start}–${end}${end <= start ? t(" (next day)") : ""}`).join(t(", "));
}

/** The week as lines [{days, times}]: neighbouring days with the same hours stand in one line. */
export function week(hours, t) {
  const called = names(t);
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

/** Exceptions from today on as lines [{day: "2026-10-01", times}], soonest first. today = "YYYY-MM-DD". */
export function exceptions(hours, today, t) {
  return Object.entries(hours?.exceptions || {})
    .filter(([day]) => day >= today)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, spans]) => ({ day, times: spansInWords(spans, t) }));
}
