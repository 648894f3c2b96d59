// What somebody who has never used the app can begin with: the app's form, its Home, and texts to try.

import { el, icon } from "../dom.js";

/** What an empty channel shows instead of messages. */
export function welcome(channel, ui) {
  const { app } = ui.workspace;
  const title = el("strong", {}, ui.workspace.titleOf(channel.id));
  const lines = channel.bot_is_member && !channel.is_im ? firstSteps(ui) : [];
  if (!lines.length) {
    const hint = `Nothing has been written here yet. Type / to see what ${app.name} can do.`;
    return el("div.pane-empty", { hidden: true }, title, hint);
  }
  return el(
    "div.pane-empty.welcome",
    { hidden: true },
    title,
    el("p", {}, `Nothing has been written here yet. Begin with one of these, or type / to see what ${app.name} can do.`),
    el("ul.first-steps", { role: "list", "aria-label": "Begin here" }, lines),
    el("p", {}, `You are ${ui.workspace.me.name}. At the top you can become somebody else.`),
  );
}

function firstSteps(ui) {
  const { app, shortcuts, examples } = ui.workspace;
  const forms = shortcuts.filter((one) => one.type === "global");
  return [
    ...forms.map((one) => step(icon("bolt"), one.name, one.description, () => ui.shortcut(one.callback_id))),
    app.home_tab && step(icon("home"), `Home of ${app.name}`, "What the app shows you", () => ui.go({ app: "home" })),
    ...examples.map((one) => step(null, el("code", {}, one.text), one.note, () => ui.put(one.text))),
  ].filter(Boolean);
}

function step(sign, name, note, act) {
  return el(
    "li",
    {},
    el(
      "button.first-step",
      { type: "button", on: { click: act } },
      el("span.first-step-name", {}, sign, name),
      note && el("span.first-step-note", {}, note),
    ),
  );
}

/** The same texts beside the channels, for when the channel is no longer empty. */
export function exampleLines(ui) {
  return ui.workspace.examples.map((one) =>
    el(
      "button.side-line.example",
      { type: "button", title: one.note, on: { click: () => ui.put(one.text) } },
      el("span.line-name", {}, one.text),
      el("span.example-note", {}, one.note),
    ),
  );
}
