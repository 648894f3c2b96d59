// Radio buttons and checkboxes.

import { el, freshId } from "../dom.js";
import { textObject } from "../text/text-nodes.js";

export function radioButtons(handle) {
  const initial = handle.element.initial_option;
  if (initial && !handle.state) handle.record({ selected_option: initial });
  const isChosen = (option) => handle.state?.selected_option?.value === option.value;
  return group(handle, "radiogroup", "radio", isChosen, (option) => ({ selected_option: option }));
}

export function checkboxes(handle) {
  const { options = [], initial_options: initial = [] } = handle.element;
  if (initial.length && !handle.state) handle.record({ selected_options: initial });
  const isTicked = (option) =>
    (handle.state?.selected_options ?? []).some((ticked) => ticked.value === option.value);
  return group(handle, "group", "checkbox", isTicked, (option, box) => ({
    selected_options: options.filter((one) => (one === option ? box.checked : isTicked(one))),
  }));
}

/**
 * @param {function(object): boolean} holds whether an option is chosen
 * @param {function(object, HTMLInputElement): object} stateAfter the state of the element once this box is used
 */
function group(handle, role, type, holds, stateAfter) {
  const { options = [], action_id: actionId } = handle.element;
  const name = type === "radio" ? freshId("radio") : undefined;
  const boxes = options.map((option, i) => {
    const id = freshId("choice");
    const box = el("input", { id, type, name, data: { focusKey: `${handle.focusKey}/${i}` } });
    box.addEventListener("change", async () => {
      await handle.set(stateAfter(option, box), box);
      show();
    });
    return box;
  });
  const show = () => boxes.forEach((box, i) => (box.checked = holds(options[i])));
  boxes.forEach((box, i) => (box.defaultChecked = holds(options[i])));
  const lines = options.map((option, i) => line(option, boxes[i], handle.ui));
  return el("div.choices", { role, "aria-label": handle.name("Choices"), data: { actionId } }, lines);
}

function line(option, box, ui) {
  const note = option.description && el("span.choice-note", {}, textObject(option.description, ui));
  const words = el("span.choice-text", {}, textObject(option.text, ui));
  return el("label.choice", { for: box.id }, box, el("span", {}, words, note));
}
