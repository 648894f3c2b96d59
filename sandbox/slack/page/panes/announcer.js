// Announces new messages to screen readers, each once. Messages that only change are not announced.

import { el } from "../dom.js";

const FORGET_MS = 10_000;
const LONGEST = 300;

const region = el("div.unseen", { role: "log", "aria-live": "polite", "aria-label": "New messages" });
document.body.append(region);

export function announce(words) {
  const line = el("p", {}, words.slice(0, LONGEST));
  region.append(line);
  setTimeout(() => line.remove(), FORGET_MS);
}
