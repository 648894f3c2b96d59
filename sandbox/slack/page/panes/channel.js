// Centre: one channel, or the direct messages with the app.

import { el, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { Conversation } from "../messages/conversation.js";
import { appHeader } from "./app-header.js";
import { welcome } from "./examples.js";

export class ChannelPane {
  constructor(ui, channel) {
    this.ui = ui;
    this.channel = channel;
    const name = ui.workspace.titleOf(channel.id);
    this.conversation = new Conversation(ui, { channel, thread: null, empty: welcome(channel, ui) });
    this.membership = el("div.head-side");
    const head = channel.is_im ? appHeader(ui, "Messages") : this.#head();
    this.box = el("section.pane.channel", { "aria-label": name }, head, this.conversation.nodes);
    this.updateMembers(channel);
  }

  /** Shows whether the app is in the channel. */
  updateMembers(channel) {
    this.channel = channel;
    this.membership.replaceChildren(...(channel.bot_is_member ? [this.#appIsHere()] : this.#appIsMissing()));
  }

  #head() {
    const { channel, ui } = this;
    const sign = channel.is_private ? icon("lock") : el("span.hash", { "aria-hidden": "true" }, "#");
    return el("header.pane-head", {}, ui.drawerButton(), el("h1", {}, sign, channel.name), this.membership);
  }

  #appIsMissing() {
    const { name } = this.ui.workspace.app;
    const add = () => this.ui.invite(this.channel, true);
    return [
      el("span.head-note", {}, `${name} is not in this channel`),
      el("button.btn.plain.small", { type: "button", on: { click: add } }, `Add ${name}`),
    ];
  }

  #appIsHere() {
    const { name } = this.ui.workspace.app;
    const face = this.ui.appAvatar("tiny");
    const button = el(
      "button.head-app",
      { type: "button", "aria-haspopup": "menu" },
      face,
      el("span", {}, `${name} is here`),
      icon("chevron"),
    );
    const remove = () => this.ui.invite(this.channel, false);
    const choices = [{ key: "remove", label: `Remove ${name} from #${this.channel.name}`, value: remove }];
    button.addEventListener("click", () =>
      openMenu({ anchor: button, role: "menu", name, choices, pick: (act) => act() }),
    );
    return button;
  }
}
