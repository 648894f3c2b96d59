// Shows a mrkdwn tree: spans become elements, with names looked up in the workspace.

import { el } from "../dom.js";
import { ago, dateFromPattern, fullTime, momentOf } from "./dates.js";
import { emojiSign, withEmoji } from "./emoji.js";
import { decode, parse } from "./mrkdwn.js";

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s" };

/** A mrkdwn text as nodes. */
export function mrkdwn(text, desk) {
  return joined(parse(text), desk);
}

/** A text object of Block Kit (mrkdwn or plain_text), or a bare string taken as plain text. */
export function textObject(object, desk) {
  if (typeof object === "string") return [decode(withEmoji(object))];
  if (object.type === "mrkdwn") return mrkdwn(object.text, desk);
  return [decode(object.emoji === false ? object.text : withEmoji(object.text))];
}

/** What a text says without its looks, for names, titles and previews. */
export function plainOf(text, desk) {
  const holder = el("span", {}, mrkdwn(text, desk));
  return holder.textContent.replace(/\s+/g, " ").trim();
}

function joined(pieces, desk) {
  const nodes = [];
  pieces.forEach((piece, i) => {
    if (piece.line && i > 0 && pieces[i - 1].line) nodes.push(el("br"));
    nodes.push(...pieceNodes(piece, desk));
  });
  return nodes;
}

function pieceNodes(piece, desk) {
  if (piece.pre !== undefined) return [el("pre.code-block", { tabindex: 0 }, piece.pre)];
  if (piece.quote) return [el("blockquote", {}, joined(piece.quote, desk))];
  if (piece.list)
    return [
      el(
        "ul.list",
        {},
        piece.list.map((item) => listItem(item, desk)),
      ),
    ];
  return spanNodes(piece.line, desk);
}

function listItem(item, desk) {
  return el("li", {}, el("span.mark", {}, item.mark), el("span", {}, spanNodes(item.spans, desk)));
}

export function spanNodes(spans, desk) {
  return spans.map((span) => (typeof span === "string" ? span : SPANS[span.kind](span, desk)));
}

const styled = (span, desk) => el(STYLE_TAGS[span.kind], {}, spanNodes(span.spans, desk));

const SPANS = {
  bold: styled,
  italic: styled,
  strike: styled,
  code: (span, desk) => el("code", {}, spanNodes(span.spans, desk)),
  link: (span, desk) => link(span.url, span.label, desk),
  user: (span, desk) => userMention(span.id, desk, span.label),
  channel: (span, desk) => channelMention(span.id, desk, span.label),
  group: (span, desk) => groupMention(span.id, desk, span.label),
  broadcast: (span) => el("span.mention.me", {}, `@${span.range}`),
  date: (span, desk) => moment(span, desk),
  emoji: (span) => emoji(span.name),
};

export function emoji(name) {
  const sign = emojiSign(name);
  return sign
    ? el("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, sign)
    : `:${name}:`;
}

/** Only web and mail addresses become links; anything else stays text. */
export function link(url, label, desk) {
  if (!/^(https?|mailto):/i.test(url)) return label;
  const inside = desk.placeOfLink(url);
  const props = { href: url, rel: "noopener noreferrer", target: "_blank" };
  if (inside) props.on = { click: (event) => (event.preventDefault(), desk.go(inside)) };
  return el("a", props, withEmoji(label));
}

export function userMention(id, desk, label) {
  const person = desk.workspace.user(id);
  const name = person ? desk.workspace.nameOf(id) : (label ?? id);
  const mine = id === desk.workspace.me.id;
  return el(mine ? "span.mention.me" : "span.mention", { title: person?.real_name }, `@${name}`);
}

export function groupMention(id, desk, label) {
  const group = desk.workspace.usergroup(id);
  const name = group ? group.handle : (label ?? id).replace(/^@/, "");
  const mine = group?.users?.includes(desk.workspace.me.id);
  return el(mine ? "span.mention.me" : "span.mention", { title: group?.name }, `@${name}`);
}

export function channelMention(id, desk, label) {
  const channel = desk.workspace.channel(id);
  if (!channel) return el("span.mention", {}, `#${label ?? id}`); // One that this person cannot see.
  const go = () => desk.go({ channel: id, thread: null });
  return el("button.mention.channel", { type: "button", on: { click: go } }, `#${channel.name}`);
}

/** A date; one that counts from now carries its ts, so that desk's ticking keeps it true. */
export function moment(span, desk) {
  const text = dateFromPattern(span.ts, span.pattern, span.fallback);
  if (Number.isNaN(momentOf(span.ts).getTime())) return text;
  const inner = span.url ? link(span.url, text, desk) : text;
  const counts = span.pattern === "{ago}";
  return el("time", { title: fullTime(span.ts), data: { ago: counts ? span.ts : undefined } }, inner);
}

/** Brings the "5 minutes ago" under a node up to now. */
export function retell(root) {
  for (const time of root.querySelectorAll("[data-ago]")) time.textContent = ago(time.dataset.ago);
}
