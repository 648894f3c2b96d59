// A menu below a control: overflow menus, selects, message actions. Arrow keys move, Enter chooses, Escape
// or a click elsewhere closes it.

import { el, freshId, icon } from "../dom.js";
import { rememberFocus } from "./focus-memory.js";

const MANY = 7;
const TYPING_PAUSE_MS = 200;
const GAP = 4;

/**
 * @typedef {{key: string, label: string, note?: string, group?: string, value: *}} Choice
 *
 * @param {object} asked
 * @param {HTMLElement} asked.anchor the control; gets the focus back
 * @param {Choice[]} [asked.choices] known at once, or
 * @param {function(string): Promise<Choice[]>} [asked.load] called with the typed text from `shortest` characters on
 * @param {function(*): void} asked.pick gets the chosen value
 */
export function openMenu(asked) {
  new Menu(asked).open();
}

class Menu {
  constructor(asked) {
    Object.assign(this, { role: "listbox", shortest: 0 }, asked);
    this.active = -1;
    this.shown = [];
    const listId = freshId("menu");
    this.list = el("div.menu-list", {
      role: this.role,
      id: listId,
      "aria-label": this.name,
      tabindex: -1,
    });
    const searches = this.load || (this.search && this.choices.length > MANY);
    this.field = searches
      ? el("input.menu-search", {
          type: "text",
          placeholder: "Search",
          autocomplete: "off",
          role: "combobox",
          "aria-label": `Search: ${this.name}`,
          "aria-expanded": "true",
          "aria-controls": listId,
          "aria-autocomplete": "list",
        })
      : null;
    this.box = el("div.menu", { popover: "auto" }, this.field, this.list);
  }

  open() {
    (this.anchor.closest("dialog") ?? document.body).append(this.box);
    this.anchor.setAttribute("aria-expanded", "true");
    this.restoreFocus = rememberFocus(this.anchor);
    this.box.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("toggle", (event) => event.newState === "closed" && this.#closed());
    this.field?.addEventListener("input", () => this.#searched());
    this.box.showPopover();
    this.#offer(this.load ? [] : this.choices);
    if (this.load) this.#searched();
    (this.field ?? this.list).focus();
  }

  #searched() {
    const query = this.field.value.trim();
    clearTimeout(this.timer);
    if (!this.load) {
      const wanted = query.toLowerCase();
      this.#offer(
        this.choices.filter((choice) =>
          `${choice.label} ${choice.note ?? ""}`.toLowerCase().includes(wanted),
        ),
      );
    } else if (query.length < this.shortest) {
      this.#say(`Type ${this.shortest} or more characters`);
    } else {
      this.#say("Loading…");
      this.timer = setTimeout(() => this.#loadFor(query), TYPING_PAUSE_MS);
    }
  }

  async #loadFor(query) {
    try {
      const choices = await this.load(query);
      if (this.field.value.trim() === query) this.#offer(choices);
    } catch {
      this.#say("The app sent no options.");
    }
  }

  #say(words) {
    this.shown = [];
    this.list.replaceChildren(el("div.menu-empty", {}, words));
    this.#place();
  }

  #offer(choices) {
    if (!choices.length) return this.#say("No results");
    this.shown = choices;
    let group;
    const lines = choices.flatMap((choice, i) => {
      const head =
        choice.group !== undefined && choice.group !== group ? [el("div.menu-group", {}, choice.group)] : [];
      group = choice.group;
      return [...head, this.#line(choice, i)];
    });
    this.list.replaceChildren(...lines);
    const start = choices.findIndex((choice) => choice.key === this.chosen);
    this.#move(Math.max(start, 0));
    return this.#place();
  }

  #line(choice, index) {
    const picked = choice.key === this.chosen;
    return el(
      "div.menu-item",
      {
        id: freshId("item"),
        role: this.role === "menu" ? "menuitem" : "option",
        "aria-selected": this.role === "menu" ? undefined : String(picked),
        data: { index },
        on: {
          click: () => this.#take(index),
          pointermove: () => index !== this.active && this.#move(index, false),
        },
      },
      this.role !== "menu" && el("span.menu-tick", {}, picked ? icon("check") : ""),
      el("span.menu-text", {}, choice.label, choice.note && el("span.menu-note", {}, choice.note)),
    );
  }

  #move(index, scroll = true) {
    this.active = index;
    const items = [...this.list.querySelectorAll(".menu-item")];
    items.forEach((item, i) => item.classList.toggle("active", i === index));
    const item = items[index];
    (this.field ?? this.list).setAttribute("aria-activedescendant", item?.id ?? "");
    if (scroll) item?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    event.stopPropagation();
    const last = this.shown.length - 1;
    if (event.key === "ArrowDown") this.#move(this.active >= last ? 0 : this.active + 1);
    else if (event.key === "ArrowUp") this.#move(this.active <= 0 ? last : this.active - 1);
    else if (event.key === "Home" && !this.field) this.#move(0);
    else if (event.key === "End" && !this.field) this.#move(last);
    else if (event.key === "Enter" || (event.key === " " && !this.field)) this.#take(this.active);
    else if (event.key === "Tab") this.box.hidePopover();
    else return;
    event.preventDefault();
  }

  #take(index) {
    const choice = this.shown[index];
    if (!choice) return;
    this.box.hidePopover();
    this.restoreFocus();
    this.pick(choice.value);
  }

  #closed() {
    clearTimeout(this.timer);
    this.box.remove();
    this.anchor.removeAttribute("aria-expanded");
    if (document.activeElement === document.body || document.activeElement === null) {
      this.restoreFocus();
    }
  }

  #place() {
    const at = this.anchor.getBoundingClientRect();
    const size = this.box.getBoundingClientRect();
    const below = innerHeight - at.bottom - GAP;
    const top =
      below >= size.height || below >= at.top ? at.bottom + GAP : Math.max(GAP, at.top - size.height - GAP);
    const left = Math.min(at.left, innerWidth - size.width - GAP);
    this.box.style.top = `${top}px`;
    this.box.style.left = `${Math.max(GAP, left)}px`;
    this.box.style.minWidth = `${Math.min(at.width, innerWidth - 2 * GAP)}px`;
  }
}
