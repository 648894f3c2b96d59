// Select menus with one or several choices: fixed, loaded from the app, people, channels.

import { el, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { choice } from "./buttons.js";

/** For each source of choices: the keys of one and of several chosen, and how to list them. */
const SOURCES = {
  static: { one: "selected_option", many: "selected_options", list: fixedChoices },
  external: { one: "selected_option", many: "selected_options", load: loadedChoices },
  users: { one: "selected_user", many: "selected_users", list: people },
  channels: { one: "selected_channel", many: "selected_channels", list: channels },
  conversations: { one: "selected_conversation", many: "selected_conversations", list: channels },
};

const INITIAL = {
  selected_option: "initial_option",
  selected_options: "initial_options",
  selected_user: "initial_user",
  selected_users: "initial_users",
  selected_channel: "initial_channel",
  selected_channels: "initial_channels",
  selected_conversation: "initial_conversation",
  selected_conversations: "initial_conversations",
};

const sourceOf = (element) => SOURCES[element.type.replace(/^multi_/, "").replace(/_select$/, "")];

export function select(seat) {
  const source = sourceOf(seat.element);
  const chosen = current(seat, source.one);
  const shown = el("span.select-text", {}, labelOf(chosen, seat) ?? placeholder(seat, "Choose an option"));
  const trigger = triggerFor(seat, shown, Boolean(chosen));
  trigger.addEventListener("click", () =>
    openMenu({
      anchor: trigger,
      name: seat.name("Choose an option"),
      search: true,
      chosen: keyOf(current(seat, source.one)),
      ...offered(seat, source),
      pick: async (value) => {
        const before = shown.textContent;
        shown.textContent = labelOf(value, seat);
        trigger.classList.add("filled");
        if (!(await seat.set({ [source.one]: value }, trigger))) {
          shown.textContent = before;
          trigger.classList.toggle("filled", Boolean(current(seat, source.one)));
        }
      },
    }),
  );
  return trigger;
}

export function multiSelect(seat) {
  const source = sourceOf(seat.element);
  const shown = el("span.select-text.pills");
  const trigger = triggerFor(seat, shown, true);
  const show = () => {
    const values = current(seat, source.many) ?? [];
    const pills = values.map((value) => el("span.pill", {}, labelOf(value, seat)));
    shown.replaceChildren(...(pills.length ? pills : [placeholder(seat, "Choose options")]));
    trigger.classList.toggle("filled", values.length > 0);
  };
  show();
  trigger.addEventListener("click", () =>
    openMenu({
      anchor: trigger,
      name: seat.name("Choose options"),
      search: true,
      several: (current(seat, source.many) ?? []).map((value) => ({ key: keyOf(value), value })),
      most: seat.element.max_selected_items,
      ...offered(seat, source),
      // Slack tells the app once, when the menu closes.
      pickSeveral: async (values) => {
        const told = seat.set({ [source.many]: values }, trigger);
        show();
        if (!(await told)) show();
      },
    }),
  );
  return trigger;
}

function triggerFor(seat, shown, filled) {
  return el(
    "button.btn.plain.select",
    {
      type: "button",
      class: filled ? "filled" : "",
      "aria-haspopup": "listbox",
      data: { focusKey: seat.focusKey, actionId: seat.element.action_id },
    },
    shown,
    icon("chevron"),
  );
}

const placeholder = (seat, fallback) => seat.element.placeholder?.text ?? fallback;

function current(seat, key) {
  if (seat.state) return seat.state[key] ?? undefined;
  const initial = seat.element[INITIAL[key]];
  if (initial !== undefined) seat.record({ [key]: initial });
  return initial;
}

const keyOf = (value) => (typeof value === "object" ? value?.value : value);

function labelOf(value, seat) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "object") return choice(value).label;
  const channel = seat.desk.workspace.channel(value);
  return channel ? `#${channel.name}` : seat.desk.workspace.nameOf(value);
}

function offered(seat, source) {
  if (!source.load) return { choices: source.list(seat) };
  return { load: (query) => source.load(seat, query), shortest: seat.element.min_query_length ?? 3 };
}

function fixedChoices(seat) {
  return flattened(seat.element);
}

async function loadedChoices(seat, query) {
  return flattened(await seat.options(query));
}

function flattened({ options = [], option_groups: groups = [] }) {
  return [
    ...(options ?? []).map((option) => choice(option)),
    ...(groups ?? []).flatMap((group) => group.options.map((option) => choice(option, group.label?.text))),
  ];
}

function people(seat) {
  return seat.desk.workspace.everybody().map((user) => ({
    key: user.id,
    label: user.real_name || user.name,
    note: `@${user.name}`,
    value: user.id,
  }));
}

function channels(seat) {
  return seat.desk.workspace.channels
    .filter((channel) => !channel.is_im)
    .map((channel) => ({
      key: channel.id,
      label: `#${channel.name}`,
      value: channel.id,
    }));
}
