// Left: the channels and the app.

import { el, icon } from "../dom.js";
import { appAvatar } from "./people.js";

export function sidebar(desk) {
  const channels = desk.workspace.channels.filter((channel) => !channel.is_im);
  return [
    section(
      "Channels",
      channels.map((channel) => channelLine(channel, desk)),
    ),
    section("Apps", [appLine(desk)]),
  ];
}

function section(title, lines) {
  const items = lines.map((one) => el("li", {}, one));
  return el("section.side-section", {}, el("h2", {}, title), el("ul", { role: "list" }, items));
}

function channelLine(channel, desk) {
  const sign = channel.is_private ? icon("lock") : el("span.hash", { "aria-hidden": "true" }, "#");
  const outside = channel.is_member === false;
  return line(desk, { channel: channel.id }, channel.name, sign, { unread: channel.id, outside });
}

function appLine(desk) {
  const { app, direct } = desk.workspace;
  return line(desk, { app: "home" }, app.name, appAvatar("tiny"), { unread: direct?.id });
}

function line(desk, place, name, sign, { unread: channel, outside }) {
  const here = place.app ? desk.isAtApp() : !desk.place.app && desk.place.channel === place.channel;
  const unread = desk.news.unread.has(channel);
  return el(
    "button.side-line",
    {
      type: "button",
      class: [here && "here", unread && "unread", outside && "outside"].filter(Boolean).join(" "),
      "aria-current": here ? "page" : undefined,
      on: { click: () => desk.go({ thread: null, ...place }) },
    },
    sign,
    el("span.line-name", {}, name),
    unread && el("span.unseen", {}, "has unread messages"),
  );
}
