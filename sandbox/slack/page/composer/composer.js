// The message field. Enter sends, Shift+Enter starts a new line, the list above completes the typed word.

import { el, freshId, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { SuggestionList } from "./suggestion-list.js";
import { commandInUse, suggestionsFor } from "./suggestions.js";

const SLOW_MS = 400;

export class Composer {
  /** @param {{channel: object, thread: string|null, send: function(string, boolean): Promise<void>}} about */
  constructor(ui, about) {
    Object.assign(this, { ui, ...about });
    this.draftKey = [ui.workspace.me.id, this.channel.id, this.thread].join("/");
    this.list = new SuggestionList(ui, (choice, range) => this.#insert(choice, range));
    const place = ui.workspace.titleOf(this.channel.id);
    const label = this.thread ? "Reply in thread" : `Message ${place}`;
    this.field = el("textarea.composer-field", {
      rows: 1,
      "aria-label": label,
      placeholder: this.thread ? "Reply…" : `Message ${place}`,
      role: "combobox",
      "aria-autocomplete": "list",
      "aria-expanded": "false",
      "aria-controls": this.list.id,
      data: { composer: this.thread ? "thread" : "channel" },
    });
    this.usage = el("div.composer-usage", { hidden: true });
    this.status = el("span.composer-status", { role: "status" });
    this.alsoId = freshId("also");
    this.also = el("input", { type: "checkbox", id: this.alsoId });
    this.sender = el(
      "button.send",
      { type: "button", "aria-label": "Send", on: { click: () => this.#send() } },
      icon("send"),
    );
    this.box = el(
      "div.composer",
      {},
      this.list.box,
      el("div.composer-frame", {}, this.usage, this.field, this.#bar()),
      this.thread && el("label.composer-also", { for: this.alsoId }, this.also, ` Also send to ${place}`),
    );
    this.field.addEventListener("input", () => this.#typed());
    this.field.addEventListener("keydown", (event) => this.#key(event));
    this.field.addEventListener("click", () => this.#suggest());
    this.field.addEventListener("blur", () => this.list.hide(this.field));
    this.field.value = ui.drafts.get(this.draftKey) ?? "";
    requestAnimationFrame(() => this.#fit());
  }

  /** Does nothing on a phone, where it would open the keyboard. */
  focus() {
    if (!matchMedia("(hover: hover)").matches) return;
    this.field.focus({ preventScroll: true });
  }

  #bar() {
    const put = (sign, name, drawing) =>
      el(
        "button.icon-button",
        { type: "button", "aria-label": name, title: name, on: { click: () => this.#start(sign) } },
        drawing,
      );
    const slash = !this.thread && put("/", "Commands", el("span.slash", { "aria-hidden": "true" }, "/"));
    return el(
      "div.composer-bar",
      {},
      this.#shortcuts(),
      slash,
      put("@", "Mention someone", icon("at")),
      this.status,
      this.sender,
    );
  }

  #shortcuts() {
    const own = this.ui.workspace.shortcuts.filter((shortcut) => shortcut.type === "global");
    if (!own.length || this.thread) return null;
    const button = el(
      "button.icon-button",
      { type: "button", "aria-label": "Shortcuts", "aria-haspopup": "menu", title: "Shortcuts" },
      icon("bolt"),
    );
    const choices = own.map((one) => ({
      key: one.callback_id,
      label: one.name,
      note: one.description,
      value: one.callback_id,
    }));
    const pick = (id) => this.ui.shortcut(id);
    button.addEventListener("click", () =>
      openMenu({ anchor: button, role: "menu", name: "Shortcuts", choices, pick }),
    );
    return button;
  }

  /** The buttons below insert their sign into the field, which opens the list. */
  #start(sign) {
    const text = this.field.value;
    const gap = sign === "@" && text && !/\s$/.test(text) ? " " : "";
    this.field.value = sign === "/" ? sign : text + gap + sign;
    this.field.focus();
    this.#typed();
  }

  /** Puts this text into the field, ready to be sent. */
  put(text) {
    this.field.value = text;
    this.field.focus();
    this.#typed();
  }

  #typed() {
    this.ui.drafts.set(this.draftKey, this.field.value);
    this.#fit();
    this.#suggest();
    this.sender.classList.toggle("ready", this.field.value.trim() !== "");
    const command = this.thread ? null : commandInUse(this.field.value, this.ui.workspace);
    this.usage.hidden = !command;
    if (command)
      this.usage.replaceChildren(el("strong", {}, command.command), ` ${command.usage_hint ?? ""}`);
  }

  #fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #suggest() {
    const found = suggestionsFor(this.field.value, this.field.selectionStart, this.ui.workspace);
    const useful = this.thread && this.field.value.startsWith("/") ? null : found;
    this.list.show(useful, this.field);
  }

  #key(event) {
    if (event.isComposing) return;
    if (this.list.key(event, this.field)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#send();
    }
  }

  #insert(choice, { start, end }) {
    const text = this.field.value;
    this.field.setRangeText(choice.insert, start, text[end] === " " ? end + 1 : end, "end");
    this.#typed();
  }

  async #send() {
    const text = this.field.value.trim();
    if (!text) return;
    const broadcast = this.also.checked;
    this.field.value = "";
    this.also.checked = false;
    this.#typed();
    const waiting = setTimeout(() => (this.status.textContent = waitingWords(text, this.ui)), SLOW_MS);
    try {
      await this.send(text, broadcast);
    } catch (error) {
      this.ui.failed(error);
      this.#giveBack(text, broadcast);
    } finally {
      clearTimeout(waiting);
      this.status.textContent = "";
    }
  }

  /** Puts back a text that could not be sent, unless the field already has another one. */
  #giveBack(text, broadcast) {
    if (this.field.value) return;
    this.field.value = text;
    this.also.checked = broadcast;
    this.#typed();
    this.list.show(null, this.field);
  }
}

const waitingWords = (text, ui) =>
  text.startsWith("/") ? `Waiting for ${ui.workspace.app.name}…` : "Sending…";
