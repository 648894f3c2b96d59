// What all panes share: the current person, the place, the workspace, and actions.

import { el, icon } from "./dom.js";
import { Modals } from "./dialogs/modal.js";
import { toast } from "./dialogs/toast.js";
import { Updates } from "./updates.js";
import { AboutPane } from "./panes/about.js";
import { ChannelPane } from "./panes/channel.js";
import { HomePane } from "./panes/home.js";
import { appAvatar } from "./panes/avatars.js";
import { ThreadPane } from "./panes/thread.js";
import { placeOfLink, readPlace, writePlace } from "./place.js";
import * as api from "./api/control-api.js";
import { errorMessage } from "./api/error-messages.js";
import { batchedRead } from "./api/batched-read.js";
import { Workspace } from "./workspace.js";

const DEFAULT_PERSON = "alice";
const PERSON_KEY = "sandbox-person";

export class Ui {
  /** @param {{centre: HTMLElement, right: HTMLElement, frame: function(): void}} shown `frame` redraws what surrounds the panes */
  constructor(shown) {
    this.shown = shown;
    this.drafts = new Map();
    this.updates = new Updates(this);
    this.placeOfLink = placeOfLink;
    this.appAvatar = appAvatar;
    this.modals = new Modals(this);
    this.readViews = batchedRead(() => this.#readViews());
    this.readMembers = batchedRead(() => this.#readMembers());
  }

  /** Reads the place from the address and shows it. */
  async arrive() {
    const place = readPlace();
    const as = place.as ?? this.workspace?.me.name ?? localStorage.getItem(PERSON_KEY) ?? DEFAULT_PERSON;
    if (this.workspace?.me.name !== as) await this.#meet(as);
    this.place = this.#possible({ ...place, as: this.workspace.me.name });
    this.#show();
    writePlace(this.place, this.#channelName(), true);
  }

  async #meet(as) {
    try {
      this.workspace = new Workspace(await api.workspace(as));
    } catch (error) {
      if (as === DEFAULT_PERSON || error.code === "unreachable") throw error;
      this.workspace = new Workspace(await api.workspace(DEFAULT_PERSON));
    }
    localStorage.setItem(PERSON_KEY, this.workspace.me.name);
    this.updates.forget();
    this.#close("channelPane");
    this.#close("threadPane");
    this.#close("appPane");
    this.onPerson?.(this.workspace.me.name);
    this.readViews();
  }

  /** The wanted place, or another one if this person cannot see it. */
  #possible(place) {
    if (place.app) return { ...place, channel: null, thread: null };
    const channel = this.workspace.channel(place.channel);
    if (channel) return { ...place, channel: channel.id };
    return { ...place, channel: this.workspace.firstChannel().id, thread: null };
  }

  /** Switches to another person, in the same place if possible. */
  async switchPerson(name) {
    writePlace({ ...this.place, as: name }, this.#channelName());
    await this.arrive().catch((error) => this.failed(error));
  }

  /** Goes to a channel, a thread ({thread: ts}, or null to close it) or the app ({app: "home"}). */
  go(change) {
    const before = this.place;
    const app = change.app ?? (change.channel ? null : this.place.app);
    this.place = this.#possible({ ...this.place, ...change, app });
    writePlace(this.place, this.#channelName());
    this.#show();
    this.#moveFocus(before);
  }

  /** Puts a text into the message field of the channel; outside of one, of the first channel. */
  put(text) {
    document.body.classList.remove("drawer-open");
    if (!this.channelPane || this.isAtApp()) this.go({ channel: this.workspace.firstChannel().id, thread: null });
    else if (this.place.thread) this.go({ thread: null });
    this.channelPane.conversation.composer.put(text);
  }

  #moveFocus(before) {
    const { thread, channel } = this.place;
    document.body.classList.remove("drawer-open");
    if (thread && thread !== before.thread) this.threadPane.conversation.composer.focus();
    else if (before.thread && !thread && channel === before.channel)
      this.channelPane.conversation.composer.focus();
  }

  /** Whether the place is one of the app: Home, About, or the direct messages with it. */
  isAtApp() {
    return Boolean(this.place.app) || this.place.channel === this.workspace.direct?.id;
  }

  #channelName() {
    const channel = this.workspace.channel(this.place.channel);
    return channel?.is_im ? channel.id : (channel?.name ?? null);
  }

  #show() {
    const { app, channel, thread } = this.place;
    this.updates.unread.delete(channel);
    this.#showCentre(app, channel);
    this.#showThread(app ? null : thread, channel);
    this.shown.frame();
  }

  #showCentre(app, channelId) {
    if (this.appPane?.place !== app) this.#close("appPane");
    if (app || this.channelPane?.channel.id !== channelId) this.#close("channelPane");
    if (app) this.appPane ??= this.#appPane(app);
    else this.channelPane ??= new ChannelPane(this, this.workspace.channel(channelId));
    const pane = this.appPane ?? this.channelPane;
    if (pane.box.isConnected) return;
    this.shown.centre.replaceChildren(pane.box);
    (pane.conversation ?? pane).read();
  }

  #appPane(place) {
    const pane = place === "home" ? new HomePane(this) : new AboutPane(this);
    pane.place = place;
    return pane;
  }

  #showThread(thread, channelId) {
    const now = this.threadPane?.conversation;
    if (now && now.thread === thread && now.channel.id === channelId) return;
    this.#close("threadPane");
    this.shown.right.replaceChildren();
    if (!thread) return;
    this.threadPane = new ThreadPane(this, this.workspace.channel(channelId), thread);
    this.shown.right.replaceChildren(this.threadPane.box);
    this.threadPane.conversation.read();
  }

  #close(name) {
    const pane = this[name];
    (pane?.conversation ?? pane)?.end();
    this[name] = null;
  }

  async #readViews() {
    const { me } = this.workspace;
    try {
      const { views } = await api.views(me.id);
      if (this.workspace.me.id === me.id) this.modals.show(views ?? []);
    } catch (error) {
      if (error.code !== "unreachable") this.failed(error);
    }
  }

  async #readMembers() {
    const { name } = this.workspace.me;
    try {
      const described = await api.workspace(name);
      if (this.workspace.me.name !== name) return;
      this.workspace = new Workspace(described);
      this.channelPane?.updateMembers(
        this.workspace.channel(this.channelPane.channel.id) ?? this.channelPane.channel,
      );
      this.shown.frame();
    } catch (error) {
      if (error.code !== "unreachable") this.failed(error);
    }
  }

  async invite(channel, present) {
    try {
      await api.member(this.workspace.app.bot_user_id, channel.id, present);
    } catch (error) {
      this.failed(error);
    }
    this.readMembers();
    this.updates.refreshAfterAction({ channel: channel.id });
  }

  async shortcut(callbackId, target = {}) {
    try {
      await api.shortcut(this.workspace.me.id, callbackId, target);
    } catch (error) {
      this.failed(error);
    }
    this.updates.refreshAfterAction(target);
  }

  async copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      toast("Link copied.", "notice");
    } catch {
      toast(`The browser does not allow copying. The link is ${text}`);
    }
  }

  failed(error) {
    if (!error.code) throw error;
    toast(errorMessage(error));
  }

  /** On a narrow screen this button opens the sidebar. */
  drawerButton() {
    const open = () => document.body.classList.add("drawer-open");
    return el(
      "button.icon-button.drawer-button",
      { type: "button", "aria-label": "Channels", on: { click: open } },
      icon("menu"),
    );
  }
}
