// Keeps the scroll position: at the newest message if the reader is there, otherwise unchanged.

import { el, icon } from "../dom.js";

const NEAR_PX = 60;

export class ScrollPosition {
  /** @param {HTMLElement} scroller has the list as its first child */
  constructor(scroller) {
    this.scroller = scroller;
    this.stuck = true;
    this.jump = el(
      "button.jump",
      { type: "button", hidden: true, on: { click: () => this.toEnd() } },
      icon("down"),
      el("span", {}, "New messages"),
    );
    scroller.addEventListener("scroll", () => this.#moved(), { passive: true });
    const grown = new ResizeObserver(() => this.stuck && this.#pin());
    grown.observe(scroller);
    grown.observe(scroller.firstElementChild);
  }

  toEnd() {
    this.stuck = true;
    this.jump.hidden = true;
    this.#pin();
  }

  /** There is something new at the end. */
  grew() {
    if (this.stuck) this.#pin();
    else this.jump.hidden = false;
  }

  #pin() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #moved() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller;
    this.stuck = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.stuck) this.jump.hidden = true;
  }
}
