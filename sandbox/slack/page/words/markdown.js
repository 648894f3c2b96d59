// Shows a markdown block. Slack takes standard Markdown there; the common part of it is turned into mrkdwn
// line by line, and headings are shown as bold lines, as Slack does.

import { el } from "../dom.js";
import { mrkdwn } from "./text.js";

/** @returns {Node[]} */
export function markdown(text, desk) {
  return String(text ?? "")
    .split(/(```[\s\S]*?```)/)
    .filter((part) => part.trim() !== "")
    .flatMap((part) =>
      part.startsWith("```") ? fence(part) : mrkdwn(part.split("\n").map(line).join("\n").trim(), desk),
    );
}

function fence(part) {
  return [
    el(
      "pre.code-block",
      { tabindex: 0 },
      part
        .slice(3, -3)
        .replace(/^[\w-]*\n/, "")
        .replace(/\n$/, ""),
    ),
  ];
}

/** Code spans are left as they are; everything around them is rewritten. */
function line(source) {
  return source
    .split(/(`[^`]+`)/)
    .map((part, i) => (i % 2 ? escape(part) : styled(escape(part))))
    .join("");
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function styled(text) {
  return text
    .replace(/\[([^\]|]+)\]\((https?:[^)\s|]+)\)/g, "<$2|$1>")
    .replace(/~~(.+?)~~/g, "~$1~")
    .replace(/(?<![*\w])\*(?![*\s])([^*]+?)\*(?!\*)/g, "_$1_")
    .replace(/\*\*(.+?)\*\*/g, "*$1*")
    .replace(/^#{1,6} +(.+?) *#*$/, "*$1*")
    .replace(/^(\s*)[*+] +/, "$1- ");
}
