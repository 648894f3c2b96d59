// Centre: the commands of the app.

import { el } from "../dom.js";
import { appHeader } from "./app-header.js";

export class AboutPane {
  constructor(ui) {
    const { app } = ui.workspace;
    this.box = el(
      "section.pane.home",
      { "aria-label": `About ${app.name}` },
      appHeader(ui, "About"),
      el("div.home-body", { tabindex: 0 }, commands(ui.workspace)),
    );
  }

  async read() {}

  end() {}
}

function commands({ app, commands: offered }) {
  return [
    el("h2", {}, `Commands of ${app.name}`),
    offered.length === 0 && el("p", {}, "None."),
    el(
      "dl.commands",
      {},
      offered.map(({ command, usage_hint: usage, description }) => [
        el("dt", {}, el("code", {}, [command, usage].filter(Boolean).join(" "))),
        el("dd", {}, description ?? ""),
      ]),
    ),
  ];
}
