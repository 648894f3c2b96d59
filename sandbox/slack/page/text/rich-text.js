// Shows a rich_text block: sections, lists, quotes and preformatted text, each made of styled parts.

import { el } from "../dom.js";
import { channelMention, emoji, groupMention, link, moment, userMention } from "./text-nodes.js";

const DEEPEST_INDENT = 8;
const STYLE_TAGS = [
  ["code", "code"],
  ["bold", "strong"],
  ["italic", "em"],
  ["strike", "s"],
  ["underline", "u"],
];

export function richText(block, ui) {
  return (block.elements ?? []).map((element) => piece(element, ui));
}

function piece(element, ui) {
  const inside = () => (element.elements ?? []).map((part) => partNode(part, ui));
  if (element.type === "rich_text_preformatted") return el("pre.code-block", { tabindex: 0 }, inside());
  if (element.type === "rich_text_quote") return el("blockquote", {}, inside());
  if (element.type === "rich_text_list") return list(element, ui);
  return el("div.rich-section", {}, inside());
}

function list(element, ui) {
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
        (item.elements ?? []).map((part) => partNode(part, ui)),
      ),
    );
  });
  return el("ul.list", { data: { indent } }, items);
}

function partNode(part, ui) {
  return STYLE_TAGS.reduce(
    (node, [style, tag]) => (part.style?.[style] ? el(tag, {}, node) : node),
    bare(part, ui),
  );
}

function bare(part, ui) {
  switch (part.type) {
    case "text":
      return el("span.preserved", {}, part.text);
    case "link":
      return link(part.url, part.text || part.url, ui);
    case "user":
      return userMention(part.user_id, ui);
    case "usergroup":
      return groupMention(part.usergroup_id, ui);
    case "channel":
      return channelMention(part.channel_id, ui);
    case "broadcast":
      return el("span.mention.me", {}, `@${part.range}`);
    case "emoji":
      return emoji(part.name);
    case "date":
      return moment(
        { ts: part.timestamp, pattern: part.format, url: part.url, fallback: part.fallback ?? "" },
        ui,
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
