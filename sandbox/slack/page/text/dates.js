// Dates and times in Slack's words. A message's ts is in seconds since 1970 with six decimals.

const LOCALE = "en-US";
const DAY_MS = 86_400_000;

const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const TIME = format({ hour: "numeric", minute: "2-digit" });
const TIME_SECONDS = format({ hour: "numeric", minute: "2-digit", second: "2-digit" });
const WEEKDAY = format({ weekday: "long" });
const MONTH = format({ month: "long" });
const FULL = format({ dateStyle: "full", timeStyle: "medium" });
const RELATIVE = new Intl.RelativeTimeFormat(LOCALE, { numeric: "auto" });

export const momentOf = (ts) => new Date(Number(ts) * 1000);
export const clockTime = (ts) => TIME.format(momentOf(ts));
export const fullTime = (ts) => FULL.format(momentOf(ts));
export const dayKey = (ts) => momentOf(ts).toDateString();

/** "Today", "Yesterday", or "Monday, June 3rd": the divider between two days. */
export function dayName(ts) {
  const date = momentOf(ts);
  const near = nearDay(date);
  return near ? capital(near) : `${WEEKDAY.format(date)}, ${MONTH.format(date)} ${ordinal(date.getDate())}`;
}

/** "5 minutes ago", "in 2 hours", "just now". */
export function ago(ts, now = Date.now()) {
  const seconds = Number(ts) - now / 1000;
  const size = Math.abs(seconds);
  if (size < 45) return seconds > 15 ? "in less than a minute" : "just now";
  if (size < 3570) return RELATIVE.format(Math.round(seconds / 60), "minute");
  if (size < 84_600) return RELATIVE.format(Math.round(seconds / 3600), "hour");
  return RELATIVE.format(Math.round(seconds / 86_400), "day");
}

/**
 * The text of `<!date^ts^pattern^link|fallback>` with the tokens of Slack's guide to formatting text. An
 * unknown token, or a ts that is not a number, gives the fallback.
 */
export function dateFromPattern(ts, pattern, fallback) {
  const date = momentOf(ts);
  if (Number.isNaN(date.getTime())) return fallback;
  let known = true;
  const text = pattern.replace(/\{(\w+)\}/g, (_, token) => {
    const word = TOKENS[token]?.(date);
    if (word === undefined) known = false;
    return word;
  });
  return known ? text : fallback;
}

const month = (date, style) => format({ month: style }).format(date);
const long = (date) =>
  `${WEEKDAY.format(date)}, ${MONTH.format(date)} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const plain = (date) => `${MONTH.format(date)} ${ordinal(date.getDate())}, ${date.getFullYear()}`;
const short = (date) => `${month(date, "short")} ${date.getDate()}, ${date.getFullYear()}`;

const TOKENS = {
  date_num: (date) =>
    [date.getFullYear(), date.getMonth() + 1, date.getDate()]
      .map((n) => String(n).padStart(2, "0"))
      .join("-"),
  date: plain,
  date_short: short,
  date_long: long,
  date_pretty: (date) => nearDay(date) ?? plain(date),
  date_short_pretty: (date) => nearDay(date) ?? short(date),
  date_long_pretty: (date) => nearDay(date) ?? long(date),
  day_divider_pretty: (date) => dayName(date.getTime() / 1000),
  time: (date) => TIME.format(date),
  time_secs: (date) => TIME_SECONDS.format(date),
  ago: (date) => ago(date.getTime() / 1000),
};

function nearDay(date) {
  const start = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate()).getTime();
  const days = Math.round((start(date) - start(new Date())) / DAY_MS);
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[days];
}

const capital = (word) => word[0].toUpperCase() + word.slice(1);

function ordinal(n) {
  const teen = n % 100 >= 11 && n % 100 <= 13;
  return n + (teen ? "th" : ({ 1: "st", 2: "nd", 3: "rd" }[n % 10] ?? "th"));
}
