// A channel or a thread as one reads and writes it: the list, the scroll position and the composer.

import { el } from "../dom.js";
import { Composer } from "../composer/composer.js";
import { announce } from "../panes/announcer.js";
import * as api from "../wire/api.js";
import { gathered } from "../wire/reread.js";
import { clockTime } from "../words/dates.js";
import { plainOf } from "../words/text.js";
import { authorName } from "./message.js";
import { MessageList } from "./list.js";
import { Scroll } from "./scroll.js";

export class Conversation {
  /**
   * @param {object} desk
   * @param {{channel: object, thread: string|null, empty: HTMLElement}} about
   */
  constructor(desk, about) {
    Object.assign(this, { desk, ...about });
    const title = desk.workspace.titleOf(this.channel.id);
    this.name = this.thread ? `thread in ${title}` : title;
    this.over = false;
    this.loaded = false;
    this.aside = [];
    this.list = new MessageList({ desk, channel: this.channel.id, thread: this.thread });
    this.list.list.setAttribute("aria-label", `Messages in ${this.name}`);
    this.scroller = el(
      "div.scroller",
      { tabindex: 0, role: "region", "aria-label": `Messages in ${this.name}` },
      this.list.list,
    );
    this.scroll = new Scroll(this.scroller);
    this.composer = new Composer(desk, {
      channel: this.channel,
      thread: this.thread,
      send: (text, broadcast) => this.#send(text, broadcast),
    });
    this.nodes = [el("div.scroll-frame", {}, this.scroller, this.empty, this.scroll.jump), this.composer.box];
    this.read = gathered(() => this.#read());
  }

  /** No longer shown: answers that are still on their way are dropped. */
  end() {
    this.over = true;
  }

  async #read() {
    if (this.over) return;
    let answer;
    try {
      answer = await api.messages(this.desk.workspace.me.id, this.channel.id, this.thread ?? undefined);
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
    this.desk.news.seen(this.channel.id, messages);
    this.empty.toggleAttribute("hidden", all.length > 0);
    if (!this.loaded) this.scroll.toEnd();
    else if (fresh.length) this.#arrived(fresh);
    this.loaded = true;
  }

  #arrived(fresh) {
    const mine = fresh.some((message) => message.user === this.desk.workspace.me.id);
    if (mine) this.scroll.toEnd();
    else this.scroll.grew();
    for (const message of fresh) {
      const where = this.thread ? "in the thread" : `in ${this.name}`;
      announce(
        `${authorName(message, this.desk)} ${where}, ${clockTime(message.ts)}: ${plainOf(message.text, this.desk)}`,
      );
    }
  }

  #unreadable(error) {
    if (error.code === "unreachable" && this.loaded) return;
    this.desk.failed(error);
  }

  async #send(text, broadcast) {
    const options = this.thread ? { thread_ts: this.thread, broadcast: broadcast || undefined } : {};
    const answer = await api.type(this.desk.workspace.me.id, this.channel.id, text, options);
    // An answer that only this person sees may stand in no list, as where Slack itself refuses a command.
    this.aside.push(...(answer.replies ?? []).filter((reply) => reply.ts));
    this.scroll.toEnd();
    this.desk.news.afterActingOn({ channel: this.channel.id, ts: this.thread ?? undefined });
  }
}
