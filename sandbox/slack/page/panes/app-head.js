// Above the app's own places: its name, and tabs that lead from one place to the other.

import { el } from "../dom.js";

export function appHead(desk, current) {
  const { app, direct } = desk.workspace;
  const tab = (name, place) =>
    el(
      "button.tab",
      {
        type: "button",
        "aria-current": name === current ? "page" : undefined,
        on: { click: () => desk.go({ thread: null, ...place }) },
      },
      name,
    );
  return [
    el(
      "header.pane-head",
      {},
      desk.drawerButton(),
      el("h1", {}, desk.appAvatar("tiny"), app.name),
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
