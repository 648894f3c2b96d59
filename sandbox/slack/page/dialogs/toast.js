// A short notice. It disappears by itself, but stays while the pointer is on it.

import { el, icon } from "../dom.js";

const STAYS_MS = 7000;
const MOST = 3;

const shelf = el("div.toasts", { role: "alert", "aria-live": "assertive" });

export function toast(words, kind = "failure") {
  (document.querySelector("dialog[open]:last-of-type") ?? document.body).append(shelf);
  const note = el("div.toast", { class: kind }, el("span", {}, words));
  const remove = () => note.remove();
  note.append(
    el(
      "button.icon-button",
      { type: "button", "aria-label": "Dismiss", on: { click: remove } },
      icon("close"),
    ),
  );
  let timer = setTimeout(remove, STAYS_MS);
  note.addEventListener("pointerenter", () => clearTimeout(timer));
  note.addEventListener("pointerleave", () => (timer = setTimeout(remove, STAYS_MS)));
  for (const same of shelf.children) if (same.firstChild.textContent === words) same.remove();
  shelf.append(note);
  while (shelf.children.length > MOST) shelf.firstChild.remove();
}
