// Centre: what the app offers.

import { el } from "../dom.js";
import { appHead } from "./app-head.js";

export class AboutPane {
  constructor(desk) {
    const { app } = desk.workspace;
    this.box = el(
      "section.pane.home",
      { "aria-label": `About ${app.name}` },
      appHead(desk, "About"),
      el("div.home-body", { tabindex: 0 }, commands(desk.workspace)),
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
