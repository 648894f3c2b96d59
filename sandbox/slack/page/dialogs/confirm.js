// The confirm dialog of an element.

import { el } from "../dom.js";
import { textObject } from "../text/text-nodes.js";
import { dialog, open, closeDialog } from "./dialog.js";

/**
 * @param {{title, text, confirm?, deny?, style?}} question Block Kit's confirm object
 * @returns {Promise<boolean>} whether the person confirmed
 */
export function askToConfirm(question, ui) {
  return new Promise((settle) => {
    const answer = (yes) => {
      closeDialog(box);
      settle(yes);
    };
    const deny = el(
      "button.btn.plain",
      { type: "button", on: { click: () => answer(false) } },
      words(question.deny, "No", ui),
    );
    const style = question.style === "danger" ? "danger" : "primary";
    const agree = el(
      `button.btn.${style}`,
      { type: "button", on: { click: () => answer(true) } },
      words(question.confirm, "Yes", ui),
    );
    const box = dialog({
      title: words(question.title, "Are you sure?", ui),
      body: [el("div.confirm-text", {}, question.text ? textObject(question.text, ui) : "")],
      foot: [deny, agree],
      role: "alertdialog",
      size: "narrow",
      dismiss: () => answer(false),
    });
    open(box);
    // An accidental Enter must do no harm.
    (style === "danger" ? deny : agree).focus();
  });
}

const words = (object, fallback, ui) => (object ? textObject(object, ui) : fallback);
