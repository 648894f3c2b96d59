// Buttons, link buttons and the overflow menu.

import { el, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { withEmoji } from "../text/emoji.js";

export function button(handle) {
  const { element } = handle;
  const style = { primary: "primary", danger: "danger" }[element.style] ?? "plain";
  const press = (event) => {
    if (event.currentTarget.getAttribute("aria-busy")) return;
    if (opensLink(element)) window.open(element.url, "_blank", "noopener");
    handle.press({ value: element.value }, event.currentTarget);
  };
  return el(
    `button.btn.${style}`,
    {
      type: "button",
      "aria-label": element.accessibility_label,
      data: { focusKey: handle.focusKey, actionId: element.action_id },
      on: { click: press },
    },
    el("span", {}, withEmoji(element.text?.text ?? "")),
  );
}

const opensLink = (element) => /^https?:\/\//i.test(element.url ?? "");

export function overflow(handle) {
  const { element } = handle;
  const trigger = el(
    "button.btn.plain.overflow",
    {
      type: "button",
      "aria-haspopup": "menu",
      "aria-label": handle.name("More actions"),
      data: { focusKey: handle.focusKey, actionId: element.action_id },
    },
    icon("more"),
  );
  trigger.addEventListener("click", () =>
    openMenu({
      anchor: trigger,
      role: "menu",
      name: "More actions",
      choices: (element.options ?? []).map((option) => choice(option)),
      pick: (option) => {
        if (opensLink(option)) window.open(option.url, "_blank", "noopener");
        handle.press({ selected_option: option }, trigger);
      },
    }),
  );
  return trigger;
}

/** An option object as a choice of a menu. */
export function choice(option, group) {
  return {
    key: option.value,
    label: withEmoji(option.text?.text ?? ""),
    note: option.description && withEmoji(option.description.text),
    group,
    value: option,
  };
}
