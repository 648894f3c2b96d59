// Input fields: text, date and time.

import { el } from "../dom.js";

const TYPING_PAUSE_MS = 500;

export function textInput(handle) {
  const { element } = handle;
  const field = el(element.multiline ? "textarea.field" : "input.field", {
    type: element.multiline ? undefined : "text",
    rows: element.multiline ? 4 : undefined,
    minlength: element.min_length,
    maxlength: element.max_length,
    placeholder: element.placeholder?.text,
    autocomplete: "off",
    "aria-label": handle.isInput ? undefined : handle.name("Text"),
    data: { focusKey: handle.focusKey, actionId: element.action_id },
  });
  field.value = handle.state?.value ?? element.initial_value ?? "";
  if (field.value && !handle.state) handle.record({ value: field.value });
  if (element.focus_on_load) field.autofocus = true;
  field.addEventListener("input", () => handle.record({ value: field.value === "" ? null : field.value }));
  if (handle.tells) addDispatchListeners(handle, field);
  return field;
}

/** An input block with `dispatch_action` sends a click on Enter, or after each character if it says so. */
function addDispatchListeners(handle, field) {
  const when = handle.element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  let timer = 0;
  if (when.includes("on_character_entered")) {
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => handle.press({ value: field.value }), TYPING_PAUSE_MS);
    });
  }
  if (when.includes("on_enter_pressed")) {
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      handle.press({ value: field.value }, field);
    });
  }
}

export function datePicker(handle) {
  return picker(handle, "date", "selected_date", handle.element.initial_date);
}

export function timePicker(handle) {
  return picker(handle, "time", "selected_time", handle.element.initial_time);
}

function picker(handle, type, key, initial) {
  return pickerOf(handle, type, key, initial, {
    shown: (held) => held ?? "",
    held: (shown) => shown || null,
  });
}

/** Slack's value is in seconds since 1970; the browser's field holds local wall-clock time. */
export function dateTimePicker(handle) {
  return pickerOf(handle, "datetime-local", "selected_date_time", handle.element.initial_date_time, {
    shown: (held) => (held ? localMinute(held) : ""),
    held: (shown) => (shown ? Math.floor(new Date(shown).getTime() / 1000) : null),
  });
}

function pickerOf(handle, type, key, initial, { shown, held }) {
  const field = pickerField(handle, type);
  if (initial && !handle.state) handle.record({ [key]: initial });
  const show = () => (field.value = shown(handle.state?.[key]));
  show();
  field.addEventListener("change", async () => {
    if (!(await handle.set({ [key]: held(field.value) }, field))) show();
  });
  return field;
}

function pickerField(handle, type) {
  return el("input.field.picker", {
    type,
    "aria-label": handle.isInput ? undefined : handle.name(type === "time" ? "Time" : "Date"),
    data: { focusKey: handle.focusKey, actionId: handle.element.action_id },
  });
}

function localMinute(seconds) {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
