// A modal dialog: keeps the focus inside and restores it at the end.

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
  // Keys of the dialog must not reach the composer behind it.
  box.addEventListener("keydown", (event) => event.stopPropagation());
  return box;
}

/** Opens a dialog. `closeDialog` gives the focus back to the element that had it. */
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
