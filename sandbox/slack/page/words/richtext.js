// Shows a rich_text block: sections, lists, quotes and preformatted text, each made of styled parts.

import { el } from "../dom.js";
import { channelMention, emoji, groupMention, link, moment, userMention } from "./text.js";

const DEEPEST_INDENT = 8;
const STYLE_TAGS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
];

export function richText(block, desk) {
  return (block.elements ?? []).map((element) => piece(element, desk));
}

function piece(element, desk) {
  const inside = () => (element.elements ?? []).map((part) => partNode(part, desk));
  if (element.type === "rich_text_preformatted") return el("pre.code-block", { tabindex: 0 }, inside());
  if (element.type === "rich_text_quote") return el("blockquote", {}, inside());
  if (element.type === "rich_text_list") return list(element, desk);
  return el("div.rich-section", {}, inside());
}

function list(element, desk) {
  const indent = Math.min(element.indent ?? 0, DEEPEST_INDENT);
  const first = (element.offset ?? 0) + 1;
  const items = (element.elements ?? []).map((item, i) => {
    const mark = element.style === "ordered" ? `${first + i}.` : ["•", "◦", "▪"][indent % 3];
    return el(
      "li",
      {},
      el("span.mark", {}, mark),
      el(
        "span",
        {},
        (item.elements ?? []).map((part) => partNode(part, desk)),
      ),
    );
  });
  return el("ul.list", { data: { indent } }, items);
}

function partNode(part, desk) {
  return STYLE_TAGS.reduce(
    (node, [style, tag]) => (part.style?.[style] ? el(tag, {}, node) : node),
    bare(part, desk),
  );
}

function bare(part, desk) {
  switch (part.type) {
    case "text":
      return el("span.preserved", {}, part.text);
    case "link":
      return link(part.url, part.text || part.url, desk);
    case "user":
      return userMention(part.user_id, desk);
    case "usergroup":
      return groupMention(part.usergroup_id, desk);
    case "channel":
      return channelMention(part.channel_id, desk);
    case "broadcast":
      return el("span.mention.me", {}, `@${part.range}`);
    case "emoji":
      return emoji(part.name);
    case "date":
      return moment(
        { ts: part.timestamp, pattern: part.format, url: part.url, fallback: part.fallback ?? "" },
        desk,
      );
    case "color":
      return swatch(part.value);
    default:
      return part.text ?? "";
  }
}

function swatch(value) {
  const dot = el("span.swatch", { "aria-hidden": "true" });
  dot.style.backgroundColor = value;
  return el("span", {}, dot, value);
}
