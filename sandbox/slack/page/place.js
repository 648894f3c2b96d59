// The place in the address: `?as=alice#/deploys/1700000000.000100`. A reload keeps it, Back goes back, and two
// windows can be two people. A permalink arrives as `?channel=...&ts=...`.

const APP_PLACES = ["home", "about"];

/** @returns {{as: string, channel: string|null, thread: string|null, app: ?("home"|"about")}} channel by name or id */
export function readPlace() {
  const query = new URLSearchParams(location.search);
  const [, first, thread] = location.hash.split("/").map(decodeURIComponent);
  const app = APP_PLACES.find((name) => first === `@${name}`) ?? null;
  const channel = app ? null : first || query.get("channel");
  const linked = query.get("thread_ts") ?? query.get("ts");
  return { as: query.get("as"), app, channel, thread: thread || (first ? null : linked) };
}

export function writePlace(place, channelName, replace = false) {
  const url = new URL(location.href);
  url.search = new URLSearchParams({ as: place.as });
  const parts = place.app ? [`@${place.app}`] : [channelName, place.thread].filter(Boolean);
  url.hash = ["", ...parts.map(encodeURIComponent)].join("/");
  if (url.href === location.href) return;
  history[replace ? "replaceState" : "pushState"](null, "", url);
}

/** The place of a permalink of chat.getPermalink; null for any other address. */
export function placeOfLink(address) {
  const match = /\/archives\/([CGD]\w+)\/p(\d{10})(\d{6})(?:\?(.*))?$/.exec(address);
  if (!match) return null;
  const [, channel, seconds, micros, query] = match;
  const root = new URLSearchParams(query ?? "").get("thread_ts");
  return { channel, thread: root ?? `${seconds}.${micros}` };
}
