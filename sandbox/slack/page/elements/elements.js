// Chooses how each Block Kit element is shown.

import { el } from "../dom.js";
import { button, overflow } from "./buttons.js";
import { checkboxes, radioButtons } from "./choices.js";
import { datePicker, dateTimePicker, textInput, timePicker } from "./fields.js";
import { image } from "./image.js";
import { multiSelect, select } from "./selects.js";
import { Seat } from "./seat.js";

const KINDS = {
  button,
  overflow,
  checkboxes,
  radio_buttons: radioButtons,
  datepicker: datePicker,
  timepicker: timePicker,
  datetimepicker: dateTimePicker,
  plain_text_input: textInput,
  email_text_input: textInput,
  url_text_input: textInput,
  number_input: textInput,
  static_select: select,
  external_select: select,
  users_select: select,
  channels_select: select,
  conversations_select: select,
  multi_static_select: multiSelect,
  multi_external_select: multiSelect,
  multi_users_select: multiSelect,
  multi_channels_select: multiSelect,
  multi_conversations_select: multiSelect,
};

/** An element of a section, an actions block or an input block. */
export function element(described, block, surface) {
  if (described.type === "image") return image(described, "accessory");
  const show = KINDS[described.type];
  if (!show) return unknown(described.type);
  return show(new Seat(surface, block, described));
}

/** Slack shows nothing helpful here either; naming the type helps whoever writes the app. */
export function unknown(type) {
  return el("span.unknown", {}, `This page cannot show "${type}".`);
}
