// Chooses how each Block Kit element is shown.

import { el } from "../dom.js";
import { button, overflow } from "./buttons.js";
import { checkboxes, radioButtons } from "./choices.js";
import { datePicker, dateTimePicker, textInput, timePicker } from "./fields.js";
import { image } from "./image.js";
import { select } from "./selects.js";
import { ElementHandle } from "./element-handle.js";

const KINDS = {
  button,
  overflow,
  checkboxes,
  radio_buttons: radioButtons,
  datepicker: datePicker,
  timepicker: timePicker,
  datetimepicker: dateTimePicker,
  plain_text_input: textInput,
  static_select: select,
  external_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
};

/** An element of a section, an actions block or an input block. */
export function element(described, block, surface) {
  if (described.type === "image") return image(described, "accessory");
  const show = KINDS[described.type];
  if (!show) return unknown(described.type);
  return show(new ElementHandle(surface, block, described));
}

/** Names a type that this page cannot show. */
export function unknown(type) {
  return el("span.unknown", {}, `This page cannot show "${type}".`);
}
