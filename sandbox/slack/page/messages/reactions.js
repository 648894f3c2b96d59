// The emoji that people and apps have put under a message.

import { el } from "../dom.js";
import { emoji } from "../words/text.js";

export function reactions(message, desk) {
  const given = Object.entries(message.reactions ?? {});
  if (!given.length) return null;
  return el(
    "div.reactions",
    {},
    given.map(([name, users]) => chip(name, users, desk)),
  );
}

function chip(name, users, desk) {
  const who = users.map((id) => desk.workspace.nameOf(id)).join(", ");
  const mine = users.includes(desk.workspace.me.id);
  return el(
    "span.reaction",
    { class: mine ? "mine" : "", title: who },
    emoji(name),
    el("span", {}, users.length),
  );
}
