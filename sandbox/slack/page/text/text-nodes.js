// Shows a mrkdwn tree: spans become elements, with names looked up in the workspace.

import { el } from "../dom.js";
import { ago, dateFromPattern, fullTime, momentOf } from "./dates.js";
import { emojiSign, withEmoji } from "./emoji.js";
import { decode, parse } from "./mrkdwn.js";

const STYLE_TAGS = { bold: "strong", italic: "em", strike: "s" };

/** A mrkdwn text as nodes. */
export function mrkdwn(text, ui) {
  return joined(parse(text), ui);
}

/** A text object of Block Kit (mrkdwn or plain_text), or a string as plain text. */
export function textObject(object, ui) {
  if (typeof object === "string") return [decode(withEmoji(object))];
  if (object.type === "mrkdwn") return mrkdwn(object.text, ui);
  return [decode(object.emoji === false ? object.text : withEmoji(object.text))];
}

/** A text without its formatting, for names, titles and previews. */
export function plainText(text, ui) {
  const holder = el("span", {}, mrkdwn(text, ui));
  holder.querySelectorAll("br, li, blockquote, pre").forEach((each) => each.before(" "));
  return holder.textContent.replace(/\s+/g, " ").trim();
}

function joined(pieces, ui) {
  const nodes = [];
  pieces.forEach((piece, i) => {
    if (piece.line && i > 0 && pieces[i - 1].line) nodes.push(el("br"));
    nodes.push(...pieceNodes(piece, ui));
  });
  return nodes;
}

function pieceNodes(piece, ui) {
  if (piece.pre !== undefined) return [el("pre.code-block", { tabindex: 0 }, piece.pre)];
  if (piece.quote) return [el("blockquote", {}, joined(piece.quote, ui))];
  if (piece.list)
    return [
      el(
        "ul.list",
        {},
        piece.list.map((item) => listItem(item, ui)),
      ),
    ];
  return spanNodes(piece.line, ui);
}

function listItem(item, ui) {
  return el("li", {}, el("span.mark", {}, item.mark), el("span", {}, spanNodes(item.spans, ui)));
}

export function spanNodes(spans, ui) {
  return spans.map((span) => (typeof span === "string" ? span : SPANS[span.kind](span, ui)));
}

const styled = (span, ui) => el(STYLE_TAGS[span.kind], {}, spanNodes(span.spans, ui));

const SPANS = {
  bold: styled,
  italic: styled,
  strike: styled,
  code: (span, ui) => el("code", {}, spanNodes(span.spans, ui)),
  link: (span, ui) => link(span.url, span.label, ui),
  user: (span, ui) => userMention(span.id, ui, span.label),
  channel: (span, ui) => channelMention(span.id, ui, span.label),
  group: (span, ui) => groupMention(span.id, ui, span.label),
  broadcast: (span) => el("span.mention.me", {}, `@${span.range}`),
  date: (span, ui) => moment(span, ui),
  emoji: (span) => emoji(span.name),
};

export function emoji(name) {
  const sign = emojiSign(name);
  return sign
    ? el("span.emoji", { role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, sign)
    : `:${name}:`;
}

/** Only http, https and mailto become links; anything else stays text. */
export function link(url, label, ui) {
  if (!/^(https?|mailto):/i.test(url)) return label;
  const inside = ui.placeOfLink(url);
  const props = { href: url, rel: "noopener noreferrer", target: "_blank" };
  if (inside) props.on = { click: (event) => (event.preventDefault(), ui.go(inside)) };
  return el("a", props, withEmoji(label));
}

export function userMention(id, ui, label) {
  const person = ui.workspace.user(id);
  const name = person ? ui.workspace.nameOf(id) : (label ?? id);
  const mine = id === ui.workspace.me.id;
  return el(mine ? "span.mention.me" : "span.mention", { title: person?.real_name }, `@${name}`);
}

export function groupMention(id, ui, label) {
  const group = ui.workspace.usergroup(id);
  const name = group ? group.handle : (label ?? id).replace(/^@/, "");
  const mine = group?.users?.includes(ui.workspace.me.id);
  return el(mine ? "span.mention.me" : "span.mention", { title: group?.name }, `@${name}`);
}

export function channelMention(id, ui, label) {
  const channel = ui.workspace.channel(id);
  if (!channel) return el("span.mention", {}, `#${label ?? id}`); // One that this person cannot see.
  const go = () => ui.go({ channel: id, thread: null });
  return el("button.mention.channel", { type: "button", on: { click: go } }, `#${channel.name}`);
}

/** A date. A relative one has its ts in the element, so that it can be updated. */
export function moment(span, ui) {
  const text = dateFromPattern(span.ts, span.pattern, span.fallback);
  if (Number.isNaN(momentOf(span.ts).getTime())) return text;
  const inner = span.url ? link(span.url, text, ui) : text;
  const counts = span.pattern === "{ago}";
  return el("time", { title: fullTime(span.ts), data: { ago: counts ? span.ts : undefined } }, inner);
}

/** Updates all relative times under a node. */
export function updateRelativeTimes(root) {
  for (const time of root.querySelectorAll("[data-ago]")) time.textContent = ago(time.dataset.ago);
}
