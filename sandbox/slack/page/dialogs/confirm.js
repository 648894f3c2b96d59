// The question an app puts before a press takes effect.

import { el } from "../dom.js";
import { textObject } from "../words/text.js";
import { dialog, open, shut } from "./dialog.js";

/**
 * @param {{title, text, confirm?, deny?, style?}} question Block Kit's confirm object
 * @returns {Promise<boolean>} whether the person went on
 */
export function confirmed(question, desk) {
  return new Promise((settle) => {
    const answer = (yes) => {
      shut(box);
      settle(yes);
    };
    const deny = el(
      "button.btn.plain",
      { type: "button", on: { click: () => answer(false) } },
      words(question.deny, "No", desk),
    );
    const style = question.style === "danger" ? "danger" : "primary";
    const agree = el(
      `button.btn.${style}`,
      { type: "button", on: { click: () => answer(true) } },
      words(question.confirm, "Yes", desk),
    );
    const box = dialog({
      title: words(question.title, "Are you sure?", desk),
      body: [el("div.confirm-text", {}, question.text ? textObject(question.text, desk) : "")],
      foot: [deny, agree],
      role: "alertdialog",
      size: "narrow",
      dismiss: () => answer(false),
    });
    open(box);
    // One Enter too many must do no harm.
    (style === "danger" ? deny : agree).focus();
  });
}

const words = (object, fallback, desk) => (object ? textObject(object, desk) : fallback);
