// Handles changes: reads again what is shown, and marks the rest as unread.

export class Updates {
  constructor(ui) {
    this.ui = ui;
    this.unread = new Set();
    this.newest = new Map();
  }

  /** Another person uses the page now. */
  forget() {
    this.unread.clear();
    this.newest.clear();
  }

  /** @param {{what: string, channel?: string, ts?: string, thread_ts?: string}} item a change from the sandbox */
  changed(item) {
    if (item.what === "view") this.ui.readViews();
    else if (item.what === "home") this.ui.appPane?.read();
    else if (item.what === "members") this.ui.readMembers();
    else this.#message(item);
  }

  #message({ what, channel, ts, thread_ts: thread }) {
    const shown = this.ui.channelPane?.channel.id === channel;
    if (shown) this.ui.channelPane.conversation.read();
    else if (what === "message" && !thread && this.#isNew(channel, ts)) this.#markUnread(channel, ts);
    const open = this.ui.threadPane?.conversation;
    if (open?.channel.id === channel && [undefined, open.thread].includes(thread ?? ts)) open.read();
  }

  #isNew(channel, ts) {
    return ts > (this.newest.get(channel) ?? "0");
  }

  #markUnread(channel, ts) {
    this.newest.set(channel, ts);
    this.unread.add(channel);
    this.ui.shown.frame();
  }

  /** The messages of a channel are shown up to the last of these. */
  seen(channel, messages) {
    const last = messages.at(-1)?.ts;
    if (last && this.#isNew(channel, last)) this.newest.set(channel, last);
  }

  /** After an action on this page: reads again without waiting for the change. */
  refreshAfterAction(target) {
    if (target.channel) this.#message({ what: "ephemeral", channel: target.channel });
    this.ui.readViews();
    this.ui.appPane?.read();
  }

  /** After a time without a connection. */
  readAll() {
    this.ui.channelPane?.conversation.read();
    this.ui.threadPane?.conversation.read();
    this.ui.appPane?.read();
    this.ui.readViews();
    this.ui.readMembers();
  }
}
