// The messages of a channel or thread, in order. Rows that have not changed stay the same elements, so that
// an update keeps open menus, the focus and the scroll position.

import { el } from "../dom.js";
import { dayKey, dayName } from "../text/dates.js";
import { messageRow } from "./message.js";

const FOLLOWS_WITHIN_S = 300;

export class MessageList {
  /** @param {{ui, channel: string, thread: string|null}} around */
  constructor(around) {
    this.around = around;
    this.surfaces = new Map();
    this.rows = new Map();
    this.list = el("ol.messages", { role: "list" });
  }

  /** @returns {object[]} the messages that were not there before */
  show(messages) {
    const known = this.rows;
    const focus = this.#focused();
    this.rows = new Map();
    const wanted = [];
    messages.forEach((message, i) =>
      wanted.push(...this.#partsOf(message, messages[i - 1], messages, known)),
    );
    this.#arrange(wanted);
    this.#forget();
    this.#refocus(focus);
    return messages.filter((message) => !known.has(message.ts));
  }

  #partsOf(message, before, messages, known) {
    const parts = [];
    const { thread } = this.around;
    const newDay = !before || dayKey(before.ts) !== dayKey(message.ts);
    if (newDay && !thread)
      parts.push(this.#row(`day ${dayKey(message.ts)}`, dayName(message.ts), known, () => dayRow(message)));
    const follows = !newDay && continues(message, before);
    const root =
      message.subtype === "thread_broadcast"
        ? messages.find((one) => one.ts === message.thread_ts)
        : undefined;
    const looks = JSON.stringify([message, follows, root?.text]);
    parts.push(
      this.#row(message.ts, looks, known, () =>
        messageRow(message, { ...this.around, follows, root, surfaces: this.surfaces }),
      ),
    );
    if (thread && message.ts === thread) parts.push(this.#replies(repliesIn(messages), known));
    return parts;
  }

  #replies(count, known) {
    const words = count === 1 ? "1 reply" : `${count} replies`;
    return this.#row("replies", words, known, () =>
      el("li.divider.replies", { role: "presentation", hidden: count === 0 }, el("span", {}, words)),
    );
  }

  #row(key, looks, known, build) {
    const before = known.get(key);
    const row = before?.looks === looks ? before : { looks, node: build() };
    this.rows.set(key, row);
    return row.node;
  }

  #arrange(wanted) {
    const keep = new Set(wanted);
    for (const node of [...this.list.children]) if (!keep.has(node)) node.remove();
    wanted.forEach((node, i) => {
      const there = this.list.children[i];
      if (there !== node) this.list.insertBefore(node, there ?? null);
    });
  }

  #forget() {
    for (const ts of this.surfaces.keys()) if (!this.rows.has(ts)) this.surfaces.delete(ts);
  }

  #focused() {
    const at = document.activeElement;
    const row = this.list.contains(at) && at.closest(".message");
    return row ? { ts: row.dataset.ts, key: at.dataset.focusKey, node: at } : null;
  }

  #refocus(focus) {
    if (!focus || focus.node.isConnected) return;
    const row = this.rows.get(focus.ts)?.node;
    const same = focus.key && row?.querySelector(`[data-focus-key="${CSS.escape(focus.key)}"]`);
    (same ?? row)?.focus({ preventScroll: true });
  }
}

const repliesIn = (messages) => messages.filter((message) => !message.ephemeral).length - 1;

function dayRow(message) {
  return el("li.divider.day", { role: "presentation" }, el("span", {}, dayName(message.ts)));
}

function continues(message, before) {
  return (
    before.user === message.user &&
    before.username === message.username &&
    before.ephemeral === message.ephemeral &&
    !before.subtype?.startsWith("channel_") &&
    message.subtype !== "thread_broadcast" &&
    !before.reply_count &&
    message.ts - before.ts < FOLLOWS_WITHIN_S
  );
}
