// Radio buttons and checkboxes.

import { el, freshId } from "../dom.js";
import { textObject } from "../words/text.js";

export function radioButtons(seat) {
  const initial = seat.element.initial_option;
  if (initial && !seat.state) seat.record({ selected_option: initial });
  const isChosen = (option) => seat.state?.selected_option?.value === option.value;
  return group(seat, "radiogroup", "radio", isChosen, (option) => ({ selected_option: option }));
}

export function checkboxes(seat) {
  const { options = [], initial_options: initial = [] } = seat.element;
  if (initial.length && !seat.state) seat.record({ selected_options: initial });
  const isTicked = (option) =>
    (seat.state?.selected_options ?? []).some((ticked) => ticked.value === option.value);
  return group(seat, "group", "checkbox", isTicked, (option, box) => ({
    selected_options: options.filter((one) => (one === option ? box.checked : isTicked(one))),
  }));
}

/**
 * @param {function(object): boolean} holds whether an option is chosen by now
 * @param {function(object, HTMLInputElement): object} stateAfter what the element holds once this box is used
 */
function group(seat, role, type, holds, stateAfter) {
  const { options = [], action_id: actionId } = seat.element;
  const name = type === "radio" ? freshId("radio") : undefined;
  const boxes = options.map((option, i) => {
    const id = freshId("choice");
    const box = el("input", { id, type, name, data: { focusKey: `${seat.focusKey}/${i}` } });
    box.addEventListener("change", async () => {
      await seat.set(stateAfter(option, box), box);
      show();
    });
    return box;
  });
  const show = () => boxes.forEach((box, i) => (box.checked = holds(options[i])));
  show();
  const lines = options.map((option, i) => line(option, boxes[i], seat.desk));
  return el("div.choices", { role, "aria-label": seat.name("Choices"), data: { actionId } }, lines);
}

function line(option, box, desk) {
  const note = option.description && el("span.choice-note", {}, textObject(option.description, desk));
  const words = el("span.choice-text", {}, textObject(option.text, desk));
  return el("label.choice", { for: box.id }, box, el("span", {}, words, note));
}
