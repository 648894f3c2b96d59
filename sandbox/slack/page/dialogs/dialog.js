// A dialog: in front of everything, keeps the focus inside, gives it back at the end.

import { el, freshId, icon } from "../dom.js";
import { rememberFocus } from "./focus-memory.js";

/**
 * @param {{title: (string|Node|Array), body: Node[], foot: Node[], role?: string, size?: string,
 *          dismiss: function(): void}} parts `dismiss` is called on Escape and on the close button
 * @returns {HTMLDialogElement} not yet open: call showModal()
 */
export function dialog({ title, body, foot, role, size = "wide", dismiss }) {
  const titleId = freshId("dialog-title");
  const closer = el(
    "button.icon-button",
    { type: "button", "aria-label": "Close", on: { click: dismiss } },
    icon("close"),
  );
  const box = el(
    `dialog.dialog.${size}`,
    { "aria-labelledby": titleId, role },
    el("header.dialog-head", {}, el("h2", { id: titleId }, title), closer),
    el("div.dialog-body", {}, body),
    foot.length > 0 && el("footer.dialog-foot", {}, foot),
  );
  box.addEventListener("cancel", (event) => {
    event.preventDefault();
    dismiss();
  });
  // A key that closes or sends here must not reach the composer behind.
  box.addEventListener("keydown", (event) => event.stopPropagation());
  return box;
}

/** Puts a dialog on the page and opens it; the element that had the focus gets it back after `closeDialog`. */
export function open(box) {
  box.restoreFocus = rememberFocus(document.activeElement);
  document.body.append(box);
  box.showModal();
}

export function closeDialog(box) {
  box.close();
  box.remove();
  box.restoreFocus();
}
