// Centre: one channel, or the direct messages with the app.

import { el, icon } from "../dom.js";
import { openMenu } from "../dialogs/menu.js";
import { Conversation } from "../messages/conversation.js";
import { appHead } from "./app-head.js";

export class ChannelPane {
  constructor(desk, channel) {
    this.desk = desk;
    this.channel = channel;
    const name = desk.workspace.titleOf(channel.id);
    this.conversation = new Conversation(desk, { channel, thread: null, empty: emptiness(name, desk) });
    this.membership = el("div.head-side");
    const head = channel.is_im ? appHead(desk, "Messages") : this.#head();
    this.box = el("section.pane.channel", { "aria-label": name }, head, this.conversation.nodes);
    this.tellMembers(channel);
  }

  /** Who is in the channel has changed, or is told for the first time. */
  tellMembers(channel) {
    this.channel = channel;
    this.membership.replaceChildren(...(channel.bot_is_member ? [this.#appIsHere()] : this.#appIsMissing()));
  }

  #head() {
    const { channel, desk } = this;
    const sign = channel.is_private ? icon("lock") : el("span.hash", { "aria-hidden": "true" }, "#");
    return el("header.pane-head", {}, desk.drawerButton(), el("h1", {}, sign, channel.name), this.membership);
  }

  #appIsMissing() {
    const { name } = this.desk.workspace.app;
    const add = () => this.desk.invite(this.channel, true);
    return [
      el("span.head-note", {}, `${name} is not in this channel`),
      el("button.btn.plain.small", { type: "button", on: { click: add } }, `Add ${name}`),
    ];
  }

  #appIsHere() {
    const { name } = this.desk.workspace.app;
    const face = this.desk.appAvatar("tiny");
    const button = el(
      "button.head-app",
      { type: "button", "aria-haspopup": "menu" },
      face,
      el("span", {}, `${name} is here`),
      icon("chevron"),
    );
    const remove = () => this.desk.invite(this.channel, false);
    const choices = [{ key: "remove", label: `Remove ${name} from #${this.channel.name}`, value: remove }];
    button.addEventListener("click", () =>
      openMenu({ anchor: button, role: "menu", name, choices, pick: (act) => act() }),
    );
    return button;
  }
}

function emptiness(name, desk) {
  const hint = `Nothing has been written here yet. Type / to see what ${desk.workspace.app.name} can do.`;
  return el("div.pane-empty", { hidden: true }, el("strong", {}, name), hint);
}
