// The list of suggestions above the composer. The focus stays in the text field.

import { el, freshId } from "../dom.js";
import { avatar } from "../panes/avatars.js";

export class SuggestionList {
  /** @param {function(object, {start: number, end: number}): void} pick */
  constructor(ui, pick) {
    this.ui = ui;
    this.pick = pick;
    this.id = freshId("suggestions");
    this.found = null;
    this.active = 0;
    this.box = el("div.suggestions", {
      role: "listbox",
      id: this.id,
      "aria-label": "Suggestions",
      hidden: true,
    });
  }

  /** @param {?{start, end, choices}} found null hides the list */
  show(found, field) {
    const same = JSON.stringify(found?.choices) === JSON.stringify(this.found?.choices);
    this.found = found;
    this.field = field;
    this.box.hidden = !found;
    field.setAttribute("aria-expanded", String(Boolean(found)));
    if (!found) return field.removeAttribute("aria-activedescendant");
    if (!same) this.#fill(found.choices);
    return this.#move(same ? this.active : 0, field);
  }

  hide(field) {
    this.show(null, field);
  }

  /** @returns {boolean} whether the list took the key */
  key(event, field) {
    if (!this.found) return false;
    const last = this.found.choices.length - 1;
    if (event.key === "ArrowDown") this.#move(this.active >= last ? 0 : this.active + 1, field);
    else if (event.key === "ArrowUp") this.#move(this.active <= 0 ? last : this.active - 1, field);
    else if (event.key === "Escape") this.hide(field);
    else if (event.key === "Tab") this.#take(this.active);
    else if (event.key === "Enter" && !event.shiftKey) return this.#enter(field);
    else return false;
    return true;
  }

  /** If the word is already complete, Enter sends the message. */
  #enter(field) {
    const choice = this.found.choices[this.active];
    const typed = field.value.slice(this.found.start, this.found.end);
    if (typed === choice.insert.trim()) {
      this.hide(field);
      return false;
    }
    this.#take(this.active);
    return true;
  }

  #fill(choices) {
    this.box.replaceChildren(
      ...choices.map((choice, i) =>
        el(
          "div.suggestion",
          {
            id: freshId("suggestion"),
            role: "option",
            class: choice.kind,
            // Earlier than click, so that the field keeps the focus.
            on: { pointerdown: (event) => (event.preventDefault(), this.#take(i)) },
          },
          choice.face && avatar(this.ui.workspace, choice.face, "tiny"),
          el("span.suggestion-label", {}, choice.label),
          el("span.suggestion-note", {}, choice.note),
          choice.detail && el("span.suggestion-detail", {}, choice.detail),
        ),
      ),
    );
  }

  #move(index, field) {
    this.active = index;
    [...this.box.children].forEach((row, i) => {
      row.classList.toggle("active", i === index);
      row.setAttribute("aria-selected", String(i === index));
    });
    const row = this.box.children[index];
    row?.scrollIntoView({ block: "nearest" });
    if (row) field.setAttribute("aria-activedescendant", row.id);
  }

  #take(index) {
    const { start, end, choices } = this.found;
    this.hide(this.field);
    this.pick(choices[index], { start, end });
  }
}
