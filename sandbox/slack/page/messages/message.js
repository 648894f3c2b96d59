// One message: avatar, name, time, text or blocks, thread link and toolbar.

import { el, icon } from "../dom.js";
import { blocks } from "../blocks/blocks.js";
import { openMenu } from "../dialogs/menu.js";
import { avatar } from "../panes/avatars.js";
import { ago, clockTime, fullTime } from "../text/dates.js";
import { withEmoji } from "../text/emoji.js";
import { mrkdwn, plainText } from "../text/text-nodes.js";
import { Surface } from "../elements/surface.js";
import { SLACKBOT } from "../workspace.js";

/**
 * @param {object} message as the control API describes it
 * @param {{ui, channel: string, thread: string|null, follows: boolean, root?: object, surfaces: Map}} around
 *   `follows`: the same author wrote just before; `root`: the message a broadcast answers
 */
export function messageRow(message, around) {
  if (SYSTEM[message.subtype]) return systemRow(message, around.ui);
  const { ui, follows } = around;
  const name = authorName(message, ui);
  const appWrote = isFromApp(message, ui);
  const head = follows
    ? null
    : el(
        "div.message-head",
        {},
        el("span.author", {}, name),
        appWrote && el("abbr.badge", { title: "Written by an app" }, "APP"),
        timeOf(message, around, "message-time"),
      );
  return el(
    "li.message",
    {
      class: [
        follows ? "follows" : "",
        message.ephemeral ? "ephemeral" : "",
        mentionsMe(message, ui) ? "for-me" : "",
      ].join(" "),
      data: { ts: message.ts, author: message.user },
      tabindex: -1,
    },
    el(
      "div.gutter",
      {},
      follows ? timeOf(message, around, "gutter-time") : avatar(ui.workspace, faceOf(message, ui)),
    ),
    el(
      "div.message-body",
      {},
      message.ephemeral && el("div.message-note", {}, icon("eye"), "Only visible to you"),
      broadcastNote(message, around),
      head,
      content(message, around),
      threadLink(message, around),
    ),
    toolbar(message, around),
  );
}

const SYSTEM = { channel_join: "joined", channel_leave: "left", group_join: "joined", group_leave: "left" };

function systemRow(message, ui) {
  const words = message.text
    ? mrkdwn(message.text, ui)
    : `${authorName(message, ui)} ${SYSTEM[message.subtype]}`;
  return el(
    "li.message.system",
    { data: { ts: message.ts } },
    el("div.gutter", {}, avatar(ui.workspace, message.user, "small")),
    el("div.message-body", {}, words, " ", timeOf(message, null, "message-time")),
  );
}

export function authorName(message, ui) {
  if (message.user === SLACKBOT) return "Slackbot";
  return message.username || ui.workspace.nameOf(message.user) || "unknown";
}

function isFromApp(message, ui) {
  return Boolean(message.bot_id) || ui.workspace.isApp(message.user);
}

function faceOf(message, ui) {
  return message.bot_id && message.user !== SLACKBOT ? ui.workspace.app.bot_user_id : message.user;
}

function mentionsMe(message, ui) {
  return message.user !== ui.workspace.me.id && message.text?.includes(`<@${ui.workspace.me.id}`);
}

function timeOf(message, around, style) {
  const props = { title: fullTime(message.ts), datetime: new Date(message.ts * 1000).toISOString() };
  const time = el(
    "time",
    props,
    style === "gutter-time" ? clockTime(message.ts).replace(/ [AP]M/, "") : clockTime(message.ts),
  );
  if (!around || message.ephemeral) return el(`span.${style}`, {}, time);
  const thread = message.thread_ts ?? message.ts;
  const open = () => around.ui.go({ channel: around.channel, thread });
  return el(
    `button.${style}`,
    { type: "button", "aria-label": `Thread of ${clockTime(message.ts)}`, on: { click: open } },
    time,
  );
}

function content(message, around) {
  const { ui, channel, surfaces } = around;
  const edited = message.edited && el("span.edited", { title: fullTime(message.edited.ts) }, "(edited)");
  if (!message.blocks?.length) {
    const words = message.mrkdwn === false ? withEmoji(message.text) : mrkdwn(message.text, ui);
    return el("div.text", {}, words, edited && [" ", edited]);
  }
  if (!surfaces.has(message.ts)) surfaces.set(message.ts, new Surface(ui, { channel, ts: message.ts }));
  const surface = surfaces.get(message.ts);
  surface.keepOnly(message.blocks);
  return [blocks(message.blocks, surface), edited && el("div.edited-line", {}, edited)];
}

const isBroadcast = (message) => message.subtype === "thread_broadcast";

function broadcastNote(message, { ui, channel, thread, root }) {
  if (!isBroadcast(message)) return null;
  if (thread) return el("div.message-note", {}, `Also sent to ${ui.workspace.titleOf(channel)}`);
  const about = (root && shortened(plainText(root.text, ui))) || "View the thread";
  const open = () => ui.go({ channel, thread: message.thread_ts });
  return el(
    "div.message-note",
    {},
    "replied to a thread: ",
    el("button.link", { type: "button", on: { click: open } }, about),
  );
}

const shortened = (text) => (text.length > 80 ? `${text.slice(0, 79)}…` : text);

function threadLink(message, { ui, channel, thread }) {
  if (thread || !message.reply_count || isBroadcast(message)) return null;
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  const open = () => ui.go({ channel, thread: message.ts });
  return el(
    "button.thread-link",
    { type: "button", data: { focusKey: `thread/${message.ts}` }, on: { click: open } },
    el("span.thread-count", {}, count),
    message.latest_reply &&
      el(
        "span.thread-last",
        {},
        "Last reply ",
        el("span", { data: { ago: message.latest_reply } }, ago(message.latest_reply)),
      ),
  );
}

function toolbar(message, around) {
  if (message.ephemeral) return null;
  const { ui, channel, thread } = around;
  const reply = () => ui.go({ channel, thread: message.thread_ts ?? message.ts });
  const more = el(
    "button.icon-button",
    {
      type: "button",
      "aria-label": "More actions",
      "aria-haspopup": "menu",
      data: { focusKey: `more/${message.ts}` },
    },
    icon("more"),
  );
  more.addEventListener("click", () =>
    openMenu({ anchor: more, role: "menu", name: "More actions", ...messageActions(message, around) }),
  );
  const answer =
    !thread &&
    el(
      "button.icon-button",
      { type: "button", "aria-label": "Reply in thread", on: { click: reply } },
      icon("reply"),
    );
  return el("div.toolbar", { role: "group", "aria-label": "Message actions" }, answer, more);
}

function messageActions(message, { ui, channel }) {
  const own = ui.workspace.shortcuts.filter((shortcut) => shortcut.type === "message");
  return {
    choices: [
      { key: "copy", label: "Copy link", value: () => ui.copy(message.permalink) },
      ...own.map((shortcut) => ({
        key: shortcut.callback_id,
        label: shortcut.name,
        note: ui.workspace.app.name,
        value: () => ui.shortcut(shortcut.callback_id, { channel, ts: message.ts }),
      })),
    ],
    pick: (act) => act(),
  };
}
