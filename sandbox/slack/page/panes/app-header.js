// The header of the app's places: its name, and tabs for Home, Messages and About.

import { el } from "../dom.js";

export function appHeader(ui, current) {
  const { app, direct } = ui.workspace;
  const tab = (name, place) =>
    el(
      "button.tab",
      {
        type: "button",
        "aria-current": name === current ? "page" : undefined,
        on: { click: () => ui.go({ thread: null, ...place }) },
      },
      name,
    );
  return [
    el(
      "header.pane-head",
      {},
      ui.drawerButton(),
      el("h1", {}, ui.appAvatar("tiny"), app.name),
      el("abbr.badge", { title: "An app" }, "APP"),
    ),
    el(
      "nav.tabs",
      { "aria-label": app.name },
      tab("Home", { app: "home" }),
      direct && tab("Messages", { channel: direct.id }),
      tab("About", { app: "about" }),
    ),
  ];
}
