// A channel or a thread: the list of messages, the scroll position and the composer.

import { el } from "../dom.js";
import { Composer } from "../composer/composer.js";
import { announce } from "../panes/announcer.js";
import * as api from "../api/control-api.js";
import { batchedRead } from "../api/batched-read.js";
import { clockTime } from "../text/dates.js";
import { plainText } from "../text/text-nodes.js";
import { authorName } from "./message.js";
import { MessageList } from "./message-list.js";
import { ScrollPosition } from "./scroll-position.js";

export class Conversation {
  /**
   * @param {object} ui
   * @param {{channel: object, thread: string|null, empty: HTMLElement}} about
   */
  constructor(ui, about) {
    Object.assign(this, { ui, ...about });
    const title = ui.workspace.titleOf(this.channel.id);
    this.name = this.thread ? `thread in ${title}` : title;
    this.over = false;
    this.loaded = false;
    this.aside = [];
    this.list = new MessageList({ ui, channel: this.channel.id, thread: this.thread });
    this.list.list.setAttribute("aria-label", `Messages in ${this.name}`);
    this.scroller = el(
      "div.scroller",
      { tabindex: 0, role: "region", "aria-label": `Messages in ${this.name}` },
      this.list.list,
    );
    this.scroll = new ScrollPosition(this.scroller);
    this.composer = new Composer(ui, {
      channel: this.channel,
      thread: this.thread,
      send: (text, broadcast) => this.#send(text, broadcast),
    });
    this.nodes = [el("div.scroll-frame", {}, this.scroller, this.empty, this.scroll.jump), this.composer.box];
    this.read = batchedRead(() => this.#read());
  }

  /** It is no longer shown: later answers are ignored. */
  end() {
    this.over = true;
  }

  async #read() {
    if (this.over) return;
    let answer;
    try {
      answer = await api.messages(this.ui.workspace.me.id, this.channel.id, this.thread ?? undefined);
    } catch (error) {
      if (!this.over) this.#unreadable(error);
      return;
    }
    if (!this.over) this.#show(answer.messages);
  }

  #show(messages) {
    const listed = new Set(messages.map((message) => message.ts));
    this.aside = this.aside.filter((message) => !listed.has(message.ts));
    const all = [...messages, ...this.aside].sort((a, b) => a.ts - b.ts);
    const fresh = this.list.show(all);
    this.ui.updates.seen(this.channel.id, messages);
    this.empty.toggleAttribute("hidden", all.length > 0);
    if (!this.loaded) this.scroll.toEnd();
    else if (fresh.length) this.#arrived(fresh);
    this.loaded = true;
  }

  #arrived(fresh) {
    const mine = fresh.some((message) => message.user === this.ui.workspace.me.id);
    if (mine) this.scroll.toEnd();
    else this.scroll.grew();
    for (const message of fresh) {
      const where = this.thread ? "in the thread" : `in ${this.name}`;
      announce(
        `${authorName(message, this.ui)} ${where}, ${clockTime(message.ts)}: ${plainText(message.text, this.ui)}`,
      );
    }
  }

  #unreadable(error) {
    if (error.code === "unreachable" && this.loaded) return;
    this.ui.failed(error);
  }

  async #send(text, broadcast) {
    const options = this.thread ? { thread_ts: this.thread, broadcast: broadcast || undefined } : {};
    const answer = await api.type(this.ui.workspace.me.id, this.channel.id, text, options);
    // An answer that only this person sees may be in no list, for example if Slack itself refuses a command.
    this.aside.push(...(answer.replies ?? []).filter((reply) => reply.ts));
    this.scroll.toEnd();
    this.ui.updates.refreshAfterAction({ channel: this.channel.id, ts: this.thread ?? undefined });
  }
}
