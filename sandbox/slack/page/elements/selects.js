// Select menus: their choices are fixed, loaded from the app, people or channels.

import { el, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { choice } from "./buttons.js";

/** For each source of choices: the key of the chosen value, its initial value, and how to list the choices. */
const SOURCES = {
  static: { key: "selected_option", initial: "initial_option", list: fixedChoices },
  external: { key: "selected_option", initial: "initial_option", load: loadedChoices },
  users: { key: "selected_user", initial: "initial_user", list: people },
  channels: { key: "selected_channel", initial: "initial_channel", list: channels },
  conversations: { key: "selected_conversation", initial: "initial_conversation", list: channels },
};

const sourceOf = (element) => SOURCES[element.type.replace(/_select$/, "")];

export function select(handle) {
  const source = sourceOf(handle.element);
  const chosen = current(handle, source);
  const shown = el("span.select-text", {}, labelOf(chosen, handle) ?? placeholder(handle, "Choose an option"));
  const trigger = triggerFor(handle, shown, Boolean(chosen));
  trigger.addEventListener("click", () =>
    openMenu({
      anchor: trigger,
      name: handle.name("Choose an option"),
      search: true,
      chosen: keyOf(current(handle, source)),
      ...offered(handle, source),
      pick: async (value) => {
        const before = shown.textContent;
        shown.textContent = labelOf(value, handle);
        trigger.classList.add("filled");
        if (!(await handle.set({ [source.key]: value }, trigger))) {
          shown.textContent = before;
          trigger.classList.toggle("filled", Boolean(current(handle, source)));
        }
      },
    }),
  );
  return trigger;
}

function triggerFor(handle, shown, filled) {
  return el(
    "button.btn.plain.select",
    {
      type: "button",
      class: filled ? "filled" : "",
      "aria-haspopup": "listbox",
      data: { focusKey: handle.focusKey, actionId: handle.element.action_id },
    },
    shown,
    icon("chevron"),
  );
}

const placeholder = (handle, fallback) => handle.element.placeholder?.text ?? fallback;

function current(handle, source) {
  if (handle.state) return handle.state[source.key] ?? undefined;
  const initial = handle.element[source.initial];
  if (initial !== undefined) handle.record({ [source.key]: initial });
  return initial;
}

const keyOf = (value) => (typeof value === "object" ? value?.value : value);

function labelOf(value, handle) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object") return choice(value).label;
  const channel = handle.ui.workspace.channel(value);
  return channel ? `#${channel.name}` : handle.ui.workspace.nameOf(value);
}

function offered(handle, source) {
  if (!source.load) return { choices: source.list(handle) };
  return { load: (query) => source.load(handle, query), shortest: handle.element.min_query_length ?? 3 };
}

function fixedChoices(handle) {
  return flattened(handle.element);
}

async function loadedChoices(handle, query) {
  return flattened(await handle.options(query));
}

function flattened({ options = [], option_groups: groups = [] }) {
  return [
    ...(options ?? []).map((option) => choice(option)),
    ...(groups ?? []).flatMap((group) => group.options.map((option) => choice(option, group.label?.text))),
  ];
}

function people(handle) {
  return handle.ui.workspace.people().map((user) => ({
    key: user.id,
    label: user.real_name || user.name,
    note: `@${user.name}`,
    value: user.id,
  }));
}

function channels(handle) {
  return handle.ui.workspace.channels
    .filter((channel) => !channel.is_im)
    .map((channel) => ({
      key: channel.id,
      label: `#${channel.name}`,
      value: channel.id,
    }));
}
