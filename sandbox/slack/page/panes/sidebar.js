// Left: the channels and the app.

import { el, icon } from "../dom.js";
import { appAvatar } from "./avatars.js";
import { exampleLines } from "./examples.js";

export function sidebar(ui) {
  const channels = ui.workspace.channels.filter((channel) => !channel.is_im);
  return [
    section(
      "Channels",
      channels.map((channel) => channelLine(channel, ui)),
    ),
    section("Apps", [appLine(ui)]),
    ui.workspace.examples.length > 0 && section("To try", exampleLines(ui)),
  ].filter(Boolean);
}

function section(title, lines) {
  const items = lines.map((one) => el("li", {}, one));
  return el("section.side-section", {}, el("h2", {}, title), el("ul", { role: "list" }, items));
}

function channelLine(channel, ui) {
  const sign = channel.is_private ? icon("lock") : el("span.hash", { "aria-hidden": "true" }, "#");
  const outside = channel.is_member === false;
  return line(ui, { channel: channel.id }, channel.name, sign, { unread: channel.id, outside });
}

function appLine(ui) {
  const { app, direct } = ui.workspace;
  return line(ui, { app: "home" }, app.name, appAvatar("tiny"), { unread: direct?.id });
}

function line(ui, place, name, sign, { unread: channel, outside }) {
  const here = place.app ? ui.isAtApp() : !ui.place.app && ui.place.channel === place.channel;
  const unread = ui.updates.unread.has(channel);
  return el(
    "button.side-line",
    {
      type: "button",
      class: [here && "here", unread && "unread", outside && "outside"].filter(Boolean).join(" "),
      "aria-current": here ? "page" : undefined,
      on: { click: () => ui.go({ thread: null, ...place }) },
    },
    sign,
    el("span.line-name", {}, name),
    unread && el("span.unseen", {}, "has unread messages"),
  );
}
