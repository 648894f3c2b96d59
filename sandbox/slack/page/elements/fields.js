// Fields one types into: text, number, address, date and time.

import { el } from "../dom.js";

const INPUT_TYPES = { email_text_input: "email", url_text_input: "url", number_input: "number" };
const TYPING_PAUSE_MS = 500;

export function textInput(seat) {
  const { element } = seat;
  const many = element.type === "plain_text_input" && element.multiline;
  const field = el(many ? "textarea.field" : "input.field", {
    type: many ? undefined : (INPUT_TYPES[element.type] ?? "text"),
    rows: many ? 4 : undefined,
    step: element.type === "number_input" ? (element.is_decimal_allowed ? "any" : "1") : undefined,
    min: element.min_value,
    max: element.max_value,
    minlength: element.min_length,
    maxlength: element.max_length,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
    "aria-label": seat.isInput ? undefined : seat.name("Text"),
    data: { focusKey: seat.focusKey, actionId: element.action_id },
  });
  field.value = seat.state?.value ?? element.initial_value ?? "";
  if (field.value && !seat.state) seat.record({ value: field.value });
  if (element.focus_on_load) field.autofocus = true;
  field.addEventListener("input", () => seat.record({ value: field.value === "" ? null : field.value }));
  if (seat.tells) tellWhen(seat, field);
  return field;
}

/** An input block with `dispatch_action` tells the app on Enter, unless it asks for every character. */
function tellWhen(seat, field) {
  const when = seat.element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer = 0;
  if (when.includes("on_character_entered")) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => seat.press({ value: field.value }), TYPING_PAUSE_MS);
    });
  }
  if (when.includes("on_enter_pressed")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      seat.press({ value: field.value }, field);
    });
  }
}

export function datePicker(seat) {
  return picker(seat, "date", "selected_date", seat.element.initial_date);
}

export function timePicker(seat) {
  return picker(seat, "time", "selected_time", seat.element.initial_time);
}

function picker(seat, type, key, initial) {
  return pickerOf(seat, type, key, initial, {
    shown: (held) => held ?? "",
    held: (shown) => shown || null,
  });
}

/** Slack's value is in seconds since 1970; the browser's field holds local wall-clock time. */
export function dateTimePicker(seat) {
  return pickerOf(seat, "datetime-local", "selected_date_time", seat.element.initial_date_time, {
    shown: (held) => (held ? localMinute(held) : ""),
    held: (shown) => (shown ? Math.floor(new Date(shown).getTime() / 1000) : null),
  });
}

function pickerOf(seat, type, key, initial, { shown, held }) {
  const field = pickerField(seat, type);
  if (initial && !seat.state) seat.record({ [key]: initial });
  const show = () => (field.value = shown(seat.state?.[key]));
  show();
  field.addEventListener("change", async () => {
    if (!(await seat.set({ [key]: held(field.value) }, field))) show();
  });
  return field;
}

function pickerField(seat, type) {
  return el("input.field.picker", {
    type,
    "aria-label": seat.isInput ? undefined : seat.name(type === "time" ? "Time" : "Date"),
    data: { focusKey: seat.focusKey, actionId: seat.element.action_id },
  });
}

function localMinute(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
