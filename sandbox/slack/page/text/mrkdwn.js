// Reads Slack's mrkdwn into a tree. Pure: text in, plain objects out, nothing shown here.
//
// A text is a list of pieces: {pre}, {quote: pieces}, {list, ordered} or {line: spans}.
// A span is a string or {kind, ...}: bold, italic, strike (with `spans`), code, link, user, channel,
// group, broadcast, date, emoji.

import { emojiSign } from "./emoji.js";

const STYLES = { "*": "bold", _: "italic", "~": "strike" };
const WORD = /[\p{L}\p{N}]/u;
const QUOTE = /^(?:&gt;|>) ?/;
const LIST_ITEM = /^\s*(?:([•◦▪-])|(\d{1,3})\.)\s+(?=\S)/;

/** @returns {object[]} the pieces of a text */
export function parse(text) {
  const pieces = [];
  const parts = String(text ?? "").split(/```([\s\S]+?)```/);
  parts.forEach((part, i) => {
    if (i % 2) pieces.push({ pre: decode(part.replace(/^\n|\n$/g, "")) });
    else pieces.push(...lines(aroundPre(part, i, parts.length)));
  });
  return pieces;
}

/** Slack drops one line break before and after a code block. */
function aroundPre(part, i, count) {
  let text = part;
  if (i > 0) text = text.replace(/^ *\n/, "");
  if (i < count - 1) text = text.replace(/\n *$/, "");
  return text === "" ? null : text;
}

function lines(text) {
  if (text === null) return [];
  const pieces = [];
  const rest = text.split("\n");
  while (rest.length) {
    if (/^(&gt;|>){3}/.test(rest[0])) {
      const all = rest
        .splice(0)
        .join("\n")
        .replace(/^(&gt;|>){3} ?/, "");
      pieces.push({ quote: lines(all) });
    } else if (QUOTE.test(rest[0])) {
      const quoted = takeWhile(rest, (line) => QUOTE.test(line)).map((line) => line.replace(QUOTE, ""));
      pieces.push({ quote: lines(quoted.join("\n")) });
    } else if (LIST_ITEM.test(rest[0])) {
      pieces.push(list(rest));
    } else {
      pieces.push({ line: spans(rest.shift()) });
    }
  }
  return pieces;
}

function list(rest) {
  const items = takeWhile(rest, (line) => LIST_ITEM.test(line)).map((line) => {
    const [mark, bullet, number] = LIST_ITEM.exec(line);
    return { mark: bullet ? "•" : `${number}.`, spans: spans(line.slice(mark.length)) };
  });
  return { list: items };
}

function takeWhile(rest, holds) {
  const taken = [];
  while (rest.length && holds(rest[0])) taken.push(rest.shift());
  return taken;
}

/** The spans of one line. */
export function spans(line) {
  const found = [];
  let plain = "";
  let at = 0;
  const flush = () => {
    if (plain) found.push(decode(plain));
    plain = "";
  };
  while (at < line.length) {
    const hit = spanAt(line, at);
    if (hit) {
      flush();
      found.push(hit.span);
      at = hit.end;
    } else {
      plain += line[at];
      at += 1;
    }
  }
  flush();
  return found;
}

function spanAt(line, at) {
  const sign = line[at];
  if (sign === "<") return entityAt(line, at);
  if (sign === "`") return codeAt(line, at);
  if (sign === ":") return emojiAt(line, at);
  if (sign in STYLES) return styleAt(line, at);
  if (sign === "h") return bareLinkAt(line, at);
  return null;
}

function codeAt(line, at) {
  const end = line.indexOf("`", at + 1);
  if (end < at + 2) return null;
  return { span: { kind: "code", spans: codeSpans(line.slice(at + 1, end)) }, end: end + 1 };
}

/** In code only links and mentions are special. */
function codeSpans(text) {
  return text
    .split(/(<[^<>\n]+>)/)
    .filter(Boolean)
    .map((part) => (part.startsWith("<") ? (entityAt(part, 0)?.span ?? decode(part)) : decode(part)));
}

function emojiAt(line, at) {
  const match = /^:([a-z0-9_+-]+):(?::skin-tone-[2-6]:)?/.exec(line.slice(at));
  if (!match || !emojiSign(match[1])) return null;
  return { span: { kind: "emoji", name: match[1] }, end: at + match[0].length };
}

function styleAt(line, at) {
  const mark = line[at];
  const before = line[at - 1] ?? " ";
  const after = line[at + 1] ?? " ";
  if (WORD.test(before) || /\s/.test(after) || after === mark) return null;
  const end = closingAt(line, at + 1, mark);
  if (end < 0) return null;
  return { span: { kind: STYLES[mark], spans: spans(line.slice(at + 1, end)) }, end: end + 1 };
}

function closingAt(line, from, mark) {
  for (let i = from; i < line.length; i += 1) {
    const skip = line[i] === "`" ? codeAt(line, i) : line[i] === "<" ? entityAt(line, i) : null;
    if (skip) {
      i = skip.end - 1;
    } else if (
      line[i] === mark &&
      !/\s/.test(line[i - 1]) &&
      i > from - 1 &&
      !WORD.test(line[i + 1] ?? " ")
    ) {
      return i;
    }
  }
  return -1;
}

function bareLinkAt(line, at) {
  if (at > 0 && WORD.test(line[at - 1])) return null;
  const match = /^https?:\/\/[^\s<>|]+/.exec(line.slice(at));
  if (!match) return null;
  const address = match[0].replace(/(?:[.,;:!?)'"*_~]|&gt;)+$/, "");
  return { span: { kind: "link", url: decode(address), label: decode(address) }, end: at + address.length };
}

function entityAt(line, at) {
  const end = line.indexOf(">", at);
  if (end < at + 2) return null;
  const span = entity(line.slice(at + 1, end));
  return span && { span, end: end + 1 };
}

function entity(inner) {
  const bar = inner.indexOf("|");
  const body = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : decode(inner.slice(bar + 1));
  if (/^@[UWB]\w+$/.test(body)) return { kind: "user", id: body.slice(1), label };
  if (/^#[CG]\w+$/.test(body)) return { kind: "channel", id: body.slice(1), label };
  if (body.startsWith("!subteam^")) return { kind: "group", id: body.slice(9), label };
  if (body.startsWith("!date^")) return dateEntity(body, label);
  if (/^!(here|channel|everyone)$/.test(body)) return { kind: "broadcast", range: body.slice(1) };
  if (/^[a-z][a-z+.-]*:/i.test(body))
    return { kind: "link", url: decode(body), label: label || decode(body) };
  return null;
}

function dateEntity(body, label = "") {
  const [, ts, pattern = "", url] = body.split("^");
  return { kind: "date", ts, pattern, url: url && decode(url), fallback: label };
}

/** Slack escapes exactly these three characters in message text. */
export function decode(text) {
  return text.replace(/&(lt|gt|amp);/g, (_, name) => ({ lt: "<", gt: ">", amp: "&" })[name]);
}
