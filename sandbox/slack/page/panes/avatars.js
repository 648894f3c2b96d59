// Avatars: initials for people, a boat for the app; and the buttons to switch the person.

import { el, icon } from "../dom.js";

const HUES = 8;

function hueOf(name) {
  let sum = 0;
  for (const sign of name) sum = (sum * 31 + sign.codePointAt(0)) % 9973;
  return sum % HUES;
}

const initials = (name) =>
  name
    .split(/[\s._-]+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((part) => part[0].toUpperCase())
    .join("");

export function avatar(workspace, userId, size = "") {
  if (workspace.isApp(userId)) return appAvatar(size);
  const user = workspace.user(userId);
  const name = user?.real_name || user?.name || userId || "?";
  return el(
    "span.avatar",
    { class: size, "aria-hidden": "true", data: { hue: hueOf(user?.name ?? name) } },
    initials(name),
  );
}

export function appAvatar(size = "") {
  return el("span.avatar.app", { class: size, "aria-hidden": "true" }, boat());
}

function boat() {
  const svg = icon("home");
  svg.setAttribute("class", "boat");
  const [hull] = svg.children;
  hull.setAttribute("d", "M2.5 13h19l-3 5.5h-13zM11 2.5v9H4.5zM13 5v6.5h5z");
  return svg;
}

/** One button for each person. The checked one is who types and clicks. */
export function personButtons(ui) {
  const { workspace } = ui;
  return workspace.people().map((user) => {
    const mine = user.id === workspace.me.id;
    const role = user.title ?? user.profile?.title;
    return el(
      "button.person",
      {
        type: "button",
        role: "radio",
        "aria-checked": String(mine),
        tabindex: mine ? 0 : -1,
        title: [user.real_name, role].filter(Boolean).join(": "),
        data: { user: user.name },
        on: { click: () => ui.switchPerson(user.name), keydown: (event) => step(event) },
      },
      avatar(workspace, user.id, "small"),
      el("span.person-name", {}, user.name),
    );
  });
}

function step(event) {
  const way = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
  const other = way && event.currentTarget[way];
  if (!other) return;
  event.preventDefault();
  other.focus();
  other.click();
}
